#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of campaign.py: a run as the contract wants it passes, and every broken promise is found."""

import json
import os
import shutil
import signal
import tempfile
import time
import unittest
from types import SimpleNamespace

import campaign
import checks
from launch import Launch

HEADER = (
    "$timescale 1ps $end\n$scope module TOP $end\n$var wire 1 ! clk $end\n$var wire 8 # n [7:0] $end\n"
    "$upscope $end\n$enddefinitions $end\n"
)
TABLE = {
    "": ["words"],
    "emu": {
        "args": ["--seed", "{seed}"],
        "fail": ["--fail", "{kind}@{cycle}"],
        "trace": ["--trace", "{wave}"],
        "wave": "oracle.vcd",
        "cycles": [1, 100],
        "every_eval": True,
        "kinds": {"segv": {"end": "signal SIGSEGV"}, "exit": {"end": "status 3"}, "none": {"end": "status 0"}},
        "threaded": {"exit": {"end": "signal SIGABRT"}},
        "since": {"5.040": {"segv": {"end": "status 1"}}},
    },
    "other": {"like": "emu", "args": ["--other"]},
}
EVALS = 50  # of the failing run; eval n is at time n - 1


def vcd(first_eval, last_eval):
    return HEADER + "".join(f"#{n - 1}\n{n % 2}!\nb{n:08b} #\n" for n in range(first_eval, last_eval + 1))


class CampaignCase(unittest.TestCase):
    """A failing run that keeps every promise; each test breaks one."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="campaign-test-")
        self.addCleanup(shutil.rmtree, self.top)
        self.row = campaign.Row(TABLE, "emu", "/nowhere/emu", False)
        self.run_ = SimpleNamespace(kind="segv", inside=False, killed=False, window="all")
        self.plain = self.launch("plain", b"")
        self.oracle = self.launch("oracle", b"")
        self.write(self.oracle.directory, "oracle.vcd", vcd(1, EVALS))
        self.preloaded = self.launch("preloaded", b"")
        self.directory = os.path.join(self.preloaded.directory, "lightsss", "emu.4242")
        os.makedirs(self.directory)
        os.chmod(self.directory, 0o700)
        wave_text = vcd(21, EVALS)
        self.write(self.directory, "wave.vcd", wave_text)
        self.write(self.directory, "replay.stdout", "two\n")
        self.write(self.directory, "replay.stderr", "")
        self.report = {
            "version": 1,
            "program": "emu",
            "end": {"kind": "signal", "status": None, "signal": "SIGSEGV", "eval": EVALS, "time": EVALS - 1},
            "snapshot": {"number": 2, "eval": 20, "time": 19},
            "replay": {"verdict": "reproduced", "eval": EVALS, "seconds": 0.1},
            "wave": {
                "path": "wave.vcd",
                "format": "vcd",
                "first_eval": 21,
                "last_eval": EVALS,
                "first_time": 20,
                "last_time": EVALS - 1,
                "bytes": len(wave_text),
                "source": "injected",
            },
            "cost": {"snapshots": 2},
        }

    def launch(self, name, extra):
        directory = os.path.join(self.top, name)
        os.makedirs(directory)
        self.write(directory, "emu.log", "log\n")
        ours = (
            b"lightsss: the oldest checkpoint start to dump wave\n"
            b"lightsss: waveform: " + directory.encode() + b"/lightsss/emu.4242/wave.vcd\n"
        )
        return SimpleNamespace(
            directory=directory,
            pid=4242,
            returncode=-signal.SIGSEGV,
            stdout=b"one\ntwo\n",
            seen_by_peer=None,
            stderr=b"oh\n" + (ours if name == "preloaded" else b"") + extra,
        )

    @staticmethod
    def write(directory, name, text):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def check(self):
        self.write(self.directory, "report.json", json.dumps(self.report))
        checks.check_unchanged(self.plain, self.preloaded, self.row)
        checks.check_failure(self.run_, self.row, self.plain, self.oracle, self.preloaded)

    def broken(self, pattern):
        with self.assertRaisesRegex(campaign.Failed, pattern):
            self.check()


class Good(CampaignCase):
    def test_good(self):
        self.check()

    def test_inside(self):
        """The failing eval's own values as one time more."""
        self.run_.inside = True
        self.report["end"]["eval"] = self.report["replay"]["eval"] = EVALS + 1
        self.report["wave"].update(last_eval=EVALS + 1, last_time=EVALS)
        self.write(self.directory, "wave.vcd", vcd(21, EVALS + 1))
        self.report["wave"]["bytes"] = len(vcd(21, EVALS + 1))
        self.check()


class Broken(CampaignCase):
    def test_end(self):
        self.preloaded.returncode = 0
        self.broken("ended with status 0, without the library with signal SIGSEGV")

    def test_stdout(self):
        self.preloaded.stdout = b"one\ntwo\ntwo\n"
        self.broken("stdout")

    def test_stderr(self):
        self.preloaded.stderr += b"oh\n"
        self.broken("stderr")

    def test_files(self):
        self.write(self.preloaded.directory, "emu.log", "log\nlog\n")
        self.broken("file emu.log")

    def test_file_too_many(self):
        self.write(self.preloaded.directory, "core", "")
        self.broken("files")

    def test_file_mode(self):
        os.chmod(os.path.join(self.preloaded.directory, "emu.log"), 0o600)
        self.broken("file emu.log: mode 600")

    def test_peer(self):
        self.plain.seen_by_peer, self.preloaded.seen_by_peer = (1, 100), (2, 100)
        self.broken("the peer saw")

    def test_no_directory(self):
        shutil.rmtree(os.path.dirname(self.directory))
        with self.assertRaisesRegex(campaign.Failed, "no directory lightsss"):
            checks.check_failure(self.run_, self.row, self.plain, self.oracle, self.preloaded)

    def test_two_directories(self):
        os.mkdir(self.directory + "1")
        self.broken("and not just emu.4242")

    def test_mode(self):
        os.chmod(self.directory, 0o755)
        self.broken("mode 755")

    def test_said(self):
        self.preloaded.stderr = self.preloaded.stderr.replace(b"oldest checkpoint", b"newest checkpoint")
        self.broken("not announced")

    def test_waveform_not_named(self):
        self.preloaded.stderr += b"lightsss: something else\n"
        self.broken("does not name the waveform")

    def test_replay_output(self):
        self.write(self.directory, "replay.stdout", "three\n")
        self.broken("replay.stdout is not the end")
        os.unlink(os.path.join(self.directory, "replay.stdout"))
        self.broken("no replay.stdout")

    def test_report(self):
        for path, value, pattern in (
            (("version",), 2, "version"),
            (("program",), "emulator", "program"),
            (("end", "kind"), "exit", "end.kind"),
            (("end", "signal"), "SIGBUS", "report: end"),
            (("end", "status"), 1, "report: end"),
            (("end", "eval"), EVALS - 1, "replay ended at eval"),
            (("snapshot", "eval"), EVALS, "snapshot"),
            (("snapshot", "eval"), 10, "evals dumped of a window of 40"),
            (("replay", "verdict"), "diverged", "verdict diverged"),
            (("replay", "eval"), EVALS + 1, "replay ended at eval"),
            (("wave", "path"), "wave.fst", "no waveform"),
            (("wave", "format"), "fst", "report: wave"),
            (("wave", "first_eval"), 20, "evals of wave"),
            (("wave", "last_eval"), EVALS - 1, "wave stops before the end"),
            (("wave", "first_time"), 21, "wave begins at 20"),
            (("wave", "last_time"), EVALS, "the window ends at 49, expected 50"),
            (("wave", "bytes"), 1, "waveform of .* bytes"),
            (("wave", "source"), "testbench", "waveform is testbench, not injected"),
            (("wave",), None, "no waveform; the library said"),
            (("cost", "snapshots"), 0, "cost"),
        ):
            with self.subTest(path=path, value=value):
                place = self.report
                for key in path[:-1]:
                    place = place[key]
                right = place[path[-1]]
                place[path[-1]] = value
                self.broken(pattern)
                del place[path[-1]]
                self.broken("")
                place[path[-1]] = right
        self.check()

    def test_eval_count(self):
        """Evals that fit together and are all one too many."""
        for part, key in (("end", "eval"), ("replay", "eval"), ("snapshot", "eval")):
            self.report[part][key] += 1
        self.report["wave"]["first_eval"] += 1
        self.report["wave"]["last_eval"] += 1
        self.broken("end.eval 51, really 50")

    def test_window(self):
        self.run_.window = "10evals"
        self.broken("30 evals dumped of a window of 10")

    def test_wave(self):
        damaged = vcd(21, EVALS).replace(f"b{30:08b}", f"b{31:08b}")
        self.write(self.directory, "wave.vcd", damaged)
        self.broken("waveform: at 29 TOP.n")

    def test_dark(self):
        """No waveform, as the row wants it; else it is a broken promise."""
        self.row.row["dark"] = "too new"
        self.broken("a waveform all the same")
        self.report["wave"] = None
        self.broken("no waveform, but")
        os.unlink(os.path.join(self.directory, "wave.vcd"))
        self.broken("not said in the last line")
        self.preloaded.stderr += b"lightsss: no waveform: Verilator 9.999 is too new\n"
        self.check()
        self.report["replay"]["verdict"] = "diverged"
        self.broken("verdict diverged")

    def test_gone(self):
        os.unlink(os.path.join(self.directory, "wave.vcd"))
        self.broken("no waveform")

    def test_nothing_left(self):
        with self.assertRaisesRegex(campaign.Failed, "made a directory"):
            checks.check_nothing_left(self.preloaded, self.row)
        shutil.rmtree(os.path.dirname(self.directory))
        with self.assertRaisesRegex(campaign.Failed, "said"):
            checks.check_nothing_left(self.preloaded, self.row)
        self.preloaded.stderr = b"oh\n"
        checks.check_nothing_left(self.preloaded, self.row)


class OwnTrace(CampaignCase):
    """The simulator traces itself, and the library holds that back or leaves it alone."""

    def trace(self, what, text=None):
        self.row.traces = what
        self.write(self.plain.directory, "oracle.vcd", vcd(1, EVALS))
        if text is not None:
            self.write(self.preloaded.directory, "oracle.vcd", text)
        self.report["wave"]["source"] = "testbench" if what == "held" else "injected"

    def test_held(self):
        self.trace("held", vcd(1, 0))
        self.check()

    def test_not_held(self):
        self.trace("held", vcd(1, EVALS))
        self.broken("oracle.vcd: it has values")

    def test_held_and_lost(self):
        self.trace("held")
        self.broken("oracle.vcd is missing")

    def test_held_without_names(self):
        self.trace("held", vcd(1, 0).replace("$var", "$comment"))
        self.broken("oracle.vcd: signal")

    def test_injected(self):
        self.trace("held", vcd(1, 0))
        self.report["wave"]["source"] = "injected"
        self.broken("waveform is injected, not testbench")

    def test_injected_within_first_eval(self):
        """There the testbench did not dump."""
        self.trace("held", vcd(1, 0))
        self.report["wave"]["source"] = "injected"
        self.run_.inside = True
        self.report["end"]["eval"] = self.report["replay"]["eval"] = EVALS + 1
        self.report["snapshot"]["eval"] = EVALS
        only = vcd(EVALS + 1, EVALS + 1)
        self.report["wave"].update(first_eval=EVALS + 1, last_eval=EVALS + 1, first_time=EVALS, last_time=EVALS, bytes=len(only))
        self.write(self.directory, "wave.vcd", only)
        self.check()
        self.report["snapshot"]["eval"] = EVALS - 1
        self.broken("waveform is injected, not testbench")

    def test_left(self):
        self.trace("left", vcd(1, EVALS))
        self.check()

    def test_left_and_changed(self):
        self.trace("left", vcd(1, EVALS - 1))
        self.broken("oracle.vcd: ")

    def test_left_and_lost(self):
        self.trace("left")
        self.broken("oracle.vcd: ")

    def test_announced(self):
        self.row.traces = "held"
        shutil.rmtree(os.path.dirname(self.directory))
        self.preloaded.stderr = b"oh\n"
        with self.assertRaisesRegex(campaign.Failed, "not announced"):
            checks.check_nothing_left(self.preloaded, self.row)
        self.preloaded.stderr = b"lightsss: the testbench's waveform is held back\n"
        checks.check_nothing_left(self.preloaded, self.row)
        self.preloaded.stderr *= 2
        with self.assertRaisesRegex(campaign.Failed, "not announced"):
            checks.check_nothing_left(self.preloaded, self.row)


class Rows(unittest.TestCase):
    def test_like_and_threads(self):
        row = campaign.Row(TABLE, "other", "/nowhere/emu", True)
        self.assertEqual(row.kinds["exit"]["end"], "signal SIGABRT")
        self.assertEqual(campaign.Row(TABLE, "emu", "/nowhere/emu", False).kinds["exit"]["end"], "status 3")
        run = campaign.Run(row, "segv", 1, 0)
        self.assertEqual(row.arguments(run, False), ["--other", "--fail", f"segv@{run.cycle}"])
        self.assertEqual(row.arguments(run, True)[-2:], ["--trace", "oracle.vcd"])

    def test_since(self):
        for release, end in (("4.038", "signal SIGSEGV"), (None, "signal SIGSEGV"), ("5.040", "status 1"), ("5.048", "status 1")):
            row = campaign.Row(TABLE, "emu", "/nowhere/emu", False, release)
            self.assertEqual(row.kinds["segv"]["end"], end)

    def test_drawn(self):
        """The same seed draws the same; every kind has its turn."""
        row = campaign.Row(TABLE, "emu", "/nowhere/emu", False)
        self.assertEqual(vars(campaign.Run(row, "segv", 5, 3)), vars(campaign.Run(row, "segv", 5, 3)))
        self.assertEqual(sorted(campaign.drawn_kinds(["a", "b", "c"], 6, 1)), ["a", "a", "b", "b", "c", "c"])
        self.assertEqual(len(campaign.drawn_kinds(["a", "b", "c"], 2, 1)), 2)

    def test_the_real_table(self):
        with open(os.path.join(campaign.HERE, "simulators.json"), encoding="utf-8") as file:
            table = json.load(file)
        for name in filter(None, table):
            row = campaign.Row(table, name, "/nowhere/emu", False)
            for kind, what in row.kinds.items():
                self.assertRegex(what["end"], r"^(status \d+|signal SIG[A-Z]+)$", f"{name} {kind}")


class Launching(unittest.TestCase):
    def launch(self, script, piped=False, timeout_s=20, environment=None):
        top = tempfile.mkdtemp(prefix="campaign-test-")
        self.addCleanup(shutil.rmtree, top)
        made = Launch(top, ["/bin/sh", "-c", script], environment or {}, piped)
        made.wait(timeout_s)
        return made

    def killed(self, made):
        """SIGKILL was sent; the process is gone soon."""
        deadline = time.monotonic() + 10
        while made.survivors() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(made.survivors(), [])

    def test_output(self):
        for piped in (False, True):
            made = self.launch("echo out; echo err >&2; echo file >log; echo $X; exit 7", piped, environment={"X": "y"})
            self.assertEqual((made.stdout, made.stderr, made.returncode), (b"out\ny\n", b"err\n", 7))
            self.assertEqual(checks.files_below(made.directory), {"log": b"file\n"})
            checks.check_gone(made)

    def test_left_over(self):
        made = self.launch("setsid sleep 60 >/dev/null 2>&1 & exit 0")
        deadline = time.monotonic() + 10
        while not (left := made.survivors()) and time.monotonic() < deadline:
            time.sleep(0.01)  # in the middle of its exec a process has no environment to know it by
        self.assertEqual(len(left), 1)
        checks.LEFTOVER_GRACE_S, grace = 0.1, checks.LEFTOVER_GRACE_S
        self.addCleanup(setattr, campaign, "LEFTOVER_GRACE_S", grace)
        with self.assertRaisesRegex(campaign.Failed, f"left over: .*{left[0]}"):
            checks.check_gone(made)

    def test_temporary_file(self):
        made = self.launch('echo >"$TMPDIR/file"')
        with self.assertRaisesRegex(campaign.Failed, "temporary files"):
            checks.check_gone(made)

    def test_pipe_held(self):
        made = self.launch("sleep 60 & exit 0", piped=True)
        self.assertTrue(made.pipes_held)
        self.killed(made)

    def test_hang(self):
        made = self.launch("sleep 60", timeout_s=0.3)
        self.assertTrue(made.timed_out)
        self.killed(made)


if __name__ == "__main__":
    unittest.main()
