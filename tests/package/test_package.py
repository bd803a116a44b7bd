#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/package: built twice the packages are the same, byte for byte; the archive works where it is unpacked; the Debian
package installs in a clean Debian 12, makes the waveform of a failure there, and leaves nothing when it is removed.

    test_package.py BUILD_DIR SIMULATOR"""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import root

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "process"))
import floor  # noqa: E402

PACKAGE = "lightsss"
FAILS = ["--cycles", "100000000", "--fail", "stop@200000"]
BUILD = SIMULATOR = None


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def build(place, umask, **variables):
    """A copy of the sources, packaged with another folder, umask, locale and zone each time. {name: file}"""
    tree = os.path.join(place, "tree")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
        shutil.copy(os.path.join(TOP, name), os.path.join(tree, name))
    run = subprocess.run(
        [os.path.join(tree, "scripts", "package")],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "CCACHE_DISABLE": "1", **variables},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise AssertionError(run.stdout + run.stderr)
    return {os.path.basename(path): path for path in run.stdout.splitlines()}


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="lightsss-package-")
        cls.addClassCleanup(shutil.rmtree, cls.place)
        first, second = os.path.join(cls.place, "a"), os.path.join(cls.place, "another place")
        cls.files = build(first, 0o022, LC_ALL="C", TZ="UTC")
        cls.again = build(second, 0o077, LC_ALL="C.UTF-8", TZ="Asia/Tokyo", CFLAGS="")
        cls.archive = next(path for name, path in cls.files.items() if name.endswith(".tar.gz"))
        cls.package = next(path for name, path in cls.files.items() if name.endswith(".deb"))

    def check_run(self, ran, directory):
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("lightsss: replay reproduced", ran.stderr, ran.stderr)
        reports = glob.glob(os.path.join(directory, "lightsss", "*", "report.json"))
        self.assertEqual(len(reports), 1)
        with open(reports[0], encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], "reproduced")
        wave = os.path.join(os.path.dirname(reports[0]), report["wave"]["path"])
        self.assertGreater(os.path.getsize(wave), 100000)

    def test_built_twice_they_are_the_same(self):
        self.assertEqual(len(self.files), 2)
        self.assertEqual({name: digest(path) for name, path in self.files.items()}, {name: digest(path) for name, path in self.again.items()})

    def test_the_archive_works_where_it_is_unpacked(self):
        place = os.path.join(self.place, "unpacked")
        os.mkdir(place)
        subprocess.run(["tar", "-xzf", self.archive, "-C", place], check=True)
        (top,) = os.listdir(place)
        files = {path for path in subprocess.run(["find", ".", "-type", "f"], cwd=os.path.join(place, top), capture_output=True, text=True, check=True).stdout.splitlines()}
        self.assertLessEqual({"./bin/lightsss", "./lib/liblightsss.so", "./share/doc/lightsss/LICENSE", "./share/doc/lightsss/licences/zlib", "./share/man/man1/lightsss.1.gz"}, files)
        moved = os.path.join(self.place, "moved")
        os.rename(os.path.join(place, top), moved)
        for name in ("bin/lightsss", "lib/liblightsss.so"):
            path = os.path.join(moved, name)
            self.assertEqual({row for row in floor.versions(path) if row[1] > floor.promised()}, set(), name)
            self.assertLessEqual(set(floor.needed(path)), {"libc.so.6", "libm.so.6"}, name)
        work = os.path.join(self.place, "work")
        os.mkdir(work)
        words = [os.path.join(moved, "bin", "lightsss"), "run", "--", SIMULATOR, *FAILS]
        ran = subprocess.run(words, cwd=work, capture_output=True, text=True, check=False, preexec_fn=no_core)
        self.check_run(ran, work)

    def test_lintian_finds_nothing(self):
        if shutil.which("lintian") is None:
            root.skip("lintian is missing: scripts/setup full, as root")
        run = subprocess.run(["lintian", "--fail-on", "error,warning", "--allow-root", self.package], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)

    def test_installs_runs_and_goes_in_a_clean_debian_12(self):
        system = root.Root(BUILD, "bookworm")
        system.make()
        before = self.listed(system)
        share = os.path.join(self.place, "share")
        os.mkdir(share)
        shutil.copy(self.package, share)
        shutil.copy(SIMULATOR, os.path.join(share, "emu"))
        binds = [(share, "/mnt")]
        file = "/mnt/" + os.path.basename(self.package)
        self.addCleanup(system.run, "dpkg", "--purge", PACKAGE)
        self.check(system.run("dpkg", "--install", file, binds=binds))
        self.check(system.run("lightsss", "--version"))
        self.check_run(system.run("lightsss", "run", "--", "/mnt/emu", *FAILS, binds=binds, directory="/mnt"), share)
        shutil.rmtree(os.path.join(share, "lightsss"))
        preloaded = system.run("env", "LD_PRELOAD=liblightsss.so", "/mnt/emu", *FAILS, binds=binds, directory="/mnt")
        self.check_run(preloaded, share)
        self.check(system.run("dpkg", "--purge", PACKAGE))
        self.assertEqual(self.listed(system) ^ before, set())

    def check(self, ran):
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def listed(self, system):
        """All files, but what dpkg and the loader write about themselves."""
        found = system.run("find", "/", "-xdev", "-not", "-type", "d", "-not", "-path", "/var/lib/dpkg/*", "-not", "-path", "/var/log/*",
                           "-not", "-path", "/var/cache/ldconfig/*")
        self.check(found)
        return set(found.stdout.splitlines())


def no_core():
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    if os.environ.get("LIGHTSSS_TEST_FULL") != "1":
        root.skip("only in the full tests: LIGHTSSS_TEST_FULL=1")
    root.need("debootstrap", "dpkg-deb", "git")
    SIMULATOR = os.path.abspath(sys.argv.pop())  # runs elsewhere
    BUILD = sys.argv.pop()
    unittest.main()
