#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries releases of Verilator and kinds of builds: every cell of matrix.json is built and fails some times.

    matrix.py --build BUILD_DIR --preload LIB --suite SUITE [--cell PATTERN] [--failures N]
    matrix.py --build BUILD_DIR --preload LIB --builds SUITE [--cell PATTERN] [--failures N]
    matrix.py --build BUILD_DIR --preload LIB (--suite SUITE | --builds SUITE) --only-build
    matrix.py --build BUILD_DIR --page [releases.md]

--suite runs the cells of the release that `releases` gets from this Debian suite ("machine": the one that is
installed), --builds the kinds of builds with it. A cell is FORMAT-WAY-THREADS (vcd-held-2) or the name of a build; PATTERN
is a shell's. Each failure is checked as campaign.py does it. The result goes to BUILD_DIR/matrix/; --page makes the tables of
scripts/man/releases.md
of it. Exit status 0, 1, or 77: skipped, with the reason. With LIGHTSSS_TEST_FULL in the environment 20 failures per cell.
"""

import argparse
import fnmatch
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zlib

import campaign

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "scripts", "man", "releases.md")
FULL_FAILURES = 20
MCU_SOURCES = "mcu_pkg.sv alu.sv regfile.sv memory.sv lane.sv scrambler.sv mcu.sv main.cpp ends.cpp"


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def read_text(path):
    """None: it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def available(variable):
    """Is it an option of this version?"""
    with open(os.path.join(ROOT, "preload", "options", "options.def"), encoding="utf-8") as file:
        return re.search(rf'"{variable}", \w+, "[^"]*",', file.read()) is not None


def cells_of(table):
    """Every (format, way, threads)."""
    return list(itertools.product(table["formats"], table["ways"], table["threads"]))


def why_not(table, release, cell):
    """The reason for which a cell of a release is not run: (result, why), or None."""
    keys = dict(zip(("format", "way", "threads"), cell), release=release)
    for rule in table["cannot"]:
        if all(keys[key] == value for key, value in rule.items() if key != "why"):
            return "cannot", rule["why"]
    needed = table["ways"][cell[1]].get("needs")
    if needed and not available(needed):
        return "skipped", f"{needed} is not acted on yet"
    return None


class Build:
    """What to build and how to run it."""

    def __init__(self, name, options, optimise="-O1"):
        self.name = re.sub(r"[^\w.+-]+", "_", name).strip("_")
        self.options = options
        # Verilator's makefile puts its own -Os behind the flags of -CFLAGS.
        self.make_variables = " ".join(f"{name}={optimise}" for name in ("OPT_FAST", "OPT_SLOW", "OPT_GLOBAL"))
        self.cflags = "-g0"
        self.builder = "verilate"
        self.pretend = None
        self.sources = [os.path.join(HERE, "mcu", name) for name in MCU_SOURCES.split()]

    def make(self, directory, verilator):
        """Returns the executable, or raises Failed with the first error. One that was made in the same way is taken."""
        output = os.path.join(directory, self.name)
        os.makedirs(directory, exist_ok=True)
        made, key = f"{output}.made", self.key(verilator)
        executable = f"{output}-{self.pretend}" if self.pretend else output
        if os.path.exists(executable) and read_text(made) == key:
            return executable
        variables = {**os.environ, "VERILATOR": verilator, "VERILATE_CFLAGS": self.cflags}
        if shutil.which("ccache"):  # most of a build is Verilator's run time library, again and again
            cache = os.path.join(os.path.dirname(directory), "ccache")
            variables.update(OBJCACHE="ccache", CCACHE_DIR=cache, CCACHE_NOHASHDIR="1")
        done = subprocess.run(
            [os.path.join(HERE, self.builder), output, "-MAKEFLAGS", self.make_variables, *self.options, *self.sources],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == 77:
            raise Skipped(done.stdout.strip().split("\n")[-1])
        if done.returncode != 0:
            errors = [line for line in done.stdout.split("\n") if re.search("error", line, re.IGNORECASE)]
            raise campaign.Failed("does not build: " + (errors or ["?"])[0])
        if self.pretend:
            pretend_release(output, self.pretend)
        with open(made, "w", encoding="utf-8") as file:
            file.write(key)
        return executable

    def key(self, verilator):
        """All that it is made of: its sources and scripts by their times."""
        folders = [os.path.join(HERE, name) for name in ("", "mcu", "kinds")]
        files = [entry for folder in folders for entry in os.scandir(folder) if entry.is_file()]
        times = sorted((os.path.relpath(entry.path, HERE), entry.stat().st_mtime_ns) for entry in files)
        words = [verilator, self.builder, self.options, self.sources, self.make_variables, self.cflags, self.pretend]
        return json.dumps([words, os.stat(verilator).st_mtime_ns, times])


def is_dark(row, release):
    """Is there no waveform of this build with this release?"""
    return "dark" in row and ("fixed" not in row or float(release) < float(row["fixed"]))


def pretend_release(executable, release):
    """A copy that reports another release of Verilator than it was built with."""
    with open(executable, "rb") as file:
        content = file.read()
    copy = f"{executable}-{release}"
    content, count = re.subn(rb"\0\d\.\d{3}( \d{4}-\d\d-\d\d\0)", rb"\0" + release.encode() + rb"\1", content)
    if count != 1:
        raise campaign.Failed(f"{count} texts in it look like Verilator's release")
    with open(copy, "wb") as file:
        file.write(content)
    os.chmod(copy, 0o755)
    return copy


class Skipped(Exception):
    """It cannot be had here."""


class Runner:
    """Builds each executable once, runs cells and keeps their results."""

    def __init__(self, args, name, release, verilator):
        self.args = args
        self.table = read_json(HERE, "matrix.json")
        self.rows = read_json(HERE, "simulators.json")
        self.directory = os.path.join(os.path.abspath(args.build), "matrix", name)
        self.release = release
        self.verilator = verilator
        self.executables = {}
        self.cells = []

    def executable(self, build):
        if build.name not in self.executables:
            try:
                self.executables[build.name] = build.make(self.directory, self.verilator)
            except (campaign.Failed, Skipped) as error:
                self.executables[build.name] = error
        made = self.executables[build.name]
        if isinstance(made, Exception):
            raise made
        return made

    def failures(self, short):
        if self.args.failures:
            return self.args.failures
        return FULL_FAILURES if os.environ.get("LIGHTSSS_TEST_FULL") else short

    def fail_often(self, name, build, row_name, changes, many, only=None):
        """Raises Failed with the first run that was not good. many: row of `threads`; only: kinds."""
        self.fail_as(name, build, row_name, changes, many, only)
        if not changes and "also" in many and row_name == many["row"]:
            self.fail_as(name, build, many["also"], {}, many, only)

    def row_as(self, name, build, row_name, changes, many, only):
        """The row and the kinds of failures that it is to have."""
        rows = {**self.rows, name: {"like": row_name, **changes}}
        row = campaign.Row(rows, name, self.executable(build), bool(many["options"]), self.release)
        kinds = [kind for kind in sorted(row.kinds) if row.kinds[kind]["end"] != "status 0"]
        return row, [kind for kind in kinds if kind in (only or kinds) and kind not in many.get("without", [])]

    def fail_as(self, name, build, row_name, changes, many, only):
        row, kinds = self.row_as(name, build, row_name, changes, many, only)
        library = os.path.abspath(self.args.preload)
        seed = zlib.crc32(f"{self.release} {name}".encode())
        for number, kind in enumerate(campaign.drawn_kinds(kinds, self.failures(many["failures"]), seed)):
            run = campaign.Run(row, kind, seed, number)
            try:
                campaign.run_somewhere(run, row, library, row.get("env", {}), self.args.keep)
            except campaign.Failed as error:
                raise campaign.Failed(f"{run.words()}: {error}") from None

    def cell(self, name, keys, reason, work):
        """Runs one cell, keeps what came out and says it."""
        begin = time.monotonic()
        result, why = reason or ("works", None)
        if not reason:
            try:
                work()
            except Skipped as error:
                result, why = "skipped", str(error)
            except campaign.Failed as error:
                result, why = "failed", str(error)
        took_s = round(time.monotonic() - begin, 1)
        self.cells.append({**keys, "result": result, "why": why, "seconds": took_s})
        print(f"{self.release} {name}: {result}{': ' + why if why else ''} ({took_s} s)", flush=True)

    def wanted(self, name):
        return not self.args.cell or fnmatch.fnmatch(name, self.args.cell)

    def run_cells(self):
        for cell in cells_of(self.table):
            form, way, threads = cell
            name = "-".join(cell)
            if not self.wanted(name):
                continue
            extra = self.table["ways"][way]
            many = self.table["threads"][threads]
            options = ["--assert", "--top-module", "mcu", *self.table["formats"][form]["options"], *many["options"]]
            suffix = "-" + way if "options" in extra else ""
            build = Build(f"{form}{threads}{suffix}", options + extra.get("options", []))
            self.cell(
                name,
                {"format": form, "way": way, "threads": threads},
                why_not(self.table, self.release, cell),
                lambda: self.fail_often(
                    name, build, many["row"], extra.get("changes", {}), many, extra.get("kinds")
                ),
            )

    def run_build(self, row, name):
        form = row.get("format", "vcd")
        options = ["--assert", "--top-module", "mcu"]
        if form != "none":
            options += self.table["formats"][form]["options"]
        many = self.table["threads"][row.get("threads", "1")]
        extra = self.table["ways"][row.get("way", "injected")]
        if "builder" in row:
            options = []
        else:
            options += many["options"] + extra.get("options", [])
        build = Build(name, options + row.get("options", []), row.get("optimise", "-O1"))
        build.cflags += " " + row.get("cflags", "")
        build.make_variables += " " + row.get("make", "")
        build.pretend = row.get("pretend")
        if "builder" in row:
            build.builder, build.sources = row["builder"], []
        changes = dict(extra.get("changes", {}))
        if "says" in row:
            changes["unsupported"] = row["says"]
        if is_dark(row, self.release):
            changes.update({key: row[key] for key in ("dark", "traced") if key in row})
        self.fail_often(name, build, row.get("row", many["row"]), changes, many, extra.get("kinds"))

    def run_builds(self, suite):
        for row in self.table["builds"]:
            if row.get("suite", "machine") != suite or not self.wanted(row["name"]):
                continue
            needed = self.table["ways"][row.get("way", "injected")].get("needs")
            reason = ("skipped", row["skip"]) if "skip" in row else None
            if needed and not available(needed):
                reason = "skipped", f"{needed} is not acted on yet"
            keys = {"name": row["name"], "release": self.release}
            self.cell(row["name"], keys, reason, lambda row=row: self.run_build(row, row["name"]))

    def finish(self, path):
        """Writes the result; a part that was asked for does not replace the whole. Returns the exit status."""
        if not self.args.cell:
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"release": self.release, "cells": self.cells}, file, indent=1)
        counts = {}
        for cell in self.cells:
            counts[cell["result"]] = counts.get(cell["result"], 0) + 1
        words = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
        print(f"matrix: {self.release}: {words or 'no such cell'}")
        return 1 if counts.get("failed") or not counts else 0


class Builder(Runner):
    """Builds the executables of its cells and runs none: what does not build is said by the test that runs them."""

    def fail_as(self, name, build, row_name, changes, many, only):
        self.executable(build)

    def finish(self, path):
        return 0


# --- the page of releases and builds ---


def cell_words(result, release, form, way, threads):
    """One cell of the page's table: the numbers of threads with which it works."""
    if "not_run" in release or not result:
        return "not run"
    found = {cell["threads"]: cell for cell in result["cells"] if (cell["format"], cell["way"]) == (form, way)}
    works = [number for number in threads if found.get(number, {}).get("result") == "works"]
    if works:
        return ", ".join(works)
    results = {cell["result"] for cell in found.values()}
    return {"skipped": "not yet", "cannot": "cannot be"}.get(results.pop(), "no") if len(results) == 1 else "no"


def release_table(table, results):
    """The page's first table; results: {name in matrix.json: result}."""
    head = ["waveform"]
    for release in table["releases"]:
        name = results[release["name"]]["release"] if release["name"] in results else release["name"]
        head.append(f"{name} ({release['words']})")
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for form, way in itertools.product(table["formats"], table["ways"]):
        line = [f"{table['formats'][form]['words']}, {table['ways'][way]['words']}"]
        for release in table["releases"]:
            result = results.get(release["name"])
            line.append(cell_words(result, release, form, way, list(table["threads"])))
        lines.append("| " + " | ".join(line) + " |")
    lines.append("")
    lines.append("The numbers are the model's `--threads` with which it works.")
    lines += [f"{row['name']}: {row['not_run']}." for row in table["releases"] if "not_run" in row]
    lines += [
        f"{', '.join(str(value) for key, value in rule.items() if key != 'why')}: {rule['why']}."
        for rule in table["cannot"]
    ]
    return lines


def build_table(table, found):
    """The page's second table; found: {name of the build: its cell}."""
    lines = ["| build | release | result |", "|---|---|---|"]
    for row in table["builds"]:
        cell = found.get(row["name"], {"result": "skipped", "why": "not run"})
        words = {"works": "works", "failed": "no"}.get(cell["result"], f"not yet: {cell.get('why')}")
        if cell["result"] == "works" and "says" in row:
            words = f"no snapshots; one line says: {row['says']}"
        if cell["result"] == "works" and is_dark(row, cell["release"]):
            words = f"no waveform; the last line says: {row['dark']}"
        lines.append(f"| {row['name']} | {cell.get('release', '')} | {words} |")
    return lines


def between(text, mark, lines):
    """The text with other lines between two comments."""
    pattern = re.compile(rf"(<!-- {mark}: .*?-->\n).*?(<!-- end of {mark} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"matrix: the page has no place for {mark}")
    return pattern.sub(lambda match: match[1] + "\n" + "\n".join(lines) + "\n\n" + match[2], text)


def read_result(build, name):
    try:
        return read_json(build, "matrix", name + ".json")
    except FileNotFoundError as error:
        raise SystemExit(f"matrix: there is no {error.filename}: run the tests whose names begin with matrix- first") from None


def write_page(build, page):
    table = read_json(HERE, "matrix.json")
    results = {}
    for release in table["releases"]:
        if "suite" in release:
            results[release["name"]] = read_result(build, release["suite"])
    builds = {}
    for suite in sorted({row.get("suite", "machine") for row in table["builds"]}):
        builds.update((cell["name"], cell) for cell in read_result(build, f"builds-{suite}")["cells"])
    with open(page, encoding="utf-8") as file:
        text = file.read()
    text = between(text, "matrix of releases", release_table(table, results))
    text = between(text, "matrix of builds", build_table(table, builds))
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)


# --- command ---


def skip(reason):
    print(f"matrix: skipped: {reason}")
    sys.exit(77)


def find_release(build, suite):
    """(name, command) of what a suite has."""
    command = [os.path.join(HERE, "releases"), build, suite]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 77:
        skip(done.stdout.strip().split("\n")[-1])
    for line in done.stdout.split("\n"):
        words = line.split(None, 2)
        if done.returncode == 0 and words and words[0] == suite:
            return words[1], words[2]
    raise SystemExit(f"matrix: releases {suite}: {done.stdout}")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Releases of Verilator and kinds of builds under liblightsss.")
    parser.add_argument("--build", required=True, metavar="DIR", help="where to build, and where the result goes")
    parser.add_argument("--preload", metavar="LIB", help="liblightsss.so")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--suite", help="the cells of this Debian suite's release")
    what.add_argument("--builds", metavar="SUITE", help="the kinds of builds with it")
    what.add_argument("--page", nargs="?", const=PAGE, help="make its tables")
    parser.add_argument("--only-build", action="store_true", help="build the cells and run none")
    parser.add_argument("--cell", metavar="PATTERN", help="only these")
    parser.add_argument("--failures", type=int, metavar="N", help="per cell")
    parser.add_argument("--keep", action="store_true", help="keep the directories of failing runs")
    args = parser.parse_args()
    if not args.page and not args.preload:
        parser.error("--preload is needed")
    return args


def main():
    args = parse_arguments()
    if args.page:
        write_page(args.build, args.page)
        return 0
    if not os.path.exists(args.preload):
        skip(f"there is no {args.preload}")
    suite = args.builds or args.suite
    release, verilator = find_release(args.build, suite)
    name = f"builds-{suite}" if args.builds else suite
    runner = (Builder if args.only_build else Runner)(args, name, release, verilator)
    if args.builds:
        runner.run_builds(suite)
    else:
        runner.run_cells()
    return runner.finish(os.path.join(args.build, "matrix", name + ".json"))


if __name__ == "__main__":
    sys.exit(main())
