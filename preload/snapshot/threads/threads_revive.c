/* SPDX-License-Identifier: MIT */
/* Making the stopped threads anew in a woken copy: see threads_revive.h. */
#define _GNU_SOURCE
#include "snapshot/threads/threads_revive.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

#include "snapshot/threads/threads_state.h"

static _Atomic uint32_t revived_count; /* futex */
static _Atomic uint32_t revived_go;    /* futex */
static bool revived;
static void (*unpinned)(const unsigned long *affinity, long size);

void threads_revive_set_unpinned(void (*tell)(const unsigned long *affinity, long size))
{
    unpinned = tell;
}

void threads_revive_self(struct record *record)
{
    clone_storage_restore(&record->storage);
    if (record->robust_list != NULL)
        raw_syscall2(SYS_set_robust_list, record->robust_list, record->robust_list_size);
    if (record->rseq != NULL) {
        record->rseq->cpu_id_start = 0;
        record->rseq->rseq_cs = 0;
        record->rseq->flags = 0;
        record->rseq->cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED;
        raw_syscall4(SYS_rseq, record->rseq, threads_state.rseq_size, 0, clone_rseq_signature);
    }
    if (unpinned != NULL)
        unpinned(record->affinity, record->affinity_size);
    else if (record->affinity_size > 0)
        raw_syscall3(SYS_sched_setaffinity, 0, record->affinity_size, record->affinity);
    raw_syscall2(SYS_prctl, PR_SET_NAME, record->name);

    atomic_fetch_add(&revived_count, 1);
    threads_state_wake(&revived_count, 1);
    while (atomic_load(&revived_go) == 0)
        kernel_futex_wait(&revived_go, 0, 0);
    /* A copy has no pending signals. The thread was stopped inside abort(): without this one it would go on
     * to take the default action by force, which nobody sees. */
    if (record->aborting)
        kernel_tgkill(kernel_getpid(), kernel_gettid(), SIGABRT);
}

static int revive_one(struct record *record)
{
    const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID;
    long tid = clone_thread(flags, &record->registers, record->clear_tid, record->storage.base);

    if (tid < 0)
        return (int)tid;
    record->revived_tid = (pid_t)tid;
    return 0;
}

/* The copy may be stopped as its original was: its threads are known by their new numbers. */
static void renumber_records(void)
{
    threads_state.pid = kernel_getpid();
    memcpy(threads_state.tasks, THREADS_OWN_TASKS, sizeof THREADS_OWN_TASKS);
    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;) {
        record->tid = record->revived_tid;
        atomic_store(&record->state, RECORD_RUNNING);
    }
}

/* The tids in glibc's thread descriptors stay those of the original: they are the identity that
 * recursive mutexes, rwlocks and the loader's lock know their owner by. Patching them made 16 of
 * 1000 torture runs hang. threads_revive_tid() serves the calls that hand a tid to the kernel. */
int threads_revive(void)
{
    uint32_t wanted = 0, seen;

    atomic_store(&revived_count, 0);
    atomic_store(&revived_go, 0);
    threads_state.caller.self = pthread_self();
    raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, &threads_state.caller.clear_tid);
    threads_state.caller.old_tid_word =
        threads_state.caller.clear_tid != NULL ? *threads_state.caller.clear_tid : 0;
    threads_state.caller.revived_tid = kernel_gettid();
    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;) {
        int r = revive_one(record);
        if (r < 0)
            return r;
        wanted++;
    }
    while ((seen = atomic_load(&revived_count)) < wanted)
        kernel_futex_wait(&revived_count, seen, 0);
    renumber_records();
    revived = true;
    atomic_store(&revived_go, 1);
    threads_state_wake(&revived_go, INT_MAX);
    return 0;
}

/* Which record a pthread is, in a woken copy; NULL: it was made after the wake. A descriptor is used again
 * after its thread has ended: then the word there has changed. */
static const struct record *find_record(pthread_t thread)
{
    const struct record *caller = &threads_state.caller;

    if (caller->self == thread && caller->clear_tid != NULL && *caller->clear_tid == caller->old_tid_word)
        return caller;
    for (unsigned i = 0; i < threads_state.count; i++) {
        const struct record *record = &threads_state.records[i];

        if (record->revived_tid != 0 && record->self == thread && record->clear_tid != NULL &&
            *record->clear_tid == record->old_tid_word)
            return record;
    }
    return NULL;
}

pid_t threads_revive_tid(pthread_t thread)
{
    const struct record *record = revived ? find_record(thread) : NULL;

    return record == NULL ? 0 : record->revived_tid;
}

pid_t threads_revive_by_tid(pid_t old_tid)
{
    if (revived && threads_state.caller.old_tid_word == old_tid)
        return threads_state.caller.revived_tid;
    for (unsigned i = 0; revived && i < threads_state.count; i++)
        if (threads_state.records[i].revived_tid != 0 && threads_state.records[i].old_tid_word == old_tid)
            return threads_state.records[i].revived_tid;
    return 0;
}

int *threads_revive_tid_word(pthread_t thread)
{
    const struct record *record = revived ? find_record(thread) : NULL;

    return record == NULL ? NULL : record->clear_tid;
}
