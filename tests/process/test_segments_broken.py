#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `lightsss replay RUN --all` says and leaves where something goes wrong: it is interrupted or killed, nothing can be
written, what is asked for cannot be had, a kept snapshot is stopped. What there is has its place and its report, and nothing
else is left."""

import os
import shutil
import signal
import unittest

from live import PATIENCE_S
from test_segments import STRETCHES, SegmentsCase, is_gone

# The second one waits for a file that is not there.
WAITS = ("eval:25", "if_copy:await:go", "eval:20", "exit:3")


class SegmentsBroken(SegmentsCase):
    def begin(self, run):
        """The first one is over, and the second waits."""
        process = self.start("replay", "--all", run)
        self.addCleanup(self.end, process)
        self.assertIn("segment 1 of 4, evals 11 to 20: reproduced, after ", process.stderr.readline())
        self.await_that(lambda: os.path.exists(os.path.join(run, "replay-2", "segment-2", "report.json")))
        return process

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(process.returncode, 1)
        return err

    # --- what is left ---

    def test_interrupted(self):
        """What each has left stands in one directory, and nothing of what it had there."""
        run, _ = self.park(*WAITS)
        self.interrupt(self.begin(run))
        report = self.report(run, "replay-2")
        self.assertEqual(report["replay"]["verdict"], "incomplete")
        self.assertEqual(report["replay"]["why"], "segment 2: SIGINT ended the waiting for the replay")
        self.assertEqual([(part["first_eval"], part["last_eval"]) for part in report["segments"]], STRETCHES)
        self.assertEqual(report["segments"][0]["verdict"], "reproduced")
        names = sorted(os.listdir(os.path.join(run, "replay-2")))
        # As many as processors were idle had begun.
        begun = [number for number, part in enumerate(report["segments"], 1) if part.get("why") == "SIGINT ended the waiting for the replay"]
        self.assertIn(2, begun)
        self.assertEqual([name for name in names if not name.startswith("replay")], [f"report-{number}.json" for number in begun] + ["report.json"])

    def test_command_killed(self):
        """Its report says what there is, and that it was not done."""
        run, pids = self.park(*WAITS)
        process = self.begin(run)
        process.kill()
        process.wait()
        report = self.report(run, "replay-2")
        self.assertEqual((report["replay"]["verdict"], report["replay"]["why"]), ("incomplete", "segment 2: it was not done when this was written"))
        self.assertEqual(report["segments"][0]["verdict"], "reproduced")
        status, out, err = self.command("report", os.path.join(run, "replay-2"))
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"\A.*\n.* incomplete +- +\S+/replay-2/\n\Z")
        for pid in pids:
            self.await_that(lambda pid=pid: not self.descendants(pid))
        self.command("drop", run)
        self.await_that(lambda: not os.path.exists(os.path.join(run, "kept.sock")))
        self.assertEqual(self.command("clean", "--yes", os.path.dirname(run))[2], "")
        self.assertFalse(os.path.exists(run))

    def test_directory_removed(self):
        """There is no report, and nobody says that there is."""
        run, _ = self.park()
        process = self.slow(run)
        shutil.rmtree(os.path.join(run, "replay-2"))
        err = self.interrupt(process)
        self.assertTrue(err.endswith("lightsss: report.json could not be written: No such file or directory\nlightsss: no waveforms, and no report\n"), err)
        self.assertNotIn("replay-2", os.listdir(run))

    def test_report_not_written(self):
        """Something has taken its place."""
        run, _ = self.park()
        process = self.slow(run)
        taken = os.path.join(run, "replay-2", "report.json")
        os.remove(taken)
        os.mkdir(taken)
        self.assertIn("lightsss: report.json could not be written: Is a directory\n", self.interrupt(process))
        names = os.listdir(os.path.join(run, "replay-2"))
        self.assertNotIn(".new", names)
        self.assertEqual([name for name in names if name.startswith("segment-")], [])

    # --- what is said ---

    def test_warned_once(self):
        """Each segment has the same to say."""
        run, _ = self.park()
        status, found, others = self.all(run, "--wake-call", "no_such_function()")
        self.assertEqual((status, list(found)), (0, STRETCHES))
        self.assertRegex(others[0], "^lightsss: LIGHTSSS_WAKE_CALL: there is no function no_such_function in the program and its libraries")
        self.assertEqual(others[1:], [f"lightsss: no waveforms; the report is in {run}/replay-2"])
        notes = self.report(run, "replay-2")["replay"]["notes"]
        self.assertEqual([note for note in notes if "no_such_function" in note], [others[0].removeprefix("lightsss: ")])

    def test_refused(self):
        """By all of them for one reason: that is one line, and nothing is left."""
        run, _ = self.park()
        before = sorted(os.listdir(run))
        refuses = f"lightsss: the kept snapshot of {run} refuses: --format fst cannot be had: fake_simulator was built to write vcd\n"
        self.assertEqual(self.command("replay", "--all", "--format", "fst", run), (1, "", refuses))
        self.assertEqual(sorted(os.listdir(run)), before)

    def test_stopped(self):
        """Which one it is, and what to do; and the others are asked."""
        run, pids = self.park()
        os.kill(pids[1], signal.SIGSTOP)
        silent = f"lightsss: the kept snapshot 3 of {run} does not answer: process {pids[1]} is stopped; kill -CONT {pids[1]} lets it go on"
        self.assertIn(silent, self.good(run, [(11, 30), (31, 40), (41, 45)]))
        os.kill(pids[1], signal.SIGCONT)
        self.assertNotIn(silent, self.good(run))

    def test_dropped_where_the_first_was_killed(self):
        """The later ones have not seen it yet, but for those that look at this moment."""
        for attempt in range(5):
            run, pids = self.park(place=f"run{attempt}")
            os.kill(pids[0], signal.SIGKILL)
            self.await_that(is_gone, pids[0])
            status, out, err = self.command("drop", run)
            self.assertEqual(err, f"lightsss: the kept snapshot of {run} is gone: it was killed\n")
            for pid in pids:
                self.await_that(is_gone, pid)
            if out:
                break
        self.assertRegex(out, rf"\Adropped [1-3] later snapshots? of {run}\n\Z")
        self.assertEqual(status, 0)

    def test_dropped_where_one_is_stopped(self):
        """It is told of, and goes when it goes on."""
        run, pids = self.park()
        os.kill(pids[3], signal.SIGSTOP)
        silent = f"lightsss: the kept snapshot 5 of {run} does not answer: process {pids[3]} is stopped; kill -CONT {pids[3]} lets it go on\n"
        self.assertEqual(self.command("drop", run), (1, f"dropped the snapshot of {run}\n", silent))
        os.kill(pids[3], signal.SIGCONT)
        for pid in pids:
            self.await_that(is_gone, pid)

    def test_full_stderr(self):
        """What nobody reads does no harm."""
        run, _ = self.park()
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = self.start("replay", "--all", run, stderr=full)
            self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(self.report(run, "replay-2")["replay"]["verdict"], "reproduced")


if __name__ == "__main__":
    unittest.main(verbosity=2)
