#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss view`: which waveform it shows, with which words it starts a viewer, and what it says where there is nothing to
show. Viewers are stand-ins that write down their words; with the real GTKWave test_field_view.py of the simulators goes on.
Surfer is in no Debian release: its form is that of its documentation."""

import os
import resource
import signal
import subprocess
import unittest

from command import COMMAND, CommandCase, as_from_a_terminal

VIEW = """[*] the end of the failing run
[dumpfile] "{dump}"
[size] 1200 700
[timestart] {start}
*-4.977280 {marker} -1 -1
[treeopen] TOP.
@28
TOP.clk
@22
TOP.data[31:0]
TOP.memory[7][15:0]
@200
-a name of a point
@28
TOP.core.odd#name
TOP.core.odd;name
TOP.core.done
"""
ADDED = "variable_add TOP.clk\nvariable_add TOP.data\nvariable_add TOP.memory[7]\nvariable_add TOP.core.done\n"
HEAD = "# The view of wave.gtkw, for: surfer --command-file wave.sucl\n"


class ViewCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.bin = os.path.join(self.place, "bin")
        os.mkdir(self.bin)
        self.log = os.path.join(self.place, "words")
        self.programs = {"PATH": self.bin, "DISPLAY": ":99", "WAYLAND_DISPLAY": "", "LIGHTSSS_DIR": ""}

    def install(self, *names, status=0):
        for name in names:
            path = self.file(os.path.join(self.bin, name), f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >"{self.log}"\nexit {status}\n')
        return path

    def run_directory(self, name, wave="wave.vcd", dump=None, when=None, report=None, start=617000, marker=617283):
        directory = os.path.join(self.work, name)
        os.makedirs(directory)
        self.file(f"{name}/report.json", report or f'{{ "version": 1, "wave": {{ "path": "{wave}" }} }}', 0o600)
        if wave:
            self.file(f"{name}/{wave}", "$enddefinitions $end\n", 0o600)
            self.file(f"{name}/wave.gtkw", VIEW.format(dump=dump or wave, start=start, marker=marker), 0o600)
        if when:
            os.utime(os.path.join(directory, "report.json"), (when, when))
        return directory

    def view(self, *words, **variables):
        """Status, what the viewer was started with (None: it was not), stdout, stderr."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        status, out, err = self.lightsss("view", *words, **{**self.programs, **variables})
        started = None
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as file:
                started = file.read().splitlines()
            started[0] = os.path.basename(started[0])
        return status, started, out, err

    def shows(self, wanted, *words, **variables):
        self.assertEqual(self.view(*words, **variables), (0, wanted, "", ""))

    def refuses(self, status, line, *words, **variables):
        found = self.view(*words, **variables)
        self.assertEqual(found[:3], (status, None, ""), found)
        self.assertRegex(found[3], f"^lightsss: {line}\n$")


class Runs(ViewCase):
    def setUp(self):
        super().setUp()
        self.install("gtkwave", "surfer")

    def test_newest(self):
        for name, when in (("a.1", 1000), ("b.3", 3000), ("c.2", 2000)):
            self.run_directory("lightsss/" + name, when=when)
        os.mkdir(os.path.join(self.work, "lightsss", "no-run"))
        self.file("lightsss/file", "")
        newest = ["gtkwave", "lightsss/b.3/wave.vcd", "lightsss/b.3/wave.gtkw"]
        self.shows(newest)
        self.shows(newest, "lightsss")
        self.shows(newest, "--", "lightsss/")
        self.shows([word.replace("b.3", "c.2") for word in newest], "lightsss/c.2")
        self.shows([word.replace("b.3", "a.1") for word in newest], "a.1")

    def test_process(self):
        for name, pid, when in (("a.7", 7, 1000), ("a.7-2", 7, 2000), ("a.8", 8, 3000)):
            report = f'{{ "version": 1, "pid": {pid}, "wave": {{ "path": "wave.vcd" }} }}'
            self.run_directory("lightsss/" + name, when=when, report=report)
        self.shows(["gtkwave", "lightsss/a.7-2/wave.vcd", "lightsss/a.7-2/wave.gtkw"], "7")
        self.refuses(1, "no failed run of process 9 in lightsss", "9")
        self.refuses(1, "no failed run of process 9 in nowhere", "9", LIGHTSSS_DIR="nowhere")
        os.mkdir(os.path.join(self.work, "7"))
        self.refuses(1, "no failed run in 7", "7")

    def test_directory_of_the_variable(self):
        self.run_directory("-waves/a.1", wave="wave.fst")
        wanted = ["gtkwave", "./-waves/a.1/wave.fst", "./-waves/a.1/wave.gtkw"]
        self.shows(wanted, LIGHTSSS_DIR="-waves")
        self.shows(wanted, "a.1", LIGHTSSS_DIR="-waves")
        self.run_directory("-waves/a.1/replay-2")
        self.shows(["gtkwave", "./-waves/a.1/replay-2/wave.vcd", "./-waves/a.1/replay-2/wave.gtkw"], "a.1/replay-2", LIGHTSSS_DIR="-waves")
        self.shows(wanted, "a.1", LIGHTSSS_DIR="-waves")
        self.shows(wanted, "--", "-waves/a.1")

    def test_waveform(self):
        """Its save file is that which shows it."""
        self.run_directory("a.1", wave="wave.fst")
        self.file("a.1/wave-1.fst", "")
        self.shows(["gtkwave", "a.1/wave.fst", "a.1/wave.gtkw"], "a.1/wave.fst")
        self.shows(["gtkwave", "a.1/wave-1.fst"], "a.1/wave-1.fst")
        self.file("-x.vcd", "")
        self.shows(["gtkwave", "./-x.vcd"], "--", "-x.vcd")

    def test_save_file_that_gtkwave_has_written(self):
        """By its absolute path, as GTKWave names it."""
        self.run_directory("a.1", dump="/elsewhere/moved/wave.vcd")
        self.shows(["gtkwave", "a.1/wave.vcd", "a.1/wave.gtkw"], "a.1")
        self.run_directory("b.1", dump="/elsewhere/mywave.vcd")
        self.shows(["gtkwave", "b.1/wave.vcd"], "b.1")

    def test_replay_that_goes_on(self):
        os.unlink(os.path.join(self.run_directory("a.1"), "wave.gtkw"))
        self.shows(["gtkwave", "a.1/wave.vcd"], "a.1")

    def test_nothing_there(self):
        self.refuses(1, "no failed run in lightsss")
        os.mkdir(os.path.join(self.work, "empty"))
        self.refuses(1, "no failed run in empty", "empty")
        self.refuses(1, "emu.1: No such file or directory", "emu.1")
        self.refuses(1, "/dev/null: it is neither a run directory nor a waveform", "/dev/null")

    def test_no_waveform(self):
        self.run_directory("none", wave=None, report='{ "version": 1, "replay": { "why": "it went" }, "wave": null }')
        self.refuses(1, "none has no waveform: it went", "none")
        os.unlink(os.path.join(self.run_directory("gone"), "wave.vcd"))
        self.refuses(1, "the waveform gone/wave.vcd is gone", "gone")
        self.run_directory("odd", wave=None, report="{}")
        self.refuses(1, "odd/report.json cannot be read: .*", "odd")

    def test_name_cannot_change_the_terminal(self):
        self.refuses(1, "a\\?\\[31m\\?b: No such file or directory", "a\x1b[31m\nb")


class Viewers(ViewCase):
    def setUp(self):
        super().setUp()
        self.directory = self.run_directory("lightsss/a.1")
        self.wave, self.save = "lightsss/a.1/wave.vcd", "lightsss/a.1/wave.gtkw"
        self.commands = "lightsss/a.1/wave.sucl"

    def read(self, name):
        with open(os.path.join(self.work, name), encoding="utf-8") as file:
            return file.read()

    def test_which(self):
        self.refuses(127, f"neither gtkwave nor surfer is installed; .*; the waveform is {self.wave}")
        self.install("surfer")
        self.shows(["surfer", "--command-file", self.commands, self.wave])
        self.install("gtkwave")
        self.shows(["gtkwave", self.wave, self.save])
        self.shows(["surfer", "--command-file", self.commands, self.wave], "--viewer", "surfer")
        path = self.install("gtkwave4")
        self.shows(["gtkwave4", self.wave, self.save], "--viewer=" + path)
        self.install("other")
        self.shows(["other", self.wave], "--viewer=other", DISPLAY="")

    def test_it_becomes_the_viewer(self):
        self.install("gtkwave", status=7)
        self.assertEqual(self.view()[:2], (7, ["gtkwave", self.wave, self.save]))
        self.refuses(127, f"nothing: No such file or directory; the waveform is {self.wave}", "--viewer", "nothing")
        self.file("plain", "", 0o644)
        self.refuses(126, f"./plain: Permission denied; the waveform is {self.wave}", "--viewer", "./plain")

    def test_commands_of_surfer(self):
        self.install("surfer")
        self.shows(["surfer", "--command-file", self.commands, self.wave])
        # 617283 halved ten times is 602, and 566 are wanted: twice what lies before the marker
        self.assertEqual(self.read(self.commands), HEAD + ADDED + 10 * "zoom_in\n" + "cursor_set 617283\n")
        self.assertEqual(os.stat(os.path.join(self.work, self.commands)).st_mode & 0o777, 0o600)

    def test_short_waveforms_are_shown_wholly(self):
        for number, (start, marker, zooms) in enumerate(((0, 10, 0), (9, 10, 2), (10, 10, 2), (2**63, 2**63 + 4, 60))):
            self.run_directory(f"{number}", start=start, marker=marker)
            self.install("surfer")
            self.shows(["surfer", "--command-file", f"{number}/wave.sucl", f"{number}/wave.vcd"], f"{number}")
            wanted = HEAD + ADDED + zooms * "zoom_in\n" + f"cursor_set {marker}\n"
            self.assertEqual(self.read(f"{number}/wave.sucl"), wanted)

    def test_what_the_user_has_changed_stays(self):
        self.install("gtkwave", "surfer")
        for name in (self.save, self.commands):
            self.file(name, f'[dumpfile] "wave.vcd"\nmine {name}\n', 0o600)
        self.shows(["gtkwave", self.wave, self.save])
        self.shows(["surfer", "--command-file", self.commands, self.wave], "--viewer", "surfer")
        for name in (self.save, self.commands):
            self.assertEqual(self.read(name), f'[dumpfile] "wave.vcd"\nmine {name}\n')

    def test_no_marker(self):
        """GTKWave's -1: the user has taken it away."""
        self.file(self.save, self.read(self.save).replace("617283 -1", "-1 -1"), 0o600)
        self.install("surfer")
        self.shows(["surfer", "--command-file", self.commands, self.wave])
        self.assertEqual(self.read(self.commands), HEAD + ADDED)

    def limited(self):
        as_from_a_terminal()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    def test_full_disk(self):
        """Nothing half is left, and the waveform is shown."""
        self.install("surfer")
        self.log = "/dev/stdout"
        self.install("surfer")
        run = subprocess.run(
            [COMMAND, "view"],
            cwd=self.work,
            env=self.environment(self.programs),
            preexec_fn=self.limited,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertRegex(run.stderr, f"^lightsss: cannot write {self.commands} .File too large.: Surfer shows the whole .*\n$")
        self.assertEqual(run.stdout.splitlines()[1:], [self.wave])
        self.assertFalse(os.path.exists(os.path.join(self.work, self.commands)))


class Printing(ViewCase):
    def setUp(self):
        super().setUp()
        self.run_directory("it's a run/a.1")
        self.install("gtkwave")

    def words(self, out):
        """As a shell reads them."""
        run = subprocess.run(["sh", "-c", 'printf "%s\\n" ' + out], capture_output=True, text=True, check=True)
        return run.stdout.splitlines()

    def test_print(self):
        wanted = ["gtkwave", "it's a run/a.1/wave.vcd", "it's a run/a.1/wave.gtkw"]
        status, started, out, err = self.view("--print", "it's a run/a.1")
        self.assertEqual((status, started, err), (0, None, ""))
        self.assertEqual(self.words(out), wanted)
        status, started, out, err = self.view("--print", "--viewer=a b", "it's a run")
        self.assertEqual((status, started, err, self.words(out)), (0, None, "", ["a b", "it's a run/a.1/wave.vcd"]))

    def test_names_cannot_change_the_terminal(self):
        """The shell reads them as they are."""
        name = "a\033[31m\n\u202e'\\\u00e4"
        self.run_directory(name + ".1")
        status, _, out, err = self.view("--print", name + ".1")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.count("\n"), 1)
        self.assertNotRegex(out, "[\033\u202e]")
        read = subprocess.run(["bash", "-c", f"printf '%s|' {out}"], env={"LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=True).stdout
        self.assertEqual(read.split("|")[1:-1], [f"{name}.1/wave.vcd", f"{name}.1/wave.gtkw"])

    def test_no_display(self):
        status, started, out, err = self.view("it's a run", DISPLAY="")
        self.assertEqual((status, started), (0, None))
        self.assertEqual(err, "lightsss: there is no display (DISPLAY, WAYLAND_DISPLAY); where there is one, this shows the waveform:\n")
        self.assertEqual(self.words(out)[0], "gtkwave")
        self.assertEqual(self.view("it's a run", DISPLAY="", WAYLAND_DISPLAY="w")[1][0], "gtkwave")

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            run = subprocess.run(
                [COMMAND, "view", "--print", "it's a run"],
                cwd=self.work,
                env=self.environment(self.programs),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        self.assertEqual((run.returncode, run.stderr), (125, "lightsss: what it printed could not be written: No space left on device\n"))


class Words(ViewCase):
    def test_mistakes(self):
        self.refuses(2, r"unknown option --veiwer; did you mean --viewer\?", "--veiwer=x")
        self.refuses(2, r"unknown option --prnt; did you mean --print\?", "--prnt")
        self.refuses(2, r"unknown option --viewers; did you mean --viewer\?", "--viewers", "x")
        for words in (["--viewer"], ["--viewer="], ["--viewer", ""]):
            self.refuses(2, "--viewer needs a value: the name or the path of one; default gtkwave, or surfer", *words)
        self.refuses(2, "--print has no value", "--print=1")
        self.refuses(1, "a directory has no name", "")
        self.refuses(2, "name one run; usage: lightsss view .*", "a", "b")

    def test_help(self):
        status, _, out, err = self.view("--help")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("--viewer PROGRAM", out)
        self.assertEqual(self.lightsss("help", "view"), (0, out, ""))


if __name__ == "__main__":
    unittest.main()
