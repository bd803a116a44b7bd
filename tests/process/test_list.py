#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss list`: what runs, what its snapshots hold, and that nobody notices the look: the simulator has no descriptor
for it, and whatever ends meanwhile is no error."""

import errno
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
import unittest
from urllib.parse import unquote_to_bytes

from command import COMMAND, FAKE, as_from_a_terminal, columns
from live import EVERY_TEN, FOREIGN_RELEASE, PATIENCE_S, TO_THREE, SimulatorCase

NOBODY = 65534
SLOW = {"LIGHTSSS_WAKE_CALL": "usleep(20000000)"}


def descriptors(pid):
    """Number -> where it leads."""
    folder, found = f"/proc/{pid}/fd", {}
    for number in os.listdir(folder):
        try:
            found[number] = os.readlink(os.path.join(folder, number))
        except FileNotFoundError:  # closed meanwhile
            pass
    return found


def cards_of(pid):
    return [link for link in descriptors(pid).values() if "lightsss" in link]


class Runs(SimulatorCase):
    def three(self, name="one", **variables):
        process = self.simulator(name, *TO_THREE, "exit:0", **{**EVERY_TEN, **variables})
        self.await_file(process)
        return process

    def test_nothing_runs(self):
        self.assertNotIn(os.getpid(), self.runs())

    def test_figures(self):
        process = self.three()
        run = self.await_that(lambda: (run := self.runs()[process.pid])["evals"] == 45 and run)
        self.assertEqual((run["program"], run["state"]), ("fake_simulator", "runs"))
        self.assertEqual(run["command"], [FAKE, *TO_THREE, "exit:0"])
        self.assertEqual(run["directory"], os.path.join(process.directory, "lightsss"))
        self.assertGreater(run["seconds"], 0)
        self.assertGreaterEqual(run["evals_per_s"], 0)
        shots = run["snapshots"]
        self.assertEqual([(shot["number"], shot["eval"]) for shot in shots], [(3, 20), (4, 30), (5, 40)])
        for shot in shots:
            self.assertEqual(shot["state"], "parked")
            self.assertGreater(shot["memory_bytes"], 4096)
            self.assertLess(shot["memory_bytes"], 64 << 20)
            self.assertTrue(0 <= shot["age_s"] <= run["seconds"] + 0.01, run)
            self.assertTrue(os.path.exists(f"/proc/{shot['pid']}"))
        self.assertEqual(self.go(process), "")
        self.assertNotIn(process.pid, self.runs())

    def test_table(self):
        process = self.three()
        status, out, err = self.command("list")
        self.assertEqual((status, err), (0, ""))
        lines = out.splitlines()
        self.assertRegex(lines[0], r"^ +PID  (USER +)?PROGRAM +STATE +FOR +EVALS +EVALS/S  COMMAND$")
        place = next(i for i, line in enumerate(lines) if line.split()[0] == str(process.pid))
        self.assertIn(f"{FAKE} eval:45 touch:ready await:go exit:0", lines[place])
        for line, number in zip(lines[place + 1 :], (3, 4, 5)):
            self.assertRegex(line, rf"^ +snapshot {number} +\d+\.\d s old +\d+\.\d MiB  after eval {number * 10 - 10}$")

    def test_stopped(self):
        """It makes no evals, whatever it made before."""
        process = self.simulator("one", "pace:500", "eval:100000000", "exit:0", LIGHTSSS_INTERVAL="200ms")
        self.await_that(lambda: (run := self.runs().get(process.pid)) and run["evals_per_s"])
        process.send_signal(signal.SIGSTOP)
        run = self.await_that(lambda: (run := self.runs()[process.pid])["state"] == "stopped" and run)
        self.assertIsNone(run["evals_per_s"])
        self.assertGreater(run["evals"], 0)
        self.assertRegex(self.command("list")[1], rf"\n *{process.pid} .* stopped  .* -  {FAKE} ")
        asked = self.command("wave", str(process.pid))
        self.assertEqual(asked, (0, f"asked process {process.pid}; it is stopped, and will make the waveform when it goes on\n", ""))
        process.send_signal(signal.SIGCONT)
        self.await_that(lambda: (run := self.runs()[process.pid])["state"] == "runs" and run["evals_per_s"])

    def test_names(self):
        """Columns stand below each other, whatever the names are written with, and no name turns what is around it."""
        program = os.path.join(self.place, "\u6a21\u62dfe\u0301")
        shutil.copy(FAKE, program)
        process = self.simulator("one", *TO_THREE, "print:\u202eabc\u2066", "exit:0", program=program, **EVERY_TEN)
        self.await_file(process)
        lines = self.command("list")[1].splitlines()
        line = next(line for line in lines if line.split()[0] == str(process.pid))
        self.assertEqual(columns(line.partition(" runs ")[0]), lines[0].index(" STATE"))
        self.assertIn(" print:???abc??? exit:0", line)
        self.assertEqual(self.runs()[process.pid]["command"][-2], "print:\u202eabc\u2066")
        self.assertNotIn("\u202e", self.command("list", "--json")[1])

    def test_directory_that_is_no_text(self):
        process = self.three(LIGHTSSS_DIR="d\udcff")
        run = self.runs()[process.pid]
        self.assertEqual(run["directory"], os.path.join(process.directory, "d\ufffd"))
        self.assertEqual(unquote_to_bytes(run["directory_bytes"]), os.fsencode(os.path.join(process.directory, "d\udcff")))

    def test_two_runs_and_their_names(self):
        first, second = self.three("one"), self.three("two")
        runs = self.runs()
        self.assertEqual([pid for pid in runs if pid in (first.pid, second.pid)], sorted((first.pid, second.pid)))

    def test_rate(self):
        process = self.simulator("one", "pace:500", "eval:100000", "exit:0", LIGHTSSS_INTERVAL="200ms")
        run = self.await_that(lambda: (run := self.runs().get(process.pid)) and run["evals"] and run["evals_per_s"] and run)
        self.assertGreater(run["evals_per_s"], 10)

    def test_simulator_has_no_descriptor(self):
        plain = self.simulator("plain", *TO_THREE, "exit:0", LD_PRELOAD="")
        process = self.three()
        self.await_file(plain)
        # One that is open for a moment, on the way past `ready`, is none.
        self.await_that(lambda: set(descriptors(process.pid)) == set(descriptors(plain.pid)))
        self.assertEqual(cards_of(process.pid), [])
        for shot in self.runs()[process.pid]["snapshots"]:
            self.assertEqual(cards_of(shot["pid"]), ["/memfd:lightsss-card (deleted)"])

    def test_children_are_no_runs(self):
        process = self.simulator(
            "one", "eval:5", "fork:sleep:60000", "touch:ready", "await:go", "exit:0", LIGHTSSS_INTERVAL="1h"
        )
        self.await_file(process)
        children = self.children(process.pid)
        self.assertGreaterEqual(len(children), 2, "a snapshot and a child")
        runs = self.runs()
        self.assertIn(process.pid, runs)
        self.assertEqual(set(children) & set(runs), set())
        for child in children:
            if not cards_of(child):
                os.kill(child, signal.SIGKILL)

    def children(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            return list(map(int, file.read().split()))

    def test_first_thread_has_ended(self):
        """... and others go on: the process's own files in /proc are empty."""
        process = self.simulator("one", "main_leaves:eval:45+touch:ready+await:go+exit:0", **EVERY_TEN)
        self.await_file(process)
        self.await_that(lambda: self.runs()[process.pid]["evals"] == 45)
        run = self.runs()[process.pid]
        self.assertEqual((run["program"], run["state"], run["command"][0]), ("fake_simulator", "runs", FAKE))
        self.assertIn(f"asked process {process.pid}; ", self.command("wave", str(process.pid))[1])
        process.send_signal(signal.SIGSTOP)
        self.await_that(lambda: self.runs()[process.pid]["state"] == "stopped")
        process.send_signal(signal.SIGCONT)

    def test_no_snapshot_left(self):
        """Somebody has killed them all: the run is shown, without figures."""
        process = self.three(LIGHTSSS_INTERVAL="1h", LIGHTSSS_ON="-kill")
        for shot in self.runs()[process.pid]["snapshots"]:
            os.kill(shot["pid"], signal.SIGKILL)
        run = self.await_that(lambda: (run := self.runs().get(process.pid)) and not run["snapshots"] and run)
        self.assertEqual((run["program"], run["state"]), ("fake_simulator", "runs"))
        self.assertEqual((run["evals"], run["evals_per_s"], run["seconds"]), (None, None, None))
        self.assertRegex(self.command("list")[1], rf" {process.pid} .*\n +no snapshot\n")


class Replays(SimulatorCase):
    def state(self, process):
        run = self.runs().get(process.pid)
        return run and (run["state"], sorted(shot["state"] for shot in run["snapshots"]))

    def await_state(self, process, state, *shots):
        self.await_that(lambda: self.state(process) == (state, sorted(shots)))

    def start(self, *steps, first=()):
        process = self.simulator("one", *first, "eval:25", "touch:ready", *steps, **{**EVERY_TEN, **SLOW})
        self.await_file(process)
        return process

    def test_waits_for_its_replay(self):
        process = self.start("exit:3")
        self.await_state(process, "replays", "replays", "parked", "parked")
        self.assertIsNone(self.runs()[process.pid]["evals_per_s"])
        self.assertIn(" replays\n", self.command("list")[1])

    def test_spare(self):
        """Where it shares memory with others a replay leaves a copy, with which it could begin anew."""
        process = self.start("exit:3", first=("shared_add:5",))
        self.await_state(process, "replays", "replays", "spare", "parked", "parked")

    def test_beside(self):
        process = self.start("await:go", "exit:0")
        process.send_signal(signal.SIGUSR1)
        self.await_state(process, "runs", "parked", "parked", "parked", "replays beside")

    def test_killed(self):
        process = self.start("await:go", "exit:0")
        process.kill()
        self.await_state(process, "killed", "replays", "parked", "parked")
        for shot in self.runs()[process.pid]["snapshots"]:
            os.kill(shot["pid"], signal.SIGKILL)
        self.await_that(lambda: process.pid not in self.runs())


class Others(SimulatorCase):
    """Other users, other releases, and what comes and goes."""

    def as_nobody(self):
        copy = os.path.join(self.place, "lightsss")
        subprocess.run(["cp", COMMAND, copy], check=True)
        for path, mode in ((self.place, 0o755), (self.work, 0o755), (copy, 0o755)):
            os.chmod(path, mode)
        return copy

    def list_as_nobody(self, copy):
        run = subprocess.run(
            [copy, "list", "--json"], cwd="/", user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False
        )
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return {run["pid"] for run in json.loads(run.stdout)["runs"]}

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_users(self):
        copy = self.as_nobody()
        ours = self.simulator("ours", *TO_THREE, "exit:0", **EVERY_TEN)
        theirs = self.simulator("theirs", *TO_THREE, "exit:0", user=NOBODY, **EVERY_TEN)
        for process in (ours, theirs):
            self.await_file(process)
        seen = self.list_as_nobody(copy)
        self.assertIn(theirs.pid, seen)
        self.assertNotIn(ours.pid, seen)
        runs = self.runs()
        self.assertEqual((runs[ours.pid]["user"], runs[theirs.pid]["user"]), ("root", "nobody"))
        self.assertRegex(self.command("list")[1], rf"PID  USER .*\n(.*\n)* *{theirs.pid}  nobody ")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_unreadable(self):
        """Nobody but root may look at it; it is as if it were not there."""
        copy = self.as_nobody()
        process = self.simulator("one", "prctl:4:0", *TO_THREE, "exit:0", user=NOBODY, **EVERY_TEN)
        self.await_file(process)
        self.assertNotIn(process.pid, self.list_as_nobody(copy))
        self.assertIn(process.pid, self.runs())

    def hold(self, name, contents):
        """This test itself holds such a file."""
        fd = os.memfd_create(name)
        self.addCleanup(os.close, fd)
        os.write(fd, contents)

    def test_other_release(self):
        release = FOREIGN_RELEASE.encode()
        self.hold("lightsss-card", b"lightsss" + struct.pack("I20s", 99, release) + bytes(500))
        status, out, err = self.command("list", "--json", foreign=True)
        self.assertEqual(status, 0)
        self.assertNotIn(os.getpid(), [run["pid"] for run in json.loads(out)["runs"]])
        self.assertRegex(err, rf"^lightsss: process {os.getpid()} runs with lightsss 9\.9, of which this release \(\d.*\) ")
        self.assertEqual(err.count("\n"), 1)

    def test_no_cards(self):
        """Files of that name are anybody's."""
        for contents in (b"", b"lightsss", b"x" * 5000, b"lightsss" + struct.pack("I20s", 1, b"0") + b"\xff" * 20):
            with self.subTest(contents=contents[:20]):
                self.hold("lightsss-card", contents)
                self.assertNotIn(os.getpid(), self.runs())

    def test_what_comes_and_goes(self):
        """Runs that end and begin, snapshots at each eval, and zombies: no error, and never half a run."""
        live = []
        for step in range(24):
            live.append(self.simulator(f"s{step % 5}", "eval:200", "exit:0", LIGHTSSS_INTERVAL="1evals"))
            if len(live) > 4:
                live.pop(0).communicate(timeout=PATIENCE_S)
            for run in self.runs().values():
                self.assertTrue(run["program"])

    def test_many_processes(self):
        sleepers = [subprocess.Popen(["sleep", "60"]) for _ in range(200)]
        process = self.simulator("one", *TO_THREE, "exit:0", **EVERY_TEN)
        self.await_file(process)
        self.assertIn(process.pid, self.runs())
        for sleeper in sleepers:
            sleeper.kill()
        self.assertIn(process.pid, self.runs())  # zombies now
        for sleeper in sleepers:
            sleeper.wait()


class Watch(SimulatorCase):
    def watch(self, *words, stdout=subprocess.PIPE, term="xterm"):
        process = subprocess.Popen(
            [COMMAND, "list", "--watch", *words],
            env=self.environment({"TERM": term}),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            preexec_fn=as_from_a_terminal,
        )
        self.addCleanup(self.end, process)
        return process

    def read_until(self, fd, pattern):
        """What is written up to where it matches."""
        text, bytes_read, end = "", b"", time.monotonic() + PATIENCE_S
        while not re.search(pattern, text):
            self.assertLess(time.monotonic(), end, text)
            if select.select([fd], [], [], 1)[0]:
                bytes_read += os.read(fd, 65536)
                text = bytes_read.decode(errors="replace")
        return text

    def three(self):
        process = self.simulator("one", *TO_THREE, "exit:0", **EVERY_TEN)
        self.await_file(process)
        return process

    def test_blocks(self):
        simulator = self.three()
        process = self.watch()
        text = self.read_until(process.stdout.fileno(), rf"(?s){simulator.pid} .*\n\n.*{simulator.pid} ")
        self.assertNotIn("\033", text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGINT)

    def test_json(self):
        self.three()
        process = self.watch("--json")
        text = self.read_until(process.stdout.fileno(), "\n[^\n]*\n")
        for line in text.splitlines():
            self.assertEqual(json.loads(line)["version"], 1)

    def test_terminal(self):
        self.three()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        subprocess.run(["stty", "rows", "5", "cols", "60"], stdin=theirs, check=True)
        process = self.watch(stdout=theirs)
        os.close(theirs)
        text = self.read_until(ours, r"(?s)\033\[H.*\033\[J.*\033\[H.*\033\[J.*\033\[H.*\033\[J")
        page = text.split("\033[H")[2]
        lines = page.replace("\033[J", "").replace("\033[K", "").replace("\r", "").split("\n")
        self.assertLessEqual(len(lines), 5)
        self.assertLessEqual(max(map(len, lines)), 60)
        self.assertRegex(page, "  PID  (USER +)?PROGRAM  ")  # others may be at work beside this test
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)

    def test_narrow_terminal(self):
        """Letters of one column, of two and of none: none is cut, and the last column is not cleared behind one. A new width
        is taken at once."""
        letters = "\u00e4\u6f22e\u0301" * 40
        process = self.simulator("one", *TO_THREE, "print:" + letters, "exit:0", **EVERY_TEN)
        self.await_file(process)
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        subprocess.run(["stty", "rows", "99", "cols", "110"], stdin=theirs, check=True)
        watch = self.watch(stdout=theirs)
        place = re.search(rf"(?m)^ *{process.pid} .*print:", self.command("list")[1])[0]
        for width in range(len(place), len(place) + 9):
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 99, width, 0, 0))
            watch.send_signal(signal.SIGWINCH)
            text = self.read_until(ours, rf"(?s)\033\[H.*{process.pid} (?=[^\n]*\n.*\033\[J)")
            self.assertNotIn("\ufffd", text)
            if width == len(place):
                continue  # it may be of before
            line = re.search(rf"(?m)^ *{process.pid} .*$", text.rpartition("\033[H")[2])[0].rstrip("\r")
            shown = line.replace("\033[K", "")
            self.assertTrue(letters.startswith(shown.partition("print:")[2]), shown)
            self.assertIn(width - columns(shown), (0, 1))
            self.assertEqual("\033[K" in line, columns(shown) < width)
        watch.send_signal(signal.SIGINT)
        watch.wait(PATIENCE_S)
        os.close(theirs)

    def test_terminal_that_cannot_move(self):
        self.three()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        watch = self.watch(stdout=theirs, term="dumb")
        os.close(theirs)
        self.assertNotIn("\033", self.read_until(ours, r"(?s)PID .*\n\r?\n.*PID .*\n"))
        watch.send_signal(signal.SIGINT)
        watch.wait(PATIENCE_S)

    def test_closed_pipe(self):
        process = self.watch("--json")
        process.stdout.close()
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGPIPE)


class Words(SimulatorCase):
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            status, _, err = self.command("list", stdout=full)
        self.assertEqual(status, 125)
        self.assertEqual(err, f"lightsss: what it printed could not be written: {os.strerror(errno.ENOSPC)}\n")

    def test_closed_pipe(self):
        """Where SIGPIPE is ignored it is an error told; else the signal ends it as ever."""
        ours, theirs = os.pipe()
        os.close(ours)
        run = subprocess.run(
            [COMMAND, "list"],
            stdout=theirs,
            stderr=subprocess.PIPE,
            restore_signals=False,
            preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
            text=True,
            check=False,
        )
        os.close(theirs)
        self.assertEqual((run.returncode, run.stderr), (125, "lightsss: what it printed could not be written: Broken pipe\n"))

    def test_mistakes(self):
        for words, line in (
            (("--wach",), "unknown option --wach; did you mean --watch?"),
            (("--watch=2",), "--watch has no value"),
            (("4242",), "no word belongs behind list: 4242; usage: lightsss list [--watch] [--json]"),
        ):
            self.assertEqual(self.command("list", *words), (2, "", f"lightsss: {line}\n"))


if __name__ == "__main__":
    unittest.main()
