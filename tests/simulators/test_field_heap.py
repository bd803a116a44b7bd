#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulator's heap is what it is without the library: blocks, bytes and counts, from before main to the end, and in
the replay. A testbench that forgets to initialise something then does what it always did."""

import os
import unittest

import checks
import field

EVALS = "100000"
NOTHING = os.environ["LIGHTSSS_TEST_NOTHING"]
NO_PATTERN = {"MALLOC_PERTURB_": "0"}  # of Meson: blocks are to be as they are


class Heap(field.FieldTest):
    def run_with(self, library, program, arguments, **variables):
        environment = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
        environment.update({"HEAP_PLACES": "1"} if program == "heap_open" else {})
        return self.launch([field.program(program), *arguments], {"LD_PRELOAD": library, **NO_PATTERN, **environment})

    def compare(self, plain, program, arguments, **variables):
        """The programs print all that they see of their heap. Returns the run with the library, and what it said."""
        preloaded = self.run_with(field.LIBRARY, program, arguments, **variables)
        self.assertIn(b"end: new blocks", plain.stdout)
        for number, line in enumerate(plain.stdout.splitlines()):
            self.assertEqual(preloaded.stdout.splitlines()[number:number + 1], [line])
        own, said = checks.split_stderr(preloaded.stderr)
        self.assertEqual((preloaded.returncode, preloaded.stdout, own), (plain.returncode, plain.stdout, plain.stderr))
        return preloaded, said

    def silent(self, *arguments, **variables):
        plain = self.launch([field.program("heap"), *arguments], NO_PATTERN)
        _, said = self.compare(plain, "heap", arguments, **variables)
        self.assertEqual(said, [])

    def test_passing(self):
        self.silent(EVALS, "0", "1")

    def test_inert(self):
        plain = self.launch([field.program("heap"), EVALS, "0"], NO_PATTERN)
        preloaded = self.launch([field.program("heap"), EVALS, "0"],
                                {"LD_PRELOAD": field.LIBRARY, "LIGHTSSS": "0", **NO_PATTERN})
        self.assertEqual((preloaded.returncode, preloaded.stdout, preloaded.stderr), (0, plain.stdout, plain.stderr))

    def test_many_snapshots(self):
        self.silent(EVALS, "0", "1", INTERVAL="2000evals", SLOTS="3")

    def test_searched(self):
        self.silent(EVALS, "0", "1", INTERVAL="2000evals", MATCH="(never|line of [a-z]+ ([0-9])*x+)$")

    def test_found(self):
        plain = self.launch([field.program("heap"), EVALS, "0"], NO_PATTERN)
        preloaded, _ = self.compare(plain, "heap", [EVALS, "0"], MATCH="output 9+$", WAVE="off")
        self.report(preloaded)

    def test_failing(self):
        plain = self.launch([field.program("heap"), EVALS, "3"], NO_PATTERN)
        preloaded, _ = self.compare(plain, "heap", [EVALS, "3"], INTERVAL="20000evals", WAVE="off")
        self.report(preloaded)
        with open(os.path.join(self.run_directory(preloaded), "replay.stdout"), "rb") as file:
            replayed = file.read()
        self.assertIn(b"end: new blocks", replayed)
        self.assertTrue(plain.stdout.endswith(replayed))

    def test_opened(self):
        """The loader's notes of a library tell how many others there are, so there is another one that does nothing;
        and that it stays, so the bytes of its notes are left out."""
        library = field.program("libheap.so")
        for arguments in ([library, EVALS, "0"], [library, EVALS, "3"]):
            plain = self.run_with(NOTHING, "heap_open", arguments)
            self.compare(plain, "heap_open", arguments, INTERVAL="5000evals")


if __name__ == "__main__":
    unittest.main()
