#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What can go wrong around a kept snapshot while it replays: it is killed, its time is over, nothing can be written, its user
is another. Each has its line, no command waits for ever, and nothing is left."""

import os
import shutil
import signal
import unittest

from command import FAKE
from live import EVERY_TEN, PATIENCE_S
from test_kept import PARK, SOCKET, KeptCase, is_gone

# A replay waits for the file when somebody has removed it.
WAITS = ("touch:go", "eval:25", "await:go", "eval:20", "exit:3")


class Group:
    """A control group whose memory is limited, in either release of them."""

    def __init__(self, test):
        for place, limit, used in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"), ("/sys/fs/cgroup", "memory.max", "memory.current")):
            self.path = os.path.join(place, f"lightsss-kept.{os.getpid()}")
            self.limit, self.used, self.procs = (os.path.join(self.path, name) for name in (limit, used, "cgroup.procs"))
            try:
                os.mkdir(self.path)
            except OSError:
                continue
            test.addCleanup(test.await_that, self.remove)
            if os.access(self.limit, os.W_OK):
                return
        test.skipTest("no control group with such a limit can be made here (root is needed)")

    def remove(self):
        try:
            os.rmdir(self.path)
        except OSError:
            return False  # the last process is not gone yet
        return True

    def leave(self, size):
        with open(self.used, encoding="utf-8") as file:
            used = int(file.read())
        with open(self.limit, "w", encoding="utf-8") as file:
            file.write(str(used + size))


class KeptBroken(KeptCase):
    def waiting(self, **variables):
        """The run, its kept snapshot, and a replay that waits for its file."""
        run, pid = self.park(*WAITS, **variables)
        self.file = os.path.join(os.path.dirname(os.path.dirname(run)), "go")
        os.remove(self.file)
        process = self.start("replay", run)
        self.addCleanup(self.end, process)
        self.await_that(os.path.exists, os.path.join(run, "replay-2", "report.json"))
        return run, pid, process, self.descendants(pid)

    def test_stopped_spare(self):
        """A replay that shares memory leaves one: where somebody has stopped that, it goes all the same."""
        run, _ = self.park("memfd:0", "map:0", "eval:25", "if_copy:sleep:1500", "eval:20", "exit:3")
        process = self.start("replay", run)
        self.addCleanup(self.end, process)
        pid = self.report(run)["kept"]["pid"]
        _, spare = self.await_that(lambda: (found := sorted(self.descendants(pid))) and len(found) == 2 and found)
        os.kill(spare, signal.SIGSTOP)
        self.assertIn("lightsss: replay reproduced", process.communicate(timeout=PATIENCE_S)[1])
        self.await_gone(spare)

    def go_on(self):
        open(self.file, "w", encoding="utf-8").close()

    def await_all_gone(self, pids):
        for pid in pids:
            self.await_gone(pid)

    def test_original_killed_behind_its_replay(self):
        """It does not come to write the report: the replay has, and every snapshot is kept as it says."""
        steps = ("eval:45", "if_copy:sign:replays", "if_copy:sleep:700", "exit:3")
        process = self.simulator("one", *steps, **{**EVERY_TEN, **PARK})
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(os.path.exists, os.path.join(run, "replays"))
        process.send_signal(signal.SIGSTOP)
        self.await_that(lambda: all(map(is_gone, self.descendants(process.pid))))
        process.kill()
        process.wait()
        self.addCleanup(self.command, "drop", run)
        report = self.report(run)
        self.assertEqual((report["end"]["kind"], report["replay"]["verdict"], report["snapshot"]["number"]), ("exit", "reproduced", 3))
        self.assertEqual([rung["number"] for rung in report["kept"]["later"]], [4, 5])
        self.assertEqual([one["number"] for one in report["snapshots"]], [3, 4, 5])
        self.assertNotIn(None, [one["memory_bytes"] for one in report["snapshots"]])
        self.good(run)
        self.assertEqual(self.command("drop", run)[0], 0)
        self.await_all_gone([report["kept"]["pid"], *(rung["pid"] for rung in report["kept"]["later"])])

    def test_kept_killed_in_a_replay(self):
        """That goes on, and tells its verdict."""
        run, pid, process, copies = self.waiting()
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        self.go_on()
        self.assertIn("lightsss: replay reproduced", process.communicate(timeout=PATIENCE_S)[1])
        self.await_all_gone(copies)
        self.assertEqual(self.replay(run)[2], f"lightsss: the kept snapshot of {run} is gone: it was killed\n")

    def test_kept_killed_and_impatient(self):
        """Nobody but the replay itself is left to hear it."""
        run, pid, process, copies = self.waiting()
        os.kill(pid, signal.SIGKILL)
        self.await_gone(pid)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=PATIENCE_S)[1]
        self.assertIn("lightsss: replay incomplete: SIGINT ended the waiting for the replay, after ", err)
        self.await_all_gone(copies)

    def test_kept_and_command_killed(self):
        run, pid, process, copies = self.waiting()
        os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        self.await_all_gone([pid, *copies])
        self.assertIn("SIGHUP", self.report(os.path.join(run, "replay-2"))["replay"]["why"])

    def test_time_is_over_in_a_replay(self):
        """It waits for it, and nobody else comes in."""
        run, pid, process, copies = self.waiting(LIGHTSSS_PARK="5s")
        self.await_that(lambda: not os.path.exists(os.path.join(run, SOCKET)))
        gone = f"lightsss: the kept snapshot of {run} is gone: its time was over\n"
        self.assertEqual(self.replay(run), (1, "", gone))
        self.assertEqual(self.command("drop", run), (1, "", gone))
        self.assertFalse(is_gone(pid))
        self.go_on()
        self.assertIn("lightsss: replay reproduced", process.communicate(timeout=PATIENCE_S)[1])
        self.await_all_gone([pid, *copies])

    def test_directory_removed_in_a_replay(self):
        run, pid, process, copies = self.waiting()
        shutil.rmtree(run)
        self.go_on()
        self.assertIn("lightsss: report.json or wave.gtkw could not be written (No such file or directory)\n", process.communicate(timeout=PATIENCE_S)[1])
        self.assertEqual(process.returncode, 1)
        self.await_all_gone([pid, *copies])
        self.assertFalse(os.path.exists(run))

    def test_directory_moved_in_a_replay(self):
        run, pid, process, _ = self.waiting()
        os.rename(run, run + ".moved")
        self.go_on()
        self.assertIn(f"; the report is in {run}.moved/replay-2\n", process.communicate(timeout=PATIENCE_S)[1])
        self.good(run + ".moved")
        self.assertFalse(is_gone(pid))

    @unittest.skipIf(os.geteuid() != 0, "needs root, to be a user who may not write")
    def test_not_to_be_written_to(self):
        user = 20000 + os.getpid() % 20000
        for path in (self.place, self.work):
            os.chmod(path, 0o755)
        run, pid = self.park("eval:45", "exit:3", user=user)
        os.chmod(run, 0o500)
        as_user = {"user": user, "group": user, "extra_groups": []}
        refuses = f"lightsss: the kept snapshot of {run} refuses: no directory can be made in that of the run (Permission denied)"
        status, out, err = self.replay(run, **as_user)
        self.assertEqual((status, out, err.splitlines()[-1]), (1, "", refuses))
        self.assertEqual(self.command("gdb", "--exec", "false", run, **as_user), (1, "", refuses + "\n"))
        os.chmod(run, 0o700)
        self.good(run, **as_user)
        self.assertFalse(is_gone(pid))

    def test_no_room_for_why(self):
        """The disk is full when it goes."""
        run, pid = self.park("eval:45", "exit:3")
        self.command("drop", run)
        self.await_gone(pid)
        open(os.path.join(run, "kept.gone"), "w", encoding="utf-8").close()
        self.assertEqual(self.replay(run), (1, "", f"lightsss: the kept snapshot of {run} is gone: it could not write why\n"))

    def test_little_memory_is_left(self):
        """In its control group: it goes before others are killed for it. The share of what is left that it may hold is too small
        for it then as well: which of the two is seen first depends on what the kernel has reclaimed."""
        group = Group(self)
        enter = f'echo $$ > {group.procs}; exec "$0" "$@"'
        process = self.simulator("one", "-c", enter, FAKE, "grow:48", "eval:45", "exit:3", program="/bin/sh", **EVERY_TEN, **PARK)
        process.communicate(timeout=PATIENCE_S)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        pid = self.kept(run)
        self.good(run)
        group.leave(1 << 20)
        self.await_gone(pid)
        why = r"(only \d.* of memory are left, of \d.*|it held more than LIGHTSSS_MEMORY \(\d.* of \d.*\))"
        self.assertRegex(self.replay(run)[2], rf"^lightsss: the kept snapshot of \S+ is gone: {why}\n$")

    def test_stopped(self):
        """No command waits for ever."""
        run, pid = self.park("eval:45", "exit:3")
        os.kill(pid, signal.SIGSTOP)
        silent = f"lightsss: the kept snapshot of {run} does not answer: process {pid} is stopped; kill -CONT {pid} lets it go on\n"
        self.assertEqual(self.replay(run), (1, "", silent))
        self.assertIn("is kept until", self.command("report", os.path.dirname(run))[1])
        os.kill(pid, signal.SIGCONT)
        self.good(run)

    def test_drop_of_a_stopped_one(self):
        """It goes when it goes on."""
        run, pid = self.park("eval:45", "exit:3")
        os.kill(pid, signal.SIGSTOP)
        self.assertEqual(self.command("drop", run)[:2], (1, f"dropped 2 later snapshots of {run}\n"))
        self.assertFalse(is_gone(pid))
        os.kill(pid, signal.SIGCONT)
        self.await_gone(pid)


if __name__ == "__main__":
    unittest.main(verbosity=2)
