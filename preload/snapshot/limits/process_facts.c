/* SPDX-License-Identifier: MIT */
/* Limits on processes: see process_facts.h. */
#define _GNU_SOURCE
#include "snapshot/limits/process_facts.h"

#include <linux/capability.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/proc_list.h"
#include "snapshot/limits/cgroup.h"
#include "snapshot/limits/fact_files.h"
#include "snapshot/limits/groups.h"

#define ENOUGH 4096u /* far from every limit */

/* --- the user --- */

static bool is_exempt(uid_t user)
{
    const uint32_t exempt = UINT32_C(1) << CAP_SYS_RESOURCE | UINT32_C(1) << CAP_SYS_ADMIN;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    return user == 0 || (kernel_capget(data) == 0 && (data[0].effective & exempt) != 0);
}

struct count {
    uint64_t user, threads;
};

static int count_process(int pid, void *context)
{
    struct count *count = context;
    uint64_t user, threads;
    int error;
    const char *status = fact_files_text_of(pid, "status", &error);

    if (cgroup_field(status, "Uid:", &user) && user == count->user &&
        cgroup_field(status, "Threads:", &threads))
        count->threads += threads;
    return 0;
}

/* Those that the machine has are an upper bound. */
static uint64_t used_by(uid_t user, uint64_t limit, uint64_t machine)
{
    struct count count = {.user = user};

    if (machine + ENOUGH < limit)
        return machine;
    proc_list_each("/proc", count_process, &count);
    return count.threads;
}

static void add_user(struct process_left *left, uint64_t machine)
{
    struct rlimit limit;
    uid_t user = kernel_getuid();

    if (kernel_getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || is_exempt(user))
        return;
    process_limit_add(left, PROCESS_LIMIT_USER, limit.rlim_cur, used_by(user, limit.rlim_cur, machine));
}

/* --- all --- */

static void add_file(struct process_left *left, const char *path, uint64_t used)
{
    uint64_t limit;

    if (cgroup_number(fact_files_text(path), &limit))
        process_limit_add(left, PROCESS_LIMIT_MACHINE, limit, used);
}

void process_facts_left(struct process_left *left)
{
    struct sysinfo machine;

    *left = (struct process_left){.left = UINT64_MAX, .limit = UINT64_MAX};
    struct cgroup_left group = groups_left(CGROUP_PROCESSES);
    if (group.left != UINT64_MAX)
        process_limit_add(left, PROCESS_LIMIT_GROUP, group.limit, group.limit - group.left);
    if (raw_syscall1(SYS_sysinfo, &machine) < 0)
        return;
    add_user(left, machine.procs);
    add_file(left, "/proc/sys/kernel/threads-max", machine.procs);
    add_file(left, "/proc/sys/kernel/pid_max", machine.procs);
}
