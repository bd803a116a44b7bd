/* SPDX-License-Identifier: MIT */
/* See landlock.h. The layout of its system calls is that of all kernels; headers that know the youngest
 * rights are rarer than kernels that have them. */
#define _GNU_SOURCE
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "base/kernel.h"
#include "base/memory_device.h"
#include "run/run_directory.h"

#define CREATE_RULESET  444 /* the same number on every processor */
#define ADD_RULE        445
#define RESTRICT_SELF   446
#define VERSION         1
#define RULE_PATH       1
#define FS_WRITE_FILE   (UINT64_C(1) << 1)
#define FS_IOCTL_DEVICE (UINT64_C(1) << 15)

/* What changes something: all but executing, reading files and reading directories; by version. */
static const uint64_t fs_rights[] = {
    0x1ff2,         /* writing, removing, making: up to bit 12 */
    0x3ff2,         /* renaming to another directory */
    0x7ff2,         /* truncating */
    0x7ff2, 0xfff2, /* ioctl of devices */
};

struct ruleset {
    uint64_t fs, net, scope;
};

struct path_rule {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

static long allow_below(long ruleset, int fd, uint64_t rights)
{
    const struct path_rule rule = {rights, fd};

    return fd < 0 ? fd : raw_syscall4(ADD_RULE, ruleset, RULE_PATH, &rule, 0);
}

static void allow(long ruleset, const char *path, uint64_t rights)
{
    int fd = kernel_open(path, O_PATH | O_CLOEXEC);

    allow_below(ruleset, fd, rights);
    kernel_close(fd);
}

static long add_rules(long ruleset, uint64_t rights)
{
    for (size_t i = 0; i < MEMORY_DEVICES; i++)
        if (memory_devices[i].answers_same)
            allow(ruleset, memory_devices[i].path, rights & (FS_WRITE_FILE | FS_IOCTL_DEVICE));
    allow(ruleset, "/proc/self/task", rights & FS_WRITE_FILE); /* names of threads */
    int directory = run_directory_take();
    long r = allow_below(ruleset, directory, rights);
    run_directory_leave(directory);
    return r;
}

int landlock_enter(void)
{
    const size_t versions = sizeof fs_rights / sizeof *fs_rights;
    long version = raw_syscall3(CREATE_RULESET, 0, 0, VERSION);

    if (version <= 0)
        return (int)version;
    struct ruleset rules = {.fs = fs_rights[(size_t)version < versions ? (size_t)version - 1 : versions - 1]};
    size_t size = sizeof rules.fs;
    if (version >= 4) {
        rules.net = 3; /* bind and connect of TCP */
        size = offsetof(struct ruleset, scope);
    }
    if (version >= 6) {
        rules.scope = 3; /* abstract sockets and signals */
        size = sizeof rules;
    }
    long ruleset = raw_syscall3(CREATE_RULESET, &rules, size, 0);
    if (ruleset < 0)
        return (int)ruleset;
    long r = add_rules(ruleset, rules.fs);
    if (r == 0)
        r = raw_syscall2(RESTRICT_SELF, ruleset, 0);
    kernel_close((int)ruleset);
    return (int)r;
}
