# SPDX-License-Identifier: MIT
"""What figures measure with: where things are in the build directory, how often and how long to run, pairs of runs in turn."""

import concurrent.futures
import functools
import os
import sys

from .registry import Row
from .running import run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
MIB = 1 << 20


def say(text):
    """What is being done, for who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, build, pairs, seconds):
        self.build = build
        self.pairs = pairs
        self.seconds = seconds
        self.library = self.path("preload", "liblightsss.so")
        self.forks = self.path("tests", "bench", "libforks.so")
        self.fake = self.path("tests", "process", "fake_simulator")

    def path(self, *parts):
        return os.path.join(self.build, *parts)

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def per_second(self, work):
        """How much of this work (see workloads.py) a second of CPU time does, once the simulator is ready: a large memory
        is filled first."""
        probe = max(work.probe, 1)
        ready = run(work.command(1)).cpu
        while True:
            took = max(run(work.command(probe)).cpu - ready, 1e-3)
            if took > min(0.3, self.seconds) or probe > work.most / 4:
                return probe / took
            probe *= 4

    def count_for(self, work, seconds=None):
        """How much of it fills the seconds."""
        return max(1, min(int(self.per_second(work) * (seconds or self.seconds)), work.most))

    def command(self, work, seconds=None):
        return work.command(self.count_for(work, seconds))

    def in_turn(self, *ways, times=1):
        """Calls each way once in every round, the order reversed in every second one. The results of each way. `times`:
        so many rounds for each pair that was asked for, where runs are short."""
        results = [[] for _ in ways]
        rounds = self.pairs * times
        for turn in range(rounds):
            order = list(enumerate(ways))
            for index, way in reversed(order) if turn % 2 else order:
                say(f"    run {turn + 1} of {rounds}, way {index + 1} of {len(ways)}")
                results[index].append(way())
        return results

    def side_by_side(self, *ways):
        """All ways at once in every round, on one core that the scheduler shares out among them in milliseconds: whatever
        the machine does meanwhile, and however fast it is, meets all alike. CPU times can be compared, to a hundredth
        where runs in turn differ by a fifth; wall times cannot. Copies find no idle core. The results of each way."""
        core = {min(os.sched_getaffinity(0))}
        results = [[] for _ in ways]
        with concurrent.futures.ThreadPoolExecutor(len(ways), initializer=lambda: os.sched_setaffinity(0, core)) as pool:
            for turn in range(self.pairs):
                say(f"    round {turn + 1} of {self.pairs}, {len(ways)} ways at once")
                order = list(enumerate(ways))
                started = [(index, pool.submit(way)) for index, way in (reversed(order) if turn % 2 else order)]
                for index, one in started:
                    results[index].append(one.result())
        return results

    def pairs_of(self, command, variables=None, times=1):
        """Without the library and with it."""
        return self.in_turn(lambda: run(command), lambda: run(command, self.library, variables), times=times)

    def has_option(self, name):
        """Does this library know the variable?"""
        with open(os.path.join(ROOT, "preload", "options", "options.def"), encoding="utf-8") as file:
            return f'"{name}"' in file.read()


def divide(above, below):
    return [a / b for a, b in zip(above, below)]


def subtract(more, less, factor=1):
    return [(a - b) * factor for a, b in zip(more, less)]


def cpu(runs):
    return [one.cpu for one in runs]


def wall(runs):
    return [one.wall for one in runs]


def compare_cpu(what, without, with_it, **goal):
    yield Row(f"{what}: CPU time with / without", divide(cpu(with_it), cpu(without)), **goal)


def compare(what, without, with_it, **goal):
    """Both rows of a comparison; the goal is that of the CPU time."""
    yield from compare_cpu(what, without, with_it, **goal)
    yield Row(f"{what}: wall time with / without", divide(wall(with_it), wall(without)))
