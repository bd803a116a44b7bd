/* SPDX-License-Identifier: MIT */
/* strict MEGABYTES PROGRAM [ARGUMENT...]: runs the program as on a machine with vm.overcommit_memory=2 that
 * may promise so much. A supervisor counts what the program and its copies could write to and refuses what is
 * beyond; /proc says so, in a mount namespace of their own. The machine itself is left as it is. Ends with 77
 * where that cannot be (no root). */
#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)

static uint64_t limit_bytes;
static pid_t original;
static int meminfo = -1;

/* --- what is promised --- */

/* The numbers behind a key of /proc/PID/status; 0: there is none. */
static uint64_t status_of(pid_t pid, const char *key)
{
    char path[64], line[256];
    uint64_t value = 0;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && value == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoull(line + strlen(key), NULL, 10);
    if (file != NULL)
        fclose(file);
    return value;
}

static uint64_t charge_of(pid_t pid)
{
    return (status_of(pid, "VmData:") + status_of(pid, "VmStk:")) * 1024;
}

/* The program and the children of its first thread, copies among them. */
static uint64_t promised_bytes(void)
{
    uint64_t sum_bytes = charge_of(original);
    char path[64];
    int pid;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", original, original);
    FILE *file = fopen(path, "re");
    while (file != NULL && fscanf(file, "%d", &pid) == 1) /* NOLINT(cert-err34-c): the kernel's own numbers */
        sum_bytes += charge_of(pid);
    if (file != NULL)
        fclose(file);
    return sum_bytes;
}

/* Always as long. */
static void tell(uint64_t sum_bytes)
{
    char text[512];

    int size = snprintf(text, sizeof text,
                        "MemTotal:       16777216 kB\nMemAvailable:    8388608 kB\n"
                        "CommitLimit:  %10llu kB\nCommitted_AS: %10llu kB\n",
                        (unsigned long long)(limit_bytes / 1024), (unsigned long long)(sum_bytes / 1024));
    if (pwrite(meminfo, text, (size_t)size, 0) != size)
        _exit(1);
}

/* --- calls --- */

static uint64_t beyond(uint64_t end, uint64_t begin)
{
    return end > begin ? end - begin : 0;
}

static uint64_t break_of(pid_t pid)
{
    char path[64], line[512], *rest;
    uint64_t end = UINT64_MAX;

    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && end == UINT64_MAX && fgets(line, sizeof line, file) != NULL)
        if (strstr(line, "[heap]") != NULL) {
            strtoull(line, &rest, 16);
            end = strtoull(rest + 1, NULL, 16);
        }
    if (file != NULL)
        fclose(file);
    return end;
}

static bool can_be_written(uint64_t protection)
{
    return (protection & PROT_WRITE) != 0;
}

static uint64_t wanted_bytes(const struct seccomp_data *call, pid_t pid)
{
    const __u64 *args = call->args;

    switch (call->nr) {
    case SYS_mmap:
        if ((args[3] & MAP_SHARED) != 0)
            return (args[3] & MAP_ANONYMOUS) != 0 ? args[1] : 0;
        return can_be_written(args[2]) ? args[1] : 0;
    case SYS_mprotect:
        return can_be_written(args[2]) ? args[1] : 0;
    case SYS_mremap:
        return beyond(args[2], args[1]);
    case SYS_brk:
        return beyond(args[0], break_of(pid));
    case SYS_shmget:
        return args[1];
    case SYS_clone:
        return (args[0] & CLONE_VM) != 0 ? 0 : charge_of(pid);
    default:
        return 0;
    }
}

/* A break that stays where it is says that it was refused. */
static long refuse(const struct seccomp_notif *call)
{
    pid_t pid = (pid_t)call->pid;
    uint64_t sum_bytes = promised_bytes(), more_bytes = wanted_bytes(&call->data, pid);

    tell(sum_bytes);
    if (more_bytes == 0 || sum_bytes + more_bytes <= limit_bytes)
        return 0;
    return call->data.nr == SYS_brk ? (long)break_of(pid) : -ENOMEM;
}

/* --- /proc --- */

static _Noreturn void give_up(const char *what)
{
    perror(what);
    _exit(77);
}

/* The file goes, what is mounted from it stays. Returns its descriptor. */
static int put_over(const char *path, const char *text)
{
    char name[] = "/tmp/strict.XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, 0644) != 0)
        give_up(name);
    int r = mount(name, path, NULL, MS_BIND, NULL);
    unlink(name);
    if (r != 0)
        give_up(path);
    return fd;
}

int main(int argc, char **argv)
{
    static const long calls[] = {SYS_mmap,   SYS_mprotect, SYS_mremap, SYS_brk,
                                 SYS_shmget, SYS_clone,    SYS_openat};

    if (argc < 3) {
        fprintf(stderr, "usage: strict MEGABYTES PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    limit_bytes = strtoull(argv[1], NULL, 10) * MIB;
    original = getpid();
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        give_up("strict: a mount namespace");
    put_over("/proc/sys/vm/overcommit_memory", "2\n");
    meminfo = put_over("/proc/meminfo", "");
    tell(0);
    supervise(calls, sizeof calls / sizeof *calls, refuse);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
