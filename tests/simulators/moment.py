# SPDX-License-Identifier: MIT
"""Stops or kills a process when it has had so much time of a processor. On a busy machine the kernel must do that: who sleeps and
looks comes too late. Where it is not permitted to (/proc/sys/kernel/perf_event_paranoid), we look."""

import ctypes
import fcntl
import os
import platform
import signal
import struct

SYS_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
TYPE_SOFTWARE, TASK_CLOCK, DISABLED, CLOEXEC = 1, 1, 1, 8
IOC_REFRESH = 0x2402  # enabled, until it has overflowed so many times
F_SETSIG = 10
ATTRIBUTES_SIZE = 128
LOOK_S = 0.0003
LEAST_NS = 10000


def task_clock(pid, after_s, number):
    """A clock that sends the process a signal by itself. Raises PermissionError: there is none."""
    attributes = bytearray(ATTRIBUTES_SIZE)
    struct.pack_into("IIQQ", attributes, 0, TYPE_SOFTWARE, ATTRIBUTES_SIZE, TASK_CLOCK, max(int(after_s * 1e9), LEAST_NS))
    struct.pack_into("Q", attributes, 40, DISABLED)
    struct.pack_into("I", attributes, 48, 1)  # an event wakes up
    libc = ctypes.CDLL(None, use_errno=True)
    call = SYS_PERF_EVENT_OPEN.get(platform.machine(), -1)
    fd = libc.syscall(call, (ctypes.c_char * ATTRIBUTES_SIZE).from_buffer(attributes), pid, -1, -1, CLOEXEC)
    if fd < 0:
        raise PermissionError(ctypes.get_errno(), "perf_event_open")
    fcntl.fcntl(fd, F_SETSIG, number)
    fcntl.fcntl(fd, fcntl.F_SETOWN, pid)
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    fcntl.ioctl(fd, IOC_REFRESH, 1)
    return fd


def await_stop(pid):
    result = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return result.si_code == os.CLD_STOPPED


def stop_at(launch, cpu_s, number=signal.SIGSTOP):
    """Of a stopped one, which goes on until its first thread has had so much time. Returns false if it has ended."""
    try:
        fd = task_clock(launch.pid, cpu_s - launch.cpu_time_s(), number)
    except PermissionError:
        os.kill(launch.pid, signal.SIGCONT)
        while launch.cpu_time_s() < cpu_s:
            if launch.ends_within(LOOK_S):
                return False
        os.kill(launch.pid, number)
        return await_stop(launch.pid)
    try:
        os.kill(launch.pid, signal.SIGCONT)
        return await_stop(launch.pid)
    finally:
        os.close(fd)
