#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""LIGHTSSS_PARK, `lightsss replay` and `lightsss drop`: the snapshot that replayed stays parked behind the run, replays as
often as wanted, and goes when it is to. Nothing that others wait for stays with it."""

import datetime
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import stat
import subprocess
import threading
import unittest

from command import COMMAND, FAKE, LIBRARY, REFUSE, as_from_a_terminal
from live import EVERY_TEN, PATIENCE_S, TO_THREE, SimulatorCase

NOBODY = 65534
PARK = {"LIGHTSSS_PARK": "10m"}
SOCKET = "kept.sock"


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def is_gone(pid):
    """Nobody may reap it where this runs."""
    return state_of(pid) in "ZX"


def descriptors(pid):
    folder, found = f"/proc/{pid}/fd", []
    for number in os.listdir(folder):
        try:
            found.append(os.readlink(os.path.join(folder, number)))
        except FileNotFoundError:
            pass
    return found


class KeptCase(SimulatorCase):
    def setUp(self):
        super().setUp()
        self.pids = set()

    def end_kept(self, pid):
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)

    def report(self, run):
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            return json.load(file)

    def kept(self, run):
        """The process, which ends with the test at the latest."""
        pid = self.report(run)["kept"]["pid"]
        self.addCleanup(self.end_kept, pid)
        return pid

    def park(self, *steps, name="one", **variables):
        """A run that has failed, and the process that is kept."""
        run = self.failed(name, *steps, **{**PARK, **variables})
        return run, self.kept(run)

    def replay(self, run, *options, **more):
        return self.command("replay", *options, run, **more)

    def good(self, run, *options, **more):
        status, out, err = self.replay(run, *options, **more)
        self.assertEqual((status, out), (0, ""), err)
        self.assertIn("lightsss: replay reproduced, after ", err)
        return err

    def await_gone(self, pid):
        self.await_that(is_gone, pid)


class Kept(KeptCase):
    # --- it is kept ---

    def test_again_and_again(self):
        run, pid = self.park("eval:25", "print:some\n", "eval:20", "exit:3")
        first = self.report(run)
        self.assertEqual(first["replay"]["verdict"], "reproduced")
        self.assertEqual(first["kept"]["eval"], first["snapshot"]["eval"])
        self.assertRegex(first["kept"]["until"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        status = os.stat(os.path.join(run, SOCKET))
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        for number in (2, 3, 4):
            said = self.good(run)
            below = os.path.join(run, f"replay-{number}")
            self.assertIn("exit status 3 at eval 45, time 225\n", said)
            self.assertIn(f"; the report is in {below}\n", said)
            report = self.report(below)
            self.assertEqual(report["replay"]["verdict"], "reproduced")
            self.assertEqual(report["snapshot"], first["snapshot"])
            self.assertEqual(report["end"], first["end"])
            self.assertNotIn("kept", report)
            with open(os.path.join(below, "replay.stdout"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "some\n")
        self.assertFalse(is_gone(pid))

    def test_not_asked_for(self):
        run = self.failed("one")
        self.assertNotIn("kept", self.report(run))
        self.assertNotIn(SOCKET, os.listdir(run))
        status, _, err = self.replay(run)
        self.assertEqual(
            (status, err),
            (1, f"lightsss: no snapshot was kept of {run}; LIGHTSSS_PARK=30m (lightsss run --park 30m) keeps that of a failure\n"),
        )

    def test_good_end(self):
        process = self.simulator("one", "eval:45", "exit:0", **EVERY_TEN, **PARK)
        self.assertEqual(process.communicate(timeout=PATIENCE_S)[1], "")
        self.assertNotIn("lightsss", os.listdir(process.directory))

    def test_said(self):
        process = self.simulator("one", "eval:45", "exit:3", **{**EVERY_TEN, "LIGHTSSS_SLOTS": "1"}, LIGHTSSS_PARK="90s")
        said = process.communicate(timeout=PATIENCE_S)[1]
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.kept(run)
        self.assertIn(f"lightsss: the snapshot is kept for 90 s: lightsss replay {run}\n", said)

    def test_nobody_waits_for_it(self):
        """It has none of the run's pipes, nor its terminal, and the run ends as ever."""
        process = subprocess.Popen(
            [FAKE, "eval:45", "exit:3"],
            cwd=self.work,
            env=self.environment({"LD_PRELOAD": LIBRARY, **EVERY_TEN, **PARK}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=as_from_a_terminal,
        )
        out = process.communicate(timeout=PATIENCE_S)[0]  # until nobody holds the pipe
        self.assertEqual(process.returncode, 3)
        self.assertIn("the snapshot is kept", out)
        pid = self.kept(os.path.join(self.work, "lightsss", f"fake_simulator.{process.pid}"))
        self.assertEqual([link for link in descriptors(pid) if link.startswith("pipe:")], [])
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        self.assertEqual(fields[4], "0")  # its terminal
        self.assertEqual(int(fields[2]), pid)  # its process group

    def test_same_limits(self):
        """It is where the run was, and leaves no core."""
        own = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        process = self.simulator("one", "eval:45", "exit:3", **EVERY_TEN, **PARK)
        process.communicate(timeout=PATIENCE_S)
        pid = self.kept(os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}"))
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as theirs, open("/proc/self/cgroup", encoding="utf-8") as ours:
            self.assertEqual(theirs.read(), ours.read())
        self.assertEqual(resource.prlimit(pid, resource.RLIMIT_NOFILE)[1], own)
        self.assertEqual(resource.prlimit(pid, resource.RLIMIT_CORE), (0, 0))

    def test_killed_run(self):
        """One that nobody saw coming: the copy that replays is kept as well."""
        process = self.simulator("one", *TO_THREE, "exit:0", **EVERY_TEN, **PARK)
        self.await_file(process)
        process.kill()
        process.wait()
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run).get("kept"))
        self.kept(run)
        self.assertIn("ends with SIGKILL at eval 45", self.good(run))
        self.good(run)

    def test_request(self):
        """The run goes on, and writes more: what was then is what is replayed."""
        process = self.simulator("one", "eval:25", "say:a", "eval:20", "touch:ready", "await:go", "eval:100", "say:b", "exit:0", **EVERY_TEN, **PARK)
        self.await_file(process)
        process.send_signal(signal.SIGUSR1)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run).get("kept"))
        pid = self.kept(run)
        self.good(run)
        states = [shot["state"] for shot in self.runs()[process.pid]["snapshots"]]
        self.assertEqual(states.count("kept"), 1)
        self.go(process)
        self.assertFalse(is_gone(pid))
        self.good(run)
        with open(os.path.join(run, "replay-3", "replay.stdout"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "a\n")

    READS = ("put:in:abcdefghijkl", "open:0:r:in", "dup:0:1", "fd_read:0:1", "fopen:2:r:in", "eventfd:5")
    STEPS = ("eval:25", "fd_read:0:2", "next_line:2", "eval:20", "fd_read:1:3")

    def test_files_and_counters(self):
        """What a replay reads is still there for the next one, and for others beside it."""
        run, _ = self.park(*self.READS, *self.STEPS, "count", "exit:3")
        self.assertEqual(self.report(run)["replay"]["verdict"], "reproduced")
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.replay(run))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for status, _, err in results:
            self.assertEqual(status, 0, err)
        self.good(run)

    def test_files_of_requests(self):
        """A request reads on in a copy, and its original's snapshot stands where it stood."""
        variables = {**EVERY_TEN, "LIGHTSSS_SLOTS": "1", "LIGHTSSS_INTERVAL": "1h"}
        process = self.simulator("one", *self.READS, *self.STEPS, "touch:ready", "await:go", "eval:1", "count", "exit:3", **variables)
        self.await_file(process)
        process.send_signal(signal.SIGUSR1)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run)["replay"]["verdict"] == "reproduced")
        self.assertIn("lightsss: replay reproduced", self.go(process).rpartition("ends with exit status 3")[2])

    def test_no_more_than_slots(self):
        """Of a run that goes on the newest stay."""
        process = self.simulator("one", *TO_THREE, "exit:0", **{**EVERY_TEN, "LIGHTSSS_SLOTS": "1"}, **PARK)
        self.await_file(process)
        runs = [os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}{suffix}") for suffix in ("", "-2")]
        for run in runs:
            process.send_signal(signal.SIGUSR1)
            self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run).get("kept"))
        pids = [self.kept(run) for run in runs]
        self.await_gone(pids[0])
        self.assertEqual(
            self.replay(runs[0])[2],
            f"lightsss: the kept snapshot of {runs[0]} is gone: later ones of this run are kept, as many as LIGHTSSS_SLOTS says\n",
        )
        self.good(runs[1])

    def test_died(self):
        """The replay beside which it was kept dies: it is there all the same, until that of the next one is."""
        run, _ = self.park("eval:45", "if_copy:kill:9", "exit:3")
        report = self.report(run)
        self.assertEqual(report["replay"]["verdict"], "incomplete")
        self.assertEqual(self.replay(run)[0], 1)

    # --- what is asked for ---

    def test_until(self):
        run, _ = self.park("eval:45", "exit:3")
        number, first = (self.report(run)["snapshot"][key] for key in ("number", "eval"))
        said = self.good(run, "--until", "40evals")
        self.assertIn("a waveform up to eval 40 is asked for", said)
        report = self.report(os.path.join(run, "replay-2"))
        self.assertEqual((report["end"]["kind"], report["replay"]["eval"]), ("request", 40))
        said = self.good(run, "--until=45evals", "--from=45evals")
        self.assertIn("ends with exit status 3 at eval 45", said)
        self.assertNotIn("is before snapshot", said)
        too_early = f"lightsss: --from {first}evals is before snapshot {number}, taken after eval {first}: the waveform begins behind that\n"
        self.assertIn(too_early, self.good(run, "--from", f"{first}evals"))
        self.assertNotIn("is before snapshot", self.good(run, "--from", f"{first + 1}evals"))
        for words, why in (
            (("--until", "46evals"), "--until 46evals cannot be had: the snapshot was taken after eval "),
            (("--until", f"{first}evals"), f"--until {first}evals cannot be had"),
            (("--until", "40evals", "--from", "41evals"), "--from 41evals is behind eval 40, where the replay is to end"),
            (("--format", "fst"), "--format fst cannot be had: fake_simulator was built to write vcd"),
        ):
            status, out, err = self.replay(run, *words)
            self.assertEqual((status, out), (1, ""))
            self.assertTrue(err.startswith(f"lightsss: the kept snapshot of {run} refuses: {why}"), err)
        self.assertNotIn("replay-6", os.listdir(run))

    def test_wrong_words(self):
        for words, why in (
            ((), "lightsss: name one run; usage: lightsss replay [OPTION...] RUN\n"),
            (("a", "b"), "lightsss: name one run; usage: lightsss replay [OPTION...] RUN\n"),
            (("--until", "12evals", "--after", "3evals", "a"), "lightsss: --until and --after cannot be had together: give one of them\n"),
            (("--until", "12", "a"), "lightsss: --until=12 is not valid: give the number of an eval, such as 123456evals\n"),
            (("--window", "0", "a"), "lightsss: --window=0 is not valid: give a count such as 200000evals, or all\n"),
            (("--formal=vcd", "a"), "lightsss: unknown option --formal; did you mean --format?\n"),
            (("--format=vcx", "a"), "lightsss: --format=vcx is not valid: give auto, vcd, fst or off\n"),
        ):
            self.assertEqual(self.command("replay", *words), (2, "", why))

    def test_wake_call(self):
        run, _ = self.park("eval:45", "exit:3")
        self.good(run, "--wake-call", 'puts("called")')
        with open(os.path.join(run, "replay-2", "replay.stdout"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "called\n")
        self.good(run)
        with open(os.path.join(run, "replay-3", "replay.stdout"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "")

    def test_quiet_run(self):
        """Who asks is told."""
        process = self.simulator("one", "eval:45", "exit:3", **EVERY_TEN, **PARK, LIGHTSSS_LOG="quiet")
        self.assertEqual(process.communicate(timeout=PATIENCE_S)[1], "")
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.kept(run)
        self.good(run)

    def test_names(self):
        run, _ = self.park("eval:45", "exit:3")
        name = os.path.basename(run)
        for word, cwd, variables in (
            (name, os.path.dirname(os.path.dirname(run)), {}),
            (name.rpartition(".")[2], os.path.dirname(os.path.dirname(run)), {}),
            (name, "/", {"LIGHTSSS_DIR": os.path.dirname(run)}),
            (".", run, {}),
        ):
            self.good(word, cwd=cwd, variables=variables)
        for word, why in (
            (self.work, f"{self.work} is no run directory"),
            ("nothing", "nothing: No such file or directory"),
            (COMMAND, f"{COMMAND} is no run directory"),
            ("", ": No such file or directory"),
        ):
            self.assertEqual(self.command("replay", word), (1, "", f"lightsss: {why}\n"))

    def test_moved(self):
        """The whole folder: the copy goes with it."""
        run, _ = self.park("eval:45", "exit:3")
        place = os.path.join(self.work, "d" * 120, "e" * 120)  # longer than the name of a socket may be
        os.makedirs(place)
        moved = os.path.join(place, os.path.basename(run))
        os.rename(run, moved)
        self.assertIn(f"; the report is in {moved}/replay-2\n", self.good(moved))
        process = int(run.rpartition(".")[2])
        self.await_that(lambda: self.runs()[process]["snapshots"][0]["run"] == moved)

    def test_several_at_once(self):
        run, pid = self.park("eval:25", "spin:100", "print:x\n", "eval:20", "exit:3")
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.replay(run))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _, _ in results], [0] * 6)
        self.assertEqual(sorted(name for name in os.listdir(run) if name.startswith("replay-")), [f"replay-{n}" for n in range(2, 8)])
        self.await_that(lambda: not self.descendants(pid))

    # --- who waits no longer ---

    def slow(self, run, seconds=100):
        """A replay that takes long, under way."""
        process = self.start("replay", "--wake-call", f"usleep({seconds}000000)", run)
        self.addCleanup(self.end, process)
        self.await_that(lambda: os.path.exists(os.path.join(run, "replay-2", "report.json")))
        return process

    def test_impatient(self):
        run, pid = self.park("eval:45", "exit:3")
        process = self.slow(run)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("lightsss: replay incomplete: SIGINT ended the waiting for the replay, after ", err)
        self.await_that(lambda: not self.descendants(pid))
        self.assertFalse(is_gone(pid))

    def test_command_killed(self):
        run, pid = self.park("eval:45", "exit:3")
        process = self.slow(run)
        process.kill()
        process.wait()
        self.await_that(lambda: not self.descendants(pid))
        self.assertIn("SIGHUP", self.report(os.path.join(run, "replay-2"))["replay"]["why"])

    def test_replay_killed(self):
        run, pid = self.park("eval:45", "exit:3")
        process = self.slow(run)
        for child in self.descendants(pid):
            os.kill(child, signal.SIGKILL)
        err = process.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual((process.returncode, err.splitlines()[-1]), (1, f"lightsss: the replay of {run} died before it was done"))
        self.good(run)

    # --- it goes ---

    def test_dropped(self):
        run, pid = self.park("eval:45", "exit:3")
        self.assertEqual(self.command("drop", run), (0, f"dropped the snapshot of {run}\n", ""))
        self.await_gone(pid)
        self.assertNotIn(SOCKET, os.listdir(run))
        gone = (1, "", f"lightsss: the kept snapshot of {run} is gone: it was dropped\n")
        self.assertEqual(self.replay(run), gone)
        self.assertEqual(self.command("drop", run), gone)

    def test_dropped_while_it_replays(self):
        """That goes on."""
        run, pid = self.park("eval:45", "exit:3")
        process = self.slow(run, seconds=2)
        self.assertEqual(self.command("drop", run)[0], 0)
        self.assertIn("is gone: it was dropped", self.replay(run)[2])
        self.assertIn("lightsss: replay reproduced", process.communicate(timeout=PATIENCE_S)[1])
        self.await_gone(pid)

    @unittest.skipIf(os.geteuid() != 0, "needs root, to be a user who has no other runs")
    def test_all_dropped(self):
        """Those of this user."""
        user = {"user": 20000 + os.getpid() % 20000}
        os.chmod(self.place, 0o755)
        os.chmod(self.work, 0o755)
        mine, my_pid = self.park("eval:45", "exit:3", name="mine")
        run, pid = self.park("eval:45", "exit:3", name="one", **user)
        other, other_pid = self.park("eval:45", "exit:3", name="two", **user)
        as_user = {**user, "group": user["user"], "extra_groups": []}
        status, out, err = self.command("drop", **as_user)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(sorted(out.splitlines()), sorted(f"dropped the snapshot of {path}" for path in (run, other)))
        self.await_gone(pid)
        self.await_gone(other_pid)
        self.assertFalse(is_gone(my_pid))
        self.assertEqual(self.command("drop", **as_user), (0, "no snapshot is kept\n", ""))
        self.good(mine)

    def test_time(self):
        run, pid = self.park("eval:45", "exit:3", LIGHTSSS_PARK="1s")
        self.await_gone(pid)
        self.assertNotIn(SOCKET, os.listdir(run))
        self.assertEqual(self.replay(run)[2], f"lightsss: the kept snapshot of {run} is gone: its time was over\n")

    def test_time_of_a_long_replay(self):
        """It counts from the report on."""
        run, pid = self.park("eval:45", "exit:3", LIGHTSSS_PARK="1s", LIGHTSSS_WAKE_CALL="usleep(2500000)")
        report = self.report(run)
        end, until = (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (report["run"]["date"], report["kept"]["until"]))
        self.assertGreaterEqual(report["replay"]["seconds"], 2.5)
        self.assertGreaterEqual((until - end).total_seconds(), 2.5)  # both are whole seconds
        self.await_gone(pid)

    def test_memory(self):
        """What it holds it holds alone, once the run has ended; that is known before."""
        steps = ("grow:64", "eval:45", "exit:3")
        process = self.simulator("one", *steps, **EVERY_TEN, **PARK, LIGHTSSS_MEMORY="40M")
        said = process.communicate(timeout=PATIENCE_S)[1]
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.assertRegex(said, r"\nlightsss: the snapshot could not be kept \(it would hold more than LIGHTSSS_MEMORY \(\d.* of 40 MB\)\)\n")
        self.assertIsNone(self.report(run)["kept"])
        self.assertNotIn(SOCKET, os.listdir(run))
        self.assertEqual(self.replay(run), (1, "", f"lightsss: the snapshot of {run} is not kept; its run has said why on stderr\n"))

    def test_no_socket(self):
        """The run is as ever, and the line says why."""
        for how, why in (("EPERM", "Operation not permitted"), ("KILL", "its copy was killed")):
            process = self.simulator(how, "bind", how, FAKE, "eval:45", "exit:3", program=REFUSE, **EVERY_TEN, **PARK)
            said = process.communicate(timeout=PATIENCE_S)[1]
            self.assertEqual(process.returncode, 3)
            self.assertIn(f"\nlightsss: the snapshot could not be kept ({why})\n", said)
            self.assertIn("\nlightsss: replay reproduced", said)
            run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
            self.assertIsNone(self.report(run)["kept"])

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            run, pid = self.park("eval:45", "exit:3", name=f"one{number}")
            os.kill(pid, number)
            self.await_gone(pid)
            self.assertEqual(self.replay(run)[2], f"lightsss: the kept snapshot of {run} is gone: {number.name} ended it\n")

    def test_killed(self):
        run, pid = self.park("eval:45", "exit:3")
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        self.assertEqual(self.replay(run)[2], f"lightsss: the kept snapshot of {run} is gone: it was killed\n")
        self.assertIn(f"\n         the kept snapshot of {run} is gone: it was killed\n", "\n" + self.command("list", variables={"LIGHTSSS_DIR": os.path.dirname(run)})[1])
        self.assertNotIn("is gone", self.command("list")[1])
        listed = json.loads(self.command("list", "--json", variables={"LIGHTSSS_DIR": os.path.dirname(run)})[1])
        self.assertEqual(listed["gone"], [{"run": run, "why": f"the kept snapshot of {run} is gone: it was killed"}])
        self.assertEqual(json.loads(self.command("list", "--json")[1])["gone"], [])

    def test_restarted_and_elsewhere(self):
        run, pid = self.park("eval:45", "exit:3")
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        path, report = os.path.join(run, "report.json"), self.report(run)
        for change, why in (
            (lambda report: report["kept"].update(boot="1"), f"the kept snapshot of {run} is gone: the machine was started again"),
            (lambda report: report["kept"].update(until="2020-01-01T00:00:00Z"), f"the kept snapshot of {run} is gone: its time was over (2020-01-01T00:00:00Z)"),
            (lambda report: report["run"].update(host="other"), f"the snapshot of {run} is kept on other: ask there"),
        ):
            changed = json.loads(json.dumps(report))
            change(changed)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(changed, file)
            self.assertEqual(self.replay(run), (1, "", f"lightsss: {why}\n"))

    def test_directory_removed(self):
        run, pid = self.park("eval:45", "exit:3")
        shutil.rmtree(run)
        self.await_gone(pid)

    def test_clean(self):
        run, pid = self.park("eval:45", "exit:3")
        self.good(run)
        parent = os.path.dirname(run)
        status, out, err = self.command("clean", "--yes", parent)
        self.assertIn(f"{run} stays: its snapshot is kept: lightsss drop lets go of it", err)
        self.command("drop", run)
        self.await_gone(pid)
        status, out, err = self.command("clean", "--yes", parent)
        self.assertEqual((status, err), (0, ""))
        self.assertFalse(os.path.exists(run), out)

    # --- who sees it, and who may ask ---

    def test_listed(self):
        run, pid = self.park("eval:45", "exit:3")
        process = int(run.rpartition(".")[2])
        listed = self.runs()[process]
        self.assertEqual((listed["state"], listed["directory"], listed["evals"], listed["seconds"]), ("ended", os.path.dirname(run), 45, None))
        self.assertEqual(listed["command"][-2:], ["eval:45", "exit:3"])
        shot = listed["snapshots"][0]  # the others are kept beside it: test_segments.py
        self.assertEqual((shot["pid"], shot["state"], shot["run"]), (pid, "kept", run))
        self.assertTrue(590 < shot["left_s"] <= 600, shot)
        self.assertGreater(shot["memory_bytes"], 4096)
        self.assertRegex(self.command("list")[1], rf" after eval {shot['eval']}  kept for 9 min \d+ s: {re.escape(run)}\n")
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        self.await_that(lambda: process not in self.runs())

    def reported(self, run):
        """Behind the table, in the JSON and on the page."""
        table, text, page = (self.command("report", *words, os.path.dirname(run))[1] for words in ((), ("--json",), ("--html", "-")))
        (report,) = json.loads(text)
        row = re.search(r"<dt>Kept</dt><dd>(.*)</dd>", page)
        return table.splitlines()[2:], report.get("kept"), row and row[1]

    def test_reported(self):
        run, pid = self.park("eval:45", "exit:3")
        first = self.report(run)["kept"]
        lines, kept, row = self.reported(run)
        self.assertRegex(lines[0], rf"^the snapshot of {re.escape(run)} is kept until \d{{4}}-\d\d-\d\d \d\d:\d\d: lightsss replay, lightsss gdb$")
        self.assertEqual((lines[1:], kept, row), ([], {**first, "is_kept": True}, lines[0]))
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        why = f"the kept snapshot of {run} is gone: it was killed"
        self.assertEqual(self.reported(run), ([], {**first, "is_kept": False, "why": why}, why))

    def test_nothing_reported(self):
        self.assertEqual(self.reported(self.failed("one")), ([], None, None))
        process = self.simulator("two", "grow:64", "eval:45", "exit:3", **EVERY_TEN, **PARK, LIGHTSSS_MEMORY="40M")
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(self.reported(os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")), ([], None, None))

    def test_other_release(self):
        run, pid = self.park("eval:45", "exit:3")
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        os.unlink(os.path.join(run, SOCKET))
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
            other.bind(f"/proc/self/fd/{os.open(run, os.O_PATH)}/{SOCKET}")
            other.listen()
            for hello, why in (
                (b"lightsss-kept-1\0000.0.1\0", "is of lightsss 0.0.1, and this is "),
                (b"lightsss-kept-2\0009.0\0", "is of lightsss 9.0, and this is "),
                (b"refused\0it is another user's\0", "refuses: it is another user's"),
                (b"what", "does not answer"),
                (b"", "is gone: it was killed"),  # as it was about to answer
            ):
                result = []
                thread = threading.Thread(target=lambda: result.append(self.replay(run)))
                thread.start()
                connection, _ = other.accept()
                if hello:
                    connection.send(hello)
                connection.close()
                thread.join()
                self.assertEqual(result[0][0], 1)
                self.assertIn(f"lightsss: the kept snapshot of {run} {why}", result[0][2])

    @unittest.skipIf(os.geteuid() != 0, "needs root, to be another user")
    def test_other_user(self):
        run, pid = self.park("eval:45", "exit:3")
        for path in (self.place, self.work):
            os.chmod(path, 0o755)
        status, _, err = self.replay(run, user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual((status, err), (1, f"lightsss: {run} is another user's\n"))
        os.chmod(run, 0o755)
        os.chmod(os.path.join(run, SOCKET), 0o666)
        status, _, err = self.replay(run, user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual((status, err), (1, f"lightsss: the kept snapshot of {run} refuses: it is another user's\n"))
        self.good(run)

    def test_nonsense(self):
        """What no command sends is refused, and does no harm."""
        run, _ = self.park("eval:45", "exit:3")
        place = os.open(run, os.O_PATH)
        self.addCleanup(os.close, place)
        for message, why in (
            (b"replay\0LIGHTSSS_DIR=/tmp/x\0", b"LIGHTSSS_DIR cannot be set for a replay"),
            (b"replay\0LIGHTSSS_WINDOW=x\0", b"LIGHTSSS_WINDOW=x is not valid: give a count such as 200000evals, or all"),
            (b"replay\0LIGHTSSS_WINDOW=1evals", b"a setting has no end"),
            (b"replay\0" + b"x" * 100 + b"\0", b"no setting: " + b"x" * 100),
            (b"replay\0from=\0", b"from= is not valid: give the number of an eval, such as 123456evals"),
            (b"gdb\0", b"it does not know this request"),
            (b"replay", b"the request is too long, or none"),
            (b"replay\0" + b"x" * 20000, b"the request is too long, or none"),
        ):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
                client.connect(f"/proc/self/fd/{place}/{SOCKET}")
                self.assertEqual(client.recv(100).split(b"\0")[0], b"lightsss-kept-1")
                client.send(message)
                self.assertEqual(client.recv(1000).split(b"\0")[:2], [b"refused", why])
                self.assertEqual(client.recv(1000), b"")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
            silent.connect(f"/proc/self/fd/{place}/{SOCKET}")
            self.good(run)
        self.assertEqual([name for name in os.listdir(run) if name.startswith("replay-")], ["replay-2"])

    def test_descriptors_of_nonsense(self):
        """What is sent along with it is not kept open: somebody would wait for the end of a pipe."""
        run, _ = self.park("eval:45", "exit:3")
        place = os.open(run, os.O_PATH)
        self.addCleanup(os.close, place)
        for message in (b"gdb\0", b"", b"replay"):
            for count in (1, 2, 3, 9):
                end, sent = os.pipe()
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
                    client.connect(f"/proc/self/fd/{place}/{SOCKET}")
                    client.recv(100)
                    socket.send_fds(client, [message], [sent] * count)
                    os.close(sent)
                    client.recv(1000)
                    self.assertEqual(select.select([end], [], [], 20)[0], [end], (message, count))
                os.close(end)
        self.good(run)


if __name__ == "__main__":
    unittest.main(verbosity=2)
