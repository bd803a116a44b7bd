/* SPDX-License-Identifier: MIT */
/* Calls that change the rights of the process: what it may do from now on is noted at once, for copies that
 * nobody wakes because it is killed. Where such a call changes the rights of one thread, as the kernel's own
 * do, that of the thread counts that evaluates. */
#define _GNU_SOURCE
#include "interpose/given_up.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "restore/rights.h"
#include "run/role.h"
#include "snapshot/keeper.h"

static int (*libc_setuid)(uid_t user);
static int (*libc_seteuid)(uid_t user);
static int (*libc_setreuid)(uid_t user, uid_t effective);
static int (*libc_setresuid)(uid_t user, uid_t effective, uid_t saved);
static int (*libc_setgid)(gid_t group);
static int (*libc_setegid)(gid_t group);
static int (*libc_setregid)(gid_t group, gid_t effective);
static int (*libc_setresgid)(gid_t group, gid_t effective, gid_t saved);
static int (*libc_setgroups)(size_t count, const gid_t *groups);
static int (*libc_capset)(cap_user_header_t header, const cap_user_data_t data);

static int changed(int result)
{
    int error = errno;

    if (result == 0 && role_is_original())
        rights_note();
    errno = error;
    return result;
}

static int changed_here(int result)
{
    return keeper_is_evaluating_thread() ? changed(result) : result;
}

static int on_setuid(uid_t user)
{
    return changed(libc_setuid(user));
}

static int on_seteuid(uid_t user)
{
    return changed(libc_seteuid(user));
}

static int on_setreuid(uid_t user, uid_t effective)
{
    return changed(libc_setreuid(user, effective));
}

static int on_setresuid(uid_t user, uid_t effective, uid_t saved)
{
    return changed(libc_setresuid(user, effective, saved));
}

static int on_setgid(gid_t group)
{
    return changed(libc_setgid(group));
}

static int on_setegid(gid_t group)
{
    return changed(libc_setegid(group));
}

static int on_setregid(gid_t group, gid_t effective)
{
    return changed(libc_setregid(group, effective));
}

static int on_setresgid(gid_t group, gid_t effective, gid_t saved)
{
    return changed(libc_setresgid(group, effective, saved));
}

static int on_setgroups(size_t count, const gid_t *groups)
{
    return changed(libc_setgroups(count, groups));
}

static int on_capset(cap_user_header_t header, const cap_user_data_t data)
{
    return changed_here(libc_capset(header, data));
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("setuid", on_setuid, libc_setuid),
    LIBC_HOOK("seteuid", on_seteuid, libc_seteuid),
    LIBC_HOOK("setreuid", on_setreuid, libc_setreuid),
    LIBC_HOOK("setresuid", on_setresuid, libc_setresuid),
    LIBC_HOOK("setgid", on_setgid, libc_setgid),
    LIBC_HOOK("setegid", on_setegid, libc_setegid),
    LIBC_HOOK("setregid", on_setregid, libc_setregid),
    LIBC_HOOK("setresgid", on_setresgid, libc_setresgid),
    LIBC_HOOK("setgroups", on_setgroups, libc_setgroups),
    LIBC_HOOK("capset", on_capset, libc_capset),
};
const struct libc_hooks given_up_hooks = LIBC_HOOKS(rows);

/* --- libc's syscall(): libcap changes capabilities by it --- */

static long answered(long result)
{
    if (result < 0)
        errno = (int)-result;
    return result < 0 ? -1 : changed_here((int)result);
}

static long answer_setuid(uid_t user)
{
    return answered(raw_syscall1(SYS_setuid, user));
}

static long answer_setreuid(uid_t user, uid_t effective)
{
    return answered(raw_syscall2(SYS_setreuid, user, effective));
}

static long answer_setresuid(uid_t user, uid_t effective, uid_t saved)
{
    return answered(raw_syscall3(SYS_setresuid, user, effective, saved));
}

static long answer_setgid(gid_t group)
{
    return answered(raw_syscall1(SYS_setgid, group));
}

static long answer_setregid(gid_t group, gid_t effective)
{
    return answered(raw_syscall2(SYS_setregid, group, effective));
}

static long answer_setresgid(gid_t group, gid_t effective, gid_t saved)
{
    return answered(raw_syscall3(SYS_setresgid, group, effective, saved));
}

static long answer_setgroups(size_t count, const gid_t *groups)
{
    return answered(raw_syscall2(SYS_setgroups, count, groups));
}

static long answer_capset(void *header, const void *data)
{
    return answered(raw_syscall2(SYS_capset, header, data));
}

static void *answer_of(long number)
{
    switch (number) {
    case SYS_setuid:
        return (void *)answer_setuid;
    case SYS_setreuid:
        return (void *)answer_setreuid;
    case SYS_setresuid:
        return (void *)answer_setresuid;
    case SYS_setgid:
        return (void *)answer_setgid;
    case SYS_setregid:
        return (void *)answer_setregid;
    case SYS_setresgid:
        return (void *)answer_setresgid;
    case SYS_setgroups:
        return (void *)answer_setgroups;
    case SYS_capset:
        return (void *)answer_capset;
    default:
        return NULL;
    }
}

/* In a replay the kernel asks its walls, which do not stand before calls of ours. */
void *given_up_answer(long number)
{
    void *answer = answer_of(number);

    return answer != NULL && role_is_original() ? answer : NULL;
}
