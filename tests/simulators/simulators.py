# SPDX-License-Identifier: MIT
"""Which simulators a build directory has for campaigns: Meson's tests campaign-* name them, and the matrix builds more."""

import json
import os

import campaign

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


def find_tested(build):
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tests = json.load(file)
    for test in tests:
        arguments = arguments_of(test)
        if not test["name"].startswith("campaign-") or not arguments:
            continue
        args = campaign.parser_of_arguments().parse_args(arguments)
        row = campaign.row_of(args)
        ready = os.access(row.executable, os.X_OK) and ("inputs" not in row.row or row.inputs)
        if any(key == "library" and not os.path.exists(os.path.join(os.path.dirname(row.executable), value))
               for key, value in row.values.items()):
            ready = False
        if not ready:
            print(f"not built: {test['name']}")
            continue
        yield Simulator(test["name"][len("campaign-") :], row, args.threads)


def find_simulators(build, full):
    return list(find_tested(build))
