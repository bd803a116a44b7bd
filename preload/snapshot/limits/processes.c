/* SPDX-License-Identifier: MIT */
/* The number of processes: see processes.h. Raw system calls, no heap. */
#define _GNU_SOURCE
#include "snapshot/limits/processes.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/often.h"
#include "base/procfs.h"
#include "snapshot/limits/cgroup.h"
#include "snapshot/limits/fact_files.h"
#include "snapshot/limits/groups.h"
#include "snapshot/limits/process_limit.h"
#include "snapshot/limits/room.h"

#define ENOUGH     4096u     /* far from every limit */
#define LOOK_NS    SECOND_NS /* others start processes too */
#define LOOK_SHARE 1000u     /* of the run time that looking may take ... */
#define SOON_SHARE 20u       /* ... and before the simulator starts something */

static OFTEN_WRITTEN struct process_left left;
static OFTEN_WRITTEN uint64_t looked_ns,
    took_ns; /* when the last look was over, and how long it took; 0: none counts */
static OFTEN_WRITTEN atomic_bool is_near;

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
    procfs_each("/proc", count_process, &count);
    return count.threads;
}

static void add_user(uint64_t machine)
{
    struct rlimit limit;
    uid_t user = kernel_getuid();

    if (kernel_getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || is_exempt(user))
        return;
    process_limit_add(&left, PROCESS_LIMIT_USER, limit.rlim_cur, used_by(user, limit.rlim_cur, machine));
}

static void add_file(const char *path, uint64_t used)
{
    uint64_t limit;

    if (cgroup_number(fact_files_text(path), &limit))
        process_limit_add(&left, PROCESS_LIMIT_MACHINE, limit, used);
}

/* Those of the control groups that groups_find() has found, of the user and of the machine. Where the kernel
 * does not tell how many processes a user has, all must be looked at: some 20 us each. That is done only
 * where the machine has nearly as many as the user may have. */
static void ask_left(void)
{
    struct sysinfo machine;

    left = (struct process_left){.left = UINT64_MAX, .limit = UINT64_MAX};
    struct cgroup_left group = groups_left(CGROUP_PROCESSES);
    if (group.left != UINT64_MAX)
        process_limit_add(&left, PROCESS_LIMIT_GROUP, group.limit, group.limit - group.left);
    if (raw_syscall1(SYS_sysinfo, &machine) < 0)
        return;
    add_user(machine.procs);
    add_file("/proc/sys/kernel/threads-max", machine.procs);
    add_file("/proc/sys/kernel/pid_max", machine.procs);
}

/* --- how near they are --- */

static void look(uint64_t start_ns)
{
    ask_left();
    looked_ns = clock_ns();
    took_ns = looked_ns - start_ns;
    atomic_store(&is_near, process_limit_is_near(&left));
}

/* soon: where a limit is near, what was seen a while ago will not do. */
static void look_again(bool soon)
{
    uint64_t now_ns = clock_ns(), passed_ns = now_ns - looked_ns;
    bool by_soon = soon && processes_are_near();

    if (looked_ns == 0 ||
        (passed_ns >= (by_soon ? 0 : LOOK_NS) && passed_ns / (by_soon ? SOON_SHARE : LOOK_SHARE) >= took_ns))
        look(now_ns);
}

bool processes_are_short(bool starts_programs, bool soon)
{
    look_again(soon);
    return process_limit_is_short(&left, starts_programs);
}

void processes_changed(void)
{
    looked_ns = 0;
}

bool processes_have_room(bool starts_programs)
{
    look_again(true);
    if (process_limit_has_room(&left, starts_programs))
        return true;
    struct text words = room_words();
    process_limit_describe(&left, &words);
    text_format(&words, ", and %" PRIu64 " are kept for others",
                process_limit_margin(&left, starts_programs));
    return false;
}

bool processes_are_near(void)
{
    return atomic_load(&is_near);
}

bool processes_describe_limit(struct text *text)
{
    if (!processes_are_near())
        return false;
    process_limit_describe(&left, text);
    text_format(text, "; snapshots count, and %" PRIu64 " are kept for what the simulator starts",
                process_limit_margin(&left, true));
    return true;
}

bool processes_describe_refusal(struct text *text)
{
    look(clock_ns());
    if (processes_are_near())
        process_limit_describe(&left, text);
    return processes_are_near();
}
