#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss replay RUN --all`: the snapshots between the one that replays and the failure are kept as well, each replays up
to the next, and what each of them does is told. Whoever is killed leaves the others at work."""

import json
import os
import re
import shutil
import signal
import socket
import unittest

from live import EVERY_TEN, PATIENCE_S, TO_THREE, SimulatorCase

PARK = {"LIGHTSSS_PARK": "10m", "LIGHTSSS_SLOTS": "4"}
SOCKETS = ["kept-3.sock", "kept-4.sock", "kept-5.sock", "kept.sock"]
STEPS = ("eval:15", "print:a\n", "flush", "eval:10", "print:b\n", "flush", "eval:10", "print:c\n", "flush", "eval:10", "print:d\n", "exit:3")
STRETCHES = [(11, 20), (21, 30), (31, 40), (41, 45)]


def is_gone(pid):
    """Nobody may reap it where this runs."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


class SegmentsCase(SimulatorCase):
    def report(self, *path):
        with open(os.path.join(*path, "report.json"), encoding="utf-8") as file:
            return json.load(file)

    def kill(self, pid):
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)

    def kept(self, run):
        """The processes, oldest snapshot first, which end with the test at the latest."""
        kept = self.report(run)["kept"]
        pids = [kept["pid"], *(later["pid"] for later in kept["later"])]
        for pid in pids:
            self.addCleanup(self.kill, pid)
        return pids

    def park(self, *steps, place="one", **variables):
        """A run that has failed, and the processes that are kept."""
        run = self.failed(place, *(steps or STEPS), **{**PARK, **variables})
        return run, self.kept(run)

    def all(self, run, *options, **more):
        """Status, stretches with their verdicts, other lines."""
        status, out, err = self.command("replay", "--all", *options, run, **more)
        self.assertEqual(out, "")
        found, others = {}, []
        for line in err.splitlines():
            match = re.fullmatch(r"lightsss: segment (\d) of \d, evals (\d+) to (\d+): (.*?)(, after \d+\.\d s)?", line)
            if match:
                found[int(match[2]), int(match[3])] = match[4]
            else:
                others.append(line)
        return status, dict(sorted(found.items())), others

    def good(self, run, stretches=None):
        status, found, others = self.all(run)
        self.assertEqual((status, found), (0, {stretch: "reproduced" for stretch in stretches or STRETCHES}), others)
        return others

    def sockets(self, run):
        return sorted(name for name in os.listdir(run) if name.endswith(".sock"))

    def slow(self, run):
        """All of them under way, one after the other or not."""
        process = self.start("replay", "--all", "--wake-call", "usleep(100000000)", run)
        self.addCleanup(self.end, process)
        self.await_that(lambda: os.path.exists(os.path.join(run, "replay-2", "segment-1", "report.json")))
        return process


class Segments(SegmentsCase):
    # --- they are kept ---

    def test_all(self):
        run, pids = self.park()
        self.assertEqual(self.sockets(run), SOCKETS)
        self.assertEqual([later["eval"] for later in self.report(run)["kept"]["later"]], [20, 30, 40])
        for number in (2, 3):
            self.assertEqual(self.good(run), [f"lightsss: no waveforms; the report is in {run}/replay-{number}"])
            below = os.path.join(run, f"replay-{number}")
            report = self.report(below)
            self.assertEqual(report["replay"]["verdict"], "reproduced")
            self.assertEqual(report["end"], self.report(run)["end"])
            self.assertEqual([(part["first_eval"], part["last_eval"]) for part in report["segments"]], STRETCHES)
            self.assertEqual([part["snapshot"]["number"] for part in report["segments"]], [2, 3, 4, 5])
            printed = []
            for part in range(1, 5):
                with open(os.path.join(below, f"replay-{part}.stdout"), encoding="utf-8") as file:
                    printed.append(file.read())
            self.assertEqual(printed, ["a\n", "b\n", "c\n", "d\n"])
            self.assertEqual(sorted(os.listdir(below)), [*(f"replay-{part}.stdout" for part in range(1, 5)), "report.json"])
        self.assertEqual([is_gone(pid) for pid in pids], [False] * 4)

    def test_said_and_listed(self):
        process = self.simulator("one", *STEPS, **{**EVERY_TEN, **PARK})
        said = process.communicate(timeout=PATIENCE_S)[1]
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        pids = self.kept(run)
        self.assertIn(f"lightsss: the snapshot is kept for 10 min, and 3 more for --all: lightsss replay {run}\n", said)
        listed = self.runs()[process.pid]
        self.assertEqual([(shot["pid"], shot["state"], shot["run"]) for shot in listed["snapshots"]], [(pid, "kept", run) for pid in pids])
        self.assertEqual([shot["eval"] for shot in listed["snapshots"]], [10, 20, 30, 40])

    def test_one(self):
        """There is nothing later."""
        run, pids = self.park(LIGHTSSS_SLOTS="1")
        self.assertEqual((len(pids), self.sockets(run)), (1, ["kept.sock"]))
        self.good(run, [(41, 45)])

    def test_back(self):
        """Older ones than the one that replays are not kept."""
        run, _ = self.park(LIGHTSSS_BACK="12evals")
        self.assertEqual([later["eval"] for later in self.report(run)["kept"]["later"]], [40])
        self.good(run, [(31, 40), (41, 45)])

    def test_killed_run(self):
        """The copies find each other without it. What was in its buffers nobody has seen."""
        process = self.simulator("one", "print:lost\n", *TO_THREE, "exit:0", **{**EVERY_TEN, **PARK})
        self.await_file(process)
        process.kill()
        process.wait()
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run).get("kept"))
        self.kept(run)
        self.assertEqual(self.sockets(run), SOCKETS)
        self.good(run)

    def test_request(self):
        """Of a run that goes on: it needs its snapshots itself."""
        process = self.simulator("one", *TO_THREE, "eval:1", "exit:0", **{**EVERY_TEN, **PARK})
        self.await_file(process)
        process.send_signal(signal.SIGUSR1)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(run, "report.json")) and self.report(run).get("kept"))
        self.assertEqual(len(self.kept(run)), 1)
        states = [shot["state"] for shot in self.runs()[process.pid]["snapshots"]]
        self.assertEqual(sorted(states), ["kept", *["parked"] * 4])
        self.good(run, [(11, 45)])
        self.go(process)

    def test_input(self):
        """Each is told what came behind its snapshot, from a file and from a pipe, when neither is there any more."""
        steps = ("put:in:abcdefghijkl", "open:0:r:in", "eval:15", "fd_read:0:2", "eval:10", "fd_read:0:2", "eval:10", "fd_read:0:3", "eval:10", "count", "exit:3")
        run, _ = self.park(*steps)
        self.good(run)

    def test_back_of_kept(self):
        """A single replay begins at the youngest that lies so far before its end, and at the first where none does."""
        run, _ = self.park(LIGHTSSS_WINDOW="12evals")
        for words, snapshot, printed in (
            (("--back", "oldest"), 10, "a\nb\nc\nd\n"),
            (("--back", "5evals"), 40, "d\n"),
            (("--back", "6evals"), 30, "c\nd\n"),
            (("--back=window",), 30, "c\nd\n"),
            (("--back", "window", "--window", "16evals"), 20, "b\nc\nd\n"),
            (("--back", "window", "--window", "all"), 10, "a\nb\nc\nd\n"),
            (("--back", "5evals", "--until", "28evals"), 20, "b\n"),
            (("--back", "1000evals"), 10, "a\nb\nc\nd\n"),
            (("--back", "1h"), 10, "a\nb\nc\nd\n"),
        ):
            self.check_one(run, snapshot, printed, *words)
        for words, why in (
            (("--back", "5evals", "--from", "12evals"), "--from and --back cannot be had together: give one of them\n"),
            (("--from", "5evals", "--window", "12evals"), "--from and --window cannot be had together: give one of them\n"),
            (("--back", "5evals", "--all"), "--all and --back cannot be had together: give one of them\n"),
            (("--back", "soon"), "--back=soon is not valid: "),
        ):
            status, out, err = self.command("replay", *words, run)
            self.assertEqual((status, out), (2, ""))
            self.assertTrue(err.startswith(f"lightsss: {why}"), err)

    def test_back_of_kept_by_time(self):
        run, _ = self.park("eval:15", "eval:10", "sleep:300", "eval:10", "exit:3")
        ages = {shot["eval"]: shot["age_s"] for shot in self.report(run)["snapshots"]}
        self.assertGreater(ages[20], 0.29)
        self.check_one(run, 30 if ages[30] >= 0.25 else 20, "", "--back", "250ms")

    def test_from(self):
        """A single replay begins at the nearest one, and at another where that is gone."""
        run, pids = self.park()
        for words, snapshot, printed in (
            ((), 10, "a\nb\nc\nd\n"),
            (("--from", "11evals"), 10, "a\nb\nc\nd\n"),
            (("--from", "30evals"), 20, "b\nc\nd\n"),
            (("--from", "31evals"), 30, "c\nd\n"),
            (("--from", "45evals"), 40, "d\n"),
            (("--from", "21evals", "--until", "28evals"), 20, "b\n"),
        ):
            self.check_one(run, snapshot, printed, *words)
        os.kill(pids[3], signal.SIGKILL)
        self.await_that(is_gone, pids[3])
        self.check_one(run, 30, "c\nd\n", "--from", "45evals")
        self.check_one(run, 30, "c\nd\n", "--back", "1evals")
        self.assertEqual(self.command("replay", "--from", "46evals", run)[0], 1)

    def test_named_by_a_replay(self):
        """Who names a later replay means what is kept of its run."""
        run, pids = self.park()
        self.check_one(run, 10, "a\nb\nc\nd\n")
        for name in ("replay-2", "replay-2/"):
            self.check_one(os.path.join(run, name), 40, "d\n", "--from", "45evals")
        status, _, err = self.command("replay", "replay-2", cwd=run)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.command("drop", os.path.join(run, "replay-3")), (0, f"dropped the snapshot of {run}\n", ""))
        for pid in pids:
            self.await_that(is_gone, pid)

    def check_one(self, run, snapshot, printed, *words):
        status, _, err = self.command("replay", *words, run)
        self.assertEqual(status, 0, err)
        self.assertIn(f", taken after eval {snapshot}, ", err)
        self.assertIn("lightsss: replay reproduced, ", err)
        with open(os.path.join(err.split("the report is in ")[1].strip(), "replay.stdout"), encoding="utf-8") as file:
            self.assertEqual(file.read(), printed)

    # --- what goes wrong ---

    def test_diverged(self):
        """One of them; the others are what they were."""
        run, _ = self.park("eval:25", "if_copy:print:other\n", "eval:20", "exit:3")
        status, found, others = self.all(run)
        self.assertEqual([found[stretch] == "reproduced" for stretch in STRETCHES], [True, False, True, True], found)
        self.assertTrue(found[21, 30].startswith("diverged: "), found)
        self.assertEqual((status, len(others)), (1, 1))
        report = self.report(run, "replay-2")
        self.assertEqual(report["replay"]["verdict"], "diverged")
        self.assertTrue(report["replay"]["why"].startswith("segment 2: "), report["replay"])

    def test_died(self):
        run, _ = self.park("eval:25", "if_copy:kill:9", "eval:20", "exit:3")
        status, found, _ = self.all(run)
        self.assertEqual([found[stretch] for stretch in STRETCHES], ["reproduced", "incomplete: the replay was killed at eval 25 of 30", "reproduced", "reproduced"])
        self.assertEqual(status, 1)
        self.assertEqual(self.report(run, "replay-2")["replay"]["verdict"], "incomplete")

    def test_one_killed(self):
        """The one before it goes on to the next that is there."""
        for at, stretches in ((2, [(11, 20), (21, 40), (41, 45)]), (3, [(11, 20), (21, 45)]), (1, [(11, 45)])):
            if at == 2:
                run, pids = self.park()
            os.kill(pids[at], signal.SIGKILL)
            self.await_that(is_gone, pids[at])
            others = self.good(run, stretches)
            self.assertIn(f"lightsss: the kept snapshot {at + 2} of {run} is gone: it was killed", others)

    def test_first_killed(self):
        """The others go with it."""
        run, pids = self.park()
        os.kill(pids[0], signal.SIGKILL)
        for pid in pids:
            self.await_that(is_gone, pid)
        self.assertEqual(self.sockets(run), ["kept.sock"])
        self.assertEqual(self.command("replay", "--all", run), (1, "", f"lightsss: the kept snapshot of {run} is gone: it was killed\n"))

    def test_one_ended(self):
        """It says itself why."""
        run, pids = self.park()
        os.kill(pids[1], signal.SIGTERM)
        self.await_that(is_gone, pids[1])
        self.assertEqual(self.sockets(run), [name for name in SOCKETS if name != "kept-3.sock"])
        self.good(run, [(11, 30), (31, 40), (41, 45)])
        with open(os.path.join(run, "kept-3.gone"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "SIGTERM ended it\n")

    def test_impatient(self):
        run, pids = self.park()
        process = self.slow(run)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("segment 1 of 4, evals 11 to 20: incomplete: SIGINT ended the waiting for the replay, after ", err)
        self.assertEqual(err.count("incomplete: "), 4)
        for pid in pids:
            self.await_that(lambda pid=pid: not self.descendants(pid))
        self.good(run)

    def test_command_killed(self):
        run, pids = self.park()
        process = self.slow(run)
        process.kill()
        process.wait()
        for pid in pids:
            self.await_that(lambda pid=pid: not self.descendants(pid))
        self.good(run)

    # --- they go ---

    def test_dropped(self):
        run, pids = self.park()
        self.assertEqual(self.command("drop", run), (0, f"dropped the snapshot of {run}\n", ""))
        for pid in pids:
            self.await_that(is_gone, pid)
        self.assertEqual(self.sockets(run), [])

    def test_time(self):
        run, pids = self.park(LIGHTSSS_PARK="1s")
        for pid in pids:
            self.await_that(is_gone, pid)
        self.assertEqual(self.sockets(run), [])
        with open(os.path.join(run, "kept-4.gone"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "its time was over\n")

    def test_directory_removed(self):
        run, pids = self.park()
        shutil.rmtree(run)
        for pid in pids:
            self.await_that(is_gone, pid)

    def test_clean(self):
        """What they leave is known to it."""
        run, _ = self.park()
        self.good(run)
        self.command("drop", run)
        self.await_that(lambda: not os.path.exists(os.path.join(run, "kept.sock")))
        status, _, err = self.command("clean", "--yes", os.path.dirname(run))
        self.assertEqual((status, err), (0, ""))
        self.assertFalse(os.path.exists(run))

    def test_memory(self):
        """Together they hold no more than LIGHTSSS_MEMORY says: the first stays."""
        steps = ("eval:35", "grow:80", "eval:10", "exit:3")
        process = self.simulator("one", *steps, **{**EVERY_TEN, **PARK, "LIGHTSSS_SLOTS": "2", "LIGHTSSS_MEMORY": "50M"})
        said = process.communicate(timeout=PATIENCE_S)[1]
        self.assertRegex(
            said,
            r"\nlightsss: 1 of the later snapshots could not be kept \(all that are kept hold more than LIGHTSSS_MEMORY \(\d.* of 50 MB\)\)\n"
            r"lightsss: the snapshot is kept for 10 min: lightsss replay ",
        )
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.assertEqual((len(self.kept(run)), self.sockets(run)), (1, ["kept.sock"]))
        self.good(run, [(31, 45)])

    # --- who asks, and for what ---

    @unittest.skipIf(os.geteuid() != 0, "needs root, to be another user")
    def test_root_asks(self):
        """What comes of it is the user's all the same."""
        user = 20000 + os.getpid() % 20000
        for path in (self.place, self.work):
            os.chmod(path, 0o755)
        run, _ = self.park(user=user)
        self.good(run)
        self.assertEqual({os.stat(os.path.join(above, name)).st_uid for above, below, files in os.walk(run) for name in below + files}, {user})

    def test_wrong_words(self):
        for option, value in (("--from", "1evals"), ("--until", "1evals"), ("--window", "all")):
            self.assertEqual(
                self.command("replay", "--all", option, value, "a"),
                (2, "", f"lightsss: --all and {option} cannot be had together: give one of them\n"),
            )

    def test_nowhere_else(self):
        """A segment has its place in a directory of the run's, that there is."""
        run, _ = self.park()
        outside = os.path.join(self.work, "outside")
        os.makedirs(outside)
        os.symlink(outside, os.path.join(run, "replay-7"))
        for into, segment in (("7", "1"), ("100001", "1"), ("8", "1"), ("../x", "1"), ("2", "../1"), ("2", "x"), ("0", "1")):
            answer = self.ask(run, [f"into={into}", f"segment={segment}"])
            self.assertEqual(answer[0], "refused", (into, segment, answer))
        self.assertEqual(os.listdir(outside), [])
        self.assertEqual([name for name in os.listdir(run) if name.startswith("replay-")], ["replay-7"])

    def ask(self, run, settings):
        place = os.open(run, os.O_PATH)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(PATIENCE_S)
            client.connect(f"/proc/self/fd/{place}/kept.sock")
            client.recv(100)
            client.send(b"".join(word.encode() + b"\0" for word in ("replay", *settings)))
            answer = client.recv(1000).decode().split("\0")
        os.close(place)
        return answer


if __name__ == "__main__":
    unittest.main(verbosity=2)
