# SPDX-License-Identifier: MIT
"""The registry of figures, and what one says. To add a figure:

    @figure("calls-poll", "what recording adds to poll()", needs=["fake_simulator"])
    def calls_poll(bench):
        yield Row("poll() of a silent socket, recording adds", values, " ns", at_most=100)

`values` has one number for each pair of runs; the median is what is quoted. A goal is a bound of the median."""

import dataclasses
import statistics


class Skip(Exception):
    """This figure cannot be had here; the text says why, and what would help."""


@dataclasses.dataclass
class Row:
    """A line of the table."""

    what: str
    values: list
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def goal(self):
        bounds = (("at most", self.at_most), ("at least", self.at_least))
        return " and ".join(f"{word} {bound:g}{self.unit}" for word, bound in bounds if bound is not None)

    @property
    def met(self):
        """None: there is no goal."""
        if not self.goal:
            return None
        return not (
            self.at_most is not None and self.median > self.at_most or self.at_least is not None and self.median < self.at_least
        )


@dataclasses.dataclass
class Curve:
    """A line of a chart: one point for each x."""

    chart: str
    name: str
    x_name: str
    y_name: str
    points: list


@dataclasses.dataclass
class Table:
    """What has more than one column stands in a table of its own, behind the first."""

    title: str
    head: list
    lines: list


@dataclasses.dataclass
class Figure:
    name: str
    what: str  # is measured
    measure: object  # called with the bench, yields rows, curves and tables
    needs: list  # names of Meson's targets
    mib: int  # memory that it takes
    is_long: bool  # only when it is named, or with --full


FIGURES = {}


def figure(name, what, needs=(), mib=0, is_long=False):
    def add(measure):
        assert name not in FIGURES, name
        FIGURES[name] = Figure(name, what, measure, list(needs), mib, is_long)
        return measure

    return add


def select(words, is_full):
    """The figures that are asked for: a word is a name or, where there is none, what names begin with. Without words all
    but the long ones."""
    if not words:
        return [one for one in FIGURES.values() if is_full or not one.is_long]
    chosen = []
    for word in words:
        found = [one for one in FIGURES.values() if one.name.startswith(word + "-")]
        found = [FIGURES[word]] if word in FIGURES else found
        if not found:
            raise SystemExit(f"bench: there is no figure {word!r}; --list shows them")
        chosen += [one for one in found if one not in chosen]
    return chosen
