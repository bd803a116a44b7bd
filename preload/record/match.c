/* SPDX-License-Identifier: MIT */
/* Lines of the original's output that match: see match.h. Output waits in a queue per descriptor, so that a
 * line may be written in parts, and both descriptors by turns. The queues are shared with the copies: where
 * nobody saw the original end, one of them searches what was left. */
#define _GNU_SOURCE
#include "record/match.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/expression.h"
#include "base/kernel.h"
#include "base/spin_lock.h"
#include "base/text.h"
#include "snapshot/shared_memory.h"

#define QUEUE_SIZE ((size_t)4 << 20) /* untouched pages cost nothing */
#define FOUND_SIZE 256
#define BLOCK_SIZE ((size_t)64 << 10) /* a longer line is searched in pieces */

/* Positions count all bytes ever noted. */
struct queue {
    size_t first, end;
    char bytes[QUEUE_SIZE];
};

struct output {
    struct queue queues[2]; /* stdout, stderr */
    char found[FOUND_SIZE]; /* "" */
};

static regex_t expression;
static struct output *output; /* shared; NULL: nothing is looked for */
static size_t lost_bytes;
static atomic_flag busy = ATOMIC_FLAG_INIT;      /* the queues are being changed */
static atomic_flag searching = ATOMIC_FLAG_INIT; /* `block` and `found` are in use */
static char block[BLOCK_SIZE];
static bool is_by_line; /* it asks for the beginning or the end of all */

int match_init(const char *wanted)
{
    void *shared =
        mmap(NULL, sizeof *output, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (shared == MAP_FAILED)
        return -ENOMEM;
    if (!expression_compile(&expression, wanted, REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
        return -ENOMEM;
    is_by_line = strstr(wanted, "\\`") != NULL || strstr(wanted, "\\'") != NULL;
    shared_memory_add_own(shared);
    output = shared;
    return 0;
}

void match_begin(void)
{
    if (output == NULL)
        return;
    void *shared = mmap(output, sizeof *output, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (shared == MAP_FAILED)
        output = NULL;
    lost_bytes = 0;
    atomic_flag_clear(&busy);
    atomic_flag_clear(&searching);
}

static bool is_looking(void)
{
    return output != NULL && output->found[0] == '\0';
}

bool match_note(int fd, const void *bytes, size_t size)
{
    if (!is_looking())
        return true;
    struct queue *queue = &output->queues[fd - 1];
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

/* The bytes that wait, at most a block of them; a block begins with a line. */
static size_t look_at(const struct queue *queue)
{
    size_t waiting = queue->end - queue->first, at = queue->first % QUEUE_SIZE;
    size_t length = waiting < BLOCK_SIZE - 1 ? waiting : BLOCK_SIZE - 1;
    size_t part = length < QUEUE_SIZE - at ? length : QUEUE_SIZE - at;

    memcpy(block, queue->bytes + at, part);
    memcpy(block + part, queue->bytes, length - part);
    return length;
}

/* Moves the next lines, as many as fit, into `block`: a line that is longer comes in pieces. Returns how many
 * bytes. */
static size_t take_block(struct queue *queue, bool last)
{
    uint64_t mask = spin_lock_take(&busy);
    size_t length = look_at(queue);
    const char *end = memrchr(block, '\n', length);

    if (end != NULL)
        length = (size_t)(end + 1 - block);
    else if (length < BLOCK_SIZE - 1 && !last)
        length = 0;
    queue->first += length;
    spin_lock_release(&busy, mask);
    return length;
}

/* The carriage return of a line's end is no part of the line. */
static void drop_returns(void)
{
    char *to = strchr(block, '\r');

    if (to == NULL)
        return;
    for (const char *from = to; *from != '\0'; from++)
        if (*from != '\r' || (from[1] != '\n' && from[1] != '\0'))
            *to++ = *from;
    *to = '\0';
}

/* A NUL would end the text for regexec() only. */
static void make_text(size_t length)
{
    char *at = block;

    block[length] = '\0';
    while ((at = memchr(at, '\0', (size_t)(block + length - at))) != NULL)
        *at = ' ';
    drop_returns();
}

static bool is_match(const char *text)
{
    return expression_matches(&expression, text);
}

static void search_lines(void)
{
    char *rest = block;

    while (*rest != '\0' && is_looking()) {
        char *line = rest, *end = strchrnul(rest, '\n');
        rest = *end == '\n' ? end + 1 : end;
        *end = '\0';
        if (!is_match(line))
            continue;
        struct text text = text_in(output->found, FOUND_SIZE);
        text_format(&text, "%s", *line == '\0' ? " " : line + strspn(line, " \t"));
    }
}

/* Where lines match, so does the block that they are in: mostly one search is enough for thousands. */
static void search_queue(struct queue *queue, bool last)
{
    size_t length;

    while (is_looking() && (length = take_block(queue, last)) > 0) {
        make_text(length);
        if (is_by_line || is_match(block))
            search_lines();
    }
}

static bool is_searched(void)
{
    const struct queue *queues = output->queues;

    return queues[0].first == queues[0].end && queues[1].first == queues[1].end;
}

/* Where nothing was printed, as at most looks, no lock is taken. */
void match_search(bool last)
{
    if (!is_looking() || is_searched())
        return;
    /* Busy: a thread, or this one in a signal handler, ends the process while the evaluating one searches. */
    if (atomic_flag_test_and_set(&searching))
        return;
    for (size_t i = 0; i < 2; i++)
        search_queue(&output->queues[i], last);
    atomic_flag_clear(&searching);
}

static void wait_for(pid_t copy)
{
    const struct timespec patience = {1, 0};
    struct pollfd end = {.fd = kernel_pidfd_open(copy), .events = POLLIN};

    if (end.fd < 0 || kernel_ppoll(&end, 1, &patience) != 1)
        kernel_kill(copy, SIGKILL);
    kernel_close(end.fd);
    while (raw_syscall4(SYS_wait4, copy, 0, __WALL, 0) == -EINTR)
        continue;
}

void match_search_apart(void)
{
    if (!is_looking() || is_searched())
        return;
    long copy = raw_syscall5(SYS_clone, 0, 0, 0, 0, 0); /* no exit signal: nobody else waits for it */
    if (copy > 0)
        wait_for((pid_t)copy);
    if (copy != 0)
        return;
    match_search(true);
    kernel_exit_group(0);
}

const char *match_line(void)
{
    return output != NULL && output->found[0] != '\0' ? output->found : NULL;
}

size_t match_lost_bytes(void)
{
    return lost_bytes;
}
