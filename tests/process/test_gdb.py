#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss gdb`: a copy of the kept snapshot stands still where it is asked for, a debugger or a script gets its number, and
nothing is left of it when that has ended. With gdb where it is installed."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import unittest

from command import COMMAND, FAKE, LIBRARY, as_from_a_terminal
from live import EVERY_TEN, PATIENCE_S, SimulatorCase
from test_kept import PARK, is_gone, state_of

GDB = shutil.which("gdb")
NAMESPACES = subprocess.run(["unshare", "-pf", "--mount-proc", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
LOADER = "/lib64/ld-linux-x86-64.so.2"
USAGE = "lightsss: name one run; usage: lightsss gdb [--before EVALS | --at EVAL] [--exec CMD] RUN [-- ARGUMENT...]\n"


class Gdb(SimulatorCase):
    def end_kept(self, pid):
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)

    def note(self, run):
        """Those that are kept, which end with the test at the latest, and what is in the directory."""
        kept = self.load(run)["kept"]
        self.pids = [kept["pid"], *(later["pid"] for later in kept["later"])]
        self.evals = [kept["eval"], *(later["eval"] for later in kept["later"])]
        self.pid = self.pids[0]
        for pid in self.pids:
            self.addCleanup(self.end_kept, pid)
        self.files = sorted(os.listdir(run))

    def park(self, *steps, **variables):
        """A run that has failed, and what is in its directory."""
        run = self.failed("one", *(steps or ("eval:45", "exit:3")), **{**EVERY_TEN, **PARK, **variables})
        self.note(run)
        return run

    def load(self, run):
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            return json.load(file)

    def start(self, *words):
        """One that goes on until it is ended; its output is to be read."""
        process = subprocess.Popen(
            [COMMAND, "gdb", *words],
            env=self.environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=as_from_a_terminal,
        )
        self.addCleanup(self.end, process)
        return process

    def script(self, text):
        path = os.path.join(self.work, "script")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, stat.S_IRWXU)
        return path

    def assert_nothing_left_of(self, run):
        """Neither a process nor a file; the kept snapshot is there."""
        self.await_that(lambda: not any(self.descendants(pid) for pid in self.pids))
        self.await_that(lambda: sorted(os.listdir(run)) == self.files)
        self.assertFalse(is_gone(self.pid))

    # --- a script in its place ---

    def test_script(self):
        run = self.park()
        script = self.script('echo "$@"; cut -d" " -f3 /proc/$1/stat; grep TracerPid /proc/$1/status; ls $2; exit 7\n')
        status, out, err = self.command("gdb", "--before", "5", "--exec", f"{script}", run, "--", run, "two words")
        self.assertEqual((status, err), (7, ""))
        words, state, tracer, *files = out.splitlines()
        self.assertEqual(words.split(" ", 1)[1], f"{run} two words")
        self.assertEqual((state in "SR", tracer), (True, "TracerPid:\t0"))  # now and then it looks for a debugger
        self.assertEqual(sorted(files), sorted([*self.files, "replay-2"]))
        self.await_that(is_gone, int(words.split()[0]))
        self.assert_nothing_left_of(run)

    def nearest(self, eval_):
        """Which of those that are kept comes there soonest."""
        return max(i for i, snapshot in enumerate(self.evals) if i == 0 or snapshot < eval_)

    def test_places(self):
        """It has printed what the run had printed by then, since its snapshot, to a file of its own. It stands behind the eval
        before."""
        run = self.park("eval:25", "error:one", "eval:10", "error:two", "eval:10", "exit:3")
        script = self.script(f"cat {run}/replay-2/replay.stderr\n")
        self.assertEqual(self.evals, [20, 30, 40])
        for words, place in (
            (("--before", "21evals"), 25),
            (("--before=20",), 26),
            (("--before=19",), 27),
            (("--at", "36"), 36),
            (("--at=37evals",), 37),
            (("--before", "0"), 45),
            (("--at", "21"), 21),
            (("--at", "30"), 30),
            (("--at", "31"), 31),
        ):
            status, out, err = self.command("gdb", *words, "--exec", script, run)
            self.assertEqual((status, err), (0, ""), words)
            since = self.evals[self.nearest(place)]
            printed = "".join(line for at, line in ((25, "one\n"), (35, "two\n")) if since <= at < place - 1)
            self.assertEqual(out, printed, words)
            self.assert_nothing_left_of(run)

    def parent(self, run, *words):
        script = self.script('cut -d" " -f4 /proc/$1/stat\n')
        status, out, err = self.command("gdb", *words, "--exec", script, run)
        self.assertEqual((status, err), (0, ""))
        self.assert_nothing_left_of(run)
        return int(out)

    def test_nearest(self):
        """That snapshot is asked which has least to replay, and another one where it is stopped or gone."""
        run = self.park()
        for words, place in ((("--at", "45"), 45), (("--before", "5"), 41), (("--before", "6"), 40), (("--before", "0"), 45), ((), 21)):
            self.assertEqual(self.parent(run, *words), self.pids[self.nearest(place)], words)
        os.kill(self.pids[2], signal.SIGSTOP)
        self.assertEqual(self.parent(run, "--at", "45"), self.pids[1])
        os.kill(self.pids[2], signal.SIGKILL)
        self.await_that(is_gone, self.pids[2])
        self.assertEqual(self.parent(run, "--at", "45"), self.pids[1])

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_nearest_in_gdb(self):
        run = self.park()
        parent = "python print('parent', open(f'/proc/{stand.pid}/stat').read().rpartition(')')[2].split()[1])"
        stop = f"python os.kill({self.pids[1]}, signal.SIGSTOP)"
        out = self.gdb(run, parent, "lightsss back 6", parent, "lightsss at 22", parent, stop, "lightsss at 35", parent)
        self.assertEqual([int(pid) for pid in re.findall(r"parent (\d+)", out)], [self.pids[i] for i in (2, 1, 0, 0)])
        os.kill(self.pids[1], signal.SIGCONT)

    def test_command_killed(self):
        run = self.park()
        script = self.script("echo $1; exec sleep 100\n")
        process = self.start("--exec", f"exec {script}", run)
        pid = int(process.stdout.readline())
        self.assertIn(state_of(pid), "SR")
        process.kill()
        process.wait()
        process.stdout.close()
        self.await_that(lambda: is_gone(pid))
        self.assert_nothing_left_of(run)

    def test_kept_killed(self):
        """The copy goes with it."""
        run = self.park()
        script = self.script(f"kill -9 {self.pid}; while [ -e /proc/$1 ] && ! grep -q 'State:.*Z' /proc/$1/status; do sleep 0.02; done\n")
        self.assertEqual(self.command("gdb", "--exec", script, run)[0], 0)

    def test_refused(self):
        run = self.park()
        snapshot = self.load(run)["snapshot"]["eval"]
        refuses = f"lightsss: the kept snapshot of {run} refuses: "
        for words, why in (
            (("--before", "46"), f"46 evals before the end cannot be had: the snapshot was taken {45 - snapshot} evals before it\n"),
            (("--at", f"{snapshot}"), f"eval {snapshot} cannot be had: the snapshot was taken after eval {snapshot}, and the run came to eval 45\n"),
            (("--at", "46evals"), f"eval 46 cannot be had: the snapshot was taken after eval {snapshot}, and the run came to eval 45\n"),
        ):
            self.assertEqual(self.command("gdb", *words, "--exec", "false", run), (1, "", refuses + why))
            self.assert_nothing_left_of(run)
        self.assertEqual(self.command("drop", run)[0], 0)
        gone = f"lightsss: the kept snapshot of {run} is gone: it was dropped\n"
        self.assertEqual(self.command("gdb", "--exec", "false", run), (1, "", gone))

    def test_wrong_words(self):
        for words, why in (
            ((), USAGE),
            (("a", "b"), USAGE),
            (("--", "a"), USAGE),
            (("--before", "many", "a"), "lightsss: --before=many is not valid: give a number of evals, such as 1000evals\n"),
            (("--at=-1", "a"), "lightsss: --at=-1 is not valid: give a number of evals, such as 1000evals\n"),
            (("--at", "1", "--before", "1", "a"), "lightsss: --before and --at name two places: give one of them\n"),
        ):
            self.assertEqual(self.command("gdb", *words), (2, "", why))

    def test_no_gdb(self):
        run = self.park()
        self.assertEqual(
            self.command("gdb", run, variables={"PATH": "/nonexistent"}),
            (127, "", "lightsss: gdb is not installed; install it, or name another debugger with --exec\n"),
        )

    # --- gdb ---

    def gdb(self, run, *words, before="5"):
        commands = [word for command in words for word in ("-ex", command)]
        status, out, err = self.command("gdb", "--before", before, run, "--", "-nx", "-batch", *commands)
        self.assertEqual(status, 0, (out, err))
        self.assert_nothing_left_of(run)
        return out

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_gdb(self):
        run = self.park()
        out = self.gdb(run, "bt", "lightsss back 10", "bt", "lightsss at 100", "continue", "continue")
        self.assertIn("lightsss: at the entry of eval 41, 5 evals before the end\n", out)
        self.assertIn("lightsss: at the entry of eval 31, 15 evals before the end\n", out)
        self.assertIn("lightsss: this is where the run ended", out)
        self.assertIn("exited normally", out)
        self.assertEqual(len(re.findall(r"^#0 .*eval_step", out, re.MULTILINE)), 4, out)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_gdb_stopped(self):
        """A copy that has to be stopped is not where the run ended, and says why."""
        run = self.park()
        _, out, _ = self.command("gdb", "--before", "5", run, "--", "-nx", "-batch", "-ex", "call (int)fork()")
        self.assertRegex(out, r"\nlightsss: this copy stops here: fork .*; the process ends when it goes on\n")
        self.assertNotIn("where the run ended", out)
        self.assert_nothing_left_of(run)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_gdb_at_end(self):
        run = self.park("eval:45", "abort")
        out = self.gdb(run, "bt", before="0")
        self.assertIn("lightsss: where the run ended, at eval 45\n", out)
        self.assertRegex(out, r"#\d+ .* main ")

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_library_replaced(self):
        library = os.path.join(self.work, "liblightsss.so")
        shutil.copy(LIBRARY, library)
        run = self.park(LD_PRELOAD=library)
        said = "lightsss: the file of the library was replaced since the run"
        self.assertNotIn(said, self.gdb(run))
        os.remove(library)
        self.assertIn(said, self.gdb(run))

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_program_replaced(self):
        """What the process runs is debugged, whatever has its name now, or nothing."""
        program = os.path.join(self.work, "fake_simulator")
        shutil.copy(FAKE, program)
        run = self.park(program=program)
        os.remove(program)
        for _ in range(2):
            out = self.gdb(run, "bt", "lightsss back 10", "bt")
            self.assertEqual(len(re.findall(r"^#\d+ .* main ", out, re.MULTILINE)), 2, out)
            shutil.copy("/bin/true", program)

    @unittest.skipUnless(NAMESPACES, "namespaces of its own are refused here (unshare)")
    def test_other_namespace(self):
        """There another process may have the number that the copy has in its own."""
        process = subprocess.Popen(
            ["unshare", "-pf", "--kill-child", "--mount-proc", "sh", "-c", '"$@"; echo; read -r line', "sh", FAKE, "eval:45", "exit:3"],
            cwd=self.work,
            env=self.environment({"LD_PRELOAD": LIBRARY, "LIGHTSSS_WAVE": "off", **EVERY_TEN, **PARK}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.stdin.close)
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), b"\n")
        (name,) = os.listdir(os.path.join(self.work, "lightsss"))
        run = os.path.join(self.work, "lightsss", name)
        self.assertEqual(self.command("replay", run)[0], 0)
        found = self.command("gdb", run, "--exec", "echo")
        self.assertEqual(found, (1, "", f"lightsss: the kept snapshot of {run} is in another namespace of processes (a container): run lightsss gdb there\n"))

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_detached(self):
        """The copy ends though gdb goes on."""
        run = self.park()
        wait = "python import os, time; [time.sleep(0.02) for _ in range(3000) if os.path.exists(f'/proc/{pid}')]"
        out = self.gdb(run, "python pid = gdb.selected_inferior().pid", "detach", wait, "python print(os.path.exists(f'/proc/{pid}'))")
        self.assertIn("\nFalse\n", out)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_inside_the_hook(self):
        """A breakpoint there would break the jump at eval's entry."""
        run = self.park()
        there = "python gdb.Breakpoint(f'*{min(stand.entries) + 2:#x}')"
        out = self.gdb(run, there, "continue", "bt", "continue", "lightsss back 3", "continue")
        self.assertIn("lightsss: breakpoint 1 would lie inside the hook at eval's entry; it is set at the entry\n", out)
        self.assertEqual(len(re.findall(r"\bBreakpoint 2, ", out)), 3, out)
        self.assertIn("lightsss: at the entry of eval 40, 6 evals before the end\n", out)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_copy_killed(self):
        run = self.park()
        out = self.gdb(run, "python os.kill(gdb.selected_inferior().pid, signal.SIGKILL)", "continue", "lightsss back 1")
        self.assertIn("SIGKILL", out)
        self.assertIn("lightsss: at the entry of eval 44, 2 evals before the end\n", out)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_unnoticed(self):
        """gdb does not know yet that the copy was killed; nor can there be another one then."""
        run = self.park(LIGHTSSS_SLOTS="1", LIGHTSSS_INTERVAL="30evals")
        wait = "python import time; [time.sleep(0.02) for _ in range(3000) if not open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[0] in 'ZX']"
        kill = "python pid = gdb.selected_inferior().pid; os.kill(pid, signal.SIGKILL)"
        stop, go_on = (f"python os.kill({self.pid}, signal.{name})" for name in ("SIGSTOP", "SIGCONT"))
        remove = f"python shutil.rmtree('{run}')"
        commands = [kill, wait, "lightsss back 1", stop, "lightsss back 1", go_on, "lightsss back 1", f"python os.kill({self.pid}, signal.SIGKILL)", "lightsss back 1", remove, "lightsss at 41"]
        status, out, err = self.command("gdb", "--before", "5", run, "--", "-nx", "-batch", *(word for command in commands for word in ("-ex", command)))
        self.assertEqual(re.findall(r"at the entry of eval (\d+),", out), ["41", "40", "39"], (out, err))
        found = [line for line in err.splitlines() if "kept snapshot" in line]
        self.assertEqual(
            found,
            ["the kept snapshot does not answer", "the kept snapshot is gone: it was killed", "the kept snapshot is gone: its run directory was removed, or moved"],
            (out, err),
        )
        self.assertNotIn("Traceback", err)
        self.assertEqual(status, 1)
        self.await_that(is_gone, self.pid)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_copy_killed_as_gdb_takes_it(self):
        run = self.park()
        patch = "python keep = run_to_entry; run_to_entry = lambda: (os.kill(stand.pid, signal.SIGKILL), gdb.execute('continue'), gdb.selected_frame())"
        commands = [patch, "lightsss at 31", "python run_to_entry = keep", "lightsss at 32"]
        status, out, err = self.command("gdb", run, "--", "-nx", "-batch", *(word for command in commands for word in ("-ex", command)))
        self.assertEqual(status, 0, err)
        self.assertIn("\nthe copy died before it stood there\n", "\n" + err)
        self.assertIn("lightsss: at the entry of eval 32, 14 evals before the end\n", out)
        self.assert_nothing_left_of(run)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_gdb_killed(self):
        run = self.park()
        process = self.start(run, "--", "-nx", "-ex", "python import time; print('here', flush=True); time.sleep(100)")
        while process.stdout.readline() != "here\n":
            self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        self.assert_nothing_left_of(run)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_time_is_over(self):
        """The kept snapshot waits for who has a copy of it, and gives no other."""
        run = self.park(LIGHTSSS_PARK="1s")
        wait = f"python import time; [time.sleep(0.02) for _ in range(3000) if os.path.exists('{run}/kept.sock')]"
        status, out, err = self.command("gdb", run, "--", "-nx", "-batch", "-ex", wait, "-ex", "lightsss back 1", "-ex", "continue")
        self.assertEqual(status, 0, err)
        self.assertIn("the kept snapshot is gone: its time was over", err)
        self.assertIn("lightsss: this is where the run ended", out)
        self.await_that(is_gone, self.pid)

    @unittest.skipIf(GDB is None or not os.path.exists(LOADER), "needs gdb and the loader of glibc")
    def test_loader(self):
        """The process is the loader's: symbols are those of the program."""
        process = self.simulator("one", FAKE, "eval:45", "exit:3", program=LOADER, **EVERY_TEN, **PARK)
        process.communicate(timeout=PATIENCE_S)
        run = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.note(run)
        out = self.gdb(run, "lightsss back 1", "bt")
        self.assertEqual(len(re.findall(r"^#0 .*eval_step", out, re.MULTILINE)), 3, out)

    @unittest.skipIf(GDB is None, "gdb is not installed")
    def test_yama(self):
        """Where only parents may trace."""
        setting = "/proc/sys/kernel/yama/ptrace_scope"
        if not os.path.exists(setting):
            self.skipTest("this kernel has no Yama")
        with open(setting, encoding="utf-8") as file:
            if file.read().strip() != "1":
                self.skipTest("ptrace_scope is not 1")
        self.assertIn("lightsss: at the entry", self.gdb(self.park(), "bt"))


if __name__ == "__main__":
    unittest.main()
