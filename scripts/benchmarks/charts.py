# SPDX-License-Identifier: MIT
"""Curves as charts in SVG, drawn by matplotlib. That is Debian's, and belongs to Debian's Python, which need not be the one
that runs the bench: so this file is a program of its own, too: charts.py DIRECTORY, with curves as JSON on stdin. Without
matplotlib there are no charts, and a line says so."""

import json
import os
import subprocess
import sys

PYTHONS = (sys.executable, "/usr/bin/python3")


def draw_one(pyplot, path, title, curves):
    drawing, axes = pyplot.subplots(figsize=(7, 4))
    for curve in curves:
        axes.plot(*zip(*curve["points"]), marker="o", label=curve["name"])
    numbers = sorted({x for curve in curves for x, _ in curve["points"]})
    if numbers[0] > 0 and numbers[-1] >= 20 * numbers[0]:
        axes.set_xscale("log", base=2)
        axes.set_xticks(numbers, [f"{x:g}" for x in numbers])
    axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel=curves[0]["x_name"], ylabel=curves[0]["y_name"])
    axes.legend()
    axes.grid(alpha=0.3)
    drawing.tight_layout()
    drawing.savefig(path)
    pyplot.close(drawing)


def draw_all(directory, curves):
    """One file for each chart; prints their names."""
    import matplotlib  # pylint: disable=import-outside-toplevel

    matplotlib.use("svg")
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel

    for title in dict.fromkeys(curve["chart"] for curve in curves):
        path = os.path.join(directory, title.replace(" ", "-").lower() + ".svg")
        draw_one(pyplot, path, title, [curve for curve in curves if curve["chart"] == title])
        print(path)


def can_draw(python):
    return os.path.exists(python) and subprocess.run([python, "-c", "import matplotlib"], capture_output=True).returncode == 0


def draw(directory, curves):
    """Returns a line where that cannot be done, and the names of what was drawn."""
    if not curves:
        return None, []
    python = next(filter(can_draw, PYTHONS), None)
    if python is None:
        return "no charts: matplotlib is missing (scripts/setup bench installs it)", []
    text = json.dumps(curves)
    done = subprocess.run([python, __file__, directory], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"no charts: {done.stderr.strip().splitlines()[-1:]}", []
    return None, done.stdout.splitlines()


if __name__ == "__main__":
    draw_all(sys.argv[1], json.load(sys.stdin))
