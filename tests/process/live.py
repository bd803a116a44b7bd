# SPDX-License-Identifier: MIT
"""Fake simulators with the library that tests of `lightsss list` and `lightsss clean` start beside the command."""

import collections
import json
import os
import re
import signal
import subprocess
import time

from command import COMMAND, FAKE, LIBRARY, CommandCase, as_from_a_terminal

PATIENCE_S = 60
FOREIGN_RELEASE = "9.9"
# Of the test that makes such a run, which may be at work beside this one.
FOREIGN = rf"lightsss: process \d+ runs with lightsss {FOREIGN_RELEASE}, .*\n"
EVERY_TEN = {"LIGHTSSS_WAVE": "off", "LIGHTSSS_INTERVAL": "10evals", "LIGHTSSS_SLOTS": "3"}
TO_THREE = ("eval:45", "touch:ready", "await:go")


class SimulatorCase(CommandCase):
    def simulator(self, name, *steps, user=None, program=FAKE, **variables):
        """Starts it in a directory of that name."""
        directory = os.path.join(self.work, name)
        os.makedirs(directory, exist_ok=True)
        if user is not None:
            os.chown(directory, user, user)
        process = subprocess.Popen(
            [program, *steps],
            cwd=directory,
            env=self.environment({"LD_PRELOAD": LIBRARY, "LIGHTSSS_WAVE": "off", **variables}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            preexec_fn=as_from_a_terminal,
        )
        self.addCleanup(self.end, process)
        process.directory = directory
        return process

    def end(self, process):
        """With its snapshots, which would replay a run that was killed. It makes no new one meanwhile."""
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        for pid in self.descendants(process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def descendants(self, pid):
        below, found = collections.defaultdict(list), []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    below[int(file.read().rpartition(")")[2].split()[1])].append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        todo = [pid]
        while todo:
            children = below[todo.pop()]
            todo += children
            found += children
        return found

    def await_that(self, what, *arguments):
        """Until it is true; returns it."""
        end = time.monotonic() + PATIENCE_S
        while not (result := what(*arguments)):
            self.assertLess(time.monotonic(), end, f"{what} never came true")
            time.sleep(0.02)
        return result

    def await_file(self, process, name="ready"):
        self.await_that(os.path.exists, os.path.join(process.directory, name))

    def go(self, process):
        """Lets it go on behind await:go, to its end; returns what it said."""
        open(os.path.join(process.directory, "go"), "w", encoding="utf-8").close()
        return process.communicate(timeout=PATIENCE_S)[1]

    def failed(self, name, *steps, **variables):
        """Runs one that fails; returns its run directory."""
        process = self.simulator(name, *(steps or ("eval:25", "exit:3")), **{**EVERY_TEN, **variables})
        said = process.communicate(timeout=PATIENCE_S)[1]
        directory = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.assertTrue(os.path.isdir(directory), said)
        return directory

    def command(self, *words, input=None, foreign=False, **options):
        """The command as it is: status, stdout, stderr."""
        variables = options.pop("variables", {})
        run = subprocess.run(
            [COMMAND, *words],
            cwd=options.pop("cwd", self.work),
            env=self.environment(variables),
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            **options,
        )
        return run.returncode, run.stdout, run.stderr if foreign else re.sub(FOREIGN, "", run.stderr)

    def runs(self, **options):
        """pid -> what `lightsss list --json` says of that run."""
        status, out, err = self.command("list", "--json", **options)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.count("\n"), 1)
        document = json.loads(out)
        self.assertEqual(document["version"], 1)
        return {run["pid"]: run for run in document["runs"]}
