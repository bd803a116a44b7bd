# SPDX-License-Identifier: MIT
"""What the library promises of one run, checked: the run is the one without it, and what a failure leaves is right."""

import json
import os
import re
import signal
import stat
import time

import wave

LINES_AT_MOST = 8
LEFTOVER_GRACE_S = 3.0


class Failed(Exception):
    """A promise that was not kept."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def end_words(returncode):
    if returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"status {returncode}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files_below(directory):
    """{relative path: content} of what the simulator left, our own directory aside."""
    found = {}
    for base, folders, names in os.walk(directory):
        if base == directory and "lightsss" in folders:
            folders.remove("lightsss")
        for name in names:
            path = os.path.join(base, name)
            found[os.path.relpath(path, directory)] = read(path)
    return found


def split_stderr(stderr):
    """(the simulator's own, our lines as text)"""
    lines = stderr.splitlines(keepends=True)
    ours = [line for line in lines if line.startswith(b"lightsss: ")]
    rest = b"".join(line for line in lines if not line.startswith(b"lightsss: "))
    return rest, [line.decode(errors="replace").rstrip("\n") for line in ours]


def first_difference(got, expected):
    at = next((i for i, (x, y) in enumerate(zip(got, expected)) if x != y), min(len(got), len(expected)))
    return f"{len(got)} bytes instead of {len(expected)}, other from byte {at}: {got[at:at + 40]!r}"


def opens_once(executable, path):
    """Is it an FST of a release whose tracer ends the simulator where it is opened again?"""
    release = re.search(rb"\b(\d+)\.(\d{3}) 20\d\d-\d\d-\d\d", read(executable))
    return wave.is_fst(path) and release is not None and (int(release[1]), int(release[2])) > (5, 32)


def check_held(name, executable, got, whole, held):
    """A file stands there with the names of the signals, and with no values; where it can be opened but once, an empty
    one."""
    check(name in got, f"{name} is missing: the testbench would not find its own file")
    try:
        if got[name] or not opens_once(executable, whole):
            wave.check_empty(held, whole)
    except (wave.Difference, wave.WaveError) as error:
        raise Failed(f"{name}: {error}") from None
    del got[name]


def check_own_trace(row, expected, got, plain, preloaded):
    """What the simulator traced itself. FST files, and VCD files of old releases, hold the time at which they
    were made."""
    name = row.get("wave")
    content = expected.pop(name)
    paths = [os.path.join(run.directory, name) for run in (plain, preloaded)]
    if row.traces == "held":
        check_held(name, row.executable, got, *paths)
    elif content.startswith(b"$") and b"$date" not in content[:100]:
        check(got.get(name) == content, f"{name}: " + first_difference(got.get(name, b""), content))
        del got[name]
    else:
        check(name in got, f"{name} is missing")
        try:
            wave.compare(*paths, "between")
        except (wave.Difference, wave.WaveError) as error:
            raise Failed(f"{name}: {error}") from None
        del got[name]


def check_unchanged(plain, preloaded, row):
    """Promise 1: the run with the library is the run without."""
    check(
        preloaded.returncode == plain.returncode,
        f"ended with {end_words(preloaded.returncode)}, without the library with {end_words(plain.returncode)}",
    )
    check_output(plain, preloaded, row)


def check_output(plain, preloaded, row):
    """Everything but the status."""
    got, expected = row.quiet(preloaded.stdout), row.quiet(plain.stdout)
    check(got == expected, "stdout: " + first_difference(got, expected))
    own, _ = split_stderr(preloaded.stderr)
    check(own == plain.stderr, "stderr: " + first_difference(own, plain.stderr))
    check(
        preloaded.seen_by_peer == plain.seen_by_peer,
        f"the peer saw (connections, bytes) {preloaded.seen_by_peer}, without the library {plain.seen_by_peer}",
    )
    expected, got = files_below(plain.directory), files_below(preloaded.directory)
    if row.traces:
        check_own_trace(row, expected, got, plain, preloaded)
    check(set(got) == set(expected), f"files {sorted(got)}, without the library {sorted(expected)}")
    for name, content in expected.items():
        check(got[name] == content, f"file {name}: " + first_difference(got[name], content))
        modes = [stat.S_IMODE(os.stat(os.path.join(run.directory, name)).st_mode) for run in (preloaded, plain)]
        check(modes[0] == modes[1], f"file {name}: mode {modes[0]:o} instead of {modes[1]:o}")


def check_alike(plain, preloaded):
    """No two runs are the same run: what can be compared all the same."""
    check(preloaded.returncode == plain.returncode, f"ended with {end_words(preloaded.returncode)}")
    got, expected = files_below(preloaded.directory), files_below(plain.directory)
    check(set(got) == set(expected), f"files {sorted(got)}, without the library {sorted(expected)}")


def check_gone(launch, grace_s=LEFTOVER_GRACE_S):
    """Promise 3: nothing outlives the run."""
    deadline = time.monotonic() + grace_s
    while (left := launch.survivors()) and time.monotonic() < deadline:
        time.sleep(0.02)
    launch.kill(left)
    check(not left, f"processes left over: {left}")
    check(not launch.pipes_held, "somebody still holds stdout or stderr open")
    check(not os.listdir(launch.temporary), f"temporary files left over: {os.listdir(launch.temporary)}")


def check_refused(launch, words):
    """Promise 4: one line says what does not work."""
    lines = split_stderr(launch.stderr)[1]
    check(len(lines) == 1 and words in lines[0], f"not one line with '{words}': {lines}")
    check(not os.path.exists(os.path.join(launch.directory, "lightsss")), "made a directory all the same")


def check_nothing_left(launch, row):
    check(not os.path.exists(os.path.join(launch.directory, "lightsss")), "a run without failure made a directory")
    lines = split_stderr(launch.stderr)[1]
    if row.traces == "held":
        check(len(lines) == 1 and "held back" in lines[0], f"the held-back trace is not announced: {lines}")
        return
    check(not lines, f"a run without failure said: {lines}")


def run_directory(launch, row):
    """The one directory that a failing run makes."""
    top = os.path.join(launch.directory, "lightsss")
    lines = split_stderr(launch.stderr)[1]
    check(os.path.isdir(top), f"no directory lightsss; the library said: {lines}")
    name = f"{os.path.basename(row.executable)}.{launch.pid}"
    check(os.listdir(top) == [name], f"lightsss/ holds {os.listdir(top)} and not just {name}")
    directory = os.path.join(top, name)
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    check(mode == 0o700, f"the run directory has mode {mode:o}")
    return directory


def natural_kind(code):
    """end.kind that follows from a process's end."""
    signals = {-signal.SIGABRT: "abort", -signal.SIGKILL: "kill"}
    return signals.get(code, "signal") if code < 0 else "exit" if code else "finish"


def check_end(report, run, row, plain):
    """report.json: the head and how the run ended."""
    check(report.get("version") == 1, f"report: version {report.get('version')}")
    check(report.get("program") == os.path.basename(row.executable), f"report: program {report.get('program')}")
    end = report["end"]
    code = plain.returncode
    kind = row.kinds[run.kind].get("report", natural_kind(code))
    check(end["kind"] == kind, f"report: end.kind {end['kind']}, not {kind}")
    if code >= 0:
        check(end["status"] == code and end["signal"] is None, f"report: end {end}")
    else:
        name = signal.Signals(-code).name
        check(end["signal"] == name and end["status"] is None, f"report: end {end}")


def window_limit(window):
    """How many evals LIGHTSSS_WINDOW allows; None: all."""
    match = re.fullmatch(r"(\d+)evals", window or "200000evals")
    return int(match.group(1)) if match else None


def check_evals(report, run, row):
    """report.json: snapshot, replay and window fit together."""
    end, snapshot, replay, shape = report["end"], report["snapshot"], report["replay"], report["wave"]
    check(replay["verdict"] == "reproduced", f"verdict {replay['verdict']}: {replay.get('why')}")
    check(replay["eval"] == end["eval"], f"replay ended at eval {replay['eval']}, the original at {end['eval']}")
    check(isinstance(replay["seconds"], (int, float)) and replay["seconds"] >= 0, "report: replay.seconds")
    check(snapshot["number"] >= 1 and snapshot["eval"] < end["eval"], f"snapshot {snapshot}, end {end}")
    check(snapshot["eval"] < shape["first_eval"] <= shape["last_eval"] <= end["eval"], f"evals of wave {shape}")
    between = run.killed and row.get("several")  # the evals of one time
    check(end["eval"] - shape["last_eval"] <= (1 if run.inside or between else 0), f"wave stops before the end: {shape}")
    limit = window_limit(run.window)
    dumped = shape["last_eval"] - shape["first_eval"] + 1
    there = end["eval"] - snapshot["eval"]
    wanted = there if limit is None else min(limit, there)
    least = 1 if row.get("renewed") else wanted - 1 - (end["eval"] - shape["last_eval"] if between else 0)
    check(least <= dumped <= wanted + 1, f"{dumped} evals dumped of a window of {wanted}")
    cost = report["cost"]
    check(cost["snapshots"] >= 1, f"report: cost {cost}")


def check_wave(report, directory, run, row, oracle, source=None):
    """The waveform equals the oracle's tail, and the report says the truth about it. source: where it is not the row's."""
    shape = report["wave"]
    path = os.path.join(directory, shape["path"])
    check(os.path.isfile(path), f"no waveform {shape['path']}")
    source = source or ("testbench" if row.traces == "held" else "injected")
    check(shape["source"] == source, f"waveform is {shape['source']}, not {source}")
    check(os.path.getsize(path) == shape["bytes"], f"waveform of {os.path.getsize(path)} bytes, report: {shape}")
    check(shape["path"] == "wave." + shape["format"], f"report: wave {shape}")
    shift = row.get("shift", 0)
    expected_last = shape["last_time"] + shift
    end = "inside" if run.inside else "between"
    if run.killed:
        end = "cut" if row.get("several") else "before"
    try:
        result = wave.compare(
            os.path.join(oracle.directory, row.get("wave")),
            path,
            end,
            shift,
            expect_last_time=expected_last,
            scopes=row.scopes,
        )
    except (wave.Difference, wave.WaveError) as error:
        raise Failed(f"waveform: {error}") from None
    check(result.first_time == shape["first_time"] + shift, f"wave begins at {result.first_time}, report: {shape}")
    per_time = int(row.get("every_eval", False))
    if per_time:
        evals = result.oracle_times * per_time + (1 if run.inside and not run.killed else 0)
        slack = per_time - 1 if run.killed else 0
        check(abs(report["end"]["eval"] - evals) <= slack, f"report: end.eval {report['end']['eval']}, really {evals}")
        times = (shape["last_eval"] - 1) // per_time - (shape["first_eval"] - 1) // per_time + 1
        check(result.window_times == times, f"{result.window_times} times in the wave, report: {shape}")


def check_said(launch, directory, row):
    """Our lines on stderr, and the replay's output, which is the tail of the original's."""
    lines = split_stderr(launch.stderr)[1]
    check(1 <= len(lines) <= LINES_AT_MOST, f"{len(lines)} lines on stderr")
    check(any("the oldest checkpoint start to dump wave" in line for line in lines), f"not announced: {lines}")
    names = [name for name in os.listdir(directory) if re.fullmatch(r"wave\.(vcd|fst)", name)]
    check(len(names) == 1, f"run directory holds {os.listdir(directory)}")
    place = os.path.relpath(os.path.join(directory, names[0]), launch.directory)
    check(place in lines[-1], f"the last line does not name the waveform: {lines[-1]}")
    chooses = any(name in row.get("env", {}) for name in ("LIGHTSSS_SCOPE", "LIGHTSSS_DEPTH"))
    refused = [line for line in lines if re.search("LIGHTSSS_(SCOPE|DEPTH): Verilator .* cannot choose", line)]
    check(len(refused) == (chooses and row.scopes is None), f"what can be chosen is told wrong: {lines}")
    own = split_stderr(launch.stderr)[0]
    for name, whole in (("replay.stdout", launch.stdout), ("replay.stderr", own)):
        path = os.path.join(directory, name)
        check(os.path.isfile(path), f"no {name}")
        check(row.quiet(whole).endswith(row.quiet(read(path))), f"{name} is not the end of what the original printed")


def check_dark(report, launch, directory, words):
    """Replayed, but without a waveform, and the last line says why."""
    check(report["replay"]["verdict"] == "reproduced", f"verdict {report['replay']['verdict']}")
    check(report["wave"] is None, f"a waveform all the same: {report['wave']}")
    left = [name for name in os.listdir(directory) if name.startswith("wave.")]
    check(not left, f"no waveform, but {left}")
    lines = split_stderr(launch.stderr)[1]
    check("no waveform" in lines[-1] and words in lines[-1], f"not said in the last line: {lines}")


def is_within_first(report, run, row):
    """The failure is inside of the replay's first eval. There the testbench closes its own tracer first, and nothing is
    dumped, or one of the library's has taken its place, because there was no dump between the snapshot and the end."""
    within_first = report["end"]["eval"] - report["snapshot"]["eval"] == 1
    return row.traces == "held" and run.inside and within_first


def check_failure(run, row, plain, oracle, preloaded):
    directory = run_directory(preloaded, row)
    path = os.path.join(directory, "report.json")
    check(os.path.isfile(path), f"no report.json; the library said: {split_stderr(preloaded.stderr)[1]}")
    try:
        report = json.loads(read(path))
        check_end(report, run, row, plain)
        if row.get("dark"):
            check_dark(report, preloaded, directory, row.get("dark"))
            return
        is_within = is_within_first(report, run, row)
        if is_within and report["wave"] is None:
            check_dark(report, preloaded, directory, "ended before anything was dumped")
            return
        check(report["wave"] is not None, f"no waveform; the library said: {split_stderr(preloaded.stderr)[1]}")
        check_evals(report, run, row)
        check_wave(report, directory, run, row, oracle, report["wave"]["source"] if is_within else None)
    except (KeyError, TypeError, ValueError) as error:
        raise Failed(f"report.json: {type(error).__name__} {error}") from None
    check_said(preloaded, directory, row)


def check_race(launch, row):
    """No two runs are alike: there is a waveform that can be read, and the report is honest."""
    directory = run_directory(launch, row)
    report = json.loads(read(os.path.join(directory, "report.json")))
    check(report["replay"]["verdict"] in ("reproduced", "diverged"), f"report: {report['replay']}")
    if report["wave"] is None:  # the thread that fails may be through before the other one evals again
        check(report["replay"]["seconds_to_first_dump"] is None, f"report: no waveform, {report}")
        return
    path = os.path.join(directory, report["wave"]["path"])
    try:
        wave.compare(path, path, "between")
    except (OSError, wave.Difference, wave.WaveError) as error:
        raise Failed(f"waveform: {error}") from None
