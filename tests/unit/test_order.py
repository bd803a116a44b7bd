#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/order finds what is planted in a small tree of its own, and nothing in the tree as it is: test_order.py ORDER."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ORDER = os.path.abspath(sys.argv.pop(1))
COMPILER = os.environ.get("CC", "cc")

# Two rooms under a table of contents, two programs of which each has its own say(), and a door of libc's. Headers get
# their guards when they are planted.
CLEAN = {
    "scripts/rooms": "# From the top down.\nscripts/command  the command\npreload  the top\npreload/high  a room\npreload/low  another\n",
    "scripts/command/main.c": '#include "low/text.h"\nvoid say(void);\nint main(void) { say(); return text(); }\n',
    "scripts/command/say.c": "void say(void) {}\n",
    "preload/lightsss.map": "/* What stands in front of libc. */\n{\n    global:\n        sleep;\n    local:\n        *;\n};\n",
    "preload/lightsss.c": '#include "high/wide.h"\nint lightsss(void) { return wide(); }\n',
    "preload/high/wide.h": '#include "made.h"\nint wide(void);\n',
    "preload/high/wide.c": '#include "high/wide.h"\n#include "low/text.h"\nvoid say(void);\nint wide(void) { say(); return text(); }\n',
    "preload/high/say.c": "void say(void) {}\n",
    "preload/high/door.c": "int far(void);\nunsigned sleep(unsigned s) { return s + (unsigned)far(); }\n",
    "preload/low/text.h": "int text(void);\n",
    "preload/low/text_x86_64.c": '#include "low/text.h"\n#include <unistd.h>\nint text(void) { return (int)sleep(0); }\n',
    "preload/low/number_x86_64.h": "#define NUMBER 1\n",
    "preload/low/far.c": "int far(void) { return 1; }\n",
    "build/made.h": '#include "low/number_x86_64.h"\n',
}


def write(root, path, text):
    if path.endswith(".h") and not path.startswith("build"):
        guard = "LIGHTSSS_" + re.sub(r"[/.]", "_", path).upper()
        text = f"/* What it is for. */\n#ifndef {guard}\n#define {guard}\n{text}#endif\n"
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def plant(root, files):
    """Writes them and compiles the sources of them, as Meson would: into a folder of the program that each belongs to."""
    for path, text in files.items():
        write(root, path, text)
    build = os.path.join(root, "build")
    entries = []
    for folder, _, names in os.walk(root):
        for name in filter(lambda name: name.endswith(".c"), sorted(names)):
            source = os.path.relpath(os.path.join(folder, name), root)
            program = source.split(os.sep)[0] + "/program.p"
            output = f"{program}/{source.replace(os.sep, '_')}.o"
            command = [COMPILER, "-I../preload", "-I.", "-o", output, "-c", os.path.join("..", source)]
            if source in files:
                os.makedirs(os.path.join(build, program), exist_ok=True)
                subprocess.run(command, cwd=build, check=True)
            # Half of them as other build tools write it.
            entry = {"directory": build, "file": os.path.join("..", source)}
            entry |= {"arguments": command} if len(entries) % 2 else {"command": " ".join(command), "output": output}
            entries.append(entry)
    write(root, "build/compile_commands.json", json.dumps(entries))


class Order(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clean = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.clean)
        plant(cls.clean, CLEAN)

    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        self.root = os.path.join(self.top, "tree")
        shutil.copytree(self.clean, self.root)
        self.plant({})

    def write(self, path, text):
        write(self.root, path, text)

    def plant(self, files):
        plant(self.root, files)

    def order(self, *arguments):
        command = [ORDER, "--root", self.root, "-C", os.path.join(self.root, "build"), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def assert_found(self, *lines):
        """These lines and no others."""
        self.assertEqual(self.order(), (1, "".join(line + "\n" for line in lines), ""))

    def test_clean(self):
        self.assertEqual(self.order(), (0, "", ""))

    def test_list(self):
        self.assertEqual(
            self.order("--list")[1].splitlines(),
            [
                "preload/high/door -> preload/low/far: preload/high/door.c uses far",
                "preload/high/wide -> preload/high/say: preload/high/wide.c uses say",
                "preload/high/wide -> preload/low/number: preload/high/wide.h includes preload/low/number_x86_64.h",
                "preload/high/wide -> preload/low/text: preload/high/wide.c includes preload/low/text.h; preload/high/wide.c uses text",
                "preload/lightsss -> preload/high/wide: preload/lightsss.c includes preload/high/wide.h; preload/lightsss.c uses wide",
                "scripts/command/main -> preload/low/text: scripts/command/main.c includes preload/low/text.h; scripts/command/main.c uses text",
                "scripts/command/main -> scripts/command/say: scripts/command/main.c uses say",
            ],
        )

    def test_loop_by_includes(self):
        self.plant(
            {
                "preload/low/one.h": '#include <stddef.h>\n# include "low/two.h"\n',
                "preload/low/two.h": '#include "one.h"\n',
            }
        )
        self.assert_found(
            "loop of 2 modules: preload/low/one preload/low/two",
            "    preload/low/one -> preload/low/two: preload/low/one.h includes preload/low/two.h",
            "    preload/low/two -> preload/low/one: preload/low/two.h includes preload/low/one.h",
        )

    def test_loop_by_what_the_build_makes(self):
        self.plant(
            {
                "preload/low/number_x86_64.h": '#include "made_too.h"\n',
                "build/made_too.h": '#include "high/wide.h"\n',
            }
        )
        self.assertIn("loop of 2 modules: preload/high/wide preload/low/number\n", self.order()[1])

    def test_loop_by_calls(self):
        self.plant(
            {
                "preload/low/one.c": "int two(void);\nint one(void) { return two(); }\n",
                "preload/low/two.c": "extern int one(void);\nint (*two_more)(void) = one;\nint two(void) { return 2; }\n",
            }
        )
        self.assert_found(
            "loop of 2 modules: preload/low/one preload/low/two",
            "    preload/low/one -> preload/low/two: preload/low/one.c uses two",
            "    preload/low/two -> preload/low/one: preload/low/two.c uses one",
        )

    def test_loop_by_weak_names_and_variables(self):
        self.plant(
            {
                "preload/low/one.c": "extern int two;\n__attribute__((weak)) int one(void) { return two; }\n",
                "preload/low/two.c": "__attribute__((weak)) int one(void);\nint two;\nint two_run(void) { return one ? one() : 0; }\n",
            }
        )
        self.assert_found(
            "loop of 2 modules: preload/low/one preload/low/two",
            "    preload/low/one -> preload/low/two: preload/low/one.c uses two",
            "    preload/low/two -> preload/low/one: preload/low/two.c uses one",
        )

    def test_loop_at_a_distance(self):
        self.plant(
            {
                "preload/low/one.c": '#include "two.h"\n',
                "preload/low/one.h": "int one(void);\n",
                "preload/low/two.h": "int two(void);\n",
                "preload/low/two.c": "int three(void);\nint two(void) { return three(); }\n",
                "preload/low/three_x86_64.c": '#include "one.h"\nint three(void) { return 3; }\n',
                "preload/low/aside.c": '#include "one.h"\n',
            }
        )
        self.assert_found(
            "loop of 3 modules: preload/low/one preload/low/three preload/low/two",
            "    preload/low/one -> preload/low/two: preload/low/one.c includes preload/low/two.h",
            "    preload/low/two -> preload/low/three: preload/low/two.c uses three",
            "    preload/low/three -> preload/low/one: preload/low/three_x86_64.c includes preload/low/one.h",
        )

    def test_two_loops(self):
        self.plant(
            {
                f"preload/low/{user}.c": f"int {used}(void);\nint {user}(void) {{ return {used}(); }}\n"
                for user, used in (("one", "two"), ("two", "one"), ("red", "green"), ("green", "blue"), ("blue", "red"))
            }
        )
        found = self.order()[1]
        self.assertIn("loop of 2 modules: preload/low/one preload/low/two\n", found)
        self.assertIn("loop of 3 modules: preload/low/blue preload/low/green preload/low/red\n", found)

    def test_arrow_upwards(self):
        self.plant({"preload/low/up.c": "int wide(void);\nint up(void) { return wide(); }\n"})
        self.assert_found("upwards: preload/low/up -> preload/high/wide: preload/low/up.c uses wide")
        self.plant({"preload/low/up.c": '#include "../high/wide.h"\n'})
        self.assert_found("upwards: preload/low/up -> preload/high/wide: preload/low/up.c includes preload/high/wide.h")

    def test_file_with_a_line_of_its_own(self):
        contract = {"preload/top.h": "int top(void);\n", "preload/low/up.c": '#include "top.h"\n'}
        self.plant(contract)
        self.assert_found("upwards: preload/low/up -> preload/top: preload/low/up.c includes preload/top.h")
        self.plant({"scripts/rooms": CLEAN["scripts/rooms"] + "preload/top  a contract\n"})
        self.assertEqual(self.order(), (0, "", ""))
        self.plant({"preload/top.h": '#include "low/text.h"\n'})
        self.assert_found("upwards: preload/top -> preload/low/text: preload/top.h includes preload/low/text.h")

    def test_arrow_to_a_room_beside(self):
        self.plant({"scripts/rooms": CLEAN["scripts/rooms"].replace("another", "beside it: another")})
        code, out, _ = self.order()
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith("upwards: preload/high/"), out)
        self.assertIn(" -> preload/low/", out)

    def test_arrow_to_a_program(self):
        self.plant({"preload/low/up.c": "int main(void);\nint up(void) { return main(); }\n"})
        self.assert_found("upwards: preload/low/up -> scripts/command/main: preload/low/up.c uses main")

    def test_names(self):
        self.plant(
            {
                "preload/low/rows.c": "int row_add(void) { return 0; }\nint rows_count;\nint _begins_so;\n",
                "preload/low/text_row.c": "int text_row_add(void) { return 0; }\nint text_add;\n",
                "preload/low/far_away.h": "static inline int far_away6(void) { return 6; }\n",
            }
        )
        self.assertEqual(self.order(), (0, "", ""))
        self.plant(
            {
                "preload/low/far.c": "int far(void) { return 1; }\nint far_away_or_so, farther;\n",
                "preload/low/inline.h": "static inline void outline(void) {}\n",
                "preload/high/rows.c": "static int others;\nint *rows_of(void) { return &others; }\n",
            }
        )
        self.assert_found(
            "name: preload/high/rows and preload/low/rows have one name",
            "name: far_away_or_so of preload/low/far begins as one of preload/low/far_away",
            "name: farther of preload/low/far does not begin with far",
            "name: outline of preload/low/inline does not begin with inline",
        )

    def test_names_of_the_command(self):
        self.plant({"scripts/command/wide.c": "int wide(void);\nint wide(void) { return 0; }\n"})
        self.assertEqual(self.order(), (0, "", ""))
        self.plant({"scripts/command/wide.c": "int narrow;\n"})
        self.assert_found("name: narrow of scripts/command/wide does not begin with wide")

    def test_guards(self):
        self.plant({"preload/low/one.h": ""})
        shutil.copy(os.path.join(self.root, "preload/low/one.h"), os.path.join(self.root, "preload/low/two.h"))
        self.assert_found("guard: preload/low/two.h: its guard is LIGHTSSS_PRELOAD_LOW_TWO_H")

    def test_file_with_a_room_of_its_own(self):
        """A contract that stands below all folders, whatever its own."""
        self.plant({"preload/contract.h": "", "preload/low/user.c": '#include "contract.h"\n'})
        self.assert_found("upwards: preload/low/user -> preload/contract: preload/low/user.c includes preload/contract.h")
        self.write("scripts/rooms", CLEAN["scripts/rooms"] + "preload/contract  a file\n")
        self.assertEqual(self.order(), (0, "", ""))
        self.plant({"preload/contract.h": '#include "low/text.h"\n'})
        self.assert_found("upwards: preload/contract -> preload/low/text: preload/contract.h includes preload/low/text.h")

    def test_folder_without_a_room(self):
        self.plant({"preload/attic/old.c": "int old;\n", "cellar/dark.c": "int dark;\n", "tests/any.c": "int top;\n"})
        self.assert_found(
            "stranger: cellar/dark.c is in a folder that scripts/rooms does not name",
            "stranger: preload/attic/old.c is in a folder that scripts/rooms does not name",
        )

    def test_source_that_is_not_compiled(self):
        self.write("preload/low/left.c", "int left;\n")
        self.write("preload/low/text_aarch64.c", "int text_of_another;\n")
        self.assert_found("stranger: preload/low/left.c is not compiled")

    def test_not_built(self):
        status, found, error = self.order("-C", os.path.join(self.root, "none"))
        self.assertEqual((status, found), (2, ""))
        self.assertIn("compile_commands.json: run meson setup", error)
        os.utime(os.path.join(self.root, "preload", "low", "far.c"), (2**31, 2**31))
        status, found, error = self.order()
        self.assertEqual((status, found), (2, ""))
        self.assertIn("no object file of today's preload/low/far.c and 0 more: build first", error)

    def test_header_that_is_nowhere(self):
        self.write("preload/low/lost.h", '#include "low/nowhere.h"\n')
        status, found, error = self.order()
        self.assertEqual((status, found), (2, ""))
        self.assertIn('preload/low/lost.h includes "low/nowhere.h", which is nowhere', error)


if __name__ == "__main__":
    unittest.main()
