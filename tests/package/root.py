# SPDX-License-Identifier: MIT
"""Small systems of other Debian releases, made by debootstrap and kept in the build directory. The mirror and the proxy are
those of this machine's apt."""

import fcntl
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

PUBLIC = "http://deb.debian.org/debian"
SKIPPED = 77
PACKAGES = ["g++", "make", "perl", "verilator", "zlib1g-dev"]  # of every root


def skip(reason):
    print(reason)
    sys.exit(SKIPPED)


def need(*commands):
    """Ends the test where one is not there, or where no root can be made at all."""
    for command in commands:
        if shutil.which(command) is None:
            skip(f"{command} is missing: scripts/setup full, as root")
    if os.geteuid() != 0:
        skip("only root can make a root of another release, and go there")
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        skip("no mount namespace can be made (a container without rights?)")


def mirror():
    """Where apt takes Debian's own packages from."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.split()[0] for line in listed.stdout.splitlines() if line.endswith(" Debian Debian")]
    return found[0].rstrip("/") if found else PUBLIC


def environment():
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    proxies = dict(re.findall(r'^Acquire::(https?)::Proxy "([^"]+)";', told, re.MULTILINE))
    added = {f"{scheme}_proxy": proxy for scheme, proxy in proxies.items()}
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "http_proxy", "https_proxy", "no_proxy")}
    return {**kept, **added, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def run(words, **more):
    return subprocess.run(words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)


def version_of(told):
    return tuple(int(part) for part in re.search(r" (\d+)\.(\d+)$", told.splitlines()[0]).groups())


def libc_here():
    return version_of(run(["ldd", "--version"]).stdout)


class Root:
    """One release. What is asked of it is run there as root, with /proc, /dev and /sys, in a mount namespace that ends with
    the command."""

    def __init__(self, build, suite):
        self.suite = suite
        self.path = os.path.join(os.path.realpath(build), "roots", suite)

    def make(self):
        """Nothing is made anew while the list of packages is that of last time. Tests at the same time wait for each other."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.make_alone()

    def make_alone(self):
        done = os.path.join(self.path, "lightsss.packages")
        wanted = " ".join(PACKAGES)
        if pathlib.Path(done).is_file() and pathlib.Path(done).read_text(encoding="ascii") == wanted:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)
        place = mirror()
        made = run(["debootstrap", "--variant=minbase", "--include=" + ",".join(PACKAGES), self.suite, self.path, place])
        if made.returncode != 0:
            said = (made.stdout + made.stderr).strip().splitlines()
            shutil.rmtree(self.path, ignore_errors=True)
            skip(f"debootstrap made no {self.suite} from {place}: " + "; ".join(said[-2:]))
        with open(done, "w", encoding="ascii") as file:
            file.write(wanted)

    def command(self, *words, binds=(), directory="/"):
        """binds: (directory outside, the same inside)"""
        lines = ["set -e", 'root=$1; directory=$2; shift 2']
        lines += [f'mount --rbind /{name} "$root/{name}"' for name in ("proc", "dev", "sys")]
        for outside, inside in binds:
            os.makedirs(self.path + inside, exist_ok=True)
            lines.append(f'mount --bind "{outside}" "$root{inside}"')
        lines.append('exec chroot "$root" /bin/sh -c \'cd "$0" && exec "$@"\' "$directory" "$@"')
        return ["unshare", "--mount", "--propagation", "slave", "sh", "-c", "\n".join(lines), "sh", self.path, directory, *words]

    def run(self, *words, binds=(), directory="/", timeout=600):
        return run(self.command(*words, binds=binds, directory=directory), timeout=timeout)

    def libc(self):
        """Its version, as a pair; of this machine: libc_here()."""
        return version_of(self.run("ldd", "--version").stdout)

    def libraries(self):
        return [os.path.join(self.path, folder, "x86_64-linux-gnu") for folder in ("lib", "usr/lib")]

    def loader(self):
        """Its file: the usual name of it leads out of the root."""
        found = glob.glob(os.path.join(self.path, "lib", "x86_64-linux-gnu", "ld-*.so*"))
        return next(path for path in found if not os.path.islink(path))
