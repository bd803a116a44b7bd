#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The differential campaign: every simulator of the tests, with and without the library, under every choice of snapshots.

    differential.py --build BUILD_DIR [--full [--built]] [--seconds S] [--part P] [--rows PATTERN] [--only TASKS] [--seed N] [--jobs N] [--log FILE] [--keep]

The simulators are those of the tests campaign-* of BUILD_DIR; which are not built is said. --full builds those of others and of the
matrix too, unless --built is given. A short, the default and an absurdly short interval, each with 1, 2 and 16 slots, make nine ways
to take snapshots; a third of the runs keep a ladder of older ones beside them (LIGHTSSS_AGES). Tasks:
  ends      runs that end well in those ways: nothing changes and nothing is left. One is a failure (LIGHTSSS_ON=finish), and each way
            is also run once or more where a signal ends it from outside at a random time (kills.py)
  failures  a random failure in three of the ways, so that three of them have all nine
Each run is compared with one without the library, each waveform with the oracle (checks.py).

Without --full it ends after --seconds. The results of a whole campaign are kept in --log (BUILD_DIR/differential.jsonl), one task a
line, and one that is started again goes on there, unless the library is another one. Exit status 0, 1, or 77: nothing is built.
"""

import argparse
import collections
import concurrent.futures
import ctypes
import fnmatch
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import campaign
import kills
from checks import Failed
from row import WINDOWS, Run
from simulators import find_simulators

SHORT = ("37evals", "1000evals", "5ms")
DEFAULT = ("auto",)
ABSURD = ("1ms",)
ABSURD_IF_BRIEF = ("1evals", "3evals")
SLOTS = ("1", "2", "16")
AGES = "50evals,700evals,20ms,first"
WAYS = list(itertools.product(("short", "default", "absurd"), SLOTS))
KILL_TO = 1.02  # of the time that the run takes
LOOKS = 2  # at a run's snapshots, and after the last one a signal
PR_SET_PDEATHSIG = 1
TASKS_FULL = {"ends": 4, "failures": 27}
TASKS_SHORT = {"ends": 2, "failures": 2}


def drawn_run(run, way, brief, rng):
    """The run with snapshots in one of the nine ways."""
    absurd = ABSURD_IF_BRIEF if brief and run.length else ABSURD
    interval = rng.choice({"short": SHORT, "default": DEFAULT, "absurd": absurd}[way[0]])
    return run.at(interval, way[1], rng.choice(WINDOWS))


class Task:
    """Some runs of one simulator that have a plain run and an oracle in common."""

    def __init__(self, simulator, what, number, args):
        self.simulator, self.what, self.number, self.args = simulator, what, number, args
        self.key = f"{simulator.name} {what} {number} seed {args.seed}"
        self.rng = random.Random(self.key)
        self.brief = number % 2 == 0
        self.counts = collections.Counter()
        self.errors = []

    def count(self, *names):
        self.counts.update(names)

    def ways(self):
        """In the short form one or two, other ones for each simulator; three of a random failure."""
        shuffled = self.rng.sample(WAYS, len(WAYS))
        if self.what == "failures":
            return [WAYS[i + (self.number + i) % 3] for i in (0, 3, 6)] if self.args.full else shuffled[:1]
        return shuffled if self.args.full else shuffled[:2]

    def kind(self):
        kinds = self.simulator.row.kinds
        clean = [kind for kind in kinds if kinds[kind]["end"] == "status 0" and not kinds[kind].get("fails")]
        if self.what == "ends":
            return self.simulator.row.get("victim") or clean[self.number % len(clean)]
        others = [kind for kind in sorted(kinds) if kind not in clean]
        if self.simulator.only:
            others = [kind for kind in others if kind in self.simulator.only]
        return campaign.drawn_kinds(others, self.number + 1, f"{self.simulator.name}{self.args.seed}")[self.number]

    def run(self):
        """Returns the task's line of the log."""
        begin = time.monotonic()
        top = tempfile.mkdtemp(prefix="differential-")
        run = Run(self.simulator.row, self.kind(), self.key, self.number, self.brief)
        try:
            self.run_in(run, top)
        except Failed as error:
            self.errors.append(f"{run.words()}: {error}")
        if not (self.errors and self.args.keep):
            shutil.rmtree(top, ignore_errors=True)
        took_s = round(time.monotonic() - begin, 1)
        return {"task": self.key, "counts": self.counts, "errors": self.errors, "seconds": took_s}

    def run_in(self, run, top):
        case = campaign.Case(run, self.simulator.row, top)
        ways = self.ways()
        for i, way in enumerate(ways):
            drawn = drawn_run(run, way, self.brief, self.rng)
            ladder = {"LIGHTSSS_AGES": AGES} if (self.number + i) % 3 == 0 else {}
            ran_s = self.one(case, drawn, ladder)
            if self.what == "ends" and i == 0 and "victim" not in case.row.row:
                self.one(case, drawn, {"LIGHTSSS_ON": "exit,abort,signal,kill,finish"})
            if self.what == "ends":
                for _ in range(2 if self.args.full else 1):
                    self.kill(case, drawn.at(drawn.interval, drawn.slots, self.rng.choice(WINDOWS)), ran_s, ladder)

    def one(self, case, run, more):
        """Returns how long it ran on a processor."""
        environment = run.environment(self.args.library, {**self.simulator.row.get("env", {}), **more})
        fails = case.fails(environment) and not case.row.get("unsupported")
        try:
            made = case.check_preloaded(run, environment, "preloaded")
            self.count("runs", "identical", *(["failures", "reproduced"] if fails else []))
            return made.cpu_s
        except Failed as error:
            self.count("runs", "differing", *(["failures"] if fails else []))
            self.wrong(case, "preloaded", f"{run.words()} {more or ''}: {error}")
            return 0.05
        finally:
            shutil.rmtree(os.path.join(case.top, "preloaded"), ignore_errors=True)

    def kill(self, case, run, ran_s, more):
        more = {**self.simulator.row.get("env", {}), **more, "LIGHTSSS_LOG": "debug"}
        environment = run.environment(self.args.library, more)
        handled = case.row.get("handles", [])
        own = -case.plain.returncode  # that one would not be known from a kill
        number = self.rng.choice([number for number in kills.SIGNALS if number.name not in handled and number != own])
        moments_s = [self.rng.uniform(0, KILL_TO * ran_s) for _ in range(LOOKS)]
        sudden = number == signal.SIGKILL and self.rng.random() < 0.5
        if case.row.get("unstopped"):
            number, moments_s, sudden = signal.SIGKILL, moments_s[:1], True
        killer = kills.Killer(number, moments_s, ran_s, sudden)
        try:
            result = kills.check_killed(case, run, environment, killer, "killed")[0]
            self.count("kills", f"kills {result}", f"by {number.name}", *(["sudden"] if sudden else []))
        except Failed as error:
            self.count("kills", "kills wrong", f"by {number.name}")
            self.wrong(case, "killed", f"{killer.words()} in {run.words()}: {error}")
        finally:
            shutil.rmtree(os.path.join(case.top, "killed"), ignore_errors=True)

    def wrong(self, case, name, words):
        self.errors.append(words)
        if self.args.keep:
            os.rename(os.path.join(case.top, name), os.path.join(case.top, f"{name}-wrong-{len(self.errors)}"))
            self.errors[-1] += f" [{case.top}]"


# --- all of them ---


def spread(simulators):
    """The first one of each kind, then the second ones: the short form meets all kinds. rounds-worker is one of rounds."""
    met = collections.Counter()
    places = []
    for simulator in simulators:
        kind = simulator.name.partition("-")[0]
        met[kind] += 1
        places.append((met[kind], len(places), simulator))
    return [simulator for _, _, simulator in sorted(places, key=lambda place: place[:2])]


def tasks_of(simulators, args):
    """Every simulator comes to its turn before any has its second one."""
    rounds = []
    for what, count in (TASKS_FULL if args.full else TASKS_SHORT).items():
        if args.only not in (None, what):
            continue
        rounds += [(number / count, what, number) for number in range(count) if number / count < args.part]
    for _, what, number in sorted(rounds):
        for simulator in spread(simulators):
            yield Task(simulator, what, number, args)


class Log:
    """What is done already: a line for each task, behind one that tells the library."""

    def __init__(self, path, args):
        self.path = path
        self.done = {}
        digest = hashlib.sha256()
        with open(args.library, "rb") as file:
            digest.update(file.read())
        head = {"library": digest.hexdigest(), "full": args.full}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file if line.endswith("\n")]
            if lines and lines[0] == head:
                self.done = {line["task"]: line for line in lines[1:]}
                return
        self.write(head, "w")

    def write(self, line, mode="a"):
        if self.path:
            with open(self.path, mode, encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def add(self, line):
        self.done[line["task"]] = line
        self.write(line)
        for error in line["errors"]:
            print(f"FAIL {line['task']}: {error}", flush=True)


def end_with(parent):
    """A worker waits for tasks for ever where nobody is left to give it one."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def work(tasks, log, jobs, deadline):
    """Runs what is not done yet. Returns how many were left when the time was over."""
    waiting = collections.deque(task for task in tasks if task.key not in log.done)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(jobs, context, end_with, (os.getpid(),)) as pool:
        running = set()
        while running or (waiting and time.monotonic() < deadline):
            while waiting and len(running) < jobs and time.monotonic() < deadline:
                running.add(pool.submit(waiting.popleft().run))
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                log.add(future.result())
    return len(waiting)


def summary(lines, simulators, left):
    """Returns whether all is well."""
    counts = collections.Counter()
    for line in lines:
        counts.update(line["counts"])
    wrong = sum(1 for line in lines if line["errors"])
    signals = ", ".join(f"{name[3:]} {counts[name]}" for name in sorted(counts) if name.startswith("by "))
    print(f"differential: {len(simulators)} simulators, {len(lines)} tasks done, {left} not begun, {wrong} with a difference")
    print(f"runs: {counts['runs']} with the library: {counts['identical']} identical, {counts['differing']} differing")
    print(f"failures: {counts['failures']}: {counts['reproduced']} reproduced, with waveforms equal to the oracle's")
    print(
        f"kills: {counts['kills']} at random times: {counts['kills replayed']} replayed, with waveforms equal to the oracle's; "
        f"{counts['kills uncompared']} replayed, with nothing to compare with; {counts['kills early']} before the first snapshot; "
        f"{counts['kills late']} after the end; {counts['kills wrong']} wrong"
    )
    print(f"signals: {signals}; {counts['sudden']} sudden")
    return wrong == 0 and counts["runs"] > 0


def parse_arguments():
    parser = argparse.ArgumentParser(description="Simulators with and without liblightsss.")
    parser.add_argument("--build", required=True, metavar="DIR", help="build directory")
    parser.add_argument("--full", action="store_true", help="all of it (hours); also where LIGHTSSS_TEST_FULL is set")
    parser.add_argument("--seconds", type=float, default=70, metavar="S", help="how long the short form takes")
    parser.add_argument("--part", type=float, default=1, metavar="P", help="only so much of it: 0.25 is a quarter")
    parser.add_argument("--built", action="store_true", help="only simulators that are there: build none")
    parser.add_argument("--rows", default="*", metavar="PATTERN", help="only these simulators")
    parser.add_argument("--only", choices=tuple(TASKS_FULL), help="only these tasks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="at the same time")
    parser.add_argument("--log", metavar="FILE", help="where the results of the full form are kept")
    parser.add_argument("--keep", action="store_true", help="keep the directories of runs that went wrong")
    args = parser.parse_args()
    args.full = args.full or bool(os.environ.get("LIGHTSSS_TEST_FULL"))
    args.build = os.path.abspath(args.build)
    args.library = os.path.join(args.build, "preload", "liblightsss.so")
    if args.full and not args.log:
        args.log = os.path.join(args.build, "differential.jsonl")
    return args


def main():
    args = parse_arguments()
    found = find_simulators(args.build, args.library, args.full and not args.built)
    simulators = [simulator for simulator in found if fnmatch.fnmatch(simulator.name, args.rows)]
    if not simulators or not os.path.exists(args.library):
        print("differential: skipped: no simulator or no library is built")
        return 77
    log = Log(args.log, args)
    begin = time.monotonic()
    parts = [[simulator for simulator in simulators if simulator.alone == alone] for alone in (True, False)]
    left = 0
    keys = set()
    for part, jobs, share in zip(parts, (1, args.jobs), (0.2, 1)):
        tasks = list(tasks_of(part, args))
        keys.update(task.key for task in tasks)
        deadline = float("inf") if args.full else begin + args.seconds * share
        left += work(tasks, log, jobs, deadline)
    good = summary([line for key, line in log.done.items() if key in keys], simulators, left)
    print(f"seed {args.seed}, {time.monotonic() - begin:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
