#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents tell the truth of today: every option and its default is in the README, the commands it names are
there, and every source file is on the map of ARCHITECTURE."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def options():
    """variable -> (default, available) by options.def."""
    row = re.compile(r'^OPTION\(\w+, "(\w+)", \w+, "([^"]*)", (AVAILABLE|LATER),', re.MULTILINE)
    return {name: (default, when == "AVAILABLE") for name, default, when in row.findall(read("preload", "options.def"))}


class Documents(unittest.TestCase):
    def test_options_are_in_readme(self):
        readme = read("README.md")
        table = dict(re.findall(r"^\| `(LIGHTSSS\w*)` \| (.*?) \|", readme, re.MULTILINE))
        rows = options()
        self.assertGreater(len(rows), 15)
        for name, (default, available) in rows.items():
            if available:
                self.assertIn(name, table, "README's table of options")
                if default:
                    self.assertEqual(table[name], f"`{default}`", name)
            else:
                self.assertNotIn(name, table, f"{name} is not acted on yet")
                self.assertRegex(readme, rf"not acted on in this version[^#]*`{name}`")
        self.assertEqual(set(table) - set(rows), set(), "options that do not exist")

    def test_commands_of_readme_exist(self):
        for command in re.findall(r"`?(scripts/\w+)`?", read("README.md") + read("CONTRIBUTING.md")):
            self.assertTrue(os.access(os.path.join(ROOT, command), os.X_OK), command)

    def test_architecture_names_every_file(self):
        text = read("ARCHITECTURE.md")
        for folder in ("hooks", "preload", "preload/snapshot", "preload/replay", "preload/interpose"):
            for name in sorted(os.listdir(os.path.join(ROOT, folder))):
                if name.endswith(".c"):
                    module = re.sub(r"_x86_64$", "", name[:-2])
                    self.assertRegex(text, rf"`(\w+/)?{module}(_x86_64)?(\.c)?`", f"{folder}/{name}")


if __name__ == "__main__":
    unittest.main()
