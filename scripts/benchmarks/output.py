# SPDX-License-Identifier: MIT
"""What the bench leaves: a table in Markdown, the same as JSON with every value, and charts. With --add the figures of
earlier runs stay, each with the command that measured it."""

import json
import os

from . import charts
from .registry import Curve, Table

HEAD = ["| figure | goal | median | range | met |", "|---|---|---|---|---|"]


def number(value):
    """Three digits, or all before the point; four where a ratio is near one."""
    if 0.9 < value < 1.1:
        return f"{value:.4g}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def facts_of(row):
    facts = {"goal": row.goal, "met": row.met, "unit": row.unit, "median": row.median}
    return {"what": row.what, **facts, "values": row.values}


def line_of(row):
    met = {None: "", True: "yes", False: "**no**"}[row["met"]]
    unit, values = row["unit"], row["values"]
    spread = f"{number(min(values))} to {number(max(values))}{unit}"
    return f"| {row['what']} | {row['goal']} | {number(row['median'])}{unit} | {spread} | {met} |"


def lines_of(figure):
    lines = [line_of(row) for row in figure["rows"]]
    if "skipped" in figure:
        lines.append(f"| {figure['what']} | | skipped: {figure['skipped']} | | |")
    return lines


def lines_of_table(table):
    rows = (table["head"], ["---"] * len(table["head"]), *table["lines"])
    return ["", table["title"], "", *("| " + " | ".join(cells) + " |" for cells in rows)]


class Output:
    """Prints as it goes; what was measured so far is on disk after each figure."""

    def __init__(self, directory, command, adds):
        self.directory = directory
        self.command = command
        self.kept = self.read() if adds else []
        self.figures = []
        os.makedirs(directory, exist_ok=True)
        print("\n".join([*self.introduction(command), *HEAD]), flush=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self):
        try:
            with open(self.path("bench.json"), encoding="utf-8") as file:
                return json.load(file)["figures"]
        except FileNotFoundError:
            return []

    @staticmethod
    def introduction(command):
        return [f"`{command}` printed (medians and ranges; ratios are those of runs that followed each other):", ""]

    def begin(self, figure):
        empty = {"rows": [], "curves": [], "tables": []}
        self.figures.append({"name": figure.name, "what": figure.what, "command": self.command, **empty})

    def take(self, result):
        figure = self.figures[-1]
        if isinstance(result, Curve):
            figure["curves"].append(vars(result))
        elif isinstance(result, Table):
            figure["tables"].append(vars(result))
        else:
            figure["rows"].append(facts_of(result))
            print(line_of(figure["rows"][-1]), flush=True)

    def skip(self, why):
        self.figures[-1]["skipped"] = why
        print("\n".join(lines_of({**self.figures[-1], "rows": []})), flush=True)

    def all(self):
        """What was measured anew stands where it stood."""
        anew = {figure["name"]: figure for figure in self.figures}
        return [anew.pop(figure["name"], figure) for figure in self.kept] + list(anew.values())

    def markdown(self):
        figures = self.all()
        for command in dict.fromkeys(figure["command"] for figure in figures):
            of_command = [figure for figure in figures if figure["command"] == command]
            yield from [*self.introduction(command), *HEAD]
            for figure in of_command:
                yield from lines_of(figure)
            for table in (table for figure in of_command for table in figure["tables"]):
                yield from lines_of_table(table)
            yield ""

    def write(self):
        with open(self.path("bench.md"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.markdown()))
        with open(self.path("bench.json"), "w", encoding="utf-8") as file:
            json.dump({"figures": self.all()}, file, indent=1)

    def finish(self):
        """Tables come last, charts are drawn once. Returns what could not be, and names of charts."""
        self.write()
        for figure in self.figures:
            for table in figure["tables"]:
                print("\n".join(lines_of_table(table)), flush=True)
        return charts.draw(self.directory, [curve for figure in self.all() for curve in figure["curves"]])
