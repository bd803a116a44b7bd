# SPDX-License-Identifier: MIT
"""What a program or library needs of glibc, as readelf tells."""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def number(words):
    return tuple(int(part) for part in words.split("."))


def promised():
    """The oldest glibc, as README names it."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return number(re.search(r"\bglibc (\d+\.\d+) or newer\.", file.read())[1])


def readelf(option, path):
    run = subprocess.run(["readelf", option, "--wide", path], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"})
    return run.stdout


def versions(path):
    """{(library, version of glibc)}"""
    found, library = set(), None
    for line in readelf("--version-info", path).split("Version needs section", 1)[-1].splitlines():
        library = (re.findall(r"File: (\S+)", line) or [library])[0]
        found |= {(library, number(version)) for version in re.findall(r"Name: GLIBC_([\d.]+)", line)}
    return found


def symbols(path):
    """{name: version of glibc} of what it leaves to others; strong ones and weak ones apart."""
    strong, weak = {}, {}
    for line in readelf("--dyn-syms", path).splitlines():
        match = re.search(r" (GLOBAL|WEAK) +\w+ +UND +(\w+)@GLIBC_([\d.]+)", line)
        if match:
            (weak if match[1] == "WEAK" else strong)[match[2]] = number(match[3])
    return strong, weak


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("--dynamic", path))
