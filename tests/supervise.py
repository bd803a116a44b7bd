#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""supervise.py COMMAND [ARGUMENT...]: runs a command and leaves no process behind, however it ends.

Everything that stems from the command is found again, in whatever session or group it lives and whoever its parent
was: the kernel gives orphans to the nearest subreaper, which this is. What is still there when the command has ended is
named and killed, and the status is then 1 at least. SIGTERM, SIGINT, SIGQUIT and SIGHUP end all of it, and then this dies
of the same, so that a shell that runs it stops as well; so does the end of whoever started this. What a terminal sends
and was ignored from the beginning (nohup) stays ignored; no other signal is ignored or blocked for the command, whoever
started this. The command's TMPDIR is a directory of its own and goes with it."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WAIT_ALL = 0x40000000  # children that were cloned, too
FROM_TERMINAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
SIGNALS = (*FROM_TERMINAL, signal.SIGTERM)
UNTOUCHABLE = (signal.SIGKILL, signal.SIGSTOP)
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # subprocess gives the command the default
GRACE_S = 5.0


class Told(Exception):
    """A signal that ends us."""


def hear_no_more():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def told(number, _):
    hear_no_more()
    raise Told(number)


def prctl(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def parents():
    """{process: its parent}; zombies that are not ours to reap are left out."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state not in "ZX":
                found[int(name)] = int(parent)
    return found


def descendants():
    tree = parents()
    found, fresh = set(), {os.getpid()}
    while fresh:
        fresh = {process for process, parent in tree.items() if parent in fresh} - found
        found |= fresh
    return found


def has_children():
    """Reaps those that have ended. None left means that nothing is left at all, as all orphans come to us; a walk through
    /proc may miss one whose parent has just gone."""
    try:
        while os.waitpid(-1, os.WNOHANG | WAIT_ALL)[0] != 0:
            pass
        return True
    except ChildProcessError:
        return False


def name_of(process):
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except OSError:
        return "gone"


def kill_all():
    """A process that dies may wake another one: again, until there is none."""
    while has_children():
        for process in descendants():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


def await_end(grace_s):
    give_up = time.monotonic() + grace_s
    while has_children():
        left = descendants()
        if left and time.monotonic() >= give_up:
            return left
        time.sleep(0.02)
    return set()


def set_dispositions():
    """With SIGCHLD ignored nobody learns a status, and with SIGTERM ignored nobody can end what a test starts."""
    for number in set(range(1, signal.SIGRTMIN)) - {*FROM_TERMINAL, *UNTOUCHABLE, *IGNORED_BY_PYTHON} - {32, 33}:
        signal.signal(number, signal.SIG_DFL)
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, told)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def temporary_directory():
    """As /tmp is: some tests start programs of other users, and some preload what they put there: LD_PRELOAD knows no
    quoting."""
    parent = tempfile.gettempdir()
    path = tempfile.mkdtemp(prefix="lightsss-tests-", dir="/tmp" if re.search(r"[\s:$]", parent) else parent)
    os.chmod(path, 0o1777)
    return path


def remove(directory):
    subprocess.run(["rm", "-rf", "--one-file-system", directory], stderr=subprocess.DEVNULL, check=False)


def say(text):
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        pass  # nobody reads: what is left is killed all the same


def run(command, parent, environment):
    if os.getppid() != parent:
        raise Told(signal.SIGTERM)
    status = subprocess.Popen(command, env=environment).wait()
    for process in sorted(await_end(GRACE_S)):
        say(f"supervise.py: left behind: {process} {name_of(process)}")
        status = status or 1
    return status if status >= 0 else 128 - status


def die_of(number):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def main(command):
    parent = os.getppid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    directory, end = None, 0
    try:
        set_dispositions()
        directory = temporary_directory()
        status = run(command, parent, {**os.environ, "TMPDIR": directory})
        hear_no_more()  # cleaning up is not cut short
    except Told as signal_told:
        end = signal_told.args[0]
        status = 128 + end
    kill_all()
    if directory is not None:
        remove(directory)
    if end != 0:
        die_of(end)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
