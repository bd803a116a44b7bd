#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares a waveform of the last stretch of a run (the window) with a trace of the whole run.

    wave.py ORACLE WINDOW [--end any|between|inside|before|cut|killed] [--shift N] [--expect-last-time T]

Both are VCD, or FST (read through fst2vcd of gtkwave). Equal means: the same signals by hierarchical
name, type, width and range; the same timescale; from the window's first time to the oracle's last the
same set of times and the same value of every signal at each of them. A time that is written twice
counts once, with the values that it ends with.

What the window may have and the oracle not: a run that fails inside an eval never dumps that eval
itself, but the window holds the values of that moment. So with --end any (the default) the window may have
one time more, as its very last, beyond the oracle's last; or, where the testbench's time stood still, the oracle's
last time may be written once more in the window, and then the last but one writing must be equal.
FST merges the two writings, so only --end inside, which says that the run is known to fail inside an
eval, lets the values at this one time differ. --end between allows none of all this. --end before is for a
run that was ended from outside: as between, but the oracle may go on. --end cut is the same where a time has several
evals: values at the window's last time may be those in between.
--end killed: the window's writer was killed. What can be read of it must be equal up to its last time, which is left
out; the oracle may go on.
The window's room for the view, a time without values at the end that a comment announces, is not one of its times.
FST does not keep a time at which nothing changed: there the window's first time may be one that the
oracle does not have, if the oracle's values at that moment are the same.

Exit status 0: equal, 1: different, 2: cannot compare. Always one line on stdout.
"""

import argparse
import os
import re
import resource
import subprocess
import sys

BIT_VALUES = frozenset(b"01xzXZ")
VECTOR_VALUES = frozenset(b"bBrR")

# Blocks of an FST that matter here.
FST_GEOMETRY = 3
FST_HIERARCHIES = {4, 6, 7}
FST_WRAPPED = 254
ROOM = b"$comment the last dump was at the time before; what follows is room for the view $end #"
CONVERTER_CPU_S = 600


class WaveError(Exception):
    """The file cannot be read as a waveform."""


class Difference(Exception):
    """Window and oracle are not equal; the text says where first."""


def is_fst(path):
    """An FST starts with a header block, type 0 and its length of 329, big-endian; one that was
    packed as a whole starts with type 254."""
    with open(path, "rb") as file:
        head = file.read(9)
    return head[:1] == b"\xfe" or head == b"\0" + (329).to_bytes(8, "big")


def check_fst_blocks(path, cut):
    """fst2vcd runs for ever on some damaged files, so look first whether the chain of blocks (type, length
    from the length on) ends where the file ends and has the blocks that closing a file writes. Where it is cut, the
    length of the last block is 0 still."""
    types = set()
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            head = file.read(9)
            length = int.from_bytes(head[1:], "big")
            if cut and (length == 0 or len(head) < 9):
                return
            at += 1 + length
            if len(head) < 9 or length < 8 or at > size:
                raise WaveError(f"{path}: cut off in its blocks at byte {at} of {size}")
            types.add(head[0])
    closed = FST_WRAPPED in types or (FST_GEOMETRY in types and types & FST_HIERARCHIES)
    if not closed and not cut:
        raise WaveError(f"{path}: was not closed")


def limit_converter():
    resource.setrlimit(resource.RLIMIT_CPU, (CONVERTER_CPU_S, CONVERTER_CPU_S))


class Wave:
    """One waveform: its signals at once, its values as a stream that can be read once."""

    def __init__(self, path, cut=False):
        self.path = path
        self.cut = cut
        self.timescale = None
        self.signals = {}  # "TOP.mcu.pc" -> (type, width, range)
        self.codes = {}  # "TOP.mcu.pc" -> identifier code
        self.kept = None  # codes, where not all are
        self.converter = None
        self.sparse = is_fst(path)
        self.stream = self._convert() if self.sparse else open(path, "rb", buffering=1 << 20)
        try:
            self._read_definitions()
        except WaveError:
            self.close()
            raise

    def _convert(self):
        check_fst_blocks(self.path, self.cut)
        try:
            self.converter = subprocess.Popen(
                ["fst2vcd", self.path],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=1 << 20,
                preexec_fn=limit_converter,
            )
        except FileNotFoundError:
            raise WaveError("fst2vcd is not installed (Debian package gtkwave)") from None
        return self.converter.stdout

    def close(self):
        self.stream.close()
        if self.converter:
            self.converter.kill()
            self.converter.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read_definitions(self):
        """Everything up to $enddefinitions. A section is its words up to $end."""
        scopes = []
        words = []
        for line in self.stream:
            for word in line.split():
                if word != b"$end":
                    words.append(word)
                    continue
                keyword = words[0] if words else b""
                if keyword == b"$timescale":
                    self.timescale = b"".join(words[1:]).decode()
                elif keyword == b"$scope":
                    scopes.append(words[2].decode())
                elif keyword == b"$upscope":
                    scopes.pop()
                elif keyword == b"$var":
                    self._define(scopes, words)
                elif keyword == b"$enddefinitions":
                    return
                words = []
        raise WaveError(f"{self.path}: no end of definitions")

    def _define(self, scopes, words):
        if len(words) < 5:
            raise WaveError(f"{self.path}: a variable without a name")
        kind, width, code, name = words[1:5]
        path = ".".join(scopes + [name.decode()])
        while path in self.signals:  # the same name twice in one scope
            path += "'"
        self.signals[path] = (kind.decode(), int(width), b"".join(words[5:]).decode())
        self.codes[path] = code

    def keep(self, scopes):
        """From now on it is as if it had only these signals: [("TOP.mcu", how many levels below it, None for all), ...]."""
        kept = [name for name in self.signals if any(is_within(name, *scope) for scope in scopes)]
        self.signals = {name: self.signals[name] for name in kept}
        self.codes = {name: self.codes[name] for name in kept}
        self.kept = set(self.codes.values())

    def groups(self):
        """Yields (time, {code: value}) for every time as it is written, equal ones not merged.
        A vector's value keeps its first letter (b1010, r0.5), a scalar is one letter."""
        time = None
        changes = {}
        line = b"\n"
        for line in self.stream:
            if line.startswith(ROOM):
                self._check_room(line, time)
                break
            first = line[0]
            if self.cut and not line.endswith(b"\n"):
                return
            if first in BIT_VALUES:
                changes[line[1:-1]] = line[:1]
            elif first in VECTOR_VALUES:
                words = line.split()
                if len(words) != 2:
                    raise WaveError(f"{self.path}: cut off at {line[:40]!r}")
                changes[words[1]] = words[0]
            elif first == 35:  # '#'
                if time is not None:
                    yield time, changes
                    changes = {}
                # Values before the first time count for it.
                time = self._number(line)
            elif first not in b"$\n\r ":
                raise WaveError(f"{self.path}: not a value change: {line[:40]!r}")
        if self.cut:
            return
        if not line.endswith(b"\n"):
            raise WaveError(f"{self.path}: cut off at {line[:40]!r}")
        if time is not None:
            yield time, changes
        if self.converter and self.converter.wait() != 0:
            raise WaveError(f"{self.path}: fst2vcd failed with status {self.converter.returncode}")

    def _check_room(self, line, time):
        rest = self.stream.readline()
        if rest or not line.endswith(b"\n") or time is None or self._number(line[len(ROOM) - 1 :]) <= time:
            raise WaveError(f"{self.path}: {line!r} and {rest!r} as room for the view behind {time}")

    def _number(self, line):
        try:
            return int(line[1:])
        except ValueError:
            raise WaveError(f"{self.path}: not a time: {line[:40]!r}") from None

    def kept_groups(self):
        """Of what is kept. Where nothing of it changes, an FST has no time."""
        for time, changes in self.groups():
            if self.kept is not None:
                changes = {code: value for code, value in changes.items() if code in self.kept}
                if self.sparse and not changes:
                    continue
            yield time, changes

    def times(self):
        """Yields (time, [changes, ...]): equal times together. Times must not fall."""
        groups = self.kept_groups()
        time, changes = next(groups, (None, None))
        if time is None:
            return
        same = [changes]
        for next_time, changes in groups:
            if next_time == time:
                same.append(changes)
                continue
            if next_time < time:
                raise WaveError(f"{self.path}: time {next_time} after {time}")
            yield time, same
            time, same = next_time, [changes]
        yield time, same


def is_within(name, scope, levels):
    if name == scope:
        return True
    name = re.sub(r"\.([^.]+)\.(?=\1\[)", ".", name)  # newer releases put the elements of an array into a scope of an FST
    return name.startswith(scope + ".") and (levels is None or name.count(".", len(scope)) <= levels)


def canonical(value):
    """One spelling for a value: vectors without the letters that left extension gives back."""
    if value is None:
        return None
    if value[:1] in b"rR":
        return float(value[1:])
    bits = value.lower()
    if bits[:1] == b"b":
        bits = bits[1:]
    while len(bits) > 1 and (bits[:2] in (b"00", b"01", b"xx", b"zz")):
        bits = bits[1:]
    return bits


def compare_definitions(oracle, window):
    if oracle.timescale != window.timescale:
        raise Difference(f"timescale {window.timescale}, oracle {oracle.timescale}")
    if not oracle.signals:
        raise Difference("the oracle has no signals")
    for name, definition in oracle.signals.items():
        if name not in window.signals:
            raise Difference(f"signal {name} is missing")
        if window.signals[name] != definition:
            raise Difference(f"signal {name} is {window.signals[name]}, oracle {definition}")
    for name in window.signals:
        if name not in oracle.signals:
            raise Difference(f"signal {name} is not in the oracle")


class Comparer:
    """Both states side by side, at one time after the other."""

    def __init__(self, oracle, window):
        # Signals that share a code in both files are one pair; its first name is the one to report.
        self.pairs = {}
        for name, code in oracle.codes.items():
            self.pairs.setdefault((code, window.codes[name]), name)
        self.by_oracle = {}
        self.by_window = {}
        for pair in self.pairs:
            self.by_oracle.setdefault(pair[0], []).append(pair)
            self.by_window.setdefault(pair[1], []).append(pair)
        self.same_codes = all(mine == other for mine, other in self.pairs)
        self.oracle_state = {}
        self.window_state = {}

    def first_difference(self, pairs):
        """The first of the pairs that has different values now, as words; None: all equal."""
        for pair in pairs:
            right = self.oracle_state.get(pair[0])
            got = self.window_state.get(pair[1])
            if right != got and canonical(right) != canonical(got):
                words = ["nothing" if value is None else value.decode() for value in (got, right)]
                return f"{self.pairs[pair]} is {words[0]}, oracle {words[1]}"
        return None

    def touched(self, oracle_changes, window_changes):
        try:
            pairs = {pair for code in oracle_changes for pair in self.by_oracle[code]}
            pairs.update(pair for code in window_changes for pair in self.by_window[code])
        except KeyError as error:
            raise WaveError(f"a value of {error}, which is no signal's code") from None
        return pairs

    def check(self, oracle_changes, groups, everything):
        """Applies one time. Returns (difference before the window's last group, difference after it); the
        first is None only if there are several groups and the last but one was equal."""
        self.oracle_state.update(oracle_changes)
        before = "not written twice"
        changes = {}
        for i, group in enumerate(groups):
            if i > 0 and i == len(groups) - 1:
                before = self.first_difference(
                    self.pairs if everything else self.touched(oracle_changes, changes)
                )
            changes.update(group)
            self.window_state.update(group)
        if everything:
            return before, self.first_difference(self.pairs)
        if self.same_codes and changes == oracle_changes:
            return before, None
        return before, self.first_difference(self.touched(oracle_changes, changes))


def merged(groups):
    changes = groups[0]
    for group in groups[1:]:
        changes.update(group)
    return changes


def with_last(items):
    """Yields (item, is it the last)."""
    items = iter(items)
    try:
        held = next(items)
    except StopIteration:
        return
    for item in items:
        yield held, False
        held = item
    yield held, True


class Result:
    """What was compared: figures for the caller and the line for the user."""

    def __init__(self, signals):
        self.signals = signals
        self.first_time = None  # of the window
        self.last_time = None  # of the window
        self.oracle_last_time = None
        self.oracle_times = 0
        self.window_times = 0
        self.compared = 0
        self.last_words = False  # the failing eval's own values were allowed for

    def line(self):
        more = f", and at {self.last_time} the failing eval's own values" if self.last_words else ""
        return (
            f"equal: {self.signals} signals at {self.compared} times from {self.first_time} to "
            f"{self.oracle_last_time}{more}"
        )


class Comparison:
    """Walks through both waveforms; the oracle is read up to the window's time each time."""

    def __init__(self, oracle, window, end, shift):
        self.oracle_times = oracle.times()
        self.window = window
        self.end = end
        self.shift = shift
        self.comparer = Comparer(oracle, window)
        self.result = Result(len(oracle.signals))
        self.ahead = None  # the oracle's time that was read and not used: (time, changes)
        self._read_oracle()

    def _read_oracle(self):
        time, groups = next(self.oracle_times, (None, None))
        if time is None:
            self.ahead = None
            return
        self.result.oracle_times += 1
        self.result.oracle_last_time = time
        self.ahead = (time, merged(groups))

    def _skip_to(self, time):
        """The oracle's times before the window's first only give the state."""
        while self.ahead and self.ahead[0] < time:
            self.comparer.oracle_state.update(self.ahead[1])
            self._read_oracle()

    def run(self):
        for (time, groups), last in with_last(self.window.times()):
            time += self.shift
            first = self.result.first_time is None
            if first:
                self.result.first_time = time
                self._skip_to(time)
            self.result.last_time = time
            self.result.window_times += 1
            self._one_time(time, groups, first, last)
        if self.result.first_time is None:
            raise Difference("the window has no times")
        if self.ahead and self.end in ("before", "cut"):
            self.result.oracle_times -= 1
        elif self.ahead and self.end != "killed":
            raise Difference(f"the window ends at {self.result.last_time}, the oracle goes on to {self.ahead[0]}")
        if self.result.compared == 0 and self.end != "inside":
            raise Difference("no time of the window is in the oracle")
        return self.result

    def _one_time(self, time, groups, first, last):
        if self.ahead is None:
            self._beyond(time, first, last)
            return
        if self.ahead[0] < time:
            raise Difference(f"time {self.ahead[0]} is missing")
        changes = {}
        if self.ahead[0] == time:
            changes = self.ahead[1]
            self._read_oracle()
        elif not (first and self.window.sparse):
            raise Difference(f"time {time} is not in the oracle, which goes on at {self.ahead[0]}")
        before, after = self.comparer.check(changes, groups, first)
        self.result.compared += 1
        if after is None:
            return
        at_the_end = last and self.ahead is None
        if last and self.end == "cut":
            self.result.last_words = True
            return
        if at_the_end and ((self.end == "any" and before is None) or self.end == "inside"):
            self.result.last_words = True
            return
        raise Difference(f"at {time} {after}")

    def _beyond(self, time, first, last):
        """The oracle has ended before this time."""
        if self.end in ("between", "before", "cut"):
            raise Difference(f"time {time} is beyond the oracle's last, {self.result.oracle_last_time}")
        if not last:
            raise Difference(f"more than one time beyond the oracle's last, {self.result.oracle_last_time}")
        if first and self.end != "inside":
            raise Difference(f"the window begins at {time}, beyond the oracle's last")
        self.result.last_words = True


def check_empty(path, whole_path):
    """It has the signals of the whole one and not one value of theirs: an FST says so of each, at time 0."""
    with Wave(path) as empty, Wave(whole_path, True) as whole:
        compare_definitions(whole, empty)
        for time, groups in empty.times():
            values = {str(canonical(value)) for value in merged(groups).values()}
            if time != 0 or not empty.sparse or values - {str(b"x"), "nan"}:
                raise Difference(f"it has values at {time}: {values}")


def compare(oracle_path, window_path, end="any", shift=0, expect_last_time=None, scopes=None):
    """Returns a Result or raises Difference or WaveError. `shift` is added to the window's times. scopes: those of the oracle
    that the window has (Wave.keep())."""
    with Wave(oracle_path) as oracle, Wave(window_path, end == "killed") as window:
        if scopes is not None:
            oracle.keep(scopes)
        compare_definitions(oracle, window)
        if scopes is not None:  # where nothing changes of what it has, its times are as little in the oracle's
            window.kept = set(window.codes.values())
        result = Comparison(oracle, window, end, shift).run()
    if expect_last_time is not None and result.last_time != expect_last_time:
        raise Difference(f"the window ends at {result.last_time}, expected {expect_last_time}")
    return result


def main():
    parser = argparse.ArgumentParser(description="Compares a window waveform with the trace of the whole run.")
    parser.add_argument("oracle")
    parser.add_argument("window")
    parser.add_argument("--end", choices=("any", "between", "inside", "before", "cut", "killed"), default="any")
    parser.add_argument("--shift", type=int, default=0, help="added to the window's times")
    parser.add_argument("--expect-last-time", type=int, metavar="T")
    args = parser.parse_args()
    try:
        print(compare(args.oracle, args.window, args.end, args.shift, args.expect_last_time).line())
    except Difference as difference:
        print(f"different: {difference}")
        return 1
    except (WaveError, OSError) as error:
        print(f"cannot compare: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
