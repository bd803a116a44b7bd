# SPDX-License-Identifier: MIT
"""The command line of scripts/bench, and the order of things."""

import argparse
import importlib
import os
import pkgutil
import shlex
import signal
import subprocess
import sys

from . import figures
from .bench import ROOT, Bench, say
from .output import Output
from .registry import FIGURES, Skip, select

ABOUT = """Measures what the library costs, as ratios within one run: every figure comes from runs that follow each other
in turn. Prints a table, and leaves bench.md, bench.json and charts (SVG) in BUILD/bench. Builds what it needs. Quote
figures with the command; use a quiet machine."""


def load_figures():
    """Each file of the folder enters its figures into the registry."""
    for module in pkgutil.iter_modules(figures.__path__):
        importlib.import_module(f"{figures.__name__}.{module.name}")


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=ABOUT)
    parser.add_argument("-C", dest="build", default=os.path.join(ROOT, "build"), help="build directory")
    parser.add_argument("--pairs", type=int, default=5, help="how often each way is run (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="about how long a run is (%(default)s)")
    parser.add_argument("--memory", type=int, help="leave out what takes more MiB (half of what is available)")
    parser.add_argument("--full", action="store_true", help="long figures too")
    parser.add_argument("--add", action="store_true", help="keep what earlier runs have left in BUILD/bench beside it")
    parser.add_argument("--list", action="store_true", help="names of figures and what they measure")
    parser.add_argument("figure", nargs="*", help="names, or what names begin with; all but the long ones")
    return parser.parse_args()


def available_mib():
    with open("/proc/meminfo", encoding="ascii") as file:
        facts = dict(line.split(":") for line in file)
    return int(facts["MemAvailable"].split()[0]) // 1024


def build(directory, chosen):
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        subprocess.run(["meson", "setup", directory, ROOT], check=True)
    targets = {"lightsss:shared_library", "lightsss-hooks"}.union(*(one.needs for one in chosen))
    say("builds what it needs")
    done = subprocess.run(["meson", "compile", "-C", directory, *sorted(targets)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-2000:]}bench: {directory} has not all that is needed: it wants the tests (scripts/setup bench; not -Dtests=false); -C names another directory")


def measure(figure, bench, output, limit_mib):
    say(f"{figure.name}: {figure.what}")
    output.begin(figure)
    try:
        if figure.mib > limit_mib:
            raise Skip(f"takes {figure.mib} MiB of memory, {limit_mib} are to be had")
        for result in figure.measure(bench):
            output.take(result)
    except Skip as why:
        output.skip(str(why))
    output.write()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    load_figures()
    options = parse()
    if options.list:
        for one in FIGURES.values():
            print(f"{one.name:<20} {one.what}{' (long)' if one.is_long else ''}")
        return 0
    chosen = select(options.figure, options.full)
    directory = os.path.abspath(options.build)
    build(directory, chosen)
    bench = Bench(directory, options.pairs, options.seconds)
    command = shlex.join(["scripts/bench", *sys.argv[1:]])
    output = Output(os.path.join(directory, "bench"), command, options.add)
    limit_mib = options.memory or available_mib() // 2
    for one in chosen:
        measure(one, bench, output, limit_mib)
    missing, drawn = output.finish()
    for text in [missing] if missing else [f"chart: {path}" for path in drawn]:
        say(text)
    return 0
