#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Snapshots and replays of a real model are killed and stopped at random (SIGKILL, SIGSTOP, SIGCONT) as long as they live:
storm.py --preload LIB --simulator NAME=EXE [--failures N]. The original's result stays that of a run without the library,
what reproduced has the right waveform, what is lost is said, and nothing is left."""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import campaign
import checks
from checks import Failed, check
from moment import await_stop
from row import Run

SIGNALS = [signal.SIGKILL, signal.SIGSTOP, signal.SIGSTOP, signal.SIGCONT]
KINDS = "none return exit_thread abort segv kill".split()
SIGNALS_AT_MOST = 150
PAUSE_S = 0.003
PATIENCE_S = 60  # for a replay after the original's end, on a busy machine


class Storm:
    """Blows from the start of a run until its end, or until so many signals are sent."""

    def __init__(self, rng):
        self.rng = rng
        self.sent = []

    def __call__(self, launch):
        await_stop(launch.pid)  # before its beginning
        os.kill(launch.pid, signal.SIGCONT)
        while len(self.sent) < SIGNALS_AT_MOST and not launch.ends_within(self.rng.uniform(0, PAUSE_S)):
            self.strike(launch.copies())
        if launch.ends_within(0):
            self.strike_orphans(launch)

    def strike(self, pids):
        if pids:
            number = self.rng.choice(SIGNALS)
            try:
                os.kill(int(self.rng.choice(pids)), number)
                self.sent.append(number)
            except ProcessLookupError:
                pass

    def strike_orphans(self, launch):
        """Of an original that was killed. Nobody is left who could let go on what is stopped but who stopped it."""
        while len(self.sent) < SIGNALS_AT_MOST and (pids := launch.survivors()):
            self.strike(pids)
            time.sleep(self.rng.uniform(0, PAUSE_S))
        for pid in launch.survivors():
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def words(self):
        return ", ".join(f"{self.sent.count(number)} {number.name}" for number in sorted(set(self.sent)))


def report_of(launch, row):
    """None where there is none."""
    path = os.path.join(launch.directory, "lightsss", f"{os.path.basename(row.executable)}.{launch.pid}", "report.json")
    if not os.path.exists(path):
        return None
    try:
        return json.loads(checks.read(path))
    except ValueError as error:
        raise Failed(f"report.json: {error}") from None


def check_loss(launch, run, row, oracle, plain):
    """Returns the verdict. What is reproduced is whole; all else is said, unless nobody was left to say it."""
    report = report_of(launch, row)
    lines = checks.split_stderr(launch.stderr)[1]
    late = row.kinds[run.kind].get("late")
    if report is None:
        check(late or any("no waveform" in line for line in lines), f"no report, and not said why: {lines}")
        return "nothing"
    verdict = report["replay"]["verdict"]
    checks.check_end(report, run, row, plain)
    if verdict == "reproduced":
        checks.check_evals(report, run, row)
        directory = checks.run_directory(launch, row)
        checks.check_wave(report, directory, run, row, oracle)
        return verdict
    check(report["replay"].get("why"), f"verdict {verdict} without a reason")
    check(late or any(verdict in line or "no waveform" in line for line in lines), f"{verdict}, and it is not said: {lines}")
    return verdict


def one_run(run, row, library, forced, top, seed):
    """Returns the verdict, and the storm. Raises Failed."""
    case = campaign.Case(run, row, top)
    storm = Storm(random.Random(f"{seed}:{run.number}:storm"))
    environment = run.environment(library, forced)
    launch = case.launch("stormy", environment, meanwhile=storm)
    try:
        checks.check_gone(launch, PATIENCE_S)
        launch.read_files()
        checks.check_unchanged(case.plain, launch, row)
        if not case.fails(environment):
            checks.check_nothing_left(launch, row)
            return "no failure", storm
        return check_loss(launch, run, row, case.oracle, case.plain), storm
    except Failed as error:
        lines = checks.split_stderr(launch.stderr)[1]
        raise Failed(f"{error}; after {storm.words()}; said {lines}") from None


def main():
    args = campaign.parse_arguments()
    row, library, _ = campaign.prepare(args)
    forced = dict(pair.split("=", 1) for pair in args.env)
    failed, struck, verdicts = 0, 0, {}
    for number in range(args.failures):
        if args.run is not None and number != args.run:
            continue
        run = Run(row, KINDS[number % len(KINDS)], args.seed, number)
        run.cycle = max(run.cycle, row.get("cycles")[1] // 2)  # so that there are snapshots
        try:
            top = tempfile.mkdtemp(prefix="storm-")
            verdict, storm = one_run(run, row, library, forced, top, args.seed)
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            struck += len(storm.sent)
            shutil.rmtree(top, ignore_errors=True)
        except Failed as error:
            failed += 1
            print(f"FAIL {row.name} {run.words()}: {error} [{top}]", flush=True)
            if not args.keep:
                shutil.rmtree(top, ignore_errors=True)
    print(f"{row.name}: {failed} bad, {struck} signals; " + ", ".join(f"{v} {k}" for k, v in sorted(verdicts.items())))
    return 1 if failed or not struck else 0


if __name__ == "__main__":
    sys.exit(main())
