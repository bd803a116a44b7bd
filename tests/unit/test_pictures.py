#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pictures of the documents: each that a page shows is there, is one that scripts/pictures makes, and has its size; the
chart says what its page says. That they can be made anew is seen in the full tests."""

import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAN = os.path.join(ROOT, "scripts", "man")
SCRIPT = os.path.join(ROOT, "scripts", "pictures")
LARGEST = 100_000  # bytes
SUFFIXES = (".png", ".svg", ".jpg", ".gif")


def run(*words):
    return subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)


def made():
    """name -> (width, height)"""
    rows = (line.split() for line in run("--list").stdout.splitlines())
    return {name: (int(width), int(height)) for name, width, height in rows}


def read(path, mode="rb"):
    with open(path, mode) as file:
        return file.read()


def size_of(path):
    content = read(path)
    if path.endswith(".png"):
        assert content.startswith(b"\x89PNG\r\n\x1a\n"), path
        return struct.unpack(">2I", content[16:24])
    return tuple(int(re.search(rb'<svg [^>]*\b%s="(\d+)"' % side, content)[1]) for side in (b"width", b"height"))


def shown():
    """Paths of pictures -> what stands for them where they cannot be seen."""
    pages = [os.path.join(ROOT, "README.md")] + [os.path.join(MAN, name) for name in os.listdir(MAN) if name.endswith(".md")]
    found = {}
    for page in pages:
        text = read(page, "r")
        for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", text):
            found[os.path.normpath(os.path.join(os.path.dirname(page), path))] = words
        assert "<img" not in text, page
    return found


class Pictures(unittest.TestCase):
    def test_shown_is_made(self):
        self.assertGreater(len(made()), 2)
        self.assertEqual(set(shown()), {os.path.join(MAN, name) for name in made()})
        self.assertTrue(all(len(words) > 20 for words in shown().values()), shown())

    def test_there_are_no_others(self):
        self.assertEqual({name for name in os.listdir(MAN) if name.endswith(SUFFIXES)}, set(made()))

    def test_size(self):
        for name, size in made().items():
            self.assertEqual(size_of(os.path.join(MAN, name)), size, name)
            self.assertLess(os.path.getsize(os.path.join(MAN, name)), LARGEST, name)

    def test_chart_is_that_of_its_page(self):
        """Where this fails: scripts/pictures --only ways.svg"""
        with tempfile.TemporaryDirectory() as place:
            done = run("--only", "ways.svg", place)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(read(os.path.join(place, "ways.svg")), read(os.path.join(MAN, "ways.svg")))
            self.assertEqual(os.listdir(place), ["ways.svg"])

    def test_they_are_installed(self):
        text = read(os.path.join(ROOT, "scripts", "meson.build"), "r")
        for name in made():
            self.assertIn(f"'man/{name}'", text)

    def test_what_is_missing_is_said(self):
        with tempfile.TemporaryDirectory() as place:
            done = run("--build", place, place)
            self.assertEqual((done.returncode, done.stdout), (77, ""))
            self.assertRegex(done.stderr, r"^scripts/pictures: missing: .*sim_mcu_vcd1 \(ninja -C .*\)")
            self.assertEqual(os.listdir(place), [])


if __name__ == "__main__":
    unittest.main()
