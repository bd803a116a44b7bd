#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss doctor` on programs that hold no real model: each thing that will not work is said with its remedy, the
program is not run where it should not be, and nothing is left. Real simulators: tests/simulators/test_doctor.py."""

import os
import re
import shutil
import signal
import sys
import time
import unittest

from command import COMMAND, FAKE, LIBRARY, REFUSE, CommandCase

NO_MODEL = (
    "no Verilator model is in {} at its start; give the simulator itself, or let lightsss doctor --rehearse run it "
    "and look at what it starts"
)


class Looks(CommandCase):
    def problem(self, problem, *words, **variables):
        status, rows, _ = self.doctor(*words, **variables)
        self.assertEqual(status, 1)
        self.assertEqual(len(rows["Problem"]), 1, rows)
        self.assertRegex(rows["Problem"][0], problem)
        return rows

    def test_no_tracer(self):
        rows = self.problem(
            "^fake_simulator was built without a tracer, so that no waveform can be made; verilate it with --trace or "
            "--trace-fst$",
            FAKE,
            "touch:ran",
        )
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")), "its main function has run")
        self.assertEqual(rows["Program"], [FAKE])
        self.assertEqual(rows["Library"], [LIBRARY])
        self.assertEqual(len(rows["Model"]), 1)
        self.assertRegex(rows["Eval"][0], rf"^{rows['Model'][0]}::eval_step\(\) at 0x[0-9a-f]+, \d+ bytes of it moved$")
        self.assertEqual(rows["Waveform"], ["none: no tracer"])
        self.assertNotIn("Snapshot", rows)

    def test_switched_off(self):
        rows = self.problem("^LIGHTSSS_WAVE=off: .*; unset it$", "--wave=off", FAKE)
        self.assertEqual(rows["Waveform"], ["off (LIGHTSSS_WAVE)"])
        self.assertRegex(rows["Snapshot"][0], "^can be taken; ")
        self.assertEqual(len(self.doctor("--wave=off", "/bin/true")[1]["Problem"]), 2)
        status, rows, _ = self.doctor("--enabled", "0", FAKE)
        self.assertEqual(status, 1)
        self.assertIn("LIGHTSSS=0: the library stays inert; unset it", rows["Problem"])

    def test_stripped(self):
        self.problem(
            "^stripped is stripped: its Verilator model cannot be found; link it without -s and do not strip it$",
            self.stripped(FAKE),
        )

    def test_static(self):
        for option in ("-static", "-static-pie"):
            static = self.compile("static", option)
            self.problem(
                "^.* is statically linked: no library can be preloaded into it; link it without -static$", static
            )

    def test_other_loader(self):
        other = self.compile("other", "-Wl,--dynamic-linker=/lib/ld-other.so.1")
        self.problem("^.* is started by /lib/ld-other.so.1, not by glibc's ld-linux.*; build it for glibc$", other)

    def test_other_processor(self):
        path = self.compile("turned")
        with open(path, "r+b") as file:
            file.seek(18)
            file.write(b"\xf7\x00")  # e_machine: BPF
        self.problem("^.* is built for another processor or word size than liblightsss.so; ", path)

    def test_no_program(self):
        self.problem("neither an ELF file nor a script", self.file("text", "words\n"))
        self.problem("^./plain cannot be executed: .*chmod", "./plain" if self.file("plain", "", 0o644) else "")
        self.problem("^/ cannot be executed: ", "/")
        self.problem("^./nothing: No such file or directory; give the simulator's path", "./nothing")
        self.problem("^nothing-of-that-name: No such file or directory; ", "nothing-of-that-name")
        with open(os.path.join(self.work, "cut"), "wb") as file, open(FAKE, "rb") as whole:
            file.write(whole.read(100))
            os.chmod(file.name, 0o755)
        self.problem("^./cut is damaged: its program headers are not in the file; ", "./cut")

    def test_no_simulator(self):
        self.problem("^" + re.escape(NO_MODEL.format("/bin/true")) + "$", "/bin/true")
        self.problem("^" + re.escape(NO_MODEL.format(sys.executable)) + "$", sys.executable, "-c", "print()")

    def test_script(self):
        script = self.file("run.sh", "#! /bin/sh -e\ntouch ran\n")
        rows = self.problem(
            "^run.sh is a script: .*; lightsss doctor --rehearse runs it", "run.sh", PATH=f"{self.work}:/bin"
        )
        self.assertEqual(rows["Program"], [f"{script}, a script for /bin/sh"])
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))

    @unittest.skipUnless(os.geteuid() == 0, "needs root: only it can give a file away")
    def test_more_rights(self):
        secure = os.path.join(self.work, "secure")
        for user, group, mode in ((65534, 0, 0o4755), (0, 65534, 0o2755)):
            shutil.copy(FAKE, secure)
            os.chown(secure, user, group)
            os.chmod(secure, mode)
            rows = self.problem("^.* runs with more rights than its user .* LD_PRELOAD is ignored; start it as", secure)
            self.assertNotIn("Model", rows)

    def test_library_does_not_get_in(self):
        """The loader gives up before anybody's constructor: a library of the program's is missing."""
        self.compile("libgone.so", "-shared", "-fPIC")
        path = self.compile("needs", "-Wl,--no-as-needed", "-L" + self.work, "-l:libgone.so")
        os.remove(os.path.join(self.work, "libgone.so"))
        self.problem(r"^the library did not get into .* \(exit status 127\): .*libgone.so.*; look .* ldd$", path)

    def test_variables(self):
        variables = {
            "LIGHTSSS_SLOTS": "many",
            "LIGHTSSS_LOGS": "quiet",
            "LIGHTSSS_LOG": "info",
        }
        _, rows, _ = self.doctor("/bin/true", **variables)
        notes = [
            "LIGHTSSS_SLOTS=many is not valid: give a number from 1 to 64; using 2",
            "unknown variable LIGHTSSS_LOGS; did you mean LIGHTSSS_LOG?",
        ]
        self.assertEqual(sorted(rows["Note"]), sorted(notes))
        # The library says the same: not twice.
        _, rows, _ = self.doctor(FAKE, **variables)
        self.assertEqual(sorted(rows["Note"]), sorted(notes))

    def test_refused(self):
        for call, error, words in (
            ("memfd_create", "EPERM", "no memory can be shared with snapshots .*; allow it in the sandbox"),
            ("clone", "EPERM", r"no snapshot: clone is refused \(EPERM\); allow it in the sandbox"),
            ("clone", "EAGAIN", r"no snapshot can be taken \(clone: .*\); allow it in the sandbox, or raise"),
        ):
            # LeakSanitizer itself uses clone.
            leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            status, rows, _ = self.doctor("--wave=off", FAKE, command=[call, error], ASAN_OPTIONS=leaks)
            self.assertEqual(status, 1)
            self.assertRegex(rows["Problem"][1], f"^{words}")
            self.assertNotIn("Snapshot", rows)

    def test_order_is_that_of_last_time(self):
        _, _, first = self.doctor("--wave=off", FAKE)
        _, _, second = self.doctor("--wave=off", FAKE)
        self.assertEqual(first, second)

    def lightsss(self, *words, **variables):
        """A command that begins with the name of a system call is run where that is refused."""
        if words[0] in ("memfd_create", "clone"):
            process = self.start(*words, command=REFUSE, **variables)
            out, err = process.communicate(timeout=120)
            if process.returncode == 77:
                self.skipTest("no seccomp: " + err)
            return process.returncode, out, err
        return super().lightsss(*words, **variables)


class Rehearsals(CommandCase):
    def test_nothing_to_rehearse(self):
        status, rows, _ = self.doctor("--rehearse", "/bin/true")
        self.assertEqual(status, 1)
        self.assertEqual(
            rows["Problem"], ["/bin/true ended (exit status 0) and nothing that it started held a Verilator model"]
        )
        self.file("talk.sh", "#!/bin/sh\necho one >&2\necho two >&2\nkill -9 $$\n")
        status, rows, _ = self.doctor("--rehearse", "./talk.sh", "word")
        self.assertEqual(status, 1)
        self.assertEqual(
            rows["Problem"],
            ["./talk.sh ended (killed by Killed) and nothing that it started held a Verilator model (it said: two)"],
        )

    def test_a_rehearsal_that_cannot_work_is_not_begun(self):
        status, rows, _ = self.doctor("--rehearse", FAKE, "touch:ran")
        self.assertEqual(status, 1)
        self.assertRegex(rows["Problem"][0], "without a tracer")
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))

    def test_directory_of_what_a_script_starts(self):
        self.file("run.sh", "#!/bin/sh\nexit 0\n")
        _, rows, _ = self.doctor("--rehearse", "--dir=/nothing/here/runs", "./run.sh")
        self.assertRegex(
            rows["Problem"][0], "^no run directory can be made in /nothing/here/runs: No such file or directory; set"
        )

    def test_too_slow(self):
        self.file("wait.sh", "#!/bin/sh\nexec sleep 1000\n")
        status, rows, _ = self.doctor("--rehearse", "--patience=300ms", "./wait.sh")
        self.assertEqual(status, 1)
        self.assertRegex(rows["Problem"][0], "^no model was seen in 0.3 s; give it arguments with which")

    def test_interrupted(self):
        """What it started goes, and so do its files; it ends by that signal."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
            process, pids = self.waiting()
            process.send_signal(number)
            self.assertEqual(process.communicate(timeout=60), ("", ""))
            self.assertEqual(process.returncode, -number)
            self.assert_nothing_left()
            self.assert_end(pids)

    def test_ignored(self):
        """What is ignored around it ends it no more than it would another program."""
        process, pids = self.waiting("env", "--ignore-signal=HUP")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assert_end(pids)

    def test_ignored_children(self):
        status, out, _ = self.lightsss("--ignore-signal=CHLD", COMMAND, "doctor", "true", command="env")
        self.assertEqual(status, 1)
        self.assertIn(NO_MODEL.format("true"), out)

    def waiting(self, *before):
        """A rehearsal of a program that waits, and the processes of that."""
        self.file("wait.sh", "#!/bin/sh\nsleep 1000 & echo $! $$ >pids.new; mv pids.new pids; wait\n")
        words = [*before, COMMAND, "doctor", "--rehearse", "./wait.sh"]
        process = self.start(*words[1:], command=words[0])
        self.addCleanup(process.kill)
        path = os.path.join(self.work, "pids")
        deadline = time.monotonic() + 60
        while not os.path.exists(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        with open(path, encoding="utf-8") as file:
            pids = [int(word) for word in file.read().split()]
        os.remove(path)
        return process, pids

    def assert_end(self, pids):
        deadline = time.monotonic() + 60
        while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual([pid for pid in pids if is_alive(pid)], [])


def is_alive(pid):
    """A zombie that nobody reaps, as in a container without an init, is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
