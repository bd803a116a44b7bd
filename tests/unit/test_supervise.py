#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/supervise.py leaves no process behind: test_supervise.py SUPERVISE."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

SUPERVISE = sys.argv.pop(1)
PATIENCE_S = 60
# In a session of its own, deaf to everything that can be ignored, and an orphan at once.
HIDDEN = "trap '' HUP INT TERM; (setsid sh -c \"trap '' HUP INT TERM; echo ready; sleep 1000\" &)"


class Supervise(unittest.TestCase):
    def setUp(self):
        self.mark = f"SUPERVISE_MARK={uuid.uuid4().hex}"
        self.addCleanup(self.kill_marked)

    def marked(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if self.mark.encode() in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                continue
        return found

    def kill_marked(self):
        for process in self.marked():
            os.kill(process, signal.SIGKILL)

    def start(self, script, before=None, program=(SUPERVISE,)):
        key, value = self.mark.split("=")
        process = subprocess.Popen(
            [*(before or []), sys.executable, *program, "sh", "-c", script],
            env={**os.environ, key: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)],
            start_new_session=True,  # `kill 0` reaches only what is of this test
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.addCleanup(self.kill_marked)  # what is left may hold the pipes open
        return process

    def assert_none(self):
        give_up = time.monotonic() + PATIENCE_S
        while self.marked() and time.monotonic() < give_up:
            time.sleep(0.01)
        self.assertEqual(self.marked(), [])

    def test_status(self):
        for script, status in (("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)):
            process = self.start(script)
            self.assertEqual(process.wait(PATIENCE_S), status)
            self.assertEqual(process.stderr.read(), "")

    def test_left_behind(self):
        process = self.start(HIDDEN)
        self.assertEqual(process.wait(PATIENCE_S), 1)
        self.assertIn("left behind", process.stderr.read())
        self.assert_none()

    def test_told(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            process = self.start(HIDDEN + "; sleep 1000")
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE_S), -number)
            self.assert_none()

    def test_ignored(self):
        process = self.start("echo ready; sleep 1000", ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_none()

    def test_shell_stops(self):
        """As with Ctrl-C: a shell goes on behind a command that ended by itself."""
        process = self.start("kill -INT 0; sleep 1000", ["bash", "-c", '"$@"; echo went on', "bash"])
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGINT)
        self.assertEqual(process.stdout.read(), "")

    def test_ignored_or_blocked(self):
        """Whatever is ignored or blocked around it, the command sees the default, and can be ended."""
        with_all = """import os, signal, sys
for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE, signal.SIGALRM, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR2})
os.execvp(sys.argv[1], sys.argv[1:])"""
        script = "grep -E '^Sig(Blk|Ign)' /proc/self/status; echo ready; sleep 1000"
        process = self.start(script, [sys.executable, "-c", with_all])
        self.assertEqual([process.stdout.readline().split()[1] for _ in range(2)], ["0" * 16, "0" * 16])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGTERM)
        process = self.start("exit 5", [sys.executable, "-c", with_all])
        self.assertEqual(process.wait(PATIENCE_S), 5)

    def test_temporary_directory_elsewhere(self):
        """What is preloaded from there must have a name without blanks."""
        with tempfile.TemporaryDirectory(suffix=" with blanks") as parent:
            process = self.start('echo "$TMPDIR"', ["env", "TMPDIR=" + parent])
            self.assertRegex(process.stdout.readline(), r"^/tmp/\S+\n$")
            process.wait(PATIENCE_S)

    def test_told_while_cleaning_up(self):
        """The command has ended, and its status stands."""
        script = """import os, signal, sys
sys.path.insert(0, sys.argv.pop(1))
import supervise
kill_all = supervise.kill_all
supervise.kill_all = lambda: os.kill(os.getpid(), signal.SIGTERM) or kill_all()
sys.exit(supervise.main(sys.argv[1:]))"""
        process = self.start('echo "$TMPDIR"; exit 5', program=["-c", script, os.path.dirname(SUPERVISE)])
        directory = process.stdout.readline().rstrip("\n")
        self.assertEqual(process.wait(PATIENCE_S), 5)
        self.assertFalse(os.path.exists(directory))

    def test_temporary_directory(self):
        """Goes with the command, whatever it left there and however it ended."""
        for script in ("", "; kill -TERM $PPID; sleep 1000"):
            process = self.start('echo "$TMPDIR"; mkdir "$TMPDIR/left"; touch "$TMPDIR/left/file"' + script)
            directory = process.stdout.readline().rstrip("\n")
            self.assertTrue(os.path.isabs(directory), directory)
            process.wait(PATIENCE_S)
            self.assertFalse(os.path.exists(directory))

    def test_walk_misses_one(self):
        """Its parent goes between two looks into /proc: it seems to stem from nobody."""
        script = """import sys
sys.path.insert(0, sys.argv.pop(1))
import supervise
parents, looks = supervise.parents, []
supervise.parents = lambda: looks.append(0) or (parents() if len(looks) > 3 else {})
sys.exit(supervise.main(sys.argv[1:]))"""
        process = self.start(HIDDEN + "; sleep 1000", program=["-c", script, os.path.dirname(SUPERVISE)])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), -signal.SIGTERM)
        self.assertEqual(self.marked(), [])

    def test_starter_is_killed(self):
        process = self.start(HIDDEN + "; sleep 1000", ["sh", "-c", '"$@"; true', "sh"])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.kill()
        self.assert_none()


if __name__ == "__main__":
    unittest.main()
