#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of wave.py: windows cut from a made-up run are equal, and every kind of damage is found."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

import wave

HERE = os.path.dirname(os.path.abspath(__file__))
SIGNALS = [  # scope, type, width, name
    ("top", "wire", 1, "clk"),
    ("top", "wire", 8, "count"),
    ("top.core", "wire", 8, "count"),  # an alias of top.count
    ("top.core", "wire", 160, "wide"),
    ("top.core", "real", 64, "load"),
    ("top.core.g_bank[1]", "wire", 32, "cells[3]"),
]
ALIAS = {2: 1}
LAST = 99


def make_run():
    """Values of every signal at every time, as VCD spells them."""
    rng = random.Random(7)
    run = []
    values = ["0", "b00000000", None, "b" + "0" * 160, "r0", "b" + "0" * 32]
    for time in range(LAST + 1):
        values = list(values)
        values[0] = str(time % 2)
        if time % 2:
            values[1] = f"b{time // 2 + 1:08b}"
            values[3] = f"b{rng.getrandbits(160):0160b}"
        if time % 10 == 5:
            values[4] = f"r{rng.random():.16g}"
            values[5] = f"b{rng.getrandbits(32):032b}"
        run.append((time, values))
    return run


RUN = make_run()


def codes(base=33):
    made = {i: chr(base + i) for i in range(len(SIGNALS))}
    made.update({alias: made[i] for alias, i in ALIAS.items()})
    return made


def header(signals=None, base=33, timescale="1ps"):
    lines = [f"$timescale {timescale} $end"]
    for i, (scope, kind, width, name) in signals or enumerate(SIGNALS):
        for part in scope.split("."):
            lines.append(f"$scope module {part} $end")
        bits = "" if width == 1 or kind == "real" else f" [{width - 1}:0]"
        lines.append(f"$var {kind} {width} {codes(base)[i]} {name}{bits} $end")
        lines += ["$upscope $end"] * len(scope.split("."))
    return lines + ["$enddefinitions $end", ""]


def values_of(values, before=None, base=33):
    """The lines that make these values of those before."""
    lines = []
    for i, value in enumerate(values):
        if value is None or (before and before[i] == value):
            continue
        lines.append(value + (" " if value[0] in "br" else "") + codes(base)[i])
    return lines


def body(run, base=33):
    lines = []
    before = None
    for time, values in run:
        lines += [f"#{time}"] + values_of(values, before, base)
        before = values
    return lines


def text(lines):
    return "\n".join(lines) + "\n"


class WaveCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="wave-test-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.oracle = self.file("oracle.vcd", text(header() + body(RUN)))

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def window(self, run, extra=(), **kwargs):
        return self.file("window.vcd", text(header(**kwargs) + body(run, kwargs.get("base", 33)) + list(extra)))

    def equal(self, window, oracle=None, **kwargs):
        return wave.compare(oracle or self.oracle, window, **kwargs)

    def different(self, window, pattern, **kwargs):
        with self.assertRaisesRegex(wave.Difference, pattern):
            wave.compare(self.oracle, window, **kwargs)

    def damaged(self, time, signal, value):
        """The tail of the run from 40 with one value changed at one time only."""
        tail = [(t, list(values)) for t, values in RUN[40:]]
        tail[time - 40][1][signal] = value
        return tail


class Equal(WaveCase):
    def test_whole_run(self):
        result = self.equal(self.window(RUN), end="between")
        self.assertEqual((result.compared, result.signals), (100, 6))

    def test_tail(self):
        for start in (1, 40, 41, 98, LAST):
            result = self.equal(self.window(RUN[start:]), end="between")
            self.assertEqual((result.first_time, result.last_time), (start, LAST))
            self.assertEqual(result.compared, 100 - start)

    def test_the_oracle_goes_on(self):
        """A run that was ended from outside; with several evals at a time its last one may be incomplete."""
        for last in (41, 70, LAST):
            window = self.window(RUN[40 : last + 1])
            for end in ("before", "cut"):
                result = self.equal(window, end=end)
                self.assertEqual((result.last_time, result.oracle_times), (last, last + 1))
        self.different(self.window(RUN[40:71]), "the oracle goes on to 71", end="between")
        self.different(self.window([*RUN[40:], (LAST + 1, RUN[-1][1])]), "beyond", end="before")
        wrong = self.window(self.damaged(60, 3, "b1")[:21])
        self.different(wrong, "at 60", end="before")
        self.equal(wrong, end="cut")
        self.different(self.window(self.damaged(60, 3, "b1")[:25]), "at 60", end="cut")

    def test_other_codes(self):
        self.equal(self.window(RUN[40:], base=60), end="between")

    def test_short_vectors(self):
        """VCD allows leading zeros to be left out."""
        run = [(t, [v and ("b" + v[1:].lstrip("0").rjust(1, "0") if v[0] == "b" else v) for v in vs]) for t, vs in RUN]
        self.equal(self.window(run[30:]), end="between")

    def test_same_time_twice(self):
        """A time in two writings, of which the second completes the first."""
        lines = body(RUN[40:])
        at = lines.index("#50")
        lines.insert(at + 2, "#50")
        self.equal(self.file("w.vcd", text(header() + lines)), end="between")

    def test_shift(self):
        run = [(t + 1, values) for t, values in RUN[40:]]
        self.equal(self.window(run), end="between", shift=-1)
        self.different(self.window(run), "beyond|is", end="between")

    def test_expected_last_time(self):
        self.equal(self.window(RUN[40:]), expect_last_time=LAST)
        self.different(self.window(RUN[40:]), "ends at 99, expected 98", expect_last_time=98)

    def test_room_for_the_view(self):
        run = text(header() + body(RUN[40:])) + wave.ROOM.decode()
        path = self.file("room.vcd", run + f"{LAST + 10}\n")
        self.assertEqual(wave.compare(self.oracle, path, "between", expect_last_time=LAST).window_times, LAST - 39)
        for end in ("", f"{LAST + 10}", f"{LAST}\n", f"{LAST + 10}\n#{LAST + 11}\n", f"{LAST + 10}\n1!\n"):
            with self.assertRaises(wave.WaveError):
                wave.compare(self.oracle, self.file("room.vcd", run + end), "between")


class Damage(WaveCase):
    def test_wrong_value(self):
        for time, signal, value in (
            (40, 3, "b1" + "0" * 159),
            (41, 1, "b11111111"),
            (70, 0, "1"),
            (55, 4, "r0.25"),
            (LAST, 5, "b" + "x" * 32),
            (LAST, 1, "b00000001"),
        ):
            for end in ("any", "between"):
                name = SIGNALS[signal][3].replace("[", r"\[")
                self.different(self.window(self.damaged(time, signal, value)), f"at {time} .*{name}", end=end)

    def test_value_not_dumped(self):
        """The first dump must hold every signal."""
        lines = body(RUN[40:])
        lines = [line for line in lines if line != RUN[40][1][5] + " " + codes()[5]]
        self.different(self.file("w.vcd", text(header() + lines)), r"at 40 .*cells\[3\] is nothing")

    def test_change_lost(self):
        lines = body(RUN[40:])
        del lines[lines.index("#45") + 2]
        self.different(self.file("w.vcd", text(header() + lines)), "at 45 ")

    def test_missing_time(self):
        run = RUN[40:60] + RUN[61:]
        self.different(self.window(run), "time 60 is missing")

    def test_time_too_many(self):
        run = [(t * 2, values) for t, values in RUN]
        run.insert(50, (99, run[49][1]))
        oracle = self.file("wider.vcd", text(header() + body([(t * 2, values) for t, values in RUN])))
        with self.assertRaisesRegex(wave.Difference, "time 99 is not in the oracle"):
            wave.compare(oracle, self.window(run[40:]))

    def test_missing_end(self):
        for end in ("any", "between", "inside"):
            self.different(self.window(RUN[40:-1]), "ends at 98, the oracle goes on to 99", end=end)

    def test_empty(self):
        self.different(self.file("w.vcd", text(header())), "no times")

    def test_signals(self):
        everything = list(enumerate(SIGNALS))
        self.different(self.window(RUN, signals=everything[:-1]), r"cells\[3\] is missing")
        other = everything + [(5, ("top", "wire", 32, "more"))]
        self.different(self.window(RUN, signals=other), "top.more is not in the oracle")
        other = everything[:1] + [(1, ("top", "wire", 9, "count"))] + everything[2:]
        self.different(self.window(RUN, signals=other), "top.count is")
        other = everything[:1] + [(1, ("top", "reg", 8, "count"))] + everything[2:]
        self.different(self.window(RUN, signals=other), "top.count is")
        self.different(self.window(RUN, timescale="1ns"), "timescale")

    def test_alias_of_another(self):
        """A name that shows another signal's values."""
        signals = list(enumerate(SIGNALS))
        signals[5] = (3, SIGNALS[5])
        self.different(self.window(RUN[40:], signals=signals), r"cells\[3\]")

    def test_truncated(self):
        whole = text(header() + body(RUN[40:]))
        for cut in range(1, len(whole) - 400, 97):
            window = self.file("w.vcd", whole[:-cut])
            with self.assertRaises((wave.Difference, wave.WaveError)):
                wave.compare(self.oracle, window)

    def test_time_falls(self):
        lines = body(RUN[40:]) + ["#41"]
        with self.assertRaises(wave.WaveError):
            wave.compare(self.oracle, self.file("w.vcd", text(header() + lines)))

    def test_no_waveform(self):
        with self.assertRaises(wave.WaveError):
            wave.compare(self.oracle, self.file("w.vcd", "nothing\n"))


class LastWords(WaveCase):
    """What the window of a run that fails inside an eval may have, and no more."""

    def test_one_time_beyond(self):
        window = self.window(RUN[40:], [f"#{LAST + 1}", "0!", "b11111111 " + codes()[1]])
        for end in ("any", "inside"):
            result = self.equal(window, end=end)
            self.assertTrue(result.last_words)
            self.assertEqual(result.last_time, LAST + 1)
        self.different(window, "beyond", end="between")

    def test_two_times_beyond(self):
        window = self.window(RUN[40:], [f"#{LAST + 1}", "0!", f"#{LAST + 2}", "1!"])
        for end in ("any", "inside", "between"):
            self.different(window, "beyond", end=end)

    def test_written_again(self):
        """Two evals at one time, of which the second failed."""
        again = [f"#{LAST}", "b11111111 " + codes()[1]]
        window = self.window(RUN[40:], again)
        for end in ("any", "inside"):
            self.assertTrue(self.equal(window, end=end).last_words)
        self.different(window, f"at {LAST} top.count", end="between")
        window = self.window(self.damaged(LAST, 3, "b1"), again)
        self.different(window, f"at {LAST} ", end="any")

    def test_only_at_the_end(self):
        lines = body(RUN[40:])
        at = lines.index("#61")
        lines[at:at] = ["#60", "b10101010 " + codes()[1]]
        self.different(self.file("w.vcd", text(header() + lines)), "at 60 ", end="inside")

    def test_nothing_but_last_words(self):
        window = self.window([(LAST + 1, RUN[-1][1])])
        self.different(window, "begins at 100, beyond")
        self.assertEqual(self.equal(window, end="inside").compared, 0)


@unittest.skipUnless(shutil.which("vcd2fst") and shutil.which("fst2vcd"), "gtkwave is not installed")
class Fst(WaveCase):
    def fst(self, vcd, name):
        path = os.path.join(self.directory, name)
        subprocess.run(["vcd2fst", vcd, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return path

    def setUp(self):
        super().setUp()
        self.oracle = self.fst(self.oracle, "oracle.fst")

    def test_tail(self):
        result = self.equal(self.fst(self.window(RUN[41:]), "w.fst"), end="between")
        self.assertEqual((result.compared, result.signals), (59, 6))

    def test_wrong_value(self):
        window = self.fst(self.window(self.damaged(70, 3, "b1" + "0" * 159)), "w.fst")
        self.different(window, "at 70 top.core.wide")

    def test_missing_time(self):
        self.different(self.fst(self.window(RUN[40:60] + RUN[61:]), "w.fst"), "time 60 is missing")

    def test_truncated(self):
        window = self.fst(self.window(RUN[40:]), "w.fst")
        with open(window, "rb") as file:
            whole = file.read()
        for cut in (1, len(whole) // 4, len(whole) // 2, len(whole) * 3 // 4):
            with self.assertRaises((wave.Difference, wave.WaveError)):
                wave.compare(self.oracle, self.file("cut.fst", whole[:-cut]))

    def test_begins_where_nothing_changes(self):
        """FST drops a time without a change, but not the first one of a window."""
        values = RUN[9][1]
        run = RUN[:10] + [(12, RUN[10][1])] + [(t + 10, v) for t, v in RUN[11:]]
        oracle = self.fst(self.file("sparse.vcd", text(header() + body(run))), "sparse.fst")
        tail = [(11, values)] + run[10:]
        self.equal(self.fst(self.window(tail), "w.fst"), oracle, end="between")
        wrong = [(11, values[:1] + ["b11110000"] + values[2:])] + run[10:]
        with self.assertRaisesRegex(wave.Difference, "at 11 top.count"):
            wave.compare(oracle, self.fst(self.window(wrong), "w.fst"))


class Command(WaveCase):
    def run_command(self, *arguments):
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "wave.py"), *arguments], stdout=subprocess.PIPE, text=True, check=False
        )
        self.assertEqual(done.stdout.count("\n"), 1)
        return done.returncode, done.stdout

    def test_statuses(self):
        status, line = self.run_command(self.oracle, self.window(RUN[40:]), "--expect-last-time", str(LAST))
        self.assertEqual((status, line), (0, "equal: 6 signals at 60 times from 40 to 99\n"))
        self.assertEqual(self.run_command(self.oracle, self.window(RUN[40:-1]))[0], 1)
        self.assertEqual(self.run_command(self.oracle, "/nonexistent")[0], 2)


if __name__ == "__main__":
    unittest.main()
