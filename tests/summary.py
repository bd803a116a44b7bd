# SPDX-License-Identifier: MIT
"""Adds up meson's records of tests for scripts/test: names what did not pass and ends with one line.

usage: summary.py [RECORD | --broken STEP]...
A RECORD is DIR/meson-logs/NAME without its ".json" (meson adds the test setup's name). One that is
missing counts as a failure, as does each STEP. With CI=true a skipped test counts as failed.
"""
import glob
import json
import os
import re
import sys

EXCERPT = 15  # lines


def reason_of(test):
    """The first line that speaks of an error, else the last one with words in it: why a test was skipped."""
    lines = (test.get("stdout", "") + "\n" + test.get("stderr", "")).split("\n")
    lines = [line.strip() for line in lines if re.search("[a-zA-Z]", line)]
    errors = [line for line in lines if re.search("error|ERROR|Error", line)]
    return (errors[:1] if test["result"] != "SKIP" and errors else lines[-1:] or ["no reason given"])[0]


def excerpt_of(test):
    """What a test that failed said last: of cmocka's tests, of the first that failed."""
    lines = [line for line in test.get("stdout", "").split("\n") if line.strip()]
    failed = [i for i, line in enumerate(lines) if line.startswith("[  FAILED  ]")]
    if failed:
        lines = lines[:failed[0]]
        started = [i for i, line in enumerate(lines) if line.startswith("[ RUN      ]")]
        lines = lines[started[-1]:] if started else lines
    lines = lines[-EXCERPT:] + [line for line in test.get("stderr", "").split("\n") if line.strip()][-EXCERPT:]
    return [line[:200] for line in lines]


def read(record):
    """Yields (name, result, reason, excerpt) for each test of a record."""
    files = glob.glob(record + ".json") + glob.glob(record + "-*.json")
    if not files:
        yield record, "ERROR", "the tests did not run", []
    for file in files:
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                test = json.loads(line)
                yield "%s: %s" % (record.split("/")[0], test["name"]), test["result"], reason_of(test), excerpt_of(test)


def main(arguments):
    skip_is_failure = os.environ.get("CI") == "true"
    passed = failed = skipped = 0
    arguments = iter(arguments)
    for argument in arguments:
        tests = [(next(arguments), "ERROR", "the step failed", [])] if argument == "--broken" else read(argument)
        for name, result, reason, excerpt in tests:
            if result in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif result == "SKIP" and not skip_is_failure:
                skipped += 1
                print("skipped  %s: %s" % (name, reason))
            elif result == "SKIP":
                failed += 1
                print("failed   %s: skipped, which counts as failed with CI=true: %s" % (name, reason))
            else:
                failed += 1
                print("failed   %s: %s: %s" % (name, result, reason))
                for line in excerpt:
                    print("         | " + line)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed else 0


try:
    status = main(sys.argv[1:])
    print(end="", flush=True)
except OSError as error:
    print("summary.py: the result could not be written: %s" % error.strerror, file=sys.stderr)
    os._exit(1)  # Python would try again
sys.exit(status)
