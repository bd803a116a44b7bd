#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is shown of a failure where: on a terminal colours, and a line that tells how far the replay is; elsewhere lines
alone; on a build server its annotation as well."""

import glob
import json
import os
import pty
import re
import select
import signal
import time
import unittest

from command import COMMAND, FAKE, LIBRARY, CommandCase, as_from_a_terminal

TIMEOUT_S = 60
LONG = "eval:1 if_copy:pace:75000 eval:20 exit:3"  # 1.5 s for the replay, which is drawn after half a second
PROGRESS = re.compile(r"lightsss: replay \d+%: \d+ of \d+ evals[^\r\n]*")
SEGMENTS = re.compile(r"lightsss: segments: \d of 4 done, \d at work, \d+ s")
COLOUR = re.compile(r"\x1b\[\d*m")


def screen(written):
    """The lines that stand there in the end, without colours."""
    lines = []
    for line in COLOUR.sub("", written).replace("\r\n", "\n").split("\n"):
        shown, at = "", 0
        for part in re.split(r"(\r|\x1b\[K)", line):
            if part == "\r":
                at = 0
            elif part == "\x1b[K":
                shown = shown[:at]
            elif part:
                shown = shown[:at] + part + shown[at + len(part) :]
                at += len(part)
        lines.append(shown)
    return "\n".join(lines)


class TerminalCase(CommandCase):
    def variables(self, **more):
        return self.environment({"LD_PRELOAD": LIBRARY, "LIGHTSSS_WAVE": "off", "TERM": "xterm", "NO_COLOR": "", **more})

    def begin(self, words, **more):
        pid, self.terminal = pty.fork()
        if pid == 0:
            as_from_a_terminal()
            os.chdir(self.work)
            os.execve(words[0], words, self.variables(**more))
        self.addCleanup(os.close, self.terminal)
        self.written = ""
        return pid

    def read_until(self, pattern):
        give_up = time.monotonic() + TIMEOUT_S
        while not pattern.search(self.written):
            self.assertLess(time.monotonic(), give_up, self.written)
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.written += os.read(self.terminal, 4096).decode()
                except OSError:
                    return False
        return True

    def end(self, pid):
        """Exit code, and all that was written."""
        self.read_until(re.compile("there is no such word"))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), self.written

    def run_piped(self, *steps, **more):
        status, out, err = self.lightsss(*steps, command=FAKE, **self.variables(**more))
        self.assertEqual(out, "")
        return status, err

    def verdict(self):
        (path,) = glob.glob(os.path.join(self.work, "lightsss", "*", "report.json"))
        with open(path, encoding="utf-8") as file:
            return json.load(file)["replay"]["verdict"]

    def check_lines(self, shown, verdict="reproduced"):
        """The few lines, each where a line begins, and nothing else of ours."""
        wanted = (
            r"lightsss: fake_simulator \(pid \d+\) ends with exit status 3 at eval \d+.*\n"
            r"lightsss: the oldest checkpoint start to dump wave: .*\n"
            rf"lightsss: replay {verdict}.*, after \d+\.\d s\n"
            r"lightsss: no waveform: .*\n"
        )
        self.assertRegex(shown, rf"\A{wanted}\Z")


class ProgressTest(TerminalCase):
    def test_it_is_drawn_and_gone(self):
        """The replay waits until it has been drawn."""
        pid = self.begin([FAKE, *"eval:1 if_copy:pace:75000 eval:9 if_copy:await:go eval:9 exit:3".split()])
        self.assertTrue(self.read_until(PROGRESS), self.written)
        self.file("go", "")
        status, written = self.end(pid)
        self.assertEqual(status, 3)
        drawn = PROGRESS.findall(written)
        done = [int(re.search(r": (\d+) of 19 evals", line)[1]) for line in drawn]
        self.assertEqual(done, sorted(done))
        self.assertTrue(all(len(line) < 80 for line in drawn))
        self.check_lines(screen(written))
        self.assertEqual(self.verdict(), "reproduced")

    def test_pace(self):
        pid = self.begin([FAKE, *"eval:1 if_copy:pace:75000 eval:9999 exit:3".split()])
        drawn = re.compile(r"lightsss: replay 0%: \d+ of 10\.0k evals, \d+ evals/s, at least \d+ min left\x1b")
        self.assertTrue(self.read_until(drawn), self.written)
        os.write(self.terminal, b"\x03")
        self.assertEqual(self.end(pid)[0], 3)

    def test_interrupt(self):
        """Ctrl-C ends the waiting; the simulator ends as it would have."""
        pid = self.begin([FAKE, *"eval:3 if_copy:hang exit:3".split()])
        self.assertTrue(self.read_until(PROGRESS), self.written)
        os.write(self.terminal, b"\x03")
        status, written = self.end(pid)
        self.assertEqual(status, 3)
        self.check_lines(screen(written), "incomplete: .*SIGINT.*")
        self.assertEqual(self.verdict(), "incomplete")

    def test_held_terminal(self):
        """Ctrl-S: the replay goes on, and Ctrl-C still ends the waiting."""
        pid = self.begin([FAKE, *"eval:3 if_copy:hang exit:3".split()])
        self.assertTrue(self.read_until(PROGRESS), self.written)
        os.write(self.terminal, b"\x13")
        time.sleep(0.5)  # it draws meanwhile, or would
        os.write(self.terminal, b"\x03")
        status, written = self.end(pid)
        self.assertEqual(status, 3)
        self.check_lines(screen(written.replace("^S", "")), "incomplete: .*SIGINT.*")

    def test_not_where_it_cannot_be(self):
        for more in ({"TERM": "dumb"}, {"TERM": ""}):
            status, written = self.end(self.begin([FAKE, *LONG.split()], **more))
            self.assertEqual(status, 3)
            self.assertNotIn("\x1b", written)
            self.check_lines(written.replace("\r\n", "\n"))

    def test_not_in_the_background(self):
        """Who has put it there works on that terminal."""
        script = f"set -m; {FAKE} {LONG} & wait $!"
        status, written = self.end(self.begin(["/bin/sh", "-c", script]))
        self.assertEqual(status, 3)
        self.assertEqual(PROGRESS.findall(written), [])
        self.assertIn("lightsss: the oldest checkpoint start to dump wave", written)

    def test_quiet(self):
        status, written = self.end(self.begin([FAKE, *LONG.split()], LIGHTSSS_LOG="quiet"))
        self.assertEqual((status, written), (3, ""))

    def test_kept_snapshot(self):
        """Its replays have the terminal of who asks, whatever the run had."""
        status, said = self.run_piped("eval:1", "if_copy:pace:75000", "eval:20", "exit:3", LIGHTSSS_PARK="10m", TERM="dumb")
        (path,) = glob.glob(os.path.join(self.work, "lightsss", "*"))
        with open(os.path.join(path, "report.json"), encoding="utf-8") as file:
            self.addCleanup(os.kill, json.load(file)["kept"]["pid"], signal.SIGKILL)
        self.assertEqual(status, 3)
        self.assertNotIn("\x1b", said)
        status, written = self.end(self.begin([COMMAND, "replay", path], LD_PRELOAD=""))
        self.assertEqual(status, 0, written)
        self.assertRegex(written, PROGRESS)
        self.assertRegex(written, COLOUR)
        self.assertNotRegex(screen(written), PROGRESS)
        self.assertIn("\nlightsss: replay reproduced, after ", screen(written))
        status, written = self.end(self.begin([COMMAND, "replay", path], LD_PRELOAD="", TERM="dumb"))
        self.assertEqual(status, 0, written)
        self.assertNotIn("\x1b", written)

    def test_segments(self):
        """The command draws for all of them, until they are done."""
        steps = ["eval:25", "if_copy:await:go", "eval:20", "exit:3"]
        variables = {"LIGHTSSS_PARK": "10m", "LIGHTSSS_INTERVAL": "10evals", "LIGHTSSS_SLOTS": "4"}
        self.assertEqual(self.run_piped(*steps, **variables)[0], 3)
        (path,) = glob.glob(os.path.join(self.work, "lightsss", "*"))
        with open(os.path.join(path, "report.json"), encoding="utf-8") as file:
            self.addCleanup(os.kill, json.load(file)["kept"]["pid"], signal.SIGKILL)
        for number, term in enumerate(("xterm", "dumb"), 2):
            pid = self.begin([COMMAND, "replay", "--all", path], LD_PRELOAD="", TERM=term)
            if term == "xterm":
                self.assertTrue(self.read_until(SEGMENTS), self.written)
            self.file("go", "")
            status, written = self.end(pid)
            self.assertEqual(status, 0, written)
            self.assertEqual("\x1b" in written, term == "xterm")
            self.assertRegex(screen(written), rf"\A(lightsss: segment \d of 4, evals .*: reproduced, after .*\n){{4}}lightsss: no waveforms; .*/replay-{number}\n\Z")

    def test_replays_beside_the_simulator_draw_nothing(self):
        steps = "eval:9 if_copy:pace:100000 eval:20 print:mine eval:1 exit:0"
        status, written = self.end(self.begin([FAKE, *steps.split()], LIGHTSSS_AT="25evals"))
        self.assertEqual(status, 0)
        self.assertEqual(PROGRESS.findall(written), [])


class ColourTest(TerminalCase):
    def test_colours(self):
        status, written = self.end(self.begin([FAKE, "eval:3", "exit:3"]))
        self.assertEqual(status, 3)
        self.check_lines(screen(written))
        self.assertRegex(written, r"lightsss: \x1b\[31mfake_simulator .*\x1b\[0m\r\n")
        self.assertRegex(written, r"lightsss: \x1b\[32mreplay reproduced, .*\x1b\[0m\r\n")
        for line in written.splitlines():
            self.assertTrue(line.startswith("lightsss: "), line)

    def test_no_colours(self):
        status, written = self.end(self.begin([FAKE, "eval:3", "exit:3"], NO_COLOR="1"))
        self.assertEqual(status, 3)
        self.assertNotIn("\x1b", written)
        self.check_lines(written.replace("\r\n", "\n"))


class PipeTest(TerminalCase):
    def test_lines_alone(self):
        status, err = self.run_piped(*LONG.split())
        self.assertEqual(status, 3)
        self.check_lines(err)

    def test_github(self):
        status, err = self.run_piped("eval:3", "error:half a line", "exit:3", GITHUB_ACTIONS="true")
        self.assertEqual(status, 3)
        *lines, last = err.splitlines()
        self.assertEqual(lines[0], "half a line")
        self.check_lines("".join(line + "\n" for line in lines[1:]))
        failure, waveform = lines[1][len("lightsss: ") :], lines[-1][len("lightsss: ") :]
        self.assertEqual(last, f"::error title=lightsss::{failure}%0A{waveform}")

    def test_github_escapes(self):
        """A program's name may hold what the runner would take for an escape."""
        odd = os.path.join(self.work, "a%0Ab")
        os.symlink(FAKE, odd)
        status, out, err = self.lightsss("eval:3", "exit:3", command=odd, **self.variables(GITHUB_ACTIONS="true"))
        self.assertEqual((status, out), (3, ""))
        self.assertRegex(err.splitlines()[-1], r"^::error title=lightsss::\S+ \(pid \d+\) ends with exit status 3 at eval 3.*%0Ano waveform: ")
        self.assertNotRegex(err.splitlines()[-1], r"%(?!0A|25)")

    def test_no_annotation_where_none_is_wanted(self):
        for more in ({"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": "true", "LIGHTSSS_LOG": "quiet"}, {"GITLAB_CI": "true"}):
            status, err = self.run_piped("eval:3", "exit:3", **more)
            self.assertEqual(status, 3)
            self.assertNotIn("::", err)
        self.assertEqual(glob.glob(os.path.join(self.work, "lightsss", "*", "annotations.json")), [])

    def test_points_are_no_failures(self):
        status, err = self.run_piped("eval:5", "exit:0", GITHUB_ACTIONS="true", LIGHTSSS_AT="3evals")
        self.assertEqual(status, 0)
        self.assertIn("lightsss: replay reproduced", err)
        self.assertNotIn("::error", err)

    def test_gitlab(self):
        url = "https://git.example/group/project/-/jobs/42"
        status, err = self.run_piped("eval:3", "raise:SEGV", GITLAB_CI="true", CI_JOB_URL=url, CI_PROJECT_DIR=self.work)
        self.assertEqual(status, -signal.SIGSEGV)
        (path,) = glob.glob(os.path.join(self.work, "lightsss", "*", "annotations.json"))
        with open(path, encoding="utf-8") as file:
            ((name, (link,)),) = json.load(file).items()
        self.assertEqual(list(link), ["external_link"])
        below = os.path.relpath(os.path.dirname(path), self.work)
        self.assertEqual(name, "lightsss " + os.path.basename(os.path.dirname(path)))
        self.assertEqual(link["external_link"]["url"], f"{url}/artifacts/file/{below}/report.json")
        self.assertIn("lightsss: " + link["external_link"]["label"] + "\n", err)
        self.assertNotIn("::", err)


if __name__ == "__main__":
    unittest.main()
