#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss doctor` and `lightsss run` on real simulators: what is printed is true, the exit status says whether a
failure leaves a waveform, and it does or does not."""

import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "process"))

from command import COMMAND, LIBRARY, REFUSE, CommandCase  # noqa: E402

SIMULATORS = os.environ["LIGHTSSS_TEST_SIMULATORS"]


def simulator(build):
    return os.path.join(SIMULATORS, "sim_mcu_" + build)


def address(program):
    """Of Vmcu::eval_step(), as nm has it."""
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^(\w+) T _ZN4Vmcu9eval_stepEv$", symbols, re.MULTILINE)[1], 16)


class Doctor(CommandCase):
    def release(self):
        run = subprocess.run(["verilator", "--version"], capture_output=True, text=True, check=True)
        return re.match(r"Verilator (\S+)", run.stdout)[1]

    def fails(self, program):
        """Runs it to a failure; returns the names of its waveforms."""
        status, _, _ = self.lightsss("run", "--window=100evals", program, "--fail", "_exit@500", "--quiet")
        self.assertEqual(status, 3)
        directory = os.path.join(self.work, "lightsss")
        runs = os.listdir(directory) if os.path.isdir(directory) else []
        return [
            name
            for run in runs
            for name in os.listdir(os.path.join(directory, run))
            if name in ("wave.vcd", "wave.fst")
        ]

    def test_look(self):
        for build, waveform in (("vcd1", "VCD"), ("fst1", "FST"), ("vcd2", "VCD"), ("fst2", "FST")):
            program = simulator(build)
            status, rows, out = self.doctor(program, "--log", "ran")
            self.assertEqual(status, 0)
            bytes_moved = re.search(r", (\d+) bytes of it moved$", rows["Eval"][0])[1]
            self.assertTrue(5 <= int(bytes_moved) <= 20)
            stamp = "sc_time_stamp() or vl_time_stamp64() of the program"
            context = "the context's; where that stays 0, evals times LIGHTSSS_TICK"
            self.assertEqual(
                out,
                f"Program    {program}\n"
                f"Library    {LIBRARY}\n"
                "Model      Vmcu\n"
                f"Eval       Vmcu::eval_step() at 0x{address(program):x}, {bytes_moved} bytes of it moved\n"
                f"Verilator  {self.release()}\n"
                f"Waveform   {waveform}\n"
                f"Time       {stamp if build == 'fst1' else context}\n"
                "Threads    known after the first eval: use --rehearse\n"
                "Snapshot   can be taken; what it costs: use --rehearse\n"
                "Failures   exit, abort, signal, kill\n"
                f"Directory  {self.work}/lightsss\n"
                "\nA failure would leave a waveform.\n",
            )
            self.assertFalse(os.path.exists(os.path.join(self.work, "ran")), "its main function has run")

    def test_rehearsal(self):
        for build, least in (("vcd1", 0), ("fst1", 0), ("vcd2", 1), ("fst2", 1)):
            status, rows, _ = self.doctor(
                "--rehearse", "--window=1evals", "--", simulator(build), "--cycles", "100000000"
            )
            self.assertEqual(status, 0, rows)
            self.assertGreaterEqual(int(re.match(r"(\d+) besides the one", rows["Threads"][0])[1]), least)
            stall = re.match(r"the simulator stood still for (\d+\.\d\d) ms$", rows["Snapshot"][0])
            self.assertGreater(float(stall[1]), 0)
            replay = re.match(
                r"first dump (\d+\.\d\d) ms after the wake, (\d+) bytes, waveform whole$", rows["Replay"][0]
            )
            self.assertGreater(float(replay[1]), 0)
            self.assertGreater(int(replay[2]), 1000)
            self.assertNotIn("Note", rows)

    def test_too_short_for_a_rehearsal(self):
        """Its few evals are over before the rehearsal is."""
        status, rows, _ = self.doctor("--rehearse", simulator("vcd1"), "--cycles", "1", "--quiet")
        self.assertEqual(status, 1)
        self.assertRegex(rows["Problem"][0], r"ended \(exit status 0\) before the model had done enough evals")

    def test_too_slow_for_a_rehearsal(self):
        self.file("late.sh", f"#!/bin/sh\n{simulator('vcd1')} --cycles 1 --quiet; exec sleep 1000\n")
        status, rows, _ = self.doctor("--rehearse", "--patience", "2s", "./late.sh")
        self.assertEqual(status, 1)
        self.assertRegex(rows["Problem"][0], "^the model had not done enough evals in 2 s; ")

    def test_what_a_script_or_python_starts(self):
        script = self.file("run.sh", f'#!/bin/bash\necho starting\n{simulator("fst1")} "$@"\n')
        code = f"import subprocess; subprocess.run([{simulator('fst1')!r}, '--quiet'])"
        for words in ([script], [sys.executable, "-c", code]):
            self.assertEqual(self.doctor(*words)[0], 1)
            status, rows, _ = self.doctor("--rehearse", *words)
            self.assertEqual(status, 0, rows)
            self.assertEqual((rows["Model"], rows["Waveform"]), (["Vmcu"], ["FST"]))
            self.assertIn("Replay", rows)

    def test_its_answer_is_true(self):
        self.assertEqual(self.doctor(simulator("vcd1"))[0], 0)
        self.assertEqual(self.fails(simulator("vcd1")), ["wave.vcd"])

    def test_its_refusals_are_true(self):
        for program in (simulator("notrace1"), self.stripped(simulator("vcd1"))):
            status, rows, _ = self.doctor("--rehearse", program)
            self.assertEqual((status, len(rows["Problem"])), (1, 1))
            self.assertEqual(self.fails(program), [])

    def test_what_the_machine_refuses(self):
        for call, error, words in (
            ("memfd_create", "EPERM", "no memory can be shared with snapshots"),
            ("clone", "EPERM", r"no snapshot: clone is refused \(EPERM\)"),
            ("clone", "EAGAIN", r"no snapshot can be taken \(clone: Resource temporarily unavailable\); "),
        ):
            probe = subprocess.run([REFUSE, call, error, "/bin/true"], check=False)
            if probe.returncode == 77:
                self.skipTest("no seccomp")
            process = self.start(call, error, COMMAND, "doctor", "--rehearse", simulator("vcd1"), command=REFUSE)
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, err), (1, ""))
            self.assertRegex(out, f"\nProblem    {words}")
            self.assert_nothing_left()

    def test_directory(self):
        """It tries the place, and leaves it as it was."""
        os.makedirs(os.path.join(self.work, "deep"))
        self.assertEqual(self.doctor("--dir=deep/runs", simulator("vcd1"))[0], 0)
        self.assertEqual(os.listdir(os.path.join(self.work, "deep")), [])
        self.assertEqual(self.doctor("--dir=not/there/runs", simulator("vcd1"))[0], 0)
        self.assertEqual(os.listdir(self.work), ["deep"])
        status, rows, _ = self.doctor("--dir=/proc/nothing/runs", simulator("vcd1"))
        self.assertEqual(status, 1)
        line = (
            "no run directory can be made in /proc/nothing/runs: No such file or directory; set LIGHTSSS_DIR to a place"
        )
        self.assertTrue(rows["Problem"][0].startswith(line), rows)

    def test_other_format_than_it_was_built_for(self):
        status, rows, _ = self.doctor("--wave=fst", simulator("vcd1"))
        self.assertEqual(status, 0)
        self.assertRegex(rows["Note"][0], "^LIGHTSSS_WAVE asks for fst, but ")

    def test_wrong_model(self):
        """It may still come; until then there is another one."""
        status, rows, _ = self.doctor("--model=VOther", simulator("vcd1"))
        self.assertEqual(status, 0)
        self.assertRegex(rows["Note"][0], "^no model VOther in .*; until it comes, the one that evals is taken$")


if __name__ == "__main__":
    unittest.main()
