# SPDX-License-Identifier: MIT
"""A simulator as a row of simulators.json, and what one run of it is drawn to be."""

import copy
import glob
import os
import random
import re
import string

INTERVALS = ("37evals", "1000evals", "5ms", "auto")
WINDOWS = (None, "all", "100evals")
SLOTS = (None, "1", "2", "16")
BRIEF_CYCLES = 300


FIRST_THAT_CHOOSES = "4.220"


def chosen_scopes(variables, release):
    """What LIGHTSSS_SCOPE and LIGHTSSS_DEPTH leave, for Wave.keep(); None: all."""
    depth = int(variables.get("LIGHTSSS_DEPTH", 0))
    names = variables.get("LIGHTSSS_SCOPE", "")
    if (release and release < FIRST_THAT_CHOOSES) or not (depth or names):
        return None
    if not names:
        return [("TOP", depth + 1)]
    whole = [name if re.match(r"TOP\b", name) else "TOP." + name for name in names.split(",")]
    return [(name, depth or None) for name in whole]


class Row:
    """One simulator: what simulators.json says, with the executable."""

    def __init__(self, table, name, executable, threaded, release=None, values=None):
        if name not in table or not name:
            raise SystemExit(f"campaign: no row {name} in simulators.json")
        row = dict(table[name])
        while "like" in row:
            base = row.pop("like")
            row = {**table[base], **row}
        self.name = name
        self.values = values or {}
        self.executable = os.path.abspath(executable)
        self.row = row
        self.kinds = {kind: dict(what) for kind, what in row["kinds"].items()}
        if threaded:
            for kind, changes in row.get("threaded", {}).items():
                self.kinds[kind].update(changes)
        for since, kinds in row.get("since", {}).items():
            if release and release >= since:
                for kind, changes in kinds.items():
                    self.kinds[kind].update(changes)
        self.traces = row.get("traces")
        self.scopes = chosen_scopes(row.get("env", {}), release)
        self.inputs = []
        if "inputs" in row:
            self.inputs = sorted(glob.glob(os.path.join(os.path.dirname(self.executable), row["inputs"])))

    def get(self, key, default=None):
        return self.row.get(key, default)

    def quiet(self, output):
        """Output without what differs from run to run."""
        noise = self.row.get("noise")
        return re.sub(noise.encode(), b"", output) if noise else output

    def arguments(self, run, traced, more=None):
        kind = self.kinds[run.kind]
        given = list(self.row.get("args", []))
        given += kind.get("args", self.row.get("fail", []))
        given += self.row["trace"] if traced or self.traces else []
        values = {
            "kind": run.kind,
            "cycle": run.cycle,
            "seed": run.model_seed,
            "length": run.length,
            "input": run.input,
            "wave": self.row["wave"],
            "bin": os.path.dirname(self.executable),
            **self.values,
            **(more or {}),
        }
        return [string.Formatter().vformat(argument, (), values) for argument in given]


class Run:
    """What one failure is drawn to be. The same seed and number give the same run. A brief one is over soon, so that
    a snapshot at every eval takes no minutes."""

    def __init__(self, row, kind, seed, number, brief=False):
        rng = random.Random(f"{seed}:{number}:{row.name}")
        least, most = row.get("cycles", [1, 1])
        if rng.random() < 0.2:  # near the first eval, where there are corners
            most = min(most, least + 20)
        if brief:
            most = min(most, least + BRIEF_CYCLES)
        self.number = number
        self.kind = kind
        self.cycle = rng.randint(least, most)
        self.model_seed = rng.randint(1, 1 << 30)
        self.input = rng.choice(row.inputs) if row.inputs else None
        self.interval = rng.choice(INTERVALS)
        self.window = rng.choice(WINDOWS)
        self.piped = rng.random() < 0.5
        self.inside = bool(row.kinds[kind].get("inside"))
        self.slots = rng.choice(SLOTS)
        self.length = row.get("length", [None, None])[brief]
        self.killed = False  # from outside

    def at(self, interval, slots, window):
        """The same run, with other snapshots."""
        other = copy.copy(self)
        other.interval, other.slots, other.window = interval, slots, window
        return other

    def environment(self, library, forced):
        if not library:
            return {}
        values = {"LD_PRELOAD": library, "LIGHTSSS_INTERVAL": self.interval}
        if self.window:
            values["LIGHTSSS_WINDOW"] = self.window
        if self.slots:
            values["LIGHTSSS_SLOTS"] = self.slots
        values.update(forced)
        self.interval = values["LIGHTSSS_INTERVAL"]
        self.window = values.get("LIGHTSSS_WINDOW")
        return values

    def words(self):
        where = os.path.basename(self.input) if self.input else f"{self.kind}@{self.cycle}"
        out = "pipe" if self.piped else "file"
        return (
            f"run {self.number} {where} seed {self.model_seed} interval {self.interval} "
            f"slots {self.slots or 'default'} window {self.window or 'default'} stdout {out}"
        )
