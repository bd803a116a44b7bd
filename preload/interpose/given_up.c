/* SPDX-License-Identifier: MIT */
/* Calls that change the rights of the process: what it may do from now on is noted at once, for copies that
 * nobody wakes because it is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/types.h>

#include "interpose/libc_hook.h"
#include "restore/rights.h"
#include "run/role.h"

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
    return changed(libc_capset(header, data));
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
