/* SPDX-License-Identifier: MIT */
/* See kept_calls.h. Another process may go on in the place of a replay (replay/again.h): which one it is
 * stands in the page. */
#define _GNU_SOURCE
#include "replay/kept_calls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "replay/kept_line.h"
#include "replay/stand.h"
#include "run/kept_message.h"
#include "run/run.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/threads_signal.h"

#define FINISH_NS (30 * SECOND_NS) /* for one that was asked to finish: a large FST takes its time */

static struct call {
    struct shared_page *page; /* NULL: free */
    int connection;
    uint64_t kill_ns; /* 0: it was not asked to finish */
    bool stands, was_traced;
} calls[KEPT_CALLS_MAX];

static struct call *last; /* that was added */

static struct call *find_free(void)
{
    for (unsigned i = 0; i < KEPT_CALLS_MAX; i++)
        if (calls[i].page == NULL)
            return &calls[i];
    return NULL;
}

int kept_calls_add(int connection, bool stands)
{
    struct call *call = find_free();

    if (call == NULL)
        return -EAGAIN;
    long memory =
        kernel_mmap(NULL, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096)
        return (int)memory;
    *call = (struct call){.page = (struct shared_page *)memory, .connection = connection, .stands = stands};
    memcpy(call->page, run.page, sizeof *call->page);
    atomic_store(&call->page->asked_pid, SHARED_PAGE_COMING);
    last = call;
    return 0;
}

static void end(struct call *call)
{
    kernel_close(call->connection);
    if (call->stands)
        stand_leaves(call->page);
    kernel_munmap(call->page, SHARED_PAGE_SIZE);
    call->page = NULL;
}

void kept_calls_begin(long pid)
{
    int32_t coming = SHARED_PAGE_COMING;

    if (pid < 0)
        end(last);
    else
        atomic_compare_exchange_strong(&last->page->asked_pid, &coming, (int32_t)pid);
}

int kept_calls_enter(void)
{
    for (unsigned i = 0; i < KEPT_CALLS_MAX; i++)
        if (calls[i].page != NULL && &calls[i] != last) {
            calls[i].stands = false; /* here */
            end(&calls[i]);
        }
    run.page = last->page;
    shared_memory_add_own(run.page);
    return last->connection;
}

/* A debugger has let go of it, or was ended. */
static bool was_left(struct call *call, pid_t pid)
{
    const bool is_traced = stand_is_traced(pid), was_traced = call->was_traced;

    call->was_traced = is_traced;
    return was_traced && !is_traced;
}

static void look_at_standing(struct call *call, pid_t pid)
{
    if (was_left(call, pid) || kept_line_stopped(call->connection) != 0)
        kernel_kill(pid, SIGKILL);
}

/* Nobody needs it any more, and it ends by itself, but where somebody has stopped it. */
static void end_spare(struct call *call)
{
    const pid_t spare = atomic_load(&call->page->slots[SHARED_PAGE_SPARE].pid);

    if (spare > 0 && other_process_is_live_child(spare))
        kernel_kill(spare, SIGKILL);
}

static void look_at(struct call *call)
{
    const pid_t pid = atomic_load(&call->page->asked_pid);
    const uint64_t now_ns = clock_ns();

    if (pid != SHARED_PAGE_COMING && (pid == 0 || other_process_is_over(pid))) {
        end_spare(call);
        end(call);
        return;
    }
    if (call->stands) {
        look_at_standing(call, pid);
        return;
    }
    if (call->kill_ns != 0) {
        if (now_ns > call->kill_ns)
            kernel_kill(pid, SIGKILL);
        return;
    }
    const uint32_t signal = kept_line_stopped(call->connection);
    if (signal == 0)
        return;
    call->kill_ns = now_ns + FINISH_NS;
    atomic_store(&call->page->asked_to_end, signal);
    kernel_kill(pid, THREADS_SIGNAL);
}

unsigned kept_calls_look(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < KEPT_CALLS_MAX; i++) {
        if (calls[i].page != NULL)
            look_at(&calls[i]);
        count += calls[i].page != NULL;
    }
    return count;
}

bool kept_calls_stand(void)
{
    for (unsigned i = 0; i < KEPT_CALLS_MAX; i++)
        if (calls[i].page != NULL && calls[i].stands)
            return true;
    return false;
}

unsigned kept_calls_poll(struct pollfd *fds)
{
    unsigned count = 0;

    for (unsigned i = 0; i < KEPT_CALLS_MAX; i++)
        if (calls[i].page != NULL && calls[i].kill_ns == 0)
            fds[count++] = (struct pollfd){.fd = calls[i].connection, .events = POLLIN | POLLRDHUP};
    return count;
}
