#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents tell the truth of today: every option and its default is in the page of options, the man pages and
the completion, links lead somewhere, the commands that are named are there, every source file is on the map of ARCHITECTURE, and its journeys come
by functions that are where it says."""

import os
import re
import unittest

from test_troubleshooting import Lines, Reading  # noqa: F401: they run with these

FILE_OR_FUNCTION = re.compile(r"`((?:\w+/)+[\w.]+|lightsss\.c)`|`(\w+)\(\)`")
LIBC = {"main", "dlopen", "printf", "write", "exit"}  # named, and not ours
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def options():
    """variable -> default by options.def."""
    row = re.compile(r'^OPTION\(\w+, "(\w+)", \w+, "([^"]*)",', re.MULTILINE)
    return dict(row.findall(read("preload", "options", "options.def")))


def option_name(variable):
    """LIGHTSSS_WAKE_CALL -> --wake-call"""
    return "--" + (variable[len("LIGHTSSS_") :] or "ENABLED").lower().replace("_", "-")


def items(page):
    """Items of lists of a man page: head -> text, without the escapes of roff."""
    parts = re.split(r"^\.It ", read("scripts", "man", page).replace("\\-", "-"), flags=re.MULTILINE)[1:]
    return dict(part.split("\n", 1) for part in parts)


def chapter(heading):
    """Of ARCHITECTURE.md; what is wrapped is one line again."""
    text = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", read("ARCHITECTURE.md"), re.MULTILINE | re.DOTALL)[1]
    return re.sub(r"\n(?!\n|#| *(?:\d+\.|[*-]) ) *", " ", text).splitlines()


def place_of(path):
    """Where the file lies that a journey names."""
    return path if re.match("(hooks|preload|scripts|tests)/", path) else os.path.join("preload", path)


def is_defined(function, text):
    """In C, as a label of the assembly too, or as a macro."""
    head = rf"^(?!\s|#|//|/\*).*\b{function}\([^;{{}}]*\)\s*{{"
    return re.search(rf'{head}|^"?{function}:|^#define {function}\(', text, re.MULTILINE) is not None


def commands():
    """name -> its line in the help"""
    row = re.compile(r'^        \.name = "(\w+)",.*?^        \.line = "(.*?)",$', re.MULTILINE | re.DOTALL)
    return {name: re.sub(r'"\s+"', "", line) for name, line in row.findall(read("scripts", "command", "lightsss.c"))}


def manual(command=None):
    """The page of a command, or of all."""
    return "scripts", "man", f"lightsss-{command}.1" if command else "lightsss.1"


def option_helps():
    """variable -> help by options.def."""
    row = re.compile(r'^OPTION\(\w+, "(\w+)", \w+, "[^"]*",\s*"[^"]*",\s*"([^"]*)"\)', re.MULTILINE)
    return dict(row.findall(read("preload", "options", "options.def")))


def completion_of_bash():
    """option of the library -> the values that are offered."""
    text = read("scripts", "completion", "lightsss.bash")
    found = {name: [] for name in re.search(r'local options="([^"]*)"', text)[1].split()}
    del found["--help"]
    for names, values in re.findall(r'^\t(--[\w| -]+)\) echo "(.*)" ;;$', text, re.MULTILINE):
        for name in names.split(" | "):
            if name in found:
                found[name] = values.split()
    return found


def completion_of_zsh():
    """option of the library -> (help, values)."""
    row = re.compile(r"^\t\t'(--[\w-]+)=\[(.*)\]:value:(?:\((.*)\)|_files -/| )' \\$", re.MULTILINE)
    rows = row.findall(read("scripts", "completion", "lightsss.zsh").replace("'\\''", "'"))
    return {name: (text, values.replace("\\:", ":").split()) for name, text, values in rows}


def completion_of_fish():
    """The same."""
    row = re.compile(r"""^complete -c lightsss -n "__lightsss_in run doctor" -l ([\w-]+) -d '(.*?[^\\])' -x(?: -a '(.*)')?$""", re.MULTILINE)
    rows = row.findall(read("scripts", "completion", "lightsss.fish"))
    return {"--" + name: (text.replace("\\'", "'"), [] if values[:1] == "(" else values.split()) for name, text, values in rows}


def pages():
    """All documents for users, from the root of the project."""
    names = sorted(name for name in os.listdir(os.path.join(ROOT, "scripts", "man")) if name.endswith(".md"))
    return ["README.md", *(os.path.join("scripts", "man", name) for name in names)]


def anchors(page):
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Documents(unittest.TestCase):
    def test_readme_is_short(self):
        self.assertLess(len(read("README.md").splitlines()), 180)
        defaults = {name: f"`{row}`" if row else "none" for name, row in options().items()}
        for name, default in re.findall(r"^\| `(LIGHTSSS\w*)` \| (.*?) \|", read("README.md"), re.MULTILINE):
            self.assertEqual(default, defaults[name], name)

    def test_links_lead_somewhere(self):
        count = 0
        for page in [*pages(), "ARCHITECTURE.md", "CONTRIBUTING.md"]:
            for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)", read(page)):
                to = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(os.path.join(ROOT, to)), f"{page}: {path}")
                if anchor:
                    self.assertIn(anchor, anchors(to), f"{page}: {path}#{anchor}")
                count += 1
        self.assertGreater(count, 30)

    def test_readme_names_every_page(self):
        for page in pages()[1:]:
            self.assertIn(f"]({page})", read("README.md"))

    def test_options_are_on_their_page(self):
        page = read("scripts", "man", "options.md")
        table = dict(re.findall(r"^\| `(LIGHTSSS\w*)` \| (.*?) \|", page, re.MULTILINE))
        rows = options()
        self.assertGreater(len(rows), 15)
        for name, default in rows.items():
            self.assertIn(name, table, "the table of options")
            if default:
                self.assertEqual(table[name], f"`{default}`", name)
        self.assertEqual(set(table) - set(rows), set(), "options that do not exist")

    def check_manual(self, found, wanted):
        """Both are dicts by option; found has the text, wanted the default."""
        self.assertEqual(set(found), set(wanted))
        for name, default in wanted.items():
            default_lines = re.findall(r"^The default is\n\.Cm (.*) \.$", found[name], re.MULTILINE)
            self.assertEqual(default_lines, [default] if default else [], name)

    def test_options_are_in_man_pages(self):
        rows = options()
        heads = {head: text for head, text in items("lightsss-run.1").items() if head.startswith("Fl ")}
        found = {re.sub(r"^Fl (-[\w-]+) Ar VALUE$", r"-\1", head): text for head, text in heads.items()}
        self.check_manual(found, {option_name(name): row for name, row in rows.items()})
        heads = {head: text for head, text in items("liblightsss.7").items() if head.startswith("Ev ")}
        self.check_manual({head[len("Ev ") :]: text for head, text in heads.items()}, rows)

    def test_options_are_in_completion(self):
        helps = {option_name(name): text for name, text in option_helps().items()}
        bash = completion_of_bash()
        self.assertEqual(set(bash), set(helps))
        for shell, found in (("zsh", completion_of_zsh()), ("fish", completion_of_fish())):
            self.assertEqual({name: text for name, (text, _) in found.items()}, helps, shell)
            self.assertEqual({name: values for name, (_, values) in found.items()}, bash, shell)

    def test_options_of_commands_are_everywhere(self):
        """Of those that are a command's own; the test of completion asks the shells."""
        usages = re.findall(r'^        \.usage = "(\w+)(.*?),$', read("scripts", "command", "lightsss.c"), re.MULTILINE | re.DOTALL)
        own = {(command, option) for command, usage in usages for option in re.findall(r"--([a-z][a-z-]*)", usage)}
        self.assertGreater(len(own), 5)
        for command, option in own:
            self.assertRegex(read("scripts", "completion", "lightsss.bash"), rf"--{option}\b")
            self.assertRegex(read("scripts", "completion", "lightsss.zsh"), rf"'(\([^)]*\))?--{option}=?\[")
            self.assertRegex(read("scripts", "completion", "lightsss.fish"), rf" -l {option}\b")
            synopsis, text = read(*manual(command)).replace("\\-", "-").split("\n.Sh DESCRIPTION\n")
            self.assertRegex(synopsis, rf"Fl -{option}\b| -{option}\b")
            self.assertRegex(text, rf"(?m)^\.Fl -{option}\b")

    def test_commands_are_in_man_page_and_completion(self):
        self.assertGreater(len(commands()), 2)
        heads = {head[len("Cm ") :]: text for head, text in items("lightsss.1").items() if head.startswith("Cm ")}
        self.assertEqual({command: text.splitlines()[0] for command, text in heads.items()}, commands())
        for command in set(commands()) - {"help"}:
            self.assertIn(f"\n.Xr lightsss-{command} 1 .\n", heads[command])
            about = re.search(r"(?m)^\.Nd (.*)", read(*manual(command)))[1]
            self.assertEqual(about[0].upper() + about[1:] + ".", commands()[command])
            self.assertIn(f"\n.Sh SYNOPSIS\n.Nm lightsss\n.Cm {command}\n", read(*manual(command)))
        for words in re.findall(r'_lightsss_words "([a-z][^"]*)"', read("scripts", "completion", "lightsss.bash")):
            self.assertEqual({word for word in words.split() if word[0] != "-"}, set(commands()))
        zsh = re.search(r"commands=\(\n(.*?)\n\t\)", read("scripts", "completion", "lightsss.zsh"), re.DOTALL)[1]
        self.assertEqual(dict(word.strip().strip("'").split(":", 1) for word in zsh.splitlines()), commands())
        fish = re.search(r"^set -l commands \\\n(.*?[^\\])\n", read("scripts", "completion", "lightsss.fish"), re.MULTILINE | re.DOTALL)[1]
        self.assertEqual(dict(re.findall(r"^ +(\w+) '(.*?)'", fish, re.MULTILINE)), commands())

    def test_options_of_our_scripts_exist(self):
        """Of those that a page shows: `scripts/test --full`, `tests/simulators/matrix.py --build build`."""
        count = 0
        for page in [*pages(), "CONTRIBUTING.md"]:
            for script, words in re.findall(r"(?:^ {4}|`)((?:scripts|tests)/[\w./-]+)((?: [^`\n]*)?)", read(page), re.MULTILINE):
                self.assertTrue(os.path.exists(os.path.join(ROOT, script)), f"{page}: {script}")
                code = read("scripts", "benchmarks", "main.py") if script == "scripts/bench" else words and read(script)
                for option in re.findall(r"(?<= )--[a-z][a-z-]*", words.split("   ")[0]):
                    self.assertTrue(re.search(rf"{option}(?![\w-])", code), f"{page}: {script} {option}")
                    count += 1
        self.assertGreater(count, 10)

    def test_commands_of_documents_exist(self):
        in_gdb = re.findall(r'__init__\("lightsss (\w+)"', read("scripts", "command", "gdb_script.py"))
        self.assertIn("back", in_gdb)
        for page in [*([page] for page in [*pages(), "CONTRIBUTING.md"]), manual(), *map(manual, set(commands()) - {"help"})]:
            for command in re.findall(r"(?:^(?: {4}|\.Dl )|`)lightsss ([a-z]\w*)", read(*page), re.MULTILINE):
                self.assertIn(command, {*commands(), *in_gdb}, page)
        for command in set(commands()) - {"help"}:
            self.assertIn(f"\n## lightsss {command}\n", read("scripts", "man", "command.md"))

    def test_scripts_of_documents_exist(self):
        text = "".join(map(read, [*pages(), "CONTRIBUTING.md"]))
        for command in re.findall(r"(?<!build/)(?<!build-install/)\b(scripts/[a-z][\w-]*)", text):
            self.assertTrue(os.access(os.path.join(ROOT, command), os.F_OK if command == "scripts/rooms" else os.X_OK), command)

    def test_architecture_names_every_script(self):
        text = re.search(r"^### scripts\n(.*?)^##", read("ARCHITECTURE.md"), re.MULTILINE | re.DOTALL)[1]
        named = re.findall(r"`([\w-]+)/?`", "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)))
        self.assertEqual(sorted(named), sorted(set(os.listdir(os.path.join(ROOT, "scripts"))) - {"meson.build"}))

    def test_architecture_shows_the_rooms(self):
        rooms = "".join(line for line in read("scripts", "rooms").splitlines(True) if not line.startswith("#"))
        self.assertIn(f"```\n{rooms}```\n", read("ARCHITECTURE.md"))

    def test_root_of_preload_holds_one_source(self):
        files = [name for name in os.listdir(os.path.join(ROOT, "preload")) if not os.path.isdir(os.path.join(ROOT, "preload", name))]
        self.assertEqual(sorted(files), ["lightsss.c", "lightsss.map", "meson.build"])

    def test_architecture_names_every_file_in_its_room(self):
        lines = re.findall(r"^([a-z]\S+)", read("scripts", "rooms"), re.MULTILINE)
        rooms = [line for line in lines if os.path.isdir(os.path.join(ROOT, line))]
        for line in set(lines) - set(rooms):
            self.assertTrue(os.path.isfile(os.path.join(ROOT, line + ".h")), line)
        found = set()
        for room in rooms:
            text = re.search(rf"^### {room}\n(.*?)(?=^##|\Z)", read("ARCHITECTURE.md"), re.MULTILINE | re.DOTALL)
            self.assertTrue(text, room)
            named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", text[1], re.MULTILINE))))
            files = os.listdir(os.path.join(ROOT, room))
            self.assertEqual(named, {re.sub(r"(_x86_64)?\.\w+$", "", name) for name in files if re.search(r"\.(c|h|def)$", name)}, room)
            found |= {os.path.join(room, name) for name in files if re.search(r"\.[ch]$", name)}
        for top in ("hooks", "preload", "scripts"):
            for folder, _, files in os.walk(os.path.join(ROOT, top)):
                for name in files:
                    if re.search(r"\.[ch]$", name):
                        self.assertIn(os.path.relpath(os.path.join(folder, name), ROOT), found)

    def test_journeys_name_what_is_there(self):
        """A file, and behind it functions that it defines: `folder/file.c`: `one()`, `two()`."""
        counts = {"files": 0, "functions": 0}
        for heading in ("The journeys", r"Where do I change \.\.\."):
            for line in chapter(heading):
                path = None
                for file, function in FILE_OR_FUNCTION.findall(line):
                    if file:
                        path = place_of(file)
                        self.assertTrue(os.path.isfile(os.path.join(ROOT, path)), f"{path}, of: {line}")
                        counts["files"] += 1
                        continue
                    if function in LIBC:
                        continue
                    self.assertIsNotNone(path, f"no file beside {function}(), in: {line}")
                    self.assertTrue(is_defined(function, read(path)), f"{function}() is not in {path}, of: {line}")
                    counts["functions"] += 1
        self.assertGreater(counts["files"], 100)
        self.assertGreater(counts["functions"], 120)


if __name__ == "__main__":
    unittest.main()
