#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss clean`: removes what is asked for, and never anything that the library has not made, that a run still writes to,
or that a link leads to."""

import errno
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from command import COMMAND
from live import EVERY_TEN, PATIENCE_S, TO_THREE, SimulatorCase

DAY_S = 86400
SLOW = {"LIGHTSSS_WAKE_CALL": "usleep(20000000)"}


class CleanCase(SimulatorCase):
    def aged(self, name, days):
        """A failed run of so many days ago."""
        directory = self.failed(name)
        self.age(directory, days)
        return directory

    def age(self, directory, days):
        moment = time.time() - days * DAY_S - 60
        for name in os.listdir(directory) + ["."]:
            os.utime(os.path.join(directory, name), (moment, moment))

    def clean(self, *words, **options):
        """What it printed; it must go well."""
        status, out, err = self.command("clean", *words, **options)
        self.assertEqual((status, err), (0, ""))
        return out

    def expect(self, wanted, *words, **options):
        """Status, lines of stdout, stderr."""
        status, out, err = self.command("clean", *words, **options)
        self.assertEqual((status, re.sub(r"[\d.]+ [KMG]iB", "SIZE", out), err), wanted)

    def there(self, *directories):
        return [os.path.exists(directory) for directory in directories]


class Choosing(CleanCase):
    def test_older(self):
        old, new = self.aged("old", 8), self.aged("new", 1)
        lines = f"removed {old} (SIZE)\nremoved 1 run directory, SIZE\n"
        self.expect((0, lines, ""), "--older", "7d", self.work)
        self.assertEqual(self.there(old, new), [False, True])
        self.assertTrue(os.path.isdir(os.path.dirname(old)), "a run that fails now may be about to use it")

    def test_keep(self):
        runs = [self.aged(f"run{days}", days) for days in (3, 1, 4, 2)]
        self.clean("--keep=2", self.work)
        self.assertEqual(self.there(*runs), [False, True, False, True])
        self.assertEqual(self.clean("--keep", "2", self.work), "nothing to remove\n")

    def test_both(self):
        runs = [self.aged(f"run{days}", days) for days in (9, 8, 1)]
        self.clean(self.work, "--keep=2", "--older=7d")
        self.assertEqual(self.there(*runs), [False, True, True])

    def test_dry_run(self):
        run = self.aged("run", 8)
        lines = f"would remove {run} (SIZE)\nwould remove 1 run directory, SIZE\n"
        self.expect((0, lines, ""), "--dry-run", "--older=7d", self.work)
        self.expect((0, lines, ""), "--dry-run", self.work)
        self.expect((0, "nothing to remove\n", ""), "--dry-run", "--keep=1", self.work)
        self.assertEqual(self.there(run), [True])

    def test_all_without_a_terminal(self):
        runs = self.aged("one", 1), self.aged("two", 1)
        status, out, err = self.command("clean", self.work)
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, r"^lightsss: this would remove all 2 run directories \(.*\): give --older, --keep or --yes\n$")
        self.assertEqual(self.there(*runs), [True, True])
        self.assertIn("removed 2 run directories, ", self.clean("--yes", self.work))
        self.assertEqual(self.there(*runs), [False, False])

    def answer(self, text):
        """On a terminal; what is on it at the end, and the status."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [COMMAND, "clean", self.work], env=self.environment({}), stdin=theirs, stdout=theirs, stderr=theirs
        )
        self.addCleanup(process.kill)
        os.close(theirs)
        screen, end = "", time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < end and select.select([ours], [], [], PATIENCE_S)[0]:
                screen += os.read(ours, 65536).decode()
                if screen.endswith("[y/N] "):
                    os.write(ours, text.encode())
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        return process.wait(PATIENCE_S), screen.replace("\r", "")

    def test_all_on_a_terminal(self):
        run = self.aged("one", 1)
        for text in ("n\n", "\n", "\x04"):
            status, screen = self.answer(text)
            self.assertEqual(status, 1)
            self.assertIn(f"would remove {run} (", screen)
            self.assertIn("lightsss: nothing was removed\n", screen)
            self.assertEqual(self.there(run), [True])
        status, screen = self.answer("y\n")
        self.assertEqual(status, 0)
        self.assertRegex(screen, r"\nremoved 1 run directory, ")
        self.assertEqual(self.there(run), [False])

    def test_default_folder(self):
        run = self.failed(".")
        self.assertEqual(self.clean("--yes", cwd="/", variables={"LIGHTSSS_DIR": "/nowhere"}), "nothing to remove\n")
        self.clean("--yes", variables={"LIGHTSSS_DIR": ""})
        self.assertEqual(self.there(run), [False])
        run = self.failed("elsewhere")
        self.clean("--yes", cwd="/", variables={"LIGHTSSS_DIR": os.path.dirname(run)})
        self.assertEqual(self.there(run), [False])

    def test_one_by_name(self):
        one, two = self.failed("one"), self.failed("two")
        self.clean("--yes", one + "/", one)
        self.assertEqual(self.there(one, two), [False, True])

    def test_size(self):
        run = self.failed("one")
        os.mkdir(os.path.join(run, "files"))
        with open(os.path.join(run, "files", "log"), "wb") as file:
            file.write(os.urandom(3 << 20))
        os.sync()
        self.assertRegex(self.clean("--dry-run", self.work), r"\(3\.\d MiB\)\n.*, 3\.\d MiB\n")


class Sparing(CleanCase):
    def stays(self, directory, reason, *words):
        """That is said, and it is true."""
        before = sorted(os.listdir(directory))
        status, out, err = self.command("clean", "--yes", *(words or [self.work]))
        self.assertEqual((status, out), (0, "nothing to remove\n"))
        self.assertRegex(err, f"^lightsss: {re.escape(directory)} stays: {reason}\n$" if reason is not None else "^$")
        self.assertEqual(sorted(os.listdir(directory)), before)

    def edit(self, directory, before, after):
        path = os.path.join(directory, "report.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(before, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))

    def test_other_name(self):
        run = self.failed("one")
        kept = os.path.join(os.path.dirname(run), "the-bug")
        os.rename(run, kept)
        self.stays(kept, None)

    def test_other_number(self):
        """The report is of another run."""
        run = self.failed("one")
        other = run + "1"
        os.rename(run, other)
        self.age(other, 9)
        for mode in (0o755, 0o700):
            os.chmod(other, mode)
            self.stays(other, "its report.json is not of this run, or was edited")
        self.file(os.path.join(other, "report.json"), "{}")
        self.stays(other, "its report.json is not of this run, or was edited")
        # With a disk that was full it may have been cut off.
        self.file(os.path.join(other, "report.json"), '{\n  "version": 1, "prog')
        self.age(other, 1)
        self.clean("--yes", self.work)
        self.assertEqual(self.there(other), [False])

    def test_strangers(self):
        run = self.failed("one")
        self.file(os.path.join(run, "notes.txt"), "mine")
        self.stays(run, "notes.txt in it is not the library's")

    def test_all_that_the_library_leaves(self):
        """Also where a build server wants a file of its own."""
        server = {"GITLAB_CI": "true", "CI_JOB_URL": "https://git.example/-/jobs/42", "CI_PROJECT_DIR": self.work}
        run = self.failed("one", **server)
        self.assertIn("annotations.json", os.listdir(run))
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    def test_directories_in_it(self):
        """The library makes one, for files of the replay."""
        run = self.failed("one")
        os.makedirs(os.path.join(run, "files", "a", "b"))
        os.mkdir(os.path.join(run, "wave.before"))
        self.stays(run, "wave.before in it is not the library's")
        os.rmdir(os.path.join(run, "wave.before"))
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount")
    def test_what_is_mounted_in_it(self):
        run = self.failed("one")
        place = os.path.join(run, "files", "there")
        os.makedirs(place)
        if subprocess.run(["mount", "-t", "tmpfs", "none", place], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("nothing may be mounted here")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        self.file(os.path.join(place, "precious"), "text")
        status, _, err = self.command("clean", "--yes", self.work)
        self.assertEqual((status, err), (1, f"lightsss: {run} could not be removed: {os.strerror(errno.EXDEV)}\n"))
        self.assertEqual(self.there(os.path.join(place, "precious"), os.path.join(run, "report.json")), [True, True])

    def test_not_ours(self):
        """Directories of such a name, with other files, other modes, and nothing at all."""
        for name, mode, files in (
            ("data.2024", 0o700, ["wave.vcd"]),
            ("data.2025", 0o700, []),
            ("data.2026", 0o755, ["replay.stdout"]),
        ):
            path = os.path.join(self.work, name)
            os.mkdir(path)
            for file in files:
                self.file(os.path.join(path, file), "text")
            os.chmod(path, mode)
        self.expect((0, "nothing to remove\n", ""), "--yes", self.work)
        self.assertEqual(len(os.listdir(self.work)), 3)

    def test_without_a_report(self):
        """The disk was full; a fresh one may be about to get its report."""
        run = self.failed("one")
        os.remove(os.path.join(run, "report.json"))
        self.stays(run, r"it has no report and was written to \d+ s ago; a replay may be at work on another host")
        self.age(run, 1)
        os.utime(run)  # somebody has taken something out; no file was written
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    def test_links(self):
        run = self.failed("one")
        outside = os.path.join(self.place, "outside")
        os.mkdir(outside)
        self.file(os.path.join(outside, "precious"), "text")
        moved = os.path.join(self.place, os.path.basename(run))
        os.rename(run, moved)
        os.symlink(moved, run)  # in the place of a run directory
        os.symlink(outside, os.path.join(self.work, "away"))
        self.expect((0, "nothing to remove\n", ""), "--yes", self.work)
        os.unlink(run)
        os.rename(moved, run)
        os.symlink(outside, os.path.join(run, "files"))  # in one
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run, os.path.join(outside, "precious")), [False, True])

    def test_link_that_is_named(self):
        run = self.failed("one")
        link = os.path.join(self.place, "link")
        os.symlink(os.path.dirname(run), link)
        self.clean("--yes", link)
        self.assertEqual(self.there(run, link), [False, True])

    def test_live_run(self):
        process = self.simulator("one", *TO_THREE, "exit:0", **EVERY_TEN)
        self.await_file(process)
        process.send_signal(signal.SIGUSR1)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(self.is_reported, run)
        self.stays(run, "its run is alive")
        self.go(process)
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    def is_reported(self, run):
        try:
            with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
                return json.load(file)["replay"]["verdict"] == "reproduced"
        except FileNotFoundError:
            return False

    def test_live_run_without_snapshots(self):
        """Nothing can be seen of it but its process."""
        process = self.simulator("one", "touch:ready", "await:go", "exit:0", LD_PRELOAD="")
        self.await_file(process)
        run = self.failed("two")
        other = os.path.join(os.path.dirname(run), f"fake_simulator.{process.pid}")
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
            self.assertTrue(file.read())
        number = run.rsplit(".", 1)[1]
        os.rename(run, other)
        self.edit(other, f'"pid": {number},', f'"pid": {process.pid},')
        self.stays(other, "its run is alive")
        # Another program has that number, or the run's has become it.
        renamed = os.path.join(os.path.dirname(run), f"emu.{process.pid}")
        os.rename(other, renamed)
        self.edit(renamed, '"program": "fake_simulator"', '"program": "emu"')
        self.stays(renamed, f"process {process.pid} is older than it, and may be its run")
        self.edit(renamed, '"program": "emu"', '"program": "fake_simulator"')
        os.rename(renamed, other)
        self.age(other, 1)  # that was another process of this number
        self.clean("--yes", self.work)
        self.assertEqual(self.there(other), [False])

    def test_killed_run_whose_replay_goes_on(self):
        process = self.simulator("one", "eval:25", "raise:KILL", **{**EVERY_TEN, **SLOW})
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(os.path.exists, os.path.join(run, "replay.stderr"))
        process.wait(PATIENCE_S)
        self.stays(run, "its run is alive")
        for shot in self.runs()[process.pid]["snapshots"]:
            os.kill(shot["pid"], signal.SIGKILL)
        self.await_that(lambda: process.pid not in self.runs())
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    def test_other_host(self):
        run = self.failed("one")
        self.edit(run, f'"host": "{os.uname().nodename}"', '"host": "farm7"')
        self.edit(run, '"verdict": "reproduced"', '"verdict": "incomplete", "why": "the replay was killed before it was done"')
        self.stays(run, r"its replay on farm7 was not done when it was last written to, \d+ s ago; clean there")
        self.age(run, 3)
        self.stays(run, "its replay on farm7 was not done when it was last written to, 3 d ago; clean there")
        self.edit(run, "before it was done", "before")
        self.clean("--yes", self.work)
        self.assertEqual(self.there(run), [False])

    def test_names_cannot_change_the_terminal(self):
        run = self.failed("a\033[31mb\nc")
        out = self.clean("--dry-run", self.work)
        self.assertNotIn("\033", out)
        self.assertEqual(out.count("\n"), 2)
        self.assertIn("/a?[31mb?c/lightsss/", out)
        self.file(os.path.join(run, "no\033tes"), "mine")
        _, _, err = self.command("clean", "--yes", self.work)
        self.assertNotIn("\033", err)
        os.remove(os.path.join(run, "no\033tes"))
        self.assertIn("removed 1 run directory, ", self.clean("--yes", os.path.join(self.work, "a\033[31mb\nc")))
        self.assertEqual(self.there(run), [False])


class Mistakes(CleanCase):
    def test_words(self):
        for words, line in (
            (["--older"], "--older needs a value: only those that are older: 12h, 7d, 2w"),
            (["--older=7"], "--older=7 is not valid: give a time such as 12h, 7d or 2w"),
            (["--keep=-1"], "--keep=-1 is not valid: give a number from 1 on"),
            (["--keep=0"], "--keep=0 is not valid: give a number from 1 on"),
            (["--dryrun"], "unknown option --dryrun; did you mean --dry-run?"),
        ):
            self.expect((2, "", f"lightsss: {line}\n"), *words)

    def test_missing_folder(self):
        run = self.failed("one")
        line = "lightsss: /nowhere/at/all: No such file or directory\n"
        status, _, err = self.command("clean", "--yes", "/nowhere/at/all", self.work)
        self.assertEqual((status, err), (1, line))
        self.assertEqual(self.there(run), [False])

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_what_may_not_be_removed(self):
        for path in (self.place, self.work):
            os.chmod(path, 0o755)
        run = self.failed("one")
        command = os.path.join(self.place, "lightsss")
        subprocess.run(["cp", COMMAND, command], check=True)
        os.chmod(run, 0o755)
        os.chmod(os.path.join(run, "report.json"), 0o644)
        words = [command, "clean", "--yes", self.work]
        done = subprocess.run(
            words, cwd="/", user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=False
        )
        self.assertEqual((done.returncode, done.stdout), (1, "removed 0 run directories, 0.0 KiB\n"))
        self.assertEqual(done.stderr, f"lightsss: {run} could not be removed: Permission denied\n")
        self.assertEqual(self.there(run, os.path.join(run, "report.json")), [True, True])


if __name__ == "__main__":
    unittest.main()
