#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss run`, and what every command has: the simulator's process is the one that was started, its words and
environment are what they should be, and what is typed wrong is an error before anything is started."""

import os
import re
import shutil
import subprocess
import unittest

from command import COMMAND, FAKE, LIBRARY, TOP, CommandCase


def rows():
    """variable -> (default, accepted, help) by options.def"""
    with open(os.path.join(TOP, "preload", "options", "options.def"), encoding="utf-8") as file:
        row = re.compile(r'^OPTION\(\w+, "(\w+)", \w+, "([^"]*)",\s*"([^"]*)",\s*"([^"]*)"\)', re.MULTILINE)
        return {match[1]: (match[2], match[3], match[4]) for match in row.finditer(file.read())}


def option(variable):
    return "--" + (variable[len("LIGHTSSS_") :] or "ENABLED").lower().replace("_", "-")


SAMPLES = {"LIGHTSSS_MATCH": "^ERROR: .*", "LIGHTSSS_MODEL": "VSimTop", "LIGHTSSS_WAKE_CALL": "log_on(1, 2)"}
SAMPLES.update({"LIGHTSSS_AT": "5evals,6t", "LIGHTSSS_TRIGGER": "FAIL(ED)?", "LIGHTSSS_WATCH": "uart*.log:/dev/pts/*"})
SAMPLES["LIGHTSSS_SCOPE"] = "TOP.soc.core.alu,soc.core.lsu"
BAD = {
    "LIGHTSSS": "yes",
    "LIGHTSSS_INTERVAL": "2",
    "LIGHTSSS_BUDGET": "0%",
    "LIGHTSSS_SLOTS": "65",
    "LIGHTSSS_MEMORY": "some",
    "LIGHTSSS_HUGE": "2",
    "LIGHTSSS_ON": "exit,sometimes",
    "LIGHTSSS_HANG": "30",
    "LIGHTSSS_MATCH": "(",
    "LIGHTSSS_WAVE": "ghw",
    "LIGHTSSS_WINDOW": "1s",
    "LIGHTSSS_DEPTH": "-1",
    "LIGHTSSS_HOLD": "on",
    "LIGHTSSS_TICK": "0",
    "LIGHTSSS_SIZE": "1",
    "LIGHTSSS_FILES": "none",
    "LIGHTSSS_PARK": "30",
    "LIGHTSSS_LIMIT": "never",
    "LIGHTSSS_WAKE_CALL": "log_on",
    "LIGHTSSS_TRIGGER": "(",
    "LIGHTSSS_TRIGGERS": "0",
    "LIGHTSSS_WATCH": "uart[0.log",
    "LIGHTSSS_AT": "5s",
    "LIGHTSSS_AFTER": "1s",
    "LIGHTSSS_AGES": "10",
    "LIGHTSSS_BACK": "60",
    "LIGHTSSS_SCOPE": "TOP,",
    "LIGHTSSS_DIR": "",
    "LIGHTSSS_LOG": "loud",
}
ANYTHING = {"LIGHTSSS_MODEL"}


class Becoming(CommandCase):
    def test_process_id(self):
        status, out, _ = self.lightsss("run", "--", "sh", "-c", "echo $$")
        self.assertEqual((status, out), (0, f"{self.pid}\n"))

    def test_statuses(self):
        for wanted in (0, 1, 2, 125, 255):
            self.assertEqual(self.lightsss("run", "sh", "-c", f"exit {wanted}"), (wanted, "", ""))

    def test_signals(self):
        for signal in (9, 11, 15):
            self.assertEqual(self.lightsss("run", "sh", "-c", f"ulimit -c 0; kill -{signal} $$"), (-signal, "", ""))

    def test_simulator(self):
        status, out, err = self.lightsss("run", "--wave=off", "--", FAKE, "print:text", "eval:3", "exit:7")
        self.assertEqual((status, out), (7, "text"))
        self.assertIn(f"lightsss: fake_simulator (pid {self.pid}) ends with exit status 7 at eval 3", err)
        self.assertIn("lightsss: replay reproduced", err)

    def test_arguments_are_left_alone(self):
        words = ["--slots", "9", "--", "-h", "", "a b", "--help", "*"]
        script = 'for word; do echo "[$word]"; done'
        wanted = "".join(f"[{word}]\n" for word in words)
        self.assertEqual(self.lightsss("run", "--", "sh", "-c", script, "sh", *words), (0, wanted, ""))
        self.assertEqual(self.lightsss("run", "sh", "-c", script, "sh", *words), (0, wanted, ""))

    def test_name_is_as_typed(self):
        status, out, _ = self.lightsss("run", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline")
        self.assertEqual(status, 0)
        self.assertTrue(out.startswith("sh -c tr "), out)

    def test_path_is_searched(self):
        self.file("emu", "#!/bin/sh\necho found\n")
        os.mkdir(os.path.join(self.work, "bin"))
        self.file("bin/emu", "#!/bin/sh\necho in bin\n")
        path = os.environ["PATH"]
        for search, wanted in ((f"{self.work}/bin:{path}", "in bin\n"), (f":{path}", "found\n")):
            self.assertEqual(self.lightsss("run", "emu", PATH=search), (0, wanted, ""))
        self.assertEqual(self.lightsss("run", "./emu"), (0, "found\n", ""))

    def test_not_found_and_not_executable(self):
        self.file("plain", "words\n", 0o644)
        for program, wanted in (("./nothing", 127), ("nothing-of-that-name", 127), ("./plain", 126), ("/", 126)):
            shell = subprocess.run(
                ["sh", "-c", f"exec {program}"], cwd=self.work, stderr=subprocess.DEVNULL, check=False
            )
            status, out, err = self.lightsss("run", program)
            self.assertEqual((status, out), (wanted, ""))
            self.assertEqual(shell.returncode, wanted, "what a shell would say")
            self.assertRegex(err, rf"^lightsss: {re.escape(program)}: .*\n$")

    def test_names_cannot_change_the_terminal(self):
        name = "./no\x1b[31m\nlightsss: such\u009b31m"
        for command in ("run", "doctor"):
            _, out, err = self.lightsss(command, name)
            self.assertIn("./no?[31m?lightsss: such??31m", out + err)
            self.assertEqual(set(re.findall("[\\x00-\\x1f\\x7f-\\x9f]", out + err)), {"\n"})

    def test_static_program_is_mentioned(self):
        static = self.compile("static", "-static")
        words = "is statically linked: no library can be preloaded into it; link it without -static"
        line = f"lightsss: {static} {words}; running without snapshots\n"
        self.assertEqual(self.lightsss("run", static), (5, "", line))
        self.assertEqual(self.lightsss("run", "--log=quiet", static), (5, "", ""))
        self.assertEqual(self.lightsss("run", "--enabled=0", static), (5, "", ""))


class Environment(CommandCase):
    def variables(self, *words, **variables):
        status, out, err = self.lightsss("run", *words, "--", "env", **variables)
        self.assertEqual((status, err), (0, ""))
        return dict(line.split("=", 1) for line in out.splitlines() if re.match(r"(LIGHTSSS|LD_PRELOAD)", line))

    def test_nothing_is_set_unasked(self):
        self.assertEqual(self.variables(), {"LD_PRELOAD": LIBRARY})

    def test_every_option_sets_its_variable(self):
        for name, (default, *_) in rows().items():
            value = SAMPLES.get(name, default)
            wanted = {"LD_PRELOAD": LIBRARY, name: value}
            self.assertEqual(self.variables(option(name), value), wanted)
            self.assertEqual(self.variables(f"{option(name)}={value}"), wanted)
            self.assertEqual(self.variables(f"{option(name)}={value}", **{name: "other"}), wanted)

    def test_last_one_counts(self):
        self.assertEqual(self.variables("--slots", "3", "--slots=4")["LIGHTSSS_SLOTS"], "4")

    def test_preload_is_kept(self):
        other = os.path.join(os.path.dirname(FAKE), "libinject_libc.so")
        self.assertEqual(self.variables(LD_PRELOAD=other)["LD_PRELOAD"], f"{LIBRARY}:{other}")
        self.assertEqual(self.variables(LD_PRELOAD="")["LD_PRELOAD"], LIBRARY)

    def test_command_without_library(self):
        alone = os.path.join(self.work, "lightsss")
        shutil.copy(COMMAND, alone)
        status, out, err = self.lightsss("run", "echo", "text", command=alone)
        self.assertEqual((status, out), (125, ""))
        self.assertRegex(err, r"^lightsss: no liblightsss.so in .*: install it with the command\n$")

    def test_path_that_a_preload_cannot_have(self):
        for name in ("a b", "a:b"):
            for folder, file in (("scripts", COMMAND), ("preload", LIBRARY)):
                os.makedirs(os.path.join(self.work, name, folder))
                shutil.copy(file, os.path.join(self.work, name, folder))
            status, out, err = self.lightsss(
                "run", "echo", "text", command=os.path.join(self.work, name, "scripts", "lightsss")
            )
            self.assertEqual((status, out), (125, ""))
            self.assertIn("no space or colon may be in the path of a preloaded library; move it", err)


class Mistakes(CommandCase):
    def refuses(self, line, *words, **variables):
        status, out, err = self.lightsss(*words, **variables)
        self.assertEqual((status, out), (2, ""), words)
        self.assertRegex(err, "^lightsss: " + line)
        self.assertEqual(err.count("\n"), 1)

    def test_bad_values_in_the_words_of_the_library(self):
        self.assertEqual(set(BAD) | ANYTHING, set(rows()))
        for name, value in BAD.items():
            _, _, err = self.lightsss("run", FAKE, **{name: value})
            library = re.search(rf"^lightsss: {name}=(.*); using .*$", err, re.MULTILINE)
            self.assertIsNotNone(library, err)
            for words in ([option(name), value], [f"{option(name)}={value}"]):
                self.refuses(re.escape(f"{option(name)}={library[1]}") + "$", "run", *words, "echo", "text")
                self.refuses(re.escape(f"{option(name)}={library[1]}") + "$", "doctor", *words, "true")

    def test_missing_value_and_program(self):
        self.refuses("--patience=long is not valid: give a time such as ", "doctor", "--patience", "long", "true")
        self.refuses("--patience needs a value: give a time such as ", "doctor", "--patience")
        self.refuses("unknown option --patience; ", "run", "--patience=1s", "true")
        self.refuses("--slots needs a value: give a number from 1 to 64$", "run", "--slots")
        self.refuses("no program to run; usage: lightsss run ", "run")
        self.refuses("no program to run; usage: ", "run", "--slots=1", "--")
        self.refuses("no program to look at; usage: lightsss doctor ", "doctor", "--rehearse")

    def test_unknown_words_get_the_nearest(self):
        for words, nearest in (
            (["run", "--inerval", "2s"], "--interval"),
            (["run", "--slot=3"], "--slots"),
            (["run", "--rehears", "x"], "(?!--rehearse).*"),
            (["doctor", "--rehears", "x"], "--rehearse"),
            (["doctor", "--wake_call=x()"], "--wake-call"),
            (["help", "--hepl"], "--help"),
            (["wave", "--hlp"], "--help"),
            (["wave", "4242", "--hepl"], "--help"),
            (["view", "--pritn"], "--print"),
            (["--versoin"], "--version"),
        ):
            self.refuses(rf"unknown option \S+; did you mean ({nearest})\?", *words)
        self.refuses(r"unknown command rnu; did you mean run\?$", "rnu", "true")
        self.refuses(r"unknown command docter; did you mean doctor\?$", "help", "docter")
        self.refuses("no command; try lightsss --help$")


class Help(CommandCase):
    def test_version(self):
        with open(os.path.join(TOP, "meson.build"), encoding="utf-8") as file:
            version = re.search(r"version: '(.*)'", file.read())[1]
        self.assertEqual(self.lightsss("--version"), (0, f"lightsss {version}\n", ""))

    def test_help_has_every_option(self):
        for command in ("run", "doctor"):
            status, out, err = self.lightsss(command, "--help")
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(self.lightsss("help", command), (0, out, ""))
            for name, (default, accepted, text) in rows().items():
                tail = f"; default {default}" if default else ""
                self.assertRegex(out, rf"\n  {option(name)} VALUE +{re.escape(text)}\n +{re.escape(accepted + tail)}\n")
            self.assertEqual("  --rehearse " in out, command == "doctor")
            self.assertEqual("  --patience VALUE " in out, command == "doctor")

    def test_help_behind_other_words(self):
        """Of every command, where its program does not stand in front."""
        for command, *words in (("wave", "4242"), ("view", "--print"), ("report", "x"), ("list", "--json"), ("clean", "--yes"), ("run", "--slots=2")):
            self.assertEqual(self.lightsss(command, *words, "--help"), self.lightsss("help", command))

    def test_options_of_every_command(self):
        """One that is misspelt gets another that the command has."""
        for command in re.findall(r"^  lightsss (\w+)", self.lightsss("--help")[1], re.MULTILINE):
            options = {"--help", *re.findall(r"^  (--[a-z-]+)", self.lightsss(command, "--help")[1], re.MULTILINE)}
            for option in sorted(options)[:5]:
                status, out, err = self.lightsss(command, option + "q")
                self.assertEqual((status, out), (2, ""))
                self.assertIn(re.match(rf"lightsss: unknown option {option}q; did you mean (\S+)\?\n", err)[1], options)

    def test_all_commands(self):
        status, out, err = self.lightsss("--help")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(
            re.findall(r"^  lightsss ([\w-]+)", out, re.MULTILINE), ["run", "doctor", "wave", "view", "report", "list", "replay", "gdb", "drop", "clean", "help", "--version", "--help"]
        )
        self.assertEqual(self.lightsss("help"), (0, out, ""))


class Output(CommandCase):
    """What a command prints and nobody can read is an error that is told, with every command."""

    def all_that_print(self):
        with open(os.path.join(TOP, "scripts", "command", "lightsss.c"), encoding="utf-8") as file:
            names = re.findall(r'^        \.name = "(\w+)",$', file.read(), re.MULTILINE)
        self.assertIn("doctor", names)
        return [["--help"], ["--version"], ["doctor", "true"], *([name, "--help"] for name in names)]

    def print_to(self, words, stdout):
        # Python ignores SIGPIPE, and so does what it starts then.
        return subprocess.run(
            [COMMAND, *words],
            cwd=self.work,
            env=self.environment({}),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            restore_signals=False,
            check=False,
        )

    def expect_told(self, words, stdout, why):
        done = self.print_to(words, stdout)
        self.assertEqual(done.returncode, 125, words)
        self.assertIn(f"lightsss: what it printed could not be written: {why}\n", done.stderr, words)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            for words in self.all_that_print():
                self.expect_told(words, full, "No space left on device")

    def test_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        for words in self.all_that_print():
            self.expect_told(words, writer, "Broken pipe")
        os.close(writer)


if __name__ == "__main__":
    unittest.main()
