# SPDX-License-Identifier: MIT
"""What tests of the command `lightsss` share: start it in a directory of its own, and see what it said and left."""

import os
import shutil
import signal
import subprocess
import tempfile
import unicodedata
import unittest

TOP = os.environ["LIGHTSSS_TEST_SOURCES"]
COMMAND = os.environ["LIGHTSSS_TEST_COMMAND"]
LIBRARY = os.environ["LIGHTSSS_TEST_LIBRARY"]
PROGRAMS = os.environ["LIGHTSSS_TEST_PROGRAMS"]
FAKE = os.path.join(PROGRAMS, "fake_simulator")
REFUSE = os.path.join(PROGRAMS, "refuse")


def as_from_a_terminal():
    """For a child: whatever ignores signals around the test (nohup, a shell's background jobs), it does not."""
    for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def columns(text):
    """That it takes on a terminal."""
    return sum(0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


class CommandCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="lightsss-test-")
        self.addCleanup(shutil.rmtree, self.place)
        self.work = os.path.join(self.place, "work")
        self.temporary = os.path.join(self.place, "temporary")
        os.mkdir(self.work)
        os.mkdir(self.temporary)

    def environment(self, variables):
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("LIGHTSSS", "LD_PRELOAD"))}
        # The command may be built with a sanitizer, which wants to be the first library.
        ours["ASAN_OPTIONS"] = ours.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return {**ours, "TMPDIR": self.temporary, **variables}

    def start(self, *words, command=COMMAND, stderr=subprocess.PIPE, **variables):
        return subprocess.Popen(
            [command, *words],
            cwd=self.work,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            preexec_fn=as_from_a_terminal,
            text=True,
        )

    def lightsss(self, *words, **variables):
        """Runs it; returns the status as subprocess has it, stdout and stderr."""
        process = self.start(*words, **variables)
        self.addCleanup(process.kill)
        out, err = process.communicate(timeout=120)
        self.pid = process.pid
        return process.returncode, out, err

    def file(self, name, text, mode=0o755):
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def compile(self, name, *options):
        source = self.file(name + ".c", "int main(void)\n{\n    return 5;\n}\n", 0o644)
        path = os.path.join(self.work, name)
        subprocess.run(["cc", *options, "-o", path, source], check=True)
        return path

    def stripped(self, program):
        path = os.path.join(self.work, "stripped")
        subprocess.run(["strip", "-o", path, program], check=True)
        return path

    def assert_nothing_left(self):
        """No temporary file, and no directory of a run."""
        self.assertEqual(os.listdir(self.temporary), [])
        self.assertNotIn("lightsss", os.listdir(self.work))

    def doctor(self, *words, command=None, **variables):
        """status, rows (word -> values) and the whole text"""
        if command is None:
            status, out, err = self.lightsss("doctor", *words, **variables)
        else:
            status, out, err = self.lightsss(*command, COMMAND, "doctor", *words, **variables)
        self.assertEqual(err, "")
        self.assert_nothing_left()
        verdict = {0: "A failure would leave a waveform.", 1: "A failure would leave no waveform."}
        self.assertEqual(out.splitlines()[-1], verdict[status])
        rows = {}
        for line in out.splitlines()[:-1]:
            if line:
                self.assertRegex(line, r"^[A-Z][a-z]+ +\S")
                self.assertEqual(line[10], " ")
                rows.setdefault(line[:10].rstrip(), []).append(line[11:])
        return status, rows, out
