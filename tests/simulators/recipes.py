# SPDX-License-Identifier: MIT
"""The blocks of a page of recipes. A fence says behind its language what becomes of its text:

    recipe=NAME file=PATH       a file of this recipe
    recipe=NAME [status=N]      commands for sh, which end with N (0 where it is not said)
    not-run                     nothing; then the section's text says so
"""

import os
import re
import signal
import subprocess

KEYS = {"recipe", "file", "status"}


class PageError(Exception):
    """A fence that says nothing of itself, or what nobody understands."""


class Block:
    def __init__(self, line, words, text):
        self.line = line
        self.text = text
        self.language, *rest = words or [""]
        self.is_run = rest != ["not-run"]
        pairs = dict(word.partition("=")[::2] for word in rest) if self.is_run else {}
        if self.is_run and (not pairs.get("recipe") or pairs.keys() - KEYS or {"file", "status"} <= pairs.keys()):
            raise PageError(f"line {line}: what becomes of this block? {' '.join(words)}")
        self.recipe = pairs.get("recipe")
        self.file = pairs.get("file")
        self.status = int(pairs.get("status", "0"))


class Section:
    """A heading, the words below it, and its blocks."""

    def __init__(self, title):
        self.title = title
        self.words = ""
        self.blocks = []


def read(path):
    """The sections of a page."""
    sections = [Section("")]
    begun = None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fence = re.match(r"```(.*)", line)
            if begun and fence:
                sections[-1].blocks.append(Block(begun[0], begun[1].split(), "".join(begun[2])))
                begun = None
            elif begun:
                begun[2].append(line)
            elif fence:
                begun = (number, fence[1], [])
            elif line.startswith("#"):
                sections.append(Section(line.strip("# \n")))
            else:
                sections[-1].words += line
    if begun:
        raise PageError(f"line {begun[0]}: a block without an end")
    return sections


def blocks_of(path, recipe):
    return [block for section in read(path) for block in section.blocks if block.recipe == recipe]


def recipes_of(path):
    return {block.recipe for section in read(path) for block in section.blocks if block.is_run}


def put(place, block):
    """The file of a block, below place."""
    path = os.path.join(place, block.file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(block.text)


def run(shell, text, place, environment, timeout_s):
    """Runs commands as a shell does that ends with the first that fails. All that they start ends when time is up."""
    process = subprocess.Popen(
        [*shell, text],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"not at its end after {timeout_s} s: {text}\n{output[-2000:]}") from None
    return process.returncode, output
