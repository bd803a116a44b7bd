#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets a simulator fail in random ways at random cycles and checks what the library promises.

    campaign.py --preload LIB --simulator NAME=EXE [--kinds a,b] [--failures N] [--seed S] ...

NAME is a row of simulators.json, EXE the executable. Each failure is run three times, each in a
directory of its own: (a) without the library, (b) without it and with the simulator's own trace from
time 0, the oracle, and (c) with the library. (c) must end as (a) did, with the same output and files, and leave a
waveform that equals the oracle's tail, with a report that says so; a run that ends with status 0 must
leave nothing. `--preload none` does (a) and (b) only: it checks the row and the simulator.

One line per failing run and a count at the end. Exit status 0, 1, or 77: skipped, with the reason.
With LIGHTSSS_TEST_FULL in the environment --full N counts instead of --failures N.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time

import checks
import feed
import wave
from checks import Failed, check, end_words
from launch import Launch
from row import Row, Run

HERE = os.path.dirname(os.path.abspath(__file__))


class Case:
    """One drawn run: without the library (`plain`), traced from time 0 (`oracle`), and as often as wanted with it."""

    def __init__(self, run, row, top):
        self.run, self.row, self.top = run, row, top
        self.timeout_s = row.get("timeout", 60)
        self.stimulus = os.path.join(top, "stimulus")
        with open(self.stimulus, "wb") as file:
            file.write(feed.stimulus(run.model_seed))
        self.plain = self.launch("plain")
        self.expected = row.kinds[run.kind]["end"]
        end = end_words(self.plain.returncode)
        check(end == self.expected, f"ends with {end}, row says {self.expected}")
        self.oracle = self.plain
        if not row.get("unsupported") and not row.traces:
            self.oracle = self.launch("oracle", traced=True)
            traced_end = end_words(self.oracle.returncode)
            check(traced_end == row.get("traced", end), f"traced it ends with {traced_end}")

    def launch(self, name, environment=None, traced=False, meanwhile=None, patience_s=3):
        """meanwhile(launch): called when it is about to begin; the process is stopped."""
        peer = feed.Peer(self.stimulus) if self.row.get("peer") else None
        more = {"stimulus": self.stimulus, "port": peer.port if peer else 0}
        command = [self.row.executable] + self.row.arguments(self.run, traced, more)
        stdin = feed.Stdin(self.row.get("stdin"), self.stimulus)
        made = Launch(os.path.join(self.top, name), command, environment or {}, self.run.piped, stdin, bool(meanwhile))
        if meanwhile:
            meanwhile(made)
        made.wait(self.timeout_s, patience_s)
        if self.run.piped:
            made.keep_output()
        check(not made.timed_out, f"{name}: no end after {self.timeout_s} s")
        if peer:
            peer.close()
            made.seen_by_peer = peer.connections, peer.received
        return made

    def check_oracle(self):
        path = os.path.join(self.oracle.directory, self.row.get("wave"))
        try:
            wave.compare(path, path, "between")
        except (OSError, wave.Difference, wave.WaveError) as error:
            raise Failed(f"oracle: {error}") from None

    def fails(self, environment):
        """Is it a failure to the library?"""
        if self.expected != "status 0" or self.row.kinds[self.run.kind].get("fails"):
            return True
        return "finish" in environment.get("LIGHTSSS_ON", "")

    def check_preloaded(self, run, environment, name="preloaded"):
        """One run with the library, which differs from the plain one in nothing but its snapshots. Returns it."""
        row = self.row
        preloaded = self.launch(name, environment)
        if row.get("unsupported"):
            checks.check_gone(preloaded)
            checks.check_unchanged(self.plain, preloaded, row)
            checks.check_refused(preloaded, row.get("unsupported"))
            return preloaded
        checks.check_gone(preloaded, self.timeout_s if row.kinds[run.kind].get("late") else checks.LEFTOVER_GRACE_S)
        preloaded.read_files()
        oracle = preloaded if row.get("unlike") else self.oracle
        if row.get("unlike"):
            checks.check_alike(self.plain, preloaded)
        else:
            checks.check_unchanged(self.plain, preloaded, row)
        if not self.fails(environment):
            checks.check_nothing_left(preloaded, row)
        elif row.get("races"):
            checks.check_race(preloaded, row)
        else:
            checks.check_failure(run, row, self.plain, oracle, preloaded)
        return preloaded


def one_run(run, row, library, forced, top):
    """Raises Failed."""
    case = Case(run, row, top)
    if library:
        case.check_preloaded(run, run.environment(library, forced))
    else:
        case.check_oracle()


def drawn_kinds(kinds, count, seed):
    """Every kind once in random order, then again, so that none is left out by chance."""
    rng = random.Random(f"{seed}:kinds")
    deck = []
    while len(deck) < count:
        deck += rng.sample(kinds, len(kinds))
    return deck[:count]


def parser_of_arguments():
    parser = argparse.ArgumentParser(description="Random failures of a simulator under liblightsss.")
    parser.add_argument("--preload", required=True, metavar="LIB", help="liblightsss.so, or none")
    parser.add_argument("--simulator", required=True, metavar="NAME=EXE")
    parser.add_argument("--table", default=os.path.join(HERE, "simulators.json"), help="file with the rows")
    parser.add_argument("--kinds", help="comma-separated; all of the row if not given")
    parser.add_argument("--failures", type=int, default=12, metavar="N")
    parser.add_argument("--full", type=int, metavar="N", help="failures where LIGHTSSS_TEST_FULL is set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", type=int, metavar="I", help="only the run of this number")
    parser.add_argument("--threads", action="store_true", help="the model was built for several threads")
    parser.add_argument("--env", action="append", default=[], metavar="K=V", help="for the runs with the library")
    parser.add_argument("--value", action="append", default=[], metavar="K=V", help="for {K} in the row's arguments")
    parser.add_argument("--keep", action="store_true", help="keep the directories of failing runs")
    return parser


def parse_arguments():
    args = parser_of_arguments().parse_args()
    if args.full and os.environ.get("LIGHTSSS_TEST_FULL"):
        args.failures = args.full
    return args


def skip(reason):
    print(f"campaign: skipped: {reason}")
    sys.exit(77)


def row_of(args):
    """The row that the arguments name."""
    name, _, executable = args.simulator.partition("=")
    with open(args.table, encoding="utf-8") as file:
        values = dict(pair.split("=", 1) for pair in args.value)
        return Row(json.load(file), name, executable, args.threads, values=values)


def prepare(args):
    """(row, library or None, kinds)"""
    name, _, executable = args.simulator.partition("=")
    library = None if args.preload == "none" else os.path.abspath(args.preload)
    if library and not os.path.exists(library):
        skip(f"there is no {library}")
    if not os.access(executable, os.X_OK):
        skip(f"there is no simulator {executable}")
    row = row_of(args)
    if "inputs" in row.row and not row.inputs:
        skip(f"no {row.row['inputs']} beside {executable}")
    kinds = args.kinds.split(",") if args.kinds else sorted(row.kinds)
    unknown = [kind for kind in kinds if kind not in row.kinds]
    if unknown:
        raise SystemExit(f"campaign: {name} has no kinds {unknown}")
    return row, library, kinds


def run_somewhere(run, row, library, forced, keep):
    """One run in a directory that goes when it is good. Raises Failed."""
    top = tempfile.mkdtemp(prefix="campaign-")
    good = False
    try:
        one_run(run, row, library, forced, top)
        good = True
    except Failed as error:
        raise Failed(f"{error} [{top}]" if keep else str(error)) from None
    finally:
        if good or not keep:
            shutil.rmtree(top, ignore_errors=True)


def reported_run(run, row, library, forced, keep):
    """Says what failed. Returns whether the run was good."""
    try:
        run_somewhere(run, row, library, forced, keep)
    except Failed as error:
        print(f"FAIL {row.name} {run.words()}: {error}", flush=True)
        return False
    return True


def main():
    args = parse_arguments()
    row, library, kinds = prepare(args)
    forced = {**row.get("env", {}), **dict(pair.split("=", 1) for pair in args.env)}
    failed = done = 0
    begin = time.monotonic()
    for number, kind in enumerate(drawn_kinds(kinds, args.failures, args.seed)):
        if args.run is not None and number != args.run:
            continue
        run = Run(row, kind, args.seed, number)
        done += 1
        if not reported_run(run, row, library, forced, args.keep):
            failed += 1
    took_s = time.monotonic() - begin
    print(f"{row.name}: {done - failed} of {done} runs good, seed {args.seed}, {took_s:.0f} s")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
