/* SPDX-License-Identifier: MIT */
/* Lines of the original's output that match: see match.h. Output waits in a queue for each place, so that a
 * line may be written in parts, and several places by turns. The queues are shared with the copies: where
 * nobody saw the original end, one of them searches what was left. */
#define _GNU_SOURCE
#include "record/match.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/expression.h"
#include "base/kernel.h"
#include "base/literals.h"
#include "base/text.h"
#include "base/vdso.h"
#include "record/line_queue.h"
#include "snapshot/shared_memory.h"

#define PRINTED      2u /* places: stdout, stderr */
#define PLACES       (PRINTED + MATCH_WATCHED_MAX)
#define PRINTED_SIZE ((size_t)4 << 20) /* of a queue; untouched pages cost nothing */
#define WATCHED_SIZE ((size_t)1 << 20)
#define SOON         ((size_t)128 << 10) /* what is searched while the processor has it at hand costs less */
#define HITS         64u

struct place {
    _Atomic bool is_used;
    char name[MATCH_NAME_SIZE];
    struct line_queue queue;
};

struct hits {
    size_t count;
    uint64_t lost;
    struct match_hit list[HITS]; /* those that wait, by eval */
};

struct output {
    struct place places[PLACES];
    char found[MATCH_LINE_SIZE]; /* "" */
    char found_in[MATCH_NAME_SIZE];
    bool is_printed;
    struct hits hits;
    _Alignas(64) char rings[];
};

struct wanted {
    bool is_on;
    bool is_by_line; /* it asks for the beginning or the end of all */
    regex_t expression;
    struct literals literals;
};

bool match_is_on, match_wants_evals;

static struct wanted match, trigger;
static struct output *output; /* shared */
static size_t output_size;
static _Atomic size_t lost_bytes;
static atomic_flag searching = ATOMIC_FLAG_INIT; /* the blocks, `found` and the hits are in use */
static struct line_block block;
static char text_block[LINE_BLOCK_SIZE];

/* --- the memory --- */

static char *ring_of(unsigned place, size_t *size)
{
    *size = place < PRINTED ? PRINTED_SIZE : WATCHED_SIZE;
    return output->rings + (place < PRINTED ? place * PRINTED_SIZE
                                            : PRINTED * PRINTED_SIZE + (place - PRINTED) * WATCHED_SIZE);
}

static void name_place(unsigned number, const char *name)
{
    struct place *place = &output->places[number];
    struct text text = text_in(place->name, sizeof place->name);
    size_t size;

    char *ring = ring_of(number, &size);
    line_queue_start(&place->queue, ring, (uint32_t)size);
    text_format(&text, "%s", name);
    atomic_store(&place->is_used, true);
}

/* Zero, and with flags as for mmap(). */
static bool map(int flags)
{
    void *memory =
        mmap(output, output_size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

    if (memory == MAP_FAILED) {
        match_is_on = false;
        return false;
    }
    output = memory;
    name_place(MATCH_STDOUT, "stdout");
    name_place(MATCH_STDERR, "stderr");
    return true;
}

static bool want(struct wanted *wanted, const char *text)
{
    if (text == NULL)
        return true;
    wanted->is_by_line = strstr(text, "\\`") != NULL || strstr(text, "\\'") != NULL;
    literals_find(&wanted->literals, text);
    wanted->is_on = expression_compile(&wanted->expression, text, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    return wanted->is_on;
}

int match_init(const char *wanted, const char *wanted_now, bool watches)
{
    if (!want(&match, wanted) || !want(&trigger, wanted_now))
        return -ENOMEM;
    if (!match.is_on && !trigger.is_on)
        return 0;
    output_size = sizeof *output + PRINTED * PRINTED_SIZE + (watches ? MATCH_WATCHED_MAX * WATCHED_SIZE : 0);
    if (!map(MAP_SHARED))
        return -ENOMEM;
    shared_memory_add_own(output);
    match_is_on = true;
    match_wants_evals = trigger.is_on;
    return 0;
}

/* A child of an original goes on with what its parent watches. */
void match_begin(void)
{
    static char names[PLACES][MATCH_NAME_SIZE];

    if (!match_is_on)
        return;
    for (unsigned i = PRINTED; i < PLACES; i++)
        memcpy(names[i], output->places[i].name, sizeof names[i]);
    if (!map(MAP_SHARED | MAP_FIXED))
        return;
    for (unsigned i = PRINTED; i < PLACES; i++)
        if (names[i][0] != '\0')
            name_place(i, names[i]);
    atomic_store(&lost_bytes, 0);
    atomic_flag_clear(&searching);
}

void match_leave(void)
{
    static struct output kept;

    if (output == NULL)
        return;
    match_is_on = false;
    memcpy(&kept, output, sizeof kept);
    if (map(MAP_PRIVATE | MAP_FIXED))
        memcpy(output, &kept, sizeof kept);
}

int match_add(const char *name)
{
    for (unsigned i = PRINTED; i < PLACES && output_size > sizeof *output + PRINTED * PRINTED_SIZE; i++) {
        bool is_used = false;

        if (!atomic_compare_exchange_strong(&output->places[i].is_used, &is_used, true))
            continue;
        name_place(i, name);
        return (int)i;
    }
    return -ENOSPC;
}

bool match_remove(unsigned place)
{
    if (line_queue_waiting(&output->places[place].queue) > 0)
        return false;
    output->places[place].name[0] = '\0';
    atomic_store(&output->places[place].is_used, false);
    return true;
}

/* --- noting --- */

static bool seeks_match(void)
{
    return match.is_on && output->found[0] == '\0';
}

static bool is_looking(void)
{
    return match_is_on && (trigger.is_on || seeks_match());
}

bool match_note(unsigned place, uint64_t eval, const void *bytes, size_t size)
{
    if (!is_looking())
        return true;
    struct line_queue *queue = &output->places[place].queue;
    size_t kept = line_queue_add(queue, eval, bytes, size);

    if (kept < size)
        atomic_fetch_add(&lost_bytes, size - kept);
    return line_queue_waiting(queue) < SOON;
}

/* --- searching --- */

/* The block, which begins with a line, up to the end of its last line: a line that is longer comes in pieces.
 * Returns how many bytes. */
static size_t look(struct line_queue *queue, bool last)
{
    line_queue_look(queue, &block, last ? LINE_QUEUE_LAST : vdso_clock_ns());
    const char *end = memrchr(block.bytes, '\n', block.length);

    if (end != NULL)
        return (size_t)(end + 1 - block.bytes);
    return block.is_full || last ? block.length : 0;
}

/* A NUL would end the text for regexec() only. */
static void hide_nuls(size_t length)
{
    char *at = block.bytes;

    while ((at = memchr(at, '\0', (size_t)(block.bytes + length - at))) != NULL)
        *at = ' ';
    block.bytes[length] = '\0';
}

/* The carriage return of a line's end is no part of the line. */
static const char *without_returns(void)
{
    const char *from = block.bytes, *next = strchr(from, '\r');
    char *to = text_block;

    if (next == NULL)
        return from;
    for (; *from != '\0'; from++)
        if (*from != '\r' || (from[1] != '\n' && from[1] != '\0'))
            *to++ = *from;
    *to = '\0';
    return text_block;
}

static void write_line(char bytes[MATCH_LINE_SIZE], const char *line)
{
    struct text text = text_in(bytes, MATCH_LINE_SIZE);

    text_format(&text, "%s", *line == '\0' ? " " : line + strspn(line, " \t"));
}

static void note_found(const struct place *place, const char *line)
{
    memcpy(output->found_in, place->name, sizeof output->found_in);
    output->is_printed = place < output->places + PRINTED;
    write_line(output->found, line);
}

/* Places are searched one after the other: the eval tells where it belongs. */
static void note_hit(const struct place *place, const char *line, uint64_t eval)
{
    struct hits *hits = &output->hits;
    size_t at = hits->count;

    if (hits->count == HITS) {
        hits->lost++;
        return;
    }
    for (; at > 0 && hits->list[at - 1].eval > eval; at--)
        hits->list[at] = hits->list[at - 1];
    hits->list[at].eval = eval;
    memcpy(hits->list[at].place, place->name, sizeof place->name);
    write_line(hits->list[at].line, line);
    hits->count++;
}

static void search_line(const struct place *place, const char *line, size_t end)
{
    if (seeks_match() && expression_matches(&match.expression, line))
        note_found(place, line);
    if (trigger.is_on && expression_matches(&trigger.expression, line))
        note_hit(place, line, line_queue_eval(&block, end));
}

static void search_lines(const struct place *place, size_t length)
{
    char *end, *stop = block.bytes + length;

    for (char *line = block.bytes; line < stop; line = end + 1) {
        end = strchrnul(line, '\n');
        size_t last = (size_t)(end - block.bytes);
        *end = '\0';
        if (end > line && end[-1] == '\r')
            end[-1] = '\0';
        search_line(place, line, last < length ? last : length - 1);
    }
}

static bool may_match(const struct wanted *wanted, const char *text, size_t size)
{
    return literals_allow(&wanted->literals, text, size) &&
           (wanted->is_by_line || expression_matches(&wanted->expression, text));
}

/* Where lines match, so does the block that they are in: mostly one search is enough for thousands. */
static bool is_worth_it(const char *text)
{
    size_t size = strlen(text);

    return (seeks_match() && may_match(&match, text, size)) ||
           (trigger.is_on && may_match(&trigger, text, size));
}

static void search_place(struct place *place, bool last)
{
    size_t length;

    while (is_looking() && line_queue_waiting(&place->queue) > 0 &&
           (length = look(&place->queue, last)) > 0) {
        hide_nuls(length);
        if (is_worth_it(without_returns()))
            search_lines(place, length);
        line_queue_take(&place->queue, length);
    }
}

static bool is_searched(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (atomic_load(&output->places[i].is_used) && line_queue_waiting(&output->places[i].queue) > 0)
            return false;
    return true;
}

/* Where nothing was printed, as at most looks, no lock is taken. */
void match_search(bool last)
{
    if (!is_looking() || is_searched())
        return;
    /* Busy: a thread, or this one in a signal handler, ends the process while the evaluating one searches. */
    if (atomic_flag_test_and_set(&searching))
        return;
    for (unsigned i = 0; i < PLACES; i++)
        if (atomic_load(&output->places[i].is_used))
            search_place(&output->places[i], last);
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

/* --- what was found --- */

const char *match_line(void)
{
    return output != NULL && output->found[0] != '\0' ? output->found : NULL;
}

const char *match_place(void)
{
    return match_line() != NULL ? output->found_in : NULL;
}

bool match_is_printed(void)
{
    return output != NULL && output->is_printed;
}

bool match_next_trigger(struct match_hit *hit)
{
    if (output == NULL || output->hits.count == 0 || atomic_flag_test_and_set(&searching))
        return false;
    struct hits *hits = &output->hits;
    const bool is_there = hits->count > 0;

    if (is_there) {
        *hit = hits->list[0];
        memmove(hits->list, hits->list + 1, --hits->count * sizeof *hits->list);
    }
    atomic_flag_clear(&searching);
    return is_there;
}

uint64_t match_triggers_lost(void)
{
    return output != NULL ? output->hits.lost : 0;
}

void match_end_triggers(void)
{
    trigger.is_on = match_wants_evals = false;
}

size_t match_lost_bytes(void)
{
    return atomic_load(&lost_bytes);
}
