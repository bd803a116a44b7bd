/* SPDX-License-Identifier: MIT */
/* Lines of the original's output that match: see match.h. Output waits in a queue per descriptor, so that a
 * line may be written in parts, and both descriptors by turns. */
#define _GNU_SOURCE
#include "match.h"

#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "raw_syscall.h"
#include "snapshot/shared_memory.h"
#include "spin_lock.h"

#define QUEUE_SIZE ((size_t)4 << 20) /* untouched pages cost nothing */
#define FOUND_SIZE 256
#define LINE_SIZE  ((size_t)64 << 10) /* a longer line is searched in pieces */

/* Positions count all bytes ever noted. */
struct queue {
    char *bytes;
    size_t first, end;
};

static regex_t expression;
static bool ready;
static struct queue queues[2]; /* stdout, stderr */
static size_t lost_bytes;
static atomic_flag busy = ATOMIC_FLAG_INIT;      /* the queues are being changed */
static atomic_flag searching = ATOMIC_FLAG_INIT; /* `line` and `found` are in use */
static char line[LINE_SIZE];
static char *found; /* shared with match_search_apart()'s copy; "" */

int match_init(const char *wanted)
{
    char *bytes = mmap(NULL, 2 * QUEUE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *shared = mmap(NULL, FOUND_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED || shared == MAP_FAILED)
        return -ENOMEM;
    if (regcomp(&expression, wanted, REG_EXTENDED | REG_NOSUB) != 0)
        return -ENOMEM;
    found = shared;
    shared_memory_keep(shared);
    queues[0].bytes = bytes;
    queues[1].bytes = bytes + QUEUE_SIZE;
    ready = true;
    return 0;
}

bool match_note(int fd, const void *bytes, size_t size)
{
    struct queue *queue = &queues[fd - 1];

    if (!ready || found[0] != '\0')
        return true;
    uint64_t mask = spin_lock_take(&busy);
    size_t room = QUEUE_SIZE - (queue->end - queue->first);
    size_t fits = size < room ? size : room;

    lost_bytes += size - fits;
    while (fits > 0) {
        size_t at = queue->end % QUEUE_SIZE;
        size_t part = fits < QUEUE_SIZE - at ? fits : QUEUE_SIZE - at;

        memcpy(queue->bytes + at, bytes, part);
        bytes = (const char *)bytes + part;
        queue->end += part;
        fits -= part;
    }
    room = QUEUE_SIZE - (queue->end - queue->first);
    spin_lock_release(&busy, mask);
    return room > QUEUE_SIZE / 2;
}

/* Moves the next line into `line`, without its newline. */
static bool take_line(struct queue *queue, bool last)
{
    uint64_t mask = spin_lock_take(&busy);
    size_t waiting = queue->end - queue->first;
    size_t limit = waiting < LINE_SIZE - 1 ? waiting : LINE_SIZE - 1;
    size_t length = 0;

    while (length < limit && queue->bytes[(queue->first + length) % QUEUE_SIZE] != '\n') {
        line[length] = queue->bytes[(queue->first + length) % QUEUE_SIZE];
        length++;
    }
    bool ended = length < limit;
    bool taken = ended || length == LINE_SIZE - 1 || (last && length > 0);

    if (taken)
        queue->first += length + ended;
    spin_lock_release(&busy, mask);
    if (length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    return taken;
}

/* A line that holds a NUL is searched up to there, as grep does not: it is no text. */
static void search_queue(struct queue *queue, bool last)
{
    while (found[0] == '\0' && take_line(queue, last))
        if (regexec(&expression, line, 0, NULL, 0) == 0) {
            struct text text;

            text_init(&text, found, FOUND_SIZE);
            text_format(&text, "%s", *line == '\0' ? " " : line + strspn(line, " \t"));
        }
}

void match_search(bool last)
{
    if (!ready || found[0] != '\0')
        return;
    /* Busy: a thread, or this one in a signal handler, ends the process while the evaluating one searches. */
    if (atomic_flag_test_and_set(&searching))
        return;
    search_queue(&queues[0], last);
    search_queue(&queues[1], last);
    atomic_flag_clear(&searching);
}

static bool is_searched(void)
{
    return queues[0].first == queues[0].end && queues[1].first == queues[1].end;
}

static void wait_for(pid_t copy)
{
    const struct timespec patience = {1, 0};
    struct pollfd end = {.fd = (int)raw_syscall2(SYS_pidfd_open, copy, 0), .events = POLLIN};

    if (end.fd < 0 || raw_syscall5(SYS_ppoll, (long)&end, 1, (long)&patience, 0, 0) != 1)
        raw_syscall2(SYS_kill, copy, SIGKILL);
    raw_syscall1(SYS_close, end.fd);
    while (raw_syscall4(SYS_wait4, copy, 0, __WALL, 0) == -EINTR)
        continue;
}

void match_search_apart(void)
{
    if (!ready || found[0] != '\0' || is_searched())
        return;
    long copy = raw_syscall5(SYS_clone, 0, 0, 0, 0, 0); /* no exit signal: nobody else waits for it */
    if (copy > 0)
        wait_for((pid_t)copy);
    if (copy != 0)
        return;
    match_search(true);
    raw_syscall1(SYS_exit_group, 0);
}

const char *match_line(void)
{
    return ready && found[0] != '\0' ? found : NULL;
}

size_t match_lost_bytes(void)
{
    return lost_bytes;
}
