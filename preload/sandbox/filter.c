/* SPDX-License-Identifier: MIT */
/* Builds the filter: see filter.h. Numbers that are always allowed are decided first and by nothing else, so
 * that the kernel knows them without running the program. They are found by halving: the program is a tree of
 * the places where "allowed" begins or ends. */
#define _GNU_SOURCE
#include "sandbox/filter.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"
#include "sandbox/call_table.h"
#include "sandbox/trap_processor.h"

#define FIELD(name)   ((uint32_t)offsetof(struct seccomp_data, name))
#define LOW(address)  ((uint32_t)(address))
#define HIGH(address) ((uint32_t)((uint64_t)(address) >> 32))

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* System calls that a replay may make as they are: what they change is the process's own, a descriptor
 * (whatever can be written to is the replay's own by then), or nothing. */
static const short allowed[] = {
/* older ones that not every processor has, and younger ones that not every header knows */
#ifdef SYS_poll
    SYS_poll, SYS_select, SYS_epoll_wait, SYS_dup2, SYS_pipe, SYS_eventfd, SYS_epoll_create, SYS_signalfd,
    SYS_inotify_init, SYS_getdents, SYS_alarm, SYS_pause, SYS_time, SYS_getpgrp, SYS_arch_prctl,
#endif
#ifdef SYS_close_range
    SYS_close_range,
#endif
#ifdef SYS_landlock_create_ruleset
    SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self,
#endif
#ifdef SYS_memfd_secret
    SYS_memfd_secret,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
#ifdef SYS_set_mempolicy_home_node
    SYS_set_mempolicy_home_node,
#endif
    /* descriptors */
    SYS_read, SYS_write, SYS_close, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_preadv,
    SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_dup, SYS_dup3, SYS_pipe2, SYS_fstat, SYS_fstatfs,
    SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_sync_file_range, SYS_readahead, SYS_fadvise64,
    SYS_sendfile, SYS_splice, SYS_tee, SYS_vmsplice, SYS_copy_file_range, SYS_getdents64, SYS_fchdir,
    SYS_fgetxattr, SYS_flistxattr, SYS_eventfd2, SYS_epoll_create1, SYS_epoll_ctl, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4, SYS_inotify_init1, SYS_inotify_add_watch,
    SYS_inotify_rm_watch, SYS_memfd_create, SYS_userfaultfd, SYS_io_setup, SYS_io_destroy, SYS_io_submit,
    SYS_io_cancel, SYS_io_getevents,
    /* names that are only read, and lead to no file of the replay's own */
    SYS_getcwd, SYS_statfs, SYS_getxattr, SYS_lgetxattr, SYS_listxattr, SYS_llistxattr, SYS_name_to_handle_at,
    /* sockets: what is connected is the replay's own */
    SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_shutdown,
    /* memory */
    SYS_mmap, SYS_mprotect, SYS_munmap, SYS_brk, SYS_mremap, SYS_msync, SYS_mincore, SYS_madvise, SYS_mlock,
    SYS_mlock2, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_remap_file_pages, SYS_mbind, SYS_set_mempolicy,
    SYS_get_mempolicy, SYS_membarrier, SYS_pkey_mprotect, SYS_pkey_alloc, SYS_pkey_free, SYS_shmdt,
    SYS_process_vm_readv,
    /* threads and signals of this process */
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_gettid, SYS_rseq,
    SYS_sched_yield, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max,
    SYS_sched_get_priority_min, SYS_sched_rr_get_interval, SYS_sched_getattr, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_exit, SYS_getitimer, SYS_setitimer,
    SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_wait4,
    SYS_waitid,
    /* time */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_times,
    /* facts about this process and the machine */
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid,
    SYS_getgroups, SYS_getpgid, SYS_getsid, SYS_getpriority, SYS_ioprio_get, SYS_getrlimit, SYS_getrusage,
    SYS_capget, SYS_uname, SYS_sysinfo, SYS_getcpu, SYS_getrandom, SYS_kcmp, SYS_pidfd_open, SYS_personality,
    SYS_perf_event_open,
    /* rights of this process */
    SYS_umask, SYS_seccomp};

struct builder {
    struct sock_filter *program;
    unsigned count;
    bool too_long;
    uint16_t border[CALL_TABLE_LIMIT]; /* numbers where "allowed" begins, ends, begins, ... */
    unsigned border_count;
    unsigned to_tail[CALL_TABLE_LIMIT + 1]; /* jumps to what comes behind the tree */
    unsigned to_tail_count;
};

const short *filter_allowed(size_t *count)
{
    *count = sizeof allowed / sizeof *allowed;
    return allowed;
}

static unsigned add(struct builder *builder, uint16_t code, uint32_t value, uint8_t yes, uint8_t no)
{
    if (builder->count == FILTER_SIZE) {
        builder->too_long = true;
        return 0;
    }
    builder->program[builder->count] = (struct sock_filter){code, yes, no, value};
    return builder->count++;
}

static void load(struct builder *builder, uint32_t field)
{
    add(builder, BPF_LD | BPF_W | BPF_ABS, field, 0, 0);
}

static void answer(struct builder *builder, uint32_t action)
{
    add(builder, BPF_RET | BPF_K, action, 0, 0);
}

/* Numbers of which so many borders are below. */
static void add_leaf(struct builder *builder, unsigned borders_below)
{
    if (borders_below % 2 == 1)
        answer(builder, SECCOMP_RET_ALLOW);
    else
        builder->to_tail[builder->to_tail_count++] = add(builder, BPF_JMP | BPF_JA, 0, 0, 0);
}

static void add_tree(struct builder *builder, unsigned from, unsigned to)
{
    if (from == to) {
        add_leaf(builder, from);
        return;
    }
    unsigned middle = from + (to - from) / 2;
    unsigned test = add(builder, BPF_JMP | BPF_JGE | BPF_K, builder->border[middle], 0, 0);
    add_tree(builder, from, middle);
    unsigned distance = builder->count - test - 1;
    if (distance > UINT8_MAX)
        builder->too_long = true;
    builder->program[test].jt = (uint8_t)distance;
    add_tree(builder, middle + 1, to);
}

static void find_borders(struct builder *builder)
{
    bool is_allowed[CALL_TABLE_LIMIT + 1] = {false}, before = false;

    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        is_allowed[allowed[i]] = true;
    for (unsigned number = 0; number <= CALL_TABLE_LIMIT && builder->border_count < CALL_TABLE_LIMIT;
         number++)
        if (is_allowed[number] != before) {
            before = is_allowed[number];
            builder->border[builder->border_count++] = (uint16_t)number;
        }
}

/* One that depends on an argument. Their low half holds all flags; a pointer may have either half. */
static void add_condition(struct builder *builder, const struct call *call)
{
    uint32_t low = FIELD(args) + 8u * call->argument;
    uint8_t length = call->pass == CALL_WITHOUT ? 6 : 4;

    load(builder, FIELD(nr));
    add(builder, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call->number, 0, length - 1);
    load(builder, low);
    if (call->pass == CALL_WITHOUT) {
        add(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
        load(builder, low + 4);
        add(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    } else {
        add(builder, BPF_JMP | BPF_JSET | BPF_K, call->bit, 0, 1);
    }
    answer(builder, SECCOMP_RET_ALLOW);
}

/* The address that the kernel reports is the one behind the instruction. Only called for ranges within the
 * same 4 GiB. */
static void add_exempt(struct builder *builder, uint64_t first, uint64_t last)
{
    load(builder, FIELD(instruction_pointer) + 4);
    add(builder, BPF_JMP | BPF_JEQ | BPF_K, HIGH(first), 0, 4);
    load(builder, FIELD(instruction_pointer));
    add(builder, BPF_JMP | BPF_JGE | BPF_K, LOW(first), 0, 2);
    add(builder, BPF_JMP | BPF_JGT | BPF_K, LOW(last), 1, 0);
    answer(builder, SECCOMP_RET_ALLOW);
}

int filter_build(struct sock_filter program[FILTER_SIZE], uintptr_t start, uintptr_t end)
{
    struct builder builder = {.program = program};
    size_t count;
    const struct call *rows = call_table_rows(&count);
    const uint64_t half = UINT64_C(1) << 32;

    find_borders(&builder);
    load(&builder, FIELD(arch));
    add(&builder, BPF_JMP | BPF_JEQ | BPF_K, trap_architecture, 1, 0);
    answer(&builder, SECCOMP_RET_TRAP | TRAP_SIGN);
    load(&builder, FIELD(nr));
    add_tree(&builder, 0, builder.border_count);
    for (unsigned i = 0; i < builder.to_tail_count; i++)
        program[builder.to_tail[i]].k = builder.count - builder.to_tail[i] - 1;
    for (size_t i = 0; i < count; i++)
        if (rows[i].pass != CALL_TRAPPED)
            add_condition(&builder, &rows[i]);
    for (uint64_t at = start; at < end;) {
        uint64_t next = (at / half + 1) * half;
        uint64_t last = end < next ? end : next - 1;
        add_exempt(&builder, at, last);
        at = last + 1;
    }
    answer(&builder, SECCOMP_RET_TRAP | TRAP_SIGN);
    return builder.too_long ? -E2BIG : (int)builder.count;
}

/* The part of this library that holds code. */
static void find_own_code(uintptr_t *start, uintptr_t *end)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);

    *start = *end = 0;
    for (unsigned i = 0; i < __ehdr_start.e_phnum; i++)
        if (header[i].p_type == PT_LOAD && (header[i].p_flags & PF_X) != 0) {
            *start = base + header[i].p_vaddr;
            *end = *start + header[i].p_memsz;
        }
}

int filter_install(void)
{
    static struct sock_filter program[FILTER_SIZE];
    uintptr_t start, end;

    find_own_code(&start, &end);
    int count = filter_build(program, start, end);
    if (count < 0)
        return count;
    const struct sock_fprog filter = {(unsigned short)count, program};
    /* Else older kernels guard the process against speculation, which costs a tenth of its speed. */
    long r = raw_syscall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
    if (r == -EINVAL)
        r = raw_syscall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
    return (int)r;
}
