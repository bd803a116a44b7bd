/* SPDX-License-Identifier: MIT */
/* See progress_line.h. Nothing else is written to stderr meanwhile. Where the terminal is held (Ctrl-S) the
 * line stays as it is: who waits must not hang there. */
#include "report/progress_line.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "report/progress_words.h"
#include "run/run.h"

#define FIRST_NS     (SECOND_NS / 2) /* a replay that is done by then needs no such line */
#define PACE_NS      (2 * SECOND_NS) /* the pace is that of one to two such times */
#define LINE_SIZE    160u
#define ERASE        "\r\033[K"
#define ERASE_BEHIND "\033[K"

static struct {
    uint64_t first_eval, begun_ns;
    bool was_dumping;
    bool is_drawn;
} line;

/* Where the replay was some time ago, and less long ago. */
static struct moment {
    uint64_t ns, eval;
} before, since;

void progress_line_begin(const struct shared_slot *slot)
{
    line.first_eval = slot->eval;
    line.begun_ns = clock_ns();
    line.was_dumping = line.is_drawn = false;
    before = since = (struct moment){line.begun_ns, slot->eval};
}

/* The first dump changes the pace. */
static void note_moment(struct moment now, bool is_dumping)
{
    if (is_dumping != line.was_dumping) {
        line.was_dumping = is_dumping;
        before = since = now;
    } else if (now.ns - since.ns > PACE_NS) {
        before = since;
        since = now;
    }
}

static void describe(struct text *text)
{
    const struct shared_replay *replay = &run.page->replay;
    const uint64_t eval = atomic_load(&replay->eval);
    const struct moment now = {clock_ns(), eval > line.first_eval ? eval : line.first_eval};
    const bool is_dumping = *(const volatile uint64_t *)&replay->dumping_ns != 0;

    note_moment(now, is_dumping);
    const struct progress_words words = {
        .first_eval = line.first_eval,
        .last_eval = run.page->races ? 0 : run.page->end.eval,
        .eval = now.eval,
        .recent_evals = now.eval > before.eval ? now.eval - before.eval : 0,
        .recent_ns = now.ns - before.ns,
        .is_dumping = is_dumping,
    };
    progress_words_describe(text, &words);
}

/* In place of what stands there; never so long that the terminal would begin another line. */
static void put(const char *words, unsigned columns)
{
    char bytes[LINE_SIZE];
    struct text text = text_in(bytes, sizeof bytes);

    if (line.is_drawn)
        text_format(&text, "\r");
    text_format(&text, "%.*s" ERASE_BEHIND, (int)columns - 1, words);
    log_draw(bytes, text.length);
    line.is_drawn = true;
}

static void draw(void (*say)(struct text *text))
{
    char bytes[LINE_SIZE - sizeof ERASE];
    struct text text = text_in(bytes, sizeof bytes);

    const unsigned columns = log_columns();
    if (columns < 2)
        return;
    text_format(&text, "lightsss: ");
    say(&text);
    put(bytes, columns);
}

void progress_line_draw(void)
{
    if (clock_ns() - line.begun_ns >= FIRST_NS)
        draw(describe);
}

static void describe_closing(struct text *text)
{
    text_format(text, "the replay closes its waveform");
}

void progress_line_say_closing(void)
{
    draw(describe_closing);
}

void progress_line_end(void)
{
    if (line.is_drawn && log_columns() != 0)
        log_draw(ERASE, sizeof ERASE - 1);
    line.is_drawn = false;
}
