#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ends that come from outside, by those who send them in earnest: a terminal and the keys on it, timeout, shells, make.
With the library all is as without it, and the report says how it ended."""

import glob
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from command import FAKE, LIBRARY, CommandCase, as_from_a_terminal

TIMEOUT_S = 60
OURS = re.compile(r"lightsss: .*\n")


class OutsideCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.end_all, f"MARK={self.place}")

    def end_all(self, mark):
        """Where a check failed, what it looked at may still be running."""
        for path in self.alive(mark):
            try:
                os.kill(int(path.split("/")[2]), signal.SIGKILL)
            except ProcessLookupError:
                continue

    def variables(self, preload):
        added = {"FAKE": FAKE, "LIGHTSSS_WAVE": "off", "MARK": self.place}
        return self.environment({**added, "LD_PRELOAD": LIBRARY} if preload else added)

    def alive(self, mark=None):
        """Processes that stem from the test's. A zombie has no environment."""
        mark = (mark or f"MARK={self.place}").encode()
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found.append(path)
            except OSError:
                continue
        return found

    def assert_gone(self):
        give_up = time.monotonic() + 10
        while (left := self.alive()) and time.monotonic() < give_up:
            time.sleep(0.02)
        self.assertEqual(left, [])

    def reports(self):
        """One for each end: (signal or status, verdict)."""
        found = []
        for path in glob.glob(os.path.join(self.work, "lightsss", "*", "report.json")):
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            found.append((report["end"]["signal"] or report["end"]["status"], report["replay"]["verdict"]))
        return sorted(found, key=str)


class Shells(OutsideCase):
    def shell(self, script, preload):
        made = subprocess.run(
            ["bash", "-c", script],
            cwd=self.work,
            env=self.variables(preload),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_S,
            start_new_session=True,
            preexec_fn=as_from_a_terminal,
            check=False,
        )
        self.assert_gone()
        return made.returncode, made.stdout, re.sub(r" *\b\d{3,}\b", " N", OURS.sub("", made.stderr))

    def check(self, script, status, reports):
        plain = self.shell(script, False)
        self.assertEqual(plain[0], status, plain)
        self.assertEqual(self.reports(), [])
        self.assertEqual(self.shell(script, True), plain)
        self.assertEqual(self.reports(), reports)

    def test_timeout(self):
        self.check("timeout 0.5 $FAKE eval:3 say:a hang", 124, [("SIGTERM", "reproduced")])

    def test_timeout_in_foreground(self):
        self.check("timeout --foreground 0.5 $FAKE eval:3 hang", 124, [("SIGTERM", "reproduced")])

    def test_timeout_inside_eval(self):
        self.check("timeout -k 20 0.5 $FAKE eval:3 in:hang", 124, [("SIGTERM", "reproduced")])

    def test_signal_comes_twice(self):
        """timeout tells the process, and then its group."""
        script = "$FAKE eval:3 touch:ready if_copy:spin:1500 eval:3 hang & while [ ! -e ready ]; do sleep 0.01; done; "
        script += "rm ready; kill $!; sleep 0.1; kill $! 2>/dev/null; wait $!; exit $?"
        self.check(script, 143, [("SIGTERM", "reproduced")])

    def test_timeout_of_one_that_ignores(self):
        self.check("timeout -k 0.5 0.5 $FAKE signal:TERM:ignore eval:3 hang; exit $?", 137, [("SIGKILL", "reproduced")])

    def test_timeout_kills_while_it_waits(self):
        """The replay goes on alone. It takes longer than the grace, so that the status is that of SIGKILL."""
        script = "timeout -k 0.5 0.5 $FAKE eval:3 if_copy:spin:1500 eval:1 hang; exit $?"
        self.assertEqual(self.shell(script, True)[0], 137)
        self.assertEqual(self.reports(), [("SIGTERM", "reproduced")])

    def test_timeout_kills(self):
        self.check("timeout -s KILL 0.5 $FAKE eval:3 hang; exit $?", 137, [("SIGKILL", "reproduced")])

    def test_other_signals(self):
        for name in ("INT", "HUP", "QUIT", "XCPU", "ALRM"):
            with self.subTest(name):
                self.setUp()
                self.check(f"timeout -s {name} 0.3 $FAKE eval:3 hang", 124, [(f"SIG{name}", "reproduced")])

    def test_waited_for(self):
        """Who waits for a signal in a thread of its own has no handler. The replay's thread reads what the original's
        read; for a call that is no reading nobody comes again, and it ends where the original did."""
        script = "$FAKE block:{0} 'thread:await_signal:{1}:{0}+_exit:3' eval:1 touch:ready pace:1000 eval:forever & "
        script += "while [ ! -e ready ]; do sleep 0.01; done; rm ready; sleep 0.1; kill -{0} $!; wait $!; exit $?"
        for how, name in (("wait", "INT"), ("info", "TERM"), ("timed", "INT")):
            with self.subTest(how):
                self.setUp()
                self.check(script.format(name, how), 3, [(3, "diverged")])
        # At which eval a thread's own end is, is up to the scheduler: what it prints is not.
        script = "$FAKE block:TERM eval:1 sleep:50 thread:await_signal:fd:TERM+say:came sleep:20 touch:ready pace:1000 eval:1000 "
        script += "exit:3 & while [ ! -e ready ]; do sleep 0.01; done; rm ready; sleep 0.1; kill $!; wait $!; exit $?"
        self.setUp()
        self.check(script, 3, [(3, "reproduced")])

    def test_whole_group(self):
        """As CI runners and job control do."""
        script = "set -m; $FAKE eval:3 touch:ready hang & while [ ! -e ready ]; do sleep 0.01; done; "
        for name, status in (("TERM", 143), ("INT", 130), ("KILL", 137)):
            with self.subTest(name):
                self.setUp()
                more = f"rm ready; kill -{name} -- -$!; wait $! 2>/dev/null; exit $?"
                self.check(script + more, status, [(f"SIG{name}", "reproduced")])

    def test_shells(self):
        self.check("$FAKE eval:3 exit:3; echo $?", 0, [(3, "reproduced")])
        self.setUp()
        self.check("setsid --wait $FAKE eval:3 raise:TERM; echo $?", 0, [("SIGTERM", "reproduced")])
        self.setUp()
        self.check("nohup $FAKE eval:3 raise:HUP exit:3; echo $?", 0, [(3, "reproduced")])

    def test_nobody_reads(self):
        """What it writes itself ends it as ever; what we write does not."""
        self.check("$FAKE eval:3 print_many:100000 exit:3 | head -1; exit ${PIPESTATUS[0]}", 141, [])
        self.setUp()
        self.check("$FAKE eval:3 sleep:300 exit:3 2>&1 | true; exit ${PIPESTATUS[0]}", 3, [(3, "reproduced")])
        self.setUp()
        bad = "LIGHTSSS_SLOT=1 LIGHTSSS_INTERVAL=x"
        self.check(f"sleep 0.3 | true; (sleep 0.2; {bad} $FAKE eval:3) 2>&1 | true; exit ${{PIPESTATUS[0]}}", 0, [])

    def test_make(self):
        with open(os.path.join(self.work, "Makefile"), "w", encoding="utf-8") as file:
            file.write("all: a b\na b:\n\t@$(FAKE) eval:3 exit:3\n")
        self.check("make -j2 -k >/dev/null 2>&1", 2, [(3, "reproduced"), (3, "reproduced")])


def start_a_job():
    as_from_a_terminal()
    os.setpgid(0, 0)


class Jobs(OutsideCase):
    def test_stopped_while_it_waits(self):
        """Ctrl-Z while the original waits for its replay stops it, and it goes on where it was."""
        steps = "eval:3 if_copy:sign:here+sleep:1000 exit:3"
        with subprocess.Popen([FAKE, *steps.split()], cwd=self.work, env=self.variables(True),
                              preexec_fn=start_a_job, stderr=subprocess.DEVNULL) as program:
            give_up = time.monotonic() + TIMEOUT_S
            while not glob.glob(os.path.join(self.work, "**", "here"), recursive=True):
                self.assertLess(time.monotonic(), give_up)
                time.sleep(0.01)
            os.killpg(program.pid, signal.SIGTSTP)
            pid = 0
            while pid == 0 and time.monotonic() < give_up:
                pid, status = os.waitpid(program.pid, os.WUNTRACED | os.WNOHANG)
                time.sleep(0.01)
            self.assertEqual(pid, program.pid)
            self.assertTrue(os.WIFSTOPPED(status), status)
            os.killpg(program.pid, signal.SIGCONT)
            self.assertEqual(program.wait(), 3)
        self.assertEqual(self.reports(), [(3, "reproduced")])


class Terminals(OutsideCase):
    """The simulator is what runs in the foreground of a terminal."""

    def start(self, steps, preload):
        pid, self.terminal = pty.fork()
        if pid == 0:
            as_from_a_terminal()
            os.chdir(self.work)
            os.execve(FAKE, [FAKE, *steps.split()], self.variables(preload))
        self.seen = ""
        return pid

    def read_until(self, words):
        give_up = time.monotonic() + TIMEOUT_S
        while words not in self.seen:
            self.assertLess(time.monotonic(), give_up, self.seen)
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.terminal, 4096).decode()
                except OSError:
                    break

    def end(self, pid):
        if self.terminal is not None:
            self.read_until("there is no such word")
            os.close(self.terminal)
        _, status = os.waitpid(pid, 0)
        self.assert_gone()
        return os.waitstatus_to_exitcode(status), OURS.sub("", self.seen.replace("\r\n", "\n"))

    def press(self, keys, steps, preload):
        pid = self.start(steps, preload)
        self.read_until("ready")
        os.write(self.terminal, keys)
        return self.end(pid)

    def check(self, keys, steps, status, reports):
        plain = self.press(keys, steps, False)
        self.assertEqual(plain[0], status)
        self.assertEqual(self.press(keys, steps, True), plain)
        self.assertEqual(self.reports(), reports)

    def test_interrupt(self):
        self.check(b"\x03", "eval:3 say:ready hang", -signal.SIGINT, [("SIGINT", "reproduced")])

    def test_quit(self):
        self.check(b"\x1c", "eval:3 say:ready hang", -signal.SIGQUIT, [("SIGQUIT", "reproduced")])

    def test_handler(self):
        """The handler's signal comes again in the replay."""
        steps = "action:INT:plain:_exit:7 eval:3 say:ready pace:1000 eval:forever"
        self.check(b"\x03", steps, 7, [(7, "reproduced")])

    def test_handler_is_told_late(self):
        """The replay does not come by where the signal came: it is told before the next eval, and its handler ends the
        process while it is told."""
        steps = "action:INT:plain:_exit:7 eval:3 say:ready if_original:hang eval:1 exit:5"
        self.check(b"\x03", steps, 7, [(7, "reproduced")])

    def test_ignored(self):
        self.check(b"\x03", "signal:INT:ignore eval:3 say:ready sleep:300 exit:3", 3, [(3, "reproduced")])

    def test_interrupted_twice(self):
        """The first waits for the waveform. The second ends the waiting."""
        pid = self.start("eval:3 if_copy:spin:30000 eval:1 say:ready hang", True)
        self.read_until("ready")
        os.write(self.terminal, b"\x03")
        self.read_until("start to dump wave")
        time.sleep(1.5)
        begin = time.monotonic()
        os.write(self.terminal, b"\x03")
        status, _ = self.end(pid)
        self.assertLess(time.monotonic() - begin, 25)
        self.assertEqual(status, -signal.SIGINT)
        self.assertEqual(self.reports(), [("SIGINT", "incomplete")])

    def close(self, steps, preload):
        pid = self.start(steps, preload)
        self.read_until("ready")
        os.close(self.terminal)
        self.terminal = None
        return self.end(pid)

    def check_closed(self, steps, status, reports):
        plain = self.close(steps, False)
        self.assertEqual(plain[0], status)
        self.assertEqual(self.close(steps, True)[0], status)
        self.assertEqual(self.reports(), reports)

    def test_closed(self):
        self.check_closed("eval:3 say:ready hang", -signal.SIGHUP, [("SIGHUP", "reproduced")])

    def test_closed_and_ignored(self):
        """What is printed to nobody is printed by the replay."""
        steps = "signal:HUP:ignore eval:3 say:ready sleep:300 error:lost eval:1 exit:3"
        self.check_closed(steps, 3, [(3, "diverged")])


if __name__ == "__main__":
    unittest.main()
