# SPDX-License-Identifier: MIT
"""A Slurm cluster of one node on this machine's loopback address, with nothing outside a folder of its own: its own munged,
slurmctld and slurmd. Tasks have a memory control group where the machine lets us make one."""

import glob
import os
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo")
NODE = "node"
UP_S = 60
CONFIGURATION = """\
ClusterName=lightsss
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={top}/munge.socket
CredType=cred/munge
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool
SlurmctldPidFile={top}/slurmctld.pid
SlurmdPidFile={top}/slurmd.pid
SlurmctldLogFile={top}/slurmctld.log
SlurmdLogFile={top}/slurmd.log
ProctrackType=proctrack/{tracking}
TaskPlugin=task/{tasks}
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=1,sched_interval=2
ReturnToService=2
KillWait=5
DefMemPerCPU=100
NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
GROUPS = """\
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
CgroupAutomount=no
ConstrainRAMSpace=yes
"""


class Missing(Exception):
    """What a cluster needs and this machine does not have."""


def find_missing():
    """Why there can be no cluster here."""
    path = os.environ["PATH"] + ":/usr/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        return f"there is no {', no '.join(missing)} (Debian: slurm-wlm)"
    return None if os.geteuid() == 0 else "a cluster of its own needs root"


def has_memory_groups():
    """Control groups of version 1, which Slurm 22.05 needs no systemd for."""
    return all(os.access(f"/sys/fs/cgroup/{name}/cgroup.procs", os.W_OK) for name in ("memory", "freezer"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """Up when it is made. end() leaves nothing behind."""

    def __init__(self, top):
        self.top = top
        self.processes = []
        self.environment = {**os.environ, "SLURM_CONF": os.path.join(top, "slurm.conf"), "PATH": os.environ["PATH"] + ":/usr/sbin"}
        self.name = f"{NODE}{os.getpid()}"
        self._write()
        try:
            self._start()
        except BaseException:
            self.end()
            raise

    def _write(self):
        for name in ("state", "spool"):
            os.mkdir(os.path.join(self.top, name))
        grouped = has_memory_groups()
        text = CONFIGURATION.format(
            top=self.top,
            host=socket.gethostname().split(".")[0],
            name=self.name,
            controller=free_port(),
            node=free_port(),
            tracking="cgroup" if grouped else "linuxproc",
            tasks="cgroup" if grouped else "none",
        )
        for name, lines in (("slurm.conf", text), ("cgroup.conf", GROUPS)):
            with open(os.path.join(self.top, name), "w", encoding="ascii") as file:
                file.write(lines)
        with open(os.open(os.path.join(self.top, "munge.key"), os.O_WRONLY | os.O_CREAT, 0o400), "wb") as file:
            file.write(os.urandom(128))

    def _daemon(self, *command):
        with open(os.path.join(self.top, command[0] + ".out"), "wb") as out:
            self.processes.append(
                subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.top)
            )

    def _start(self):
        files = [f"--{what}={self.top}/munge.{file}" for what, file in (
            ("socket", "socket"), ("key-file", "key"), ("log-file", "log"), ("pid-file", "pid"), ("seed-file", "seed"),
        )]
        self._daemon("munged", "--foreground", "--force", *files)
        self._await(lambda: os.path.exists(os.path.join(self.top, "munge.socket")), "munged")
        self._daemon("slurmctld", "-D", "-i")
        self._daemon("slurmd", "-D", "-N", self.name)
        self._await(lambda: "idle" in self.call("sinfo", "--noheader", "--format=%T", check=False), "the node")

    def _await(self, is_there, what):
        deadline = time.monotonic() + UP_S
        while not is_there():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.processes):
                raise AssertionError(f"{what} does not come up:\n{self.logs()}")
            time.sleep(0.2)

    def logs(self):
        text = ""
        for path in sorted(glob.glob(os.path.join(self.top, "*.log")) + glob.glob(os.path.join(self.top, "*.out"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += f"--- {path}\n{file.read()[-3000:]}\n"
        return text

    def call(self, *command, check=True, **options):
        made = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300, **options)
        if check and made.returncode != 0:
            raise AssertionError(f"{command}: status {made.returncode}: {made.stderr}\n{self.logs()}")
        return made.stdout

    def end(self):
        """Jobs first, then who has started them."""
        if len(self.processes) > 1:
            self.call("scancel", "--user=root", check=False)
            self._wait_for_jobs()
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        for root in glob.glob(f"/sys/fs/cgroup/*/slurm_{self.name}") + glob.glob(f"/sys/fs/cgroup/*/*/slurm_{self.name}"):
            for directory, _, _ in os.walk(root, topdown=False):
                os.rmdir(directory)

    def _wait_for_jobs(self):
        deadline = time.monotonic() + UP_S
        while self.call("squeue", "--noheader", check=False).strip() and time.monotonic() < deadline:
            time.sleep(0.2)
