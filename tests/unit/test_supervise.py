#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/supervise.py leaves no process behind: test_supervise.py SUPERVISE."""

import os
import signal
import subprocess
import sys
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

    def start(self, script, before=None):
        key, value = self.mark.split("=")
        process = subprocess.Popen(
            [*(before or []), sys.executable, SUPERVISE, "sh", "-c", script],
            env={**os.environ, key: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGHUP, signal.SIGINT)],
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
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
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.start(HIDDEN + "; sleep 1000")
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE_S), 128 + number)
            self.assert_none()

    def test_ignored(self):
        process = self.start("echo ready; read line; exit 5", ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 128 + signal.SIGTERM)
        self.assert_none()

    def test_starter_is_killed(self):
        process = self.start(HIDDEN + "; sleep 1000", ["sh", "-c", '"$@"; true', "sh"])
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.kill()
        self.assert_none()


if __name__ == "__main__":
    unittest.main()
