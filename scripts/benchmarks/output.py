# SPDX-License-Identifier: MIT
"""What the bench leaves: a table in Markdown, the same as JSON with every value, and charts."""

import json
import os

from . import charts
from .registry import Curve, Table


def number(value):
    """Three digits, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def spread(row):
    return f"{number(min(row.values))} to {number(max(row.values))}{row.unit}"


def line(row):
    met = {None: "", True: "yes", False: "**no**"}[row.met]
    return f"| {row.what} | {row.goal} | {number(row.median)}{row.unit} | {spread(row)} | {met} |"


HEAD = "| figure | goal | median | range | met |\n|---|---|---|---|---|"


class Output:
    """Prints as it goes; what was measured so far is on disk after each figure."""

    def __init__(self, directory, command):
        self.directory = directory
        self.lines = [f"`{command}` printed (medians and ranges; ratios are those of runs that followed each other):", "", HEAD]
        self.figures = []
        self.curves = []
        self.tables = []
        os.makedirs(directory, exist_ok=True)
        print("\n".join(self.lines), flush=True)

    def print(self, text):
        self.lines.append(text)
        print(text, flush=True)

    def begin(self, figure):
        self.figures.append({"name": figure.name, "what": figure.what, "rows": [], "curves": [], "tables": []})

    def take(self, result):
        if isinstance(result, Curve):
            self.curves.append(result)
            self.figures[-1]["curves"].append(vars(result))
            return
        if isinstance(result, Table):
            self.tables.append(result)
            self.figures[-1]["tables"].append(vars(result))
            return
        self.print(line(result))
        facts = {"goal": result.goal, "met": result.met, "unit": result.unit, "median": result.median}
        self.figures[-1]["rows"].append({"what": result.what, **facts, "values": result.values})

    def skip(self, figure, why):
        self.figures[-1]["skipped"] = why
        self.print(f"| {figure.what} | | skipped: {why} | | |")

    def print_table(self, table):
        self.print(f"\n{table.title}\n")
        for cells in (table.head, ["---"] * len(table.head), *table.lines):
            self.print("| " + " | ".join(cells) + " |")

    def write(self):
        with open(os.path.join(self.directory, "bench.md"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n")
        with open(os.path.join(self.directory, "bench.json"), "w", encoding="utf-8") as file:
            json.dump({"figures": self.figures}, file, indent=1)

    def finish(self):
        """Tables come last, charts are drawn once. Returns what could not be."""
        for table in self.tables:
            self.print_table(table)
        self.write()
        return charts.draw(self.directory, self.curves)
