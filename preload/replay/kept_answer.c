/* SPDX-License-Identifier: MIT */
/* See kept_answer.h. */
#define _GNU_SOURCE
#include "replay/kept_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/kernel.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"
#include "replay/asked.h"
#include "replay/kept_calls.h"
#include "replay/kept_door.h"
#include "replay/kept_line.h"
#include "replay/kept_request.h"
#include "replay/stand.h"
#include "replay/wake_call.h"
#include "run/run.h"

#define LINE_SIZE 400u

static struct kept_door_request request;

static bool is_to_stand(void)
{
    return strcmp(request.what, KEPT_STAND) == 0;
}

static void refuse_for(int error)
{
    char bytes[LINE_SIZE];

    if (error == -EAGAIN)
        text_print(bytes, sizeof bytes, "%u replays are under way already", KEPT_CALLS_MAX);
    else
        text_print(bytes, sizeof bytes, "there is no memory for it (%s)", strerrorname_np(-error));
    kept_line_refuse(request.connection, bytes);
}

static void append(struct text *packet, const char *name, uint64_t value)
{
    text_format(packet, "%s=%" PRIu64, name, value);
    text_append(packet, "", 1);
}

static void tell_where(size_t place)
{
    const struct shared_slot *slot = &run.page->slots[place];
    char bytes[LINE_SIZE];
    struct text packet = text_in(bytes, sizeof bytes);

    text_format(&packet, "%s", KEPT_IS);
    text_append(&packet, "", 1);
    append(&packet, "number", slot->number);
    append(&packet, "eval", slot->eval);
    append(&packet, "last", run.page->end.eval);
    append(&packet, "races", run.page->races);
    kept_line_answer(request.connection, &packet);
}

/* Whoever drops it is answered by closing: then it is gone. */
static bool answer(size_t place, void (*leave)(const char *why))
{
    const bool stands = is_to_stand();

    if (strcmp(request.what, KEPT_DROP) == 0) {
        leave("it was dropped");
        return false;
    }
    if (strcmp(request.what, KEPT_WHERE) == 0) {
        tell_where(place);
        return false;
    }
    if (!stands && strcmp(request.what, KEPT_REPLAY) != 0) {
        kept_line_refuse(request.connection, "it does not know this request");
        return false;
    }
    int r = kept_calls_add(request.connection, stands);
    if (r < 0)
        refuse_for(r);
    return r == 0;
}

bool kept_answer_next(size_t place, void (*leave)(const char *why))
{
    if (!kept_door_accept(&request))
        return false;
    if (answer(place, leave))
        return true;
    kernel_close(request.error_output);
    kernel_close(request.connection);
    return false;
}

void kept_answer_copied(long pid)
{
    if (pid < 0)
        kept_line_refuse(request.connection, "it cannot be copied: no process or no memory is left");
    kept_calls_begin(pid);
    kernel_close(request.error_output);
}

/* --- a copy of it --- */

/* A stretch of the run that ends before the run did is as one that was asked for while it went on. */
static void set_stretch(const struct kept_request *wanted)
{
    struct shared_page *page = run.page;

    if (wanted->until_eval != 0 && wanted->until_eval < page->end.eval) {
        page->is_part = !page->end.outside;
        page->point = (struct shared_point){
            .kind = END_REQUEST,
            .first_eval = wanted->until_eval,
            .last_eval = wanted->until_eval,
            .time = END_TIME_UNKNOWN,
            .ns = atomic_load(&page->end_ns),
        };
        page->end = (struct end){
            .kind = END_REQUEST, .outside = true, .eval = wanted->until_eval, .time = END_TIME_UNKNOWN};
        page->wave_marked = 0;
    }
    if (wanted->from_eval != 0)
        run.options.window_evals = page->end.eval - wanted->from_eval + 1;
}

/* Nothing before the snapshot can be had: whoever asked for more is told what he gets instead. */
static void say_begins_later(uint64_t from_eval, const struct shared_slot *slot)
{
    if (from_eval != 0 && from_eval <= slot->eval)
        log_line(LOG_INFO,
                 "--from %" PRIu64 "evals is before snapshot %" PRIu64 ", taken after eval %" PRIu64
                 ": the waveform begins behind that",
                 from_eval, slot->number, slot->eval);
}

/* The run itself was told so, and has gone on. Here somebody can ask again. */
static bool is_other_format(enum options_wave wave, struct text *why)
{
    const bool asks_fst = wave == WAVE_FST;

    if (!run_is_other_format(wave))
        return false;
    text_format(why, "--format %s cannot be had: %s was built to write %s", asks_fst ? "fst" : "vcd",
                run.program, asks_fst ? "vcd" : "fst");
    return true;
}

static bool reads_request(const struct shared_slot *slot, struct text *why)
{
    const enum options_wave wave = run.options.wave;
    struct kept_request wanted;

    if (!kept_request_read(&wanted, &run.options, request.at, request.end, why))
        return false;
    if (run.options.wave != wave && is_other_format(run.options.wave, why))
        return false;
    terminal_note(wanted.term, wanted.no_color);
    if (run.page->races && (wanted.from_eval != 0 || wanted.until_eval != 0)) {
        text_format(why, "evals of several threads have no numbers that --from and --until could name");
        return false;
    }
    if (!kept_request_fits(&wanted, slot->eval, run.page->end.eval, why))
        return false;
    if (wanted.into != 0)
        run.page->segment = (struct shared_segment){(uint32_t)wanted.into, (uint32_t)wanted.segment};
    say_begins_later(wanted.from_eval, slot);
    set_stretch(&wanted);
    wake_call_prepare();
    return true;
}

static bool reads_request_to_stand(const struct shared_slot *slot, struct text *why)
{
    return stand_begins(kept_door_peer(&request), request.at, request.end, slot->eval, why);
}

bool kept_answer_begins(size_t place)
{
    struct shared_slot *slot;
    char bytes[LINE_SIZE];
    struct text why = text_in(bytes, sizeof bytes);

    kept_line_take(kept_calls_enter(), request.error_output);
    kept_door_leave();
    run.options.park_ns = 0;
    slot = &run.page->slots[place];
    atomic_store(&slot->pid, kernel_getpid());
    const bool is_good = is_to_stand() ? reads_request_to_stand(slot, &why) : reads_request(slot, &why);
    if (is_good && asked_begins_from_kept(slot, &why))
        return true;
    if (why.length > 0)
        kept_line_say_refused(bytes);
    return false;
}
