#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion of `lightsss` in bash, zsh and fish: each shell offers the commands, their options and values that the command
takes, and leaves what stands behind the program's name to that program."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from command import LIBRARY, TOP, CommandCase
from test_run import option, rows

COMPLETION = os.path.join(TOP, "scripts", "completion")

# Prints what would be offered, a line for each, between two lines of its own.
ZSH = r"""
setopt extendedglob
PS1= RPS1= PROMPT_EOL_MARK=
stty -echo
fpath=({fpath} $fpath)
autoload -Uz compinit && compinit -u -d {dump}
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' insert-tab false
zstyle ':completion:*' completer _complete
compadd() {{
    if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- ${{hits//(#m)*/"> $MATCH"}}
    builtin compadd "$@"
}}
zle -C offer complete-word offer
offer() {{ print -r '[begin]'; _main_complete "$@"; print -r '[end]'; exit }}
bindkey '^I' offer
print -r '[ready]'
"""


def names_of_commands(text):
    """By `lightsss --help`."""
    return re.findall(r"^  lightsss (\w+)", text, re.MULTILINE)


def last_part(offered):
    """Of --wave=fst what is behind the =: some shells offer the whole word."""
    return sorted({word.rpartition("=")[2] if re.match("--[a-z-]+=.", word) else word.rstrip("=") for word in offered})


class Shell:
    """What all of them offer. A class for each shell says how it is asked."""

    def setUp(self):
        if shutil.which(self.shell) is None:
            self.skipTest(f"{self.shell} is not installed (Debian: apt-get install {self.shell})")
        super().setUp()
        os.mkdir(os.path.join(self.work, "waves"))
        with open(os.path.join(self.work, "wavefile"), "w", encoding="utf-8"):
            pass

    def complete(self, *words):
        return last_part(self.offered(*words))

    def test_commands(self):
        _, text, _ = self.lightsss("--help")
        commands = names_of_commands(text)
        self.assertGreater(len(commands), 3)
        self.assertEqual([word for word in self.complete("") if word[0] != "-"], sorted(commands))
        self.assertEqual(self.complete("do"), ["doctor"])
        self.assertEqual(self.complete("help", "r"), sorted(name for name in commands if name[0] == "r"))
        self.assertLessEqual({"--help", "--version"}, set(self.complete("--")))

    def test_options_of_every_command(self):
        for name in names_of_commands(self.lightsss("--help")[1]):
            _, text, _ = self.lightsss(name, "--help")
            self.assertEqual(set(self.complete(name, "--")), {"--help", *re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)}, name)

    def test_options_of_run(self):
        self.assertLessEqual(set(map(option, rows())), set(self.complete("run", "--")))
        self.assertEqual(self.complete("run", "--slots", "2", "--w"), ["--wake-call", "--watch", "--wave", "--window"])
        self.assertEqual(self.complete("run", "--slots=2", "--wav"), ["--wave"])

    def test_options_of_doctor(self):
        self.assertEqual(self.complete("doctor", "--re"), ["--rehearse"])
        self.assertEqual(self.complete("doctor", "--rehearse", "--wav"), ["--wave"])

    def test_values(self):
        self.assertEqual(self.complete("run", "--wave", ""), ["auto", "fst", "off", "vcd"])
        self.assertEqual(self.complete("run", "--wave=f"), ["fst"])
        self.assertEqual(self.complete("run", "--slots", ""), [])
        self.assertLessEqual({"abort", "finish"}, set(self.complete("run", "--on", "")))
        self.assertEqual([word.rstrip("/") for word in self.complete("run", "--dir", "wave")], ["waves"])

    def test_view(self):
        for name in ("emu.12", "emu.13"):
            os.makedirs(os.path.join(self.work, "lightsss", name))
        self.assertEqual([word.rstrip("/") for word in self.complete("view", "emu.1")], ["emu.12", "emu.13"])
        self.assertEqual([word.rstrip("/") for word in self.complete("view", "--print", "emu.13")], ["emu.13"])
        self.assertLessEqual({"--print", "--viewer"}, set(self.complete("view", "--")))
        self.assertEqual(self.complete("view", "--viewer", "surf"), ["surfer"])

    def test_processes_that_can_be_asked(self):
        process = subprocess.Popen(["sleep", "100"], env=self.environment({"LD_PRELOAD": LIBRARY}))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        maps = ""
        while "liblightsss.so" not in maps:
            self.assertLess(time.monotonic(), deadline, maps)
            with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
                maps = file.read()
        self.assertIn(str(process.pid), self.complete("wave", ""))
        self.assertNotIn(str(os.getpid()), self.complete("wave", ""))

    def test_clean(self):
        self.assertEqual([word.rstrip("/") for word in self.complete("clean", "--yes", "wave")], ["waves"])

    def test_program(self):
        self.assertIn("true", self.complete("run", "--slots", "2", "tru"))
        self.assertIn("true", self.complete("doctor", "--rehearse", "--", "tru"))
        for words in (["run", "--", "sh", "--"], ["run", "--slots=2", "sh", "--wa"], ["doctor", "sh", "--re"]):
            self.assertEqual([word for word in self.complete(*words) if word in ("--slots", "--wave", "--rehearse")], [], words)


class Bash(Shell, CommandCase):
    shell = "bash"

    def offered(self, *words):
        """As readline breaks the line: = is a word of its own."""
        parts = [part for word in words for part in re.split("(=)", word) if part or not word]
        script = (
            f'. {COMPLETION}/lightsss.bash; compopt() {{ [ "$2" != dirnames ] || COMPREPLY=($(compgen -d -- "$word")); }}; '
            'COMP_WORDS=(lightsss "$@"); COMP_CWORD=$#; _lightsss; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        run = subprocess.run(
            ["bash", "-c", script, "bash", *parts], cwd=self.work, capture_output=True, text=True, check=True
        )
        self.assertEqual(run.stderr, "")
        return run.stdout.split()

    def test_names_that_want_quotes(self):
        """By readline itself."""
        os.makedirs(os.path.join(self.work, "lightsss", "my emu'(x).12"))
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        variables = {**self.environment({}), "TERM": "dumb", "HOME": self.place, "LIGHTSSS_DIR": ""}
        shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.work, start_new_session=True, env=variables
        )
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        os.close(theirs)
        self.await_text(ours, f". {COMPLETION}/lightsss.bash; PS1='[rea''dy]'\n", "[ready]")
        for typed in ("my", r"my\ em"):
            self.await_text(ours, f"lightsss view {typed}\t", r"lightsss view my\ emu\'\(x\).12 ")
            self.await_text(ours, "\x15\n", "[ready]")

    def await_text(self, terminal, typed, wanted):
        """In what the terminal shows behind what is typed."""
        os.write(terminal, typed.encode())
        text, end = "", time.monotonic() + 60
        while wanted not in text:
            self.assertLess(time.monotonic(), end, text)
            if select.select([terminal], [], [], 1)[0]:
                text += os.read(terminal, 65536).decode()

    def values(self, name):
        script = f". {COMPLETION}/lightsss.bash; _lightsss_values {name}"
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()

    def takes(self, name, value):
        return self.lightsss("run", f"{name}={value}", "--help")[0] == 0

    def test_values_are_those_that_are_taken(self):
        for variable, (_, accepted, _) in rows().items():
            name = option(variable)
            offered = self.values(name)
            for value in offered:
                self.assertTrue(value.endswith(":") or self.takes(name, value), f"{name}={value}")
            if self.takes(name, "zz-qq"):
                continue  # a text of the user's own
            words = {word for word in re.findall(r"(?<![\w-])[a-z]+\b", accepted) if self.takes(name, word)}
            self.assertLessEqual(words, set(offered), f"{name} takes these, and completion does not offer all")


class Zsh(Shell, CommandCase):
    shell = "zsh"

    @classmethod
    def setUpClass(cls):
        """Its list of functions takes a while to make: once will do."""
        cls.functions = tempfile.mkdtemp(prefix="lightsss-test-")
        cls.addClassCleanup(shutil.rmtree, cls.functions)
        shutil.copy(os.path.join(COMPLETION, "lightsss.zsh"), os.path.join(cls.functions, "_lightsss"))
        with open(os.path.join(cls.functions, "start.zsh"), "w", encoding="utf-8") as file:
            file.write(ZSH.format(fpath=cls.functions, dump=os.path.join(cls.functions, "dump")))

    def read_until(self, terminal, text, mark):
        deadline = time.monotonic() + 60
        while mark not in text:
            ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"zsh did not say {mark}: {text}")
            try:
                text += os.read(terminal, 65536).decode()
            except OSError:  # it has ended
                self.fail(f"zsh ended before it said {mark}: {text}")
        return text

    def offered(self, *words):
        ours, theirs = pty.openpty()
        shell = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.work, start_new_session=True,
            env={**self.environment({}), "TERM": "dumb"},
        )
        os.close(theirs)
        try:
            os.write(ours, f". {self.functions}/start.zsh\n".encode())
            self.read_until(ours, "", "[ready]\r\n")
            os.write(ours, " ".join(["lightsss", *words]).encode() + b"\t")
            text = self.read_until(ours, "", "[end]")
        finally:
            shell.kill()
            shell.wait()
            os.close(ours)
        self.assertNotIn("error", text)
        return re.findall(r"^> (.*?) *\r?$", text[text.index("[begin]") :], re.MULTILINE)


class Fish(Shell, CommandCase):
    shell = "fish"

    def offered(self, *words):
        script = f"source {COMPLETION}/lightsss.fish; complete -C '{' '.join(['lightsss', *words])}'"
        run = subprocess.run(
            ["fish", "--no-config", "-c", script], cwd=self.work, env={**self.environment({}), "HOME": self.place},
            capture_output=True, text=True, check=True,
        )
        self.assertEqual(run.stderr, "")
        return [line.split("\t")[0] for line in run.stdout.splitlines()]


class Manual(CommandCase):
    def test_options_of_commands(self):
        """Those that help tells stand on the page of the command."""
        for command in ("view", "report", "list", "clean"):
            with open(os.path.join(TOP, "scripts", "man", f"lightsss-{command}.1"), encoding="utf-8") as file:
                synopsis, about = file.read().replace("\\-", "-").split("\n.Sh DESCRIPTION\n")
            _, text, _ = self.lightsss(command, "--help")
            options = re.findall(r"^  (--[\w-]+)", text, re.MULTILINE)
            self.assertGreater(len(options), 2)
            for name in set(options) - {"--help"}:
                self.assertIn(f"\n.Fl {name[1:]}", about)
                self.assertRegex(synopsis, rf"\n\.(Op )?Fl {name[1:]}\b")
                self.assertIn(name, text.splitlines()[0])


if __name__ == "__main__":
    unittest.main()
