# SPDX-License-Identifier: MIT
"""Which simulators a build directory has for campaigns: Meson's tests campaign-* name them, and the matrix builds more."""

import argparse
import json
import os
import subprocess

import campaign
import matrix

HERE = os.path.dirname(os.path.abspath(__file__))


class Simulator:
    """One row with its executable. alone: it needs all processors; only: the kinds that it may fail in, or None."""

    def __init__(self, name, row, alone, only=None):
        self.name, self.row, self.alone, self.only = name, row, alone, only


def arguments_of(test):
    """The campaign that a test runs, as campaign.py's arguments; None: it is no campaign."""
    command = test["cmd"]
    scripts = {os.path.basename(word): i for i, word in enumerate(command[:2])}
    if "campaign.py" in scripts:
        return command[scripts["campaign.py"] + 1 :]
    if "real" in scripts:  # BUILD_DIR NAME FOLDER PRELOAD FAILURES FULL [BUILD OPTION...]
        build, name, folder, preload = command[1:5]
        threads = "--threads" in command and command[command.index("--threads") + 1] != "1"
        table = os.path.join(HERE, folder, "simulator.json")
        arguments = ["--preload", preload, "--simulator", f"{folder}={build}/real/{name}/emu", "--table", table]
        return arguments + (["--threads"] if threads else [])
    return None


def is_ready(row):
    beside = os.path.dirname(row.executable)
    library = row.values.get("library", row.executable)
    ready = os.access(row.executable, os.X_OK) and os.path.exists(os.path.join(beside, library))
    return ready and ("inputs" not in row.row or bool(row.inputs))


def build_real(test):
    """Simulators of others are built by the test's own script."""
    build, name, folder, _, _, full, *options = test["cmd"][1:]
    command = [test["cmd"][0], build, name, folder, "none", full, full, *options]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=False)


def find_tested(build, may_build):
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tests = json.load(file)
    for test in tests:
        arguments = arguments_of(test)
        if not test["name"].startswith("campaign-") or not arguments:
            continue
        args = campaign.parser_of_arguments().parse_args(arguments)
        row = campaign.row_of(args)
        if not is_ready(row) and may_build and os.path.basename(test["cmd"][0]) == "real":
            build_real(test)
            row = campaign.row_of(args)
        if is_ready(row):
            yield Simulator(test["name"][len("campaign-") :], row, args.threads)
        else:
            print(f"not built: {row.executable} for {test['name']}")


class Collector(matrix.Runner):
    """Builds the cells of the matrix as its tests do, and takes the rows down instead of running them."""

    def __init__(self, args, name, release, verilator):
        super().__init__(args, name, release, verilator)
        self.found = []

    def fail_as(self, name, build, row_name, changes, many, only):
        row, kinds = self.row_as(name, build, row_name, changes, many, only)
        words = f"{self.release}-{name}" + ("" if changes or row_name == many["row"] else f"-{row_name}")
        self.found.append(Simulator(words, row, bool(many["options"]), kinds))


def find_in_matrix(build, library):
    """Those of every release that can be had here, and every kind of build."""
    args = argparse.Namespace(build=build, preload=library, cell=None, failures=None, keep=False)
    table = matrix.read_json(HERE, "matrix.json")
    suites = [(release["suite"], False) for release in table["releases"] if "suite" in release]
    suites += [(suite, True) for suite in sorted({row.get("suite", "machine") for row in table["builds"]})]
    for suite, is_builds in suites:
        try:
            release, verilator = matrix.find_release(build, suite)
        except SystemExit:  # it said why
            continue
        collector = Collector(args, f"builds-{suite}" if is_builds else suite, release, verilator)
        if is_builds:
            collector.run_builds(suite)
        else:
            collector.run_cells()
        yield from collector.found


def find_simulators(build, library, may_build):
    """may_build: simulators of others and the matrix too, and what of them is not there is built. Names are unique."""
    found = list(find_tested(build, may_build))
    if may_build:
        found += find_in_matrix(build, library)
    return list({simulator.name: simulator for simulator in found}.values())
