#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that a replay has written are kept, byte for byte those of a run without the library: logs, a database, memory
of a file, a reference model's log that LIGHTSSS_WAKE_CALL has switched on."""

import json
import os
import signal
import stat
import time
import unittest

import checks
import field

EVALS = 8000
SIMULATORS = {"logs": EVALS, "logs-fst": EVALS, "logs-threads": 1500}
OWN = ["counts", "run.log", "run.log.1", "state", "state.db", "out/run.log"]


class FilesTest(field.FieldTest):
    def kept(self, launch):
        """{name in files/: content}"""
        folder = os.path.join(self.run_directory(launch), "files")
        if not os.path.isdir(folder):
            return {}
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        for name in os.listdir(folder):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600, name)
        return {name: checks.read(os.path.join(folder, name)) for name in os.listdir(folder)}

    def check_report(self, report, launch):
        """Each file that is there, and no other. Returns {path: (content, is it whole)}."""
        kept = self.kept(launch)
        files = report["files"]
        self.assertEqual(sorted(file["name"] for file in files), sorted("files/" + name for name in kept))
        found = {}
        for file in files:
            content = kept[os.path.basename(file["name"])]
            self.assertEqual(file["bytes"], len(content), file)
            found[os.path.relpath(file["path"], launch.directory)] = (content, file["whole"])
        return found

    def same_files(self, plain, preloaded, held=()):
        left, right = checks.files_below(plain.directory), checks.files_below(preloaded.directory)
        left.pop("own.fst.hier", None)  # of a tracer that was not closed
        self.assertEqual(sorted(left), sorted(right))
        for name in left:
            if name not in held:
                self.assertEqual(left[name], right[name], name)
        return left

    def variables(self, **variables):
        return {"LD_PRELOAD": field.LIBRARY, **{f"LIGHTSSS_{key}": value for key, value in variables.items()}}

    def check_run(self, name, end, words=(), **variables):
        """All files, from snapshots at any place."""
        held = ("own.vcd", "own.fst") if "own" in words else ()
        arguments = (str(SIMULATORS[name]), end, *words)
        plain = self.plain(name, *arguments)
        preloaded = self.launch([field.program(name), *arguments], self.variables(**variables), patience_s=60)
        self.assertEqual((preloaded.returncode, preloaded.stdout), (plain.returncode, plain.stdout))
        expected = self.same_files(plain, preloaded, held)
        report = self.report(preloaded)
        found = self.check_report(report, preloaded)
        for path, (content, whole) in found.items():
            self.assertTrue(whole, path)
            if (path, end) == ("counts", "kill"):  # such a replay ends behind the last eval: one count may be missing
                self.assertIn(sum(expected[path]) - sum(content), (0, 1))
            else:
                self.assertEqual(content, expected[path], path)
        return report, found, preloaded

    def test_all(self):
        for name in SIMULATORS:
            for end in ("return", "abort", "kill"):
                for words in ((), ("own",)):
                    with self.subTest(name=name, end=end, words=words):
                        report, found, preloaded = self.check_run(name, end, words, INTERVAL="1h")
                        self.assertEqual(sorted(found), sorted(OWN))
                        self.assertEqual(report["wave"]["source"], "testbench" if words else "injected")
                        whole = self.oracle(name, str(SIMULATORS[name]), "return")
                        self.assert_wave(preloaded, whole, report["wave"]["path"])

    def test_late_snapshots(self):
        """What was renamed, opened or made before the snapshot is under the name that it has."""
        for evals in field.often((2500, 5001), range(1000, EVALS // 2, 377)):
            with self.subTest(evals=evals):
                found = self.check_run("logs", "return", INTERVAL=f"{evals}evals", SLOTS="1")[1]
                self.assertTrue({"counts", "run.log", "state.db"} <= set(found), found.keys())

    def test_wake_call(self):
        """What only the replay writes is the end of what a run writes that has it on from its start."""
        for name in SIMULATORS:
            evals = SIMULATORS[name]
            plain = self.plain(name, str(evals), "return", LOGS_REF="1")
            wanted = checks.read(os.path.join(plain.directory, "ref.log"))
            for variables in ({"INTERVAL": "1h"}, {"INTERVAL": f"{evals * 2 // 3}evals", "SLOTS": "1"}):
                with self.subTest(name=name, **variables):
                    made = self.preloaded(name, str(evals), "return", WAKE_CALL="ref_log(1)", **variables)
                    self.assertNotIn("ref.log", checks.files_below(made.directory))
                    content, whole = self.check_report(self.report(made), made)["ref.log"]
                    self.assertTrue(whole)
                    self.assertTrue(content and wanted.endswith(content))
                    first = int(content.split()[1])
                    self.assertLess(first - self.report(made)["snapshot"]["eval"], 8)

    def test_large(self):
        """Of a log of many megabytes the end is kept; the small ones are whole."""
        mib = field.often(50, 1024)
        made = self.preloaded("logs", "3000", "return", f"large={mib}", FILES="1M")
        found = self.check_report(self.report(made), made)
        content, whole = found["large.log"]
        with open(os.path.join(made.directory, "large.log"), "rb") as file:
            file.seek(-len(content) - 1, os.SEEK_END)
            self.assertEqual(file.read(), b"\n" + content)
        self.assertFalse(whole)
        self.assertLess(900 << 10, len(content))
        self.assertLessEqual(sum(len(content) for content, _ in found.values()), 1 << 20)
        self.assertEqual(sorted(found), sorted([*OWN, "large.log"]))

    def test_none(self):
        made = self.preloaded("logs", "3000", "return", FILES="0")
        self.assertEqual(self.report(made)["files"], [])
        self.assertNotIn("files", os.listdir(self.run_directory(made)))

    def await_hang(self, launch):
        """Until the report of the replay, which sleeps at its end, has files. Returns its directory."""
        deadline = time.monotonic() + field.TIMEOUT_S
        top = os.path.join(launch.directory, "lightsss")
        while time.monotonic() < deadline:
            time.sleep(0.05)
            runs = os.listdir(top) if os.path.isdir(top) else []
            path = os.path.join(top, runs[0], "files", "state") if runs else ""
            if os.path.exists(path):
                return os.path.join(top, runs[0])
        self.fail("no files")
        return None

    def test_all_killed(self):
        """A batch system kills all that there is: what the replay had written is there."""
        made = field.Launch(
            os.path.join(self.top, "killed"),
            [field.program("logs"), "2000000", "return"],
            self.variables(INTERVAL="1h", WAKE_CALL="ref_log(1); hang()"),
            True,
        )
        run = self.await_hang(made)
        time.sleep(0.5)
        made.kill({made.pid, *made.survivors()})
        made.wait(field.TIMEOUT_S)
        self.assertEqual(made.returncode, -signal.SIGKILL, made.stderr)
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], "incomplete")
        names = {os.path.relpath(file["path"], made.directory): file["name"] for file in report["files"]}
        self.assertTrue({"run.log", "run.log.1", "state", "ref.log"} <= set(names), names)
        for path, name in names.items():
            content = checks.read(os.path.join(run, name))
            if path.startswith("run."):
                self.assertTrue(checks.read(os.path.join(made.directory, path)).startswith(content), path)
                self.assertTrue(content, path)
        self.assertNotIn(".lightsss.new", os.listdir(os.path.join(run, "files")))


if __name__ == "__main__":
    unittest.main()
