# SPDX-License-Identifier: MIT
"""A simulator that is killed from outside at some moment: who does it, and what must be left then."""

import json
import os
import re
import signal

import checks
import wave
from checks import Failed, check, end_words
from moment import await_stop, stop_at

# As often as they are met: half of all are SIGKILL.
SIGNALS = [signal.SIGKILL] * 10 + [signal.SIGTERM] * 3 + [signal.SIGINT] * 2
SIGNALS += [getattr(signal, "SIG" + name) for name in "HUP QUIT SEGV ABRT BUS".split()]

LOOK_S = 0.002
SURE = 0.5  # of a whole run's time: no run has come to its end by then
KNOWN_AFTER = 3  # evals
WITHOUT_S = 0.25  # a run may take so long to end when its snapshots are gone

EARLY, REPLAYED, UNCOMPARED, LATE = "early", "replayed", "uncompared", "late"


class Killer:
    """Stops the process at some moments, looks at its snapshots, which nobody can dismiss then, and at the last moment sends a
    signal. It is the time on a processor that counts: on a busy machine a run takes now this long and then that.

    Where there are snapshots, one of them must replay. Where there are none any more, the end has begun, and no signal is
    sent: the run has to be a whole one, and to end soon, because a moment in its middle without snapshots would be a defect.

    A sudden one does not stop it at the last moment: a snapshot may be half made. What was seen before must replay too, unless
    the run may have been over by then."""

    def __init__(self, number, moments_s, whole_s, sudden):
        self.number = number
        self.sudden = sudden
        self.moments_s = sorted(moments_s)
        self.whole_s = whole_s  # what a whole run takes
        self.seen = False
        self.copies = []
        self.wrong = None

    def __call__(self, launch):
        await_stop(launch.pid)  # before its beginning
        begun_s = launch.cpu_time_s()
        for moment_s in self.moments_s:
            last = self.sudden and moment_s == self.moments_s[-1]
            if not stop_at(launch, begun_s + moment_s, self.number if last else signal.SIGSTOP):
                return
            self.copies = launch.parked_copies()
            if self.seen and not self.copies:
                os.kill(launch.pid, signal.SIGCONT)
                self._await_end(launch)
                return
            self.seen = bool(self.copies)
        os.kill(launch.pid, self.number)
        os.kill(launch.pid, signal.SIGCONT)

    def _await_end(self, launch):
        begun_s = launch.cpu_time_s()
        while not launch.ends_within(LOOK_S):
            if launch.copies():
                self.wrong = "there were no snapshots for a moment in the middle of the run"
            elif launch.cpu_time_s() > begun_s + WITHOUT_S + self.whole_s / 2:
                self.wrong = self.wrong or "it ran on without snapshots"

    def must_replay(self):
        return bool(self.copies) and not (self.sudden and self.moments_s[-1] > SURE * self.whole_s)

    def words(self):
        how = ", suddenly," if self.sudden else ""
        moments = ", ".join(f"{moment_s * 1000:.2f}" for moment_s in self.moments_s)
        return f"{signal.Signals(self.number).name}{how} at the last of {moments} of {self.whole_s * 1000:.2f} ms"


def own_stderr(stderr, whole):
    """What is the simulator's own. Where a line of it is not complete, ours begin with a newline, or follow on it. Another thread
    than the one that is ended may complete it behind them. And where it is ended between the write that completes its last line
    and the note of that (libstdc++ writes the newline behind what() apart), ours begin with a newline all the same."""
    own = b""
    for line in stderr.splitlines(keepends=True):
        begun, ours, _ = line.partition(b"lightsss: ")
        own += begun
        there = whole[len(own) - 1 : len(own)]  # nothing: that newline is not its own
        if ours and own.endswith(b"\n") and there != b"\n":
            own = own[:-1]
    return own


def check_prefix(name, got, whole):
    check(whole.startswith(got), f"{name}: not the beginning of a whole run's: " + checks.first_difference(got, whole))


def check_without_values(name, directory):
    """A trace that is held back; it may have been killed while it was made."""
    path = os.path.join(directory, name)
    if os.path.exists(path):
        try:
            wave.check_empty(path, path)
        except wave.Difference as error:
            raise checks.Failed(f"{name} was not held back: {error}") from None
        except wave.WaveError:
            pass


def check_begun(case, killed):
    """What it has written so far is the beginning of what a whole run writes."""
    row, plain = case.row, case.plain
    check_prefix("stdout", row.quiet(killed.stdout), row.quiet(plain.stdout))
    check_prefix("stderr", row.quiet(own_stderr(killed.stderr, plain.stderr)), row.quiet(plain.stderr))
    got, whole = checks.files_below(killed.directory), checks.files_below(plain.directory)
    if row.traces:
        got.pop(row.get("wave") + ".hier", None)  # of an FST that is not closed
        mine = got.pop(row.get("wave"), None)
        content = whole.pop(row.get("wave"))
        if row.traces == "held":
            check_without_values(row.get("wave"), killed.directory)
        if mine is not None and content.startswith(b"$") and b"$date" not in content[:100]:
            check_prefix(row.get("wave"), mine, content)
    for name in row.get("rewrites", []):
        got.pop(name, None)
    more = sorted(set(got) - set(whole))
    check(not more, f"files {more}, which a whole run does not leave")
    for name, content in got.items():
        check_prefix(f"file {name}", content, whole[name])


def check_replay_output(case, directory):
    """It begins where the snapshot was and ends where the replay was."""
    for name, whole in (("replay.stdout", case.plain.stdout), ("replay.stderr", case.plain.stderr)):
        content = case.row.quiet(checks.read(os.path.join(directory, name)))
        check(content in case.row.quiet(whole), f"{name} is no part of what a whole run prints")


def has_failed_before(report, case, killed):
    """It was waiting for the replay of its own failure when it was killed."""
    kinds = [checks.natural_kind(launch.returncode) for launch in (case.plain, killed)]
    return case.row.get("victim") and report["end"]["kind"] == kinds[0] != kinds[1]


def is_near(report, row):
    """Killed between the snapshot and the testbench's next dump, perhaps."""
    return report["end"]["eval"] - report["snapshot"]["eval"] <= max(1, int(row.get("dump_evals", row.get("every_eval", 1))))


def has_unknown_times(report, row):
    """The testbench raises its time before it dumps, and was killed before its second dump: nobody can know that."""
    return row.get("raises") and report["wave"]["times"] == "ends of evals" and report["end"]["eval"] <= KNOWN_AFTER


def dumped_by_testbench(report):
    """Or had it not come to that dump? Then there is none, or one of the library's own tracer: where a time has several
    evals, at other times."""
    return report["wave"] is not None and report["wave"]["source"] == "testbench"


def check_replayed(case, run, killed):
    """Returns what became of it."""
    row = case.row
    directory = checks.run_directory(killed, row)
    path = os.path.join(directory, "report.json")
    check(os.path.isfile(path), f"no report.json; the library said: {checks.split_stderr(killed.stderr)[1]}")
    report = json.loads(checks.read(path))
    if has_failed_before(report, case, killed):
        check(report["replay"]["verdict"] == "reproduced", f"verdict {report['replay']}")
        return LATE
    try:
        checks.check_end(report, run, row, killed)
        if row.get("dark"):
            checks.check_dark(report, killed, directory, row.get("dark"))
            return REPLAYED
        if row.get("renewed") or row.get("unlike"):
            check(report["replay"]["verdict"] == "reproduced", f"verdict {report['replay']}")
            return UNCOMPARED
        source = None
        if row.traces == "held" and is_near(report, row) and not dumped_by_testbench(report):
            check(report["replay"]["verdict"] == "reproduced", f"verdict {report['replay']}")
            if report["wave"] is None or row.get("several") or has_unknown_times(report, row):
                return UNCOMPARED
            source = "injected"
        checks.check_evals(report, run, row)
        checks.check_wave(report, directory, run, row, case.oracle, source)
    except (KeyError, TypeError, ValueError) as error:
        raise Failed(f"report.json: {type(error).__name__} {error}: {report}") from None
    check_replay_output(case, directory)
    lines = re.findall(rb"lightsss: .*", killed.stderr)
    said = os.path.basename(report["wave"]["path"]).encode()
    check(lines and said in lines[-1], f"the last line does not name the waveform: {lines}")
    return REPLAYED


def has_said_all(case, killed):
    """Then its end had begun: on a busy machine a whole run takes now this much of a processor and then twice as much."""
    plain = case.row.quiet(case.plain.stdout)
    return plain != b"" and case.row.quiet(killed.stdout) == plain


def check_killed(case, run, environment, killer, name="killed"):
    """Runs it, kills it and checks what is left. Returns (what became of it, the launch). Raises Failed."""
    row = case.row
    killed = case.launch(name, environment, meanwhile=killer, patience_s=case.timeout_s)
    checks.check_gone(killed, case.timeout_s)
    killed.read_files()
    run.killed = True
    check(not killer.wrong, killer.wrong)
    if killed.returncode == case.plain.returncode and killed.returncode != -killer.number:
        if row.get("unlike"):
            checks.check_alike(case.plain, killed)
        else:
            checks.check_unchanged(case.plain, killed, row)
        return LATE, killed
    check(killed.returncode == -killer.number, f"ended with {end_words(killed.returncode)}")
    if not row.get("unlike"):
        check_begun(case, killed)
    nothing = not os.path.isdir(os.path.join(killed.directory, "lightsss"))
    lost = nothing and killer.must_replay() and not has_said_all(case, killed)
    check(not lost, f"nothing is left, and there were the snapshots {killer.copies}")
    if row.get("unsupported") or nothing:
        check(b"no snapshot" not in killed.stderr, f"{checks.split_stderr(killed.stderr)[1]}")
        return EARLY, killed
    if row.get("races"):
        checks.check_race(killed, row)
        return UNCOMPARED, killed
    return check_replayed(case, run, killed), killed
