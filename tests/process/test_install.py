#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `meson install` installs works from where it was put, and from where it was moved to."""

import os
import re
import shutil
import subprocess
import unittest

from command import FAKE, CommandCase

BUILD = os.environ["LIGHTSSS_TEST_BUILD"]


class Install(CommandCase):
    def setUp(self):
        super().setUp()
        self.destination = os.path.join(self.place, "installed")
        run = subprocess.run(
            ["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", self.destination],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.files = {}
        for folder, _, names in os.walk(self.destination):
            for name in names:
                self.files[name] = os.path.join(folder, name)

    def check_run(self, command):
        status, out, err = self.lightsss(
            "run", "--wave", "off", FAKE, "print:text", "eval:2", "exit:3", command=command
        )
        self.assertEqual((status, out), (3, "text"))
        self.assertIn("lightsss: replay reproduced", err)
        status, out, _ = self.lightsss("doctor", "--wave", "off", FAKE, command=command)
        self.assertEqual(status, 1)
        top = os.path.realpath(os.path.dirname(os.path.dirname(command)))
        self.assertRegex(out, rf"\nLibrary +{top}/lib.*/liblightsss.so\n")
        shutil.rmtree(os.path.join(self.work, "lightsss"))

    def test_all_is_there(self):
        for name in (
            "lightsss",
            "liblightsss.so",
            "lightsss.1",
            *(f"lightsss-{command}.1" for command in ("clean", "doctor", "list", "report", "run", "view", "wave")),
            "liblightsss.7",
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
            "recipes.md",
            "slurm-regression",
        ):
            self.assertIn(name, self.files)
        self.assertIn("/share/man/man1/", self.files["lightsss.1"])
        self.assertIn("/share/man/man7/", self.files["liblightsss.7"])
        prefix = os.path.dirname(os.path.dirname(self.command()))
        for name in ("bash-completion/completions/lightsss", "zsh/site-functions/_lightsss", "fish/vendor_completions.d/lightsss.fish"):
            self.assertTrue(os.path.isfile(os.path.join(prefix, "share", name)), name)
        self.assertEqual([name for name in self.files if name.startswith(("test_", "fake_"))], [])

    def test_links_of_documents_lead_somewhere(self):
        folder = os.path.dirname(self.files["README.md"])
        pages = [name for name in os.listdir(folder) if name.endswith(".md")]
        self.assertIn("troubleshooting.md", pages)
        for page in pages:
            with open(os.path.join(folder, page), encoding="utf-8") as file:
                for path in re.findall(r"\]\((?!https?:)([^)#\s]+)", file.read()):
                    self.assertTrue(os.path.isfile(os.path.join(folder, path)), f"{page}: {path}")

    def command(self):
        library = os.path.dirname(self.files["liblightsss.so"])
        while not os.path.isfile(os.path.join(library, "bin", "lightsss")):
            library = os.path.dirname(library)
            self.assertTrue(library.startswith(self.destination), "no bin/lightsss above the library")
        return os.path.join(library, "bin", "lightsss")

    def test_runs_from_there_and_moved_and_through_a_link(self):
        command = self.command()
        self.check_run(command)
        moved = os.path.join(self.place, "moved")
        os.rename(os.path.dirname(os.path.dirname(command)), moved)
        self.check_run(os.path.join(moved, "bin", "lightsss"))
        link = os.path.join(self.place, "link")
        os.symlink(os.path.join(moved, "bin", "lightsss"), link)
        status, out, _ = self.lightsss("run", "sh", "-c", "echo $LD_PRELOAD", command=link)
        self.assertEqual(status, 0)
        self.assertTrue(out.startswith(os.path.realpath(moved) + "/lib"), out)


if __name__ == "__main__":
    unittest.main()
