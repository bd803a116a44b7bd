# SPDX-License-Identifier: MIT
"""Curves as charts in SVG, drawn by matplotlib. Without it there are none, and a line says so."""

import os


def library():
    """None: it is not installed."""
    try:
        import matplotlib  # pylint: disable=import-outside-toplevel

        matplotlib.use("svg")
        import matplotlib.pyplot  # pylint: disable=import-outside-toplevel
    except ImportError:
        return None
    return matplotlib.pyplot


def draw_one(pyplot, path, title, curves):
    drawing, axes = pyplot.subplots(figsize=(7, 4))
    for curve in curves:
        axes.plot(*zip(*curve.points), marker="o" if len(curve.points) < 30 else "", label=curve.name)
    numbers = [x for curve in curves for x, _ in curve.points]
    if min(numbers) > 0 and max(numbers) >= 20 * min(numbers) and len(set(numbers)) < 30:
        axes.set_xscale("log", base=2)
        axes.set_xticks(sorted(set(numbers)), [f"{x:g}" for x in sorted(set(numbers))])
    axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel=curves[0].x_name, ylabel=curves[0].y_name)
    axes.legend()
    axes.grid(alpha=0.3)
    drawing.tight_layout()
    drawing.savefig(path)
    pyplot.close(drawing)


def draw(directory, curves):
    """One file for each chart. Returns a line where that cannot be done, and the names of what was drawn."""
    if not curves:
        return None, []
    pyplot = library()
    if pyplot is None:
        return "no charts: matplotlib is missing (scripts/setup bench installs it)", []
    drawn = []
    for title in dict.fromkeys(curve.chart for curve in curves):
        path = os.path.join(directory, title.replace(" ", "-").lower() + ".svg")
        draw_one(pyplot, path, title, [curve for curve in curves if curve.chart == title])
        drawn.append(path)
    return None, drawn
