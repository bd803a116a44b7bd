# SPDX-License-Identifier: MIT
"""What gdb runs for `lightsss gdb`: takes over the copy that stands still, and adds the commands `lightsss back`, `at` and
`wave`. RUN, COMMAND, RELEASE, STANDS and CONNECTION stand before it (gdb_script.c). The copy lives as long as its
connection."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess

import gdb

LIBRARY = "liblightsss"
# Signals by which the library works: of its sandbox, and between its threads.
OWN_SIGNALS = ("SIGSYS", "SIG33")
SENT_TO_THREAD = -6
PACKET = 16384
HELLO_S = 10  # it may be at work, or the machine busy
ENDBR_SIZE = 4  # of the instruction that may stand before the hook's jump


class Quiet:
    """Without questions and pages, and without the places at which gdb says that it stops."""

    names = ("confirm", "pagination")

    def __enter__(self):
        self.before = [gdb.parameter(name) for name in self.names]
        for name in self.names:
            gdb.execute(f"set {name} off")
        gdb.flush()
        self.stdout = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def __exit__(self, *_):
        gdb.flush()
        os.dup2(self.stdout, 1)
        os.close(self.stdout)
        for name, value in zip(self.names, self.before):
            gdb.execute(f"set {name} {'on' if value else 'off'}")


class Stand:
    """A copy, as it has described itself."""

    def __init__(self, packet, connection):
        self.connection = connection
        self.entries = {}  # where a hooked eval begins: where it goes on behind the jump of the hook
        values = {}
        for field in packet.split(b"\0")[1:-1]:
            name, _, value = os.fsdecode(field).partition("=")
            if name == "entry":
                head, _, size = value.partition("+")
                self.entries[int(head, 16)] = int(head, 16) + int(size)
            else:
                values[name] = value
        numbers = (int(values[name]) for name in ("pid", "thread", "eval", "last", "evals"))
        self.pid, self.thread, self.eval, self.last, self.evals = numbers
        self.is_end, self.why = values["end"] == "1", values["why"]
        self.program, self.base = values.get("program"), int(values.get("base", 0))

    @property
    def place(self):
        if self.is_end and self.eval != self.last:
            why = self.why or "it has gone another way"
            return f"this copy ended at eval {self.eval}, the run at eval {self.last}: {why}"
        if self.is_end:
            return f"where the run ended, at eval {self.eval}"
        evals = self.last - self.eval + 1
        left = f"{evals} evals" if evals != 1 else "1 eval"
        return f"at the entry of eval {self.eval}, {left} before the end"


def why_gone():
    try:
        with open(os.path.join(os.fsdecode(RUN), "kept.gone"), encoding="utf-8") as file:
            return file.readline().strip() or "it could not write why"
    except OSError:
        return "it was killed" if os.path.isdir(RUN) else "its run directory was removed, or moved"


def later():
    """The snapshots that are kept beside the first: eval and name of the socket of each."""
    try:
        with open(os.path.join(os.fsdecode(RUN), "report.json"), encoding="utf-8") as file:
            return [(int(one["eval"]), f"kept-{int(one['number'])}.sock") for one in json.load(file)["kept"]["later"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def connect(found, name):
    directory = os.open(RUN, os.O_PATH | os.O_DIRECTORY)
    try:
        found.connect(f"/proc/self/fd/{directory}/{name}")
    finally:
        os.close(directory)


def state_of_peer(found):
    pid, _, _ = struct.unpack("3i", found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return state(pid)


def nearest(number):
    """The socket of the kept snapshot that comes to this eval soonest."""
    nearer = [one for one in later() if one[0] < number <= stand.last]
    for _, name in sorted(nearer, reverse=True):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as found:
            found.settimeout(HELLO_S)
            try:
                connect(found, name)
                if state_of_peer(found) not in "ZXTt":
                    return name
            except OSError:
                pass  # it is gone
    return "kept.sock"


def reach(name):
    found = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    found.settimeout(HELLO_S)
    try:
        connect(found, name)
    except (socket.timeout, BlockingIOError):
        raise gdb.GdbError("the kept snapshot does not answer") from None
    except OSError:
        raise gdb.GdbError(f"the kept snapshot is gone: {why_gone()}") from None
    try:
        hello = found.recv(PACKET).split(b"\0")
    except (socket.timeout, BlockingIOError):
        raise gdb.GdbError("the kept snapshot does not answer") from None
    except OSError:
        hello = [b""]
    if hello == [b""]:  # it was about to die
        raise gdb.GdbError(f"the kept snapshot is gone: {why_gone()}")
    if len(hello) < 2 or hello[1] != RELEASE:
        raise gdb.GdbError("the kept snapshot refuses: it is another user's, or another release's")
    found.settimeout(None)
    return found


def receive(connection):
    """Nothing: it has gone, or says nothing."""
    try:
        return connection.recv(PACKET)
    except OSError:
        return b""


def have_stand(number):
    found = reach(nearest(number))
    try:
        found.send(f"stand\0at={number}\0".encode())
    except OSError:
        raise gdb.GdbError(f"the kept snapshot is gone: {why_gone()}") from None
    answer = receive(found)
    words = answer.split(b"\0")
    if words[0] == b"stands":
        return Stand(answer, found)
    raise gdb.GdbError(words[1].decode(errors="replace") if len(words) > 1 else "the copy died before it stood there")


def is_alive():
    return gdb.selected_inferior().pid > 0


def is_of_library(frame):
    return LIBRARY in (gdb.solib_name(frame.pc()) or "")


def leave_library():
    """Selects the innermost frame that is the simulator's."""
    frame = gdb.newest_frame()
    while (is_of_library(frame) or frame.type() == gdb.SIGTRAMP_FRAME) and frame.older() is not None:
        frame = frame.older()
    frame.select()


def select_thread(number):
    for thread in gdb.selected_inferior().threads():
        if thread.ptid[1] == number:
            thread.switch()


class Hidden:
    """Breakpoints of the user's that do not count for a while."""

    def __enter__(self):
        self.enabled = [one for one in gdb.breakpoints() if one.enabled]
        for one in self.enabled:
            one.enabled = False

    def __exit__(self, *_):
        for one in self.enabled:
            if one.is_valid():
                one.enabled = True


def run_to_entry():
    with Hidden():
        entries = [gdb.Breakpoint(f"*{behind:#x}", internal=True) for behind in stand.entries.values()]
        for entry in entries:
            entry.silent = True
        try:
            gdb.execute("continue", to_string=True)
        finally:
            for entry in entries:
                entry.delete()


def add_program():
    """Where the dynamic loader was started with the program, gdb knows the loader's symbols alone."""
    known = [file.filename for file in gdb.objfiles()]
    if stand.program is not None and os.path.realpath(stand.program) not in known:
        path = re.sub(r'([\\"])', r"\\\1", stand.program)
        gdb.execute(f'add-symbol-file "{path}" -o {stand.base:#x}', to_string=True)


def take_over(new):
    global stand
    if is_alive():
        gdb.execute("kill", to_string=True)
    if stand is not None:
        stand.connection.close()
    stand = new
    for name in OWN_SIGNALS:
        gdb.execute(f"handle {name} nostop noprint pass", to_string=True)
    try:
        attach()
    except gdb.error:
        if not is_dead(stand.pid):
            raise
        if is_alive():
            gdb.execute("kill", to_string=True)  # or gdb asks it for registers for ever
        raise gdb.GdbError("the copy died before it stood there") from None


def name_program():
    """gdb looks for it by its name, where another file may lie by now, or none. What the process runs is still there."""
    running = f"/proc/{stand.pid}/exe"
    known = gdb.current_progspace().filename
    try:
        is_gone = os.readlink(running).endswith(" (deleted)")
    except OSError:
        return
    if is_gone and (known is None or known.startswith("/proc/")):
        gdb.execute(f"with confirm off -- file {running}", to_string=True)


def attach():
    name_program()
    gdb.execute(f"attach {stand.pid}", to_string=True)
    add_program()
    select_thread(stand.thread)
    if stand.is_end:
        leave_library()
    else:
        run_to_entry()


def state(pid):
    """In a letter, as the kernel has it; X: it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def is_dead(pid):
    return state(pid) in "ZX"


def note_replaced():
    """gdb reads the file that has the library's name now."""
    with open(f"/proc/{stand.pid}/maps", encoding="utf-8", errors="replace") as file:
        is_replaced = any(LIBRARY in line and line.endswith(" (deleted)\n") for line in file)
    if is_replaced:
        print("lightsss: the file of the library was replaced since the run: gdb may not see through its frames where the run ended")


def show():
    print(f"lightsss: {stand.place}")
    if is_alive():
        gdb.execute("frame")


def evals():
    """That have begun so far, one at whose entry a breakpoint stops included: the hook counts it behind that."""
    if not is_alive():
        return stand.last
    locking = gdb.parameter("scheduler-locking")
    gdb.execute("set scheduler-locking on")
    try:
        place = gdb.newest_frame().pc()
        enters = any(head - ENDBR_SIZE <= place <= head for head in stand.entries)
        return int(gdb.parse_and_eval(f"((unsigned long (*)(void)) {stand.evals:#x})()")) + enters
    except gdb.error:
        return stand.eval  # it was killed, and gdb did not know
    finally:
        try:
            gdb.execute(f"set scheduler-locking {locking}")
        except gdb.error:
            pass  # without a process gdb switches it off


def count(words, what):
    found = re.fullmatch(r"(\d+)(evals?)?", words.strip())
    if not found:
        raise gdb.GdbError(what)
    return int(found[1])


def stand_at(number):
    new = have_stand(number)
    with Quiet():
        take_over(new)
    show()


class Lightsss(gdb.Command):
    """Commands on a kept snapshot.

    lightsss back N     stand N evals earlier
    lightsss at EVAL    stand at the entry of this eval
    lightsss wave FILE  write the waveform up to the end of this eval"""

    def __init__(self):
        super().__init__("lightsss", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)

    def invoke(self, words, _from_tty):
        raise gdb.GdbError("lightsss back N, lightsss at EVAL or lightsss wave FILE")


class Back(gdb.Command):
    """lightsss back N: replace the process by one that stands N evals earlier. Breakpoints stay."""

    def __init__(self):
        super().__init__("lightsss back", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE)

    def invoke(self, words, _from_tty):
        number = count(words, "how many evals back? lightsss back 100")
        now = evals()
        if number > now:
            raise gdb.GdbError(f"this is eval {now}: there are not so many before it")
        stand_at(now - number)


class At(gdb.Command):
    """lightsss at EVAL: replace the process by one that stands at the entry of this eval. Breakpoints stay."""

    def __init__(self):
        super().__init__("lightsss at", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE)

    def invoke(self, words, _from_tty):
        stand_at(count(words, "at which eval? lightsss at 120000"))


class Wave(gdb.Command):
    """lightsss wave FILE: write the waveform from the snapshot, or the run's window, to the end of this eval."""

    def __init__(self):
        super().__init__("lightsss wave", gdb.COMMAND_DATA, gdb.COMPLETE_FILENAME)

    def invoke(self, words, _from_tty):
        names = gdb.string_to_argv(words)
        if len(names) != 1:
            raise gdb.GdbError("into which file? lightsss wave before.vcd")
        now = evals()
        until = ["--until", f"{now}evals"] if now < stand.last else []
        made = subprocess.run([COMMAND, "replay", *until, RUN], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        lines = made.stderr.decode(errors="surrogateescape").splitlines()
        found = [line.partition("waveform: ")[2] for line in lines if line.startswith("lightsss: waveform: ")]
        if not found:
            raise gdb.GdbError(lines[-1] if lines else "there is no waveform")
        target = os.path.expanduser(names[0])
        try:
            shutil.move(found[0], target)
        except OSError as error:
            raise gdb.GdbError(f"the waveform stays in {found[0]}: {error.strerror}") from None
        if re.fullmatch(r"replay-\d+", os.path.basename(os.path.dirname(found[0]))):
            shutil.rmtree(os.path.dirname(found[0]), ignore_errors=True)
        print(f"lightsss: waveform up to eval {now}: {target}")


class WithoutLibrary:
    """A backtrace without the library's frames, which lie around an eval and behind an end."""

    name, priority, enabled = "lightsss", 100, True

    def filter(self, frames):
        return (frame for frame in frames if not is_of_library(frame.inferior_frame()))


def note_end(event):
    """The library sends a SIGTRAP when the run has come to its end, once. To gdb that is a stop without a reason."""
    if isinstance(event, (gdb.BreakpointEvent, gdb.SignalEvent)) or not is_of_library(gdb.newest_frame()):
        return
    if gdb.parse_and_eval("$_siginfo.si_signo") != signal.SIGTRAP or gdb.parse_and_eval("$_siginfo.si_code") != SENT_TO_THREAD:
        return
    why = gdb.parse_and_eval("(char *)$_siginfo._sifields._rt.si_sigval.sival_ptr").string(errors="replace")
    if why:
        print(f"lightsss: this copy stops here: {why}; the process ends when it goes on")
    else:
        print("lightsss: this is where the run ended; the process ends when it goes on")
    leave_library()


def addresses(breakpoint):
    if hasattr(breakpoint, "locations"):
        return [place.address for place in breakpoint.locations]
    if breakpoint.location is None:
        return []
    return [place.pc for place in gdb.decode_line(breakpoint.location)[1] or ()]


def keep_off_heads(breakpoint):
    """In the first bytes of an eval there is a jump: one inside of it would break it."""
    if breakpoint.type != gdb.BP_BREAKPOINT or not breakpoint.enabled:
        return
    for address in addresses(breakpoint):
        for head, behind in stand.entries.items():
            if head < address < behind:
                breakpoint.enabled = False
                print(f"lightsss: breakpoint {breakpoint.number} would lie inside the hook at eval's entry; it is set at the entry")
                other = gdb.Breakpoint(f"*{head:#x}", temporary=breakpoint.temporary)
                other.condition = breakpoint.condition


stand = None
for command in (Lightsss, Back, At, Wave):
    command()
gdb.frame_filters["lightsss"] = WithoutLibrary()
first = Stand(STANDS, socket.socket(fileno=CONNECTION))
os.set_inheritable(CONNECTION, False)
with Quiet():
    take_over(first)
show()
if is_alive():
    note_replaced()
gdb.events.stop.connect(note_end)
gdb.events.breakpoint_created.connect(keep_off_heads)
