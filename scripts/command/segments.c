/* SPDX-License-Identifier: MIT */
/* See segments.h. Each segment begins behind the eval of its snapshot and ends with that of the next one:
 * where one is gone, the one before it goes on to the next that is there. */
#include "segments.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fields.h"
#include "idle.h"
#include "kept_ladder.h"
#include "replay_stop.h"
#include "run/notes.h"
#include "say.h"
#include "segment_files.h"
#include "segment_progress.h"
#include "segment_report.h"

#define LOOK_MS 500 /* has another processor become idle? */

static struct {
    const char *run;
    const struct kept_packet *request;
    struct segment_files files;
    struct segment list[KEPT_LADDER_MAX];
    size_t count;
    bool is_stopped;
    bool is_shown; /* how far it is */
    double start_s;
    json_t *notes; /* that were said */
} all;

static double now_s(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool plan(const char *run)
{
    static struct kept_ladder ladder;

    if (!kept_ladder_find(&ladder, run))
        return false;
    if (ladder.has_races) {
        say("evals of several threads have no numbers, at which segments could meet: replay it without "
            "--all");
        return false;
    }
    all.count = ladder.count;
    for (size_t i = 0; i < all.count; i++)
        all.list[i] = (struct segment){
            .number = (unsigned)i + 1,
            .rung = ladder.steps[i].rung,
            .first_eval = ladder.steps[i].eval + 1,
            .last_eval = i + 1 < all.count ? ladder.steps[i + 1].eval : ladder.last_eval,
            .is_last = i + 1 == all.count,
            .connection = -1,
        };
    return true;
}

/* --- one --- */

static void say_note(const char *note)
{
    if (notes_is_for_user(note))
        say("%s", note);
}

static void say_over(struct segment *segment)
{
    const char *verdict = segment_report_verdict(segment), *why = segment_report_why(segment);
    char time[32] = "";
    double seconds;

    if (segment->why == NULL && fields_real(segment->report, "replay.seconds", &seconds))
        snprintf(time, sizeof time, ", after %.1f s", seconds);
    segment_report_add_notes(all.notes, segment, say_note);
    say("segment %u of %zu, evals %" PRIu64 " to %" PRIu64 ": %s%s%s%s", segment->number, all.count,
        segment->first_eval, segment->last_eval, verdict, why != NULL ? ": " : "", why != NULL ? why : "",
        time);
    segment->is_told = true;
}

/* Refusals wait until another one is over: what all refuse is said once. */
static void say_all_over(bool with_refusals)
{
    segment_progress_clear();
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].state == SEGMENT_OVER && !all.list[i].is_told &&
            (with_refusals || all.list[i].refusal == NULL))
            say_over(&all.list[i]);
}

/* Somebody may kill us at any time: what there is then has its report. */
static int write_report(void)
{
    return segment_files_report(&all.files, all.run, all.list, all.count, now_s() - all.start_s);
}

static void end(struct segment *segment, const char *why)
{
    if (segment->connection >= 0)
        close(segment->connection);
    segment->connection = -1;
    segment->state = SEGMENT_OVER;
    segment->why = why;
    segment_files_take(&all.files, segment);
    write_report();
    say_all_over(segment->refusal == NULL);
}

static void add_eval(struct kept_packet *packet, const char *name, uint64_t eval)
{
    char value[32];

    snprintf(value, sizeof value, "%" PRIu64 "evals", eval);
    kept_packet_add(packet, name, value);
}

static void add_number(struct kept_packet *packet, const char *name, uint64_t number)
{
    char value[32];

    snprintf(value, sizeof value, "%" PRIu64, number);
    kept_packet_add(packet, name, value);
}

/* Of what comes behind a failure only the last one has something; files of each would be those of a part. */
static void fill(struct kept_packet *packet, const struct segment *segment)
{
    const char *at = all.request->bytes, *last = all.request->bytes + all.request->length, *setting;

    packet->length = 0;
    kept_packet_add(packet, kept_message_next(&at, last), NULL);
    kept_packet_add(packet, "LIGHTSSS_FILES", "0");
    while ((setting = kept_message_next(&at, last)) != NULL)
        kept_packet_add(packet, setting, NULL);
    add_number(packet, KEPT_INTO, all.files.replay);
    add_number(packet, KEPT_SEGMENT, segment->number);
    add_eval(packet, KEPT_FROM, segment->first_eval);
    if (segment->is_last)
        return;
    add_eval(packet, KEPT_UNTIL, segment->last_eval);
    kept_packet_add(packet, "LIGHTSSS_AFTER", "0");
}

static void begin(struct segment *segment)
{
    static struct kept_packet packet;

    fill(&packet, segment);
    segment_progress_clear(); /* what is wrong is said */
    segment->connection = kept_ask(all.run, segment->rung, &packet, -1);
    segment->state = SEGMENT_RUNS;
    if (segment->connection < 0)
        end(segment, "its kept snapshot could not be asked");
}

static void take_answer(struct segment *segment)
{
    static struct kept_packet answer;
    const ssize_t length = kept_receive(segment->connection, &answer);
    const char *refusal = length > 0 ? kept_refusal(&answer) : NULL;

    if (length == -EINTR || length == -EAGAIN)
        return;
    if (length <= 0)
        end(segment, "the replay died before it was done");
    else if (refusal != NULL && asprintf(&segment->refusal, "it was refused: %s", refusal) > 0)
        end(segment, segment->refusal);
    else
        end(segment, kept_answered(all.run, &answer, KEPT_DONE) == NULL ? "its answer is not known" : NULL);
}

/* --- all --- */

static size_t count_in(enum segment_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < all.count; i++)
        count += all.list[i].state == state;
    return count;
}

/* In order, as many as may be at once. */
static void begin_some(void)
{
    for (size_t i = 0; i < all.count; i++) {
        const size_t running = count_in(SEGMENT_RUNS);
        if (all.list[i].state != SEGMENT_WAITS)
            continue;
        if (all.is_stopped)
            end(&all.list[i], "it was not begun");
        else if (running == 0 || running < idle_processors((unsigned)running))
            begin(&all.list[i]);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].state == SEGMENT_RUNS)
            replay_stop_send(all.list[i].connection, replay_stop_signal());
    replay_stop_forget();
    all.is_stopped = true;
}

static void await_some(void)
{
    struct pollfd fds[KEPT_LADDER_MAX];

    for (size_t i = 0; i < all.count; i++)
        fds[i] = (struct pollfd){.fd = all.list[i].connection, .events = POLLIN};
    const int ready =
        replay_stop_poll(fds, all.count, count_in(SEGMENT_WAITS) > 0 || all.is_shown ? LOOK_MS : -1);
    if (replay_stop_signal() != 0)
        stop();
    for (size_t i = 0; ready > 0 && i < all.count; i++)
        if (fds[i].fd >= 0 && fds[i].revents != 0)
            take_answer(&all.list[i]);
    if (all.is_shown && count_in(SEGMENT_RUNS) > 0)
        segment_progress_draw(all.list, all.count, now_s() - all.start_s);
}

static bool has_gap(void)
{
    for (size_t i = 0; i < all.count; i++)
        if (segment_report_why(&all.list[i]) != NULL &&
            strcmp(segment_report_verdict(&all.list[i]), "reproduced") == 0)
            return true;
    return false;
}

static void say_waves(bool has_report)
{
    size_t count = 0;

    for (size_t i = 0; i < all.count; i++)
        count += fields_text(all.list[i].report, "wave.path") != NULL;
    if (count > 0)
        say("waveforms: %zu of %zu, in %s", count, all.count, all.files.path);
    else if (has_report)
        say("no waveforms; the report is in %s", all.files.path);
    else
        say("no waveforms, and no report");
    if (has_gap())
        say("--size none leaves no gap, however large the waveforms become");
}

/* What was asked for cannot be had of any of them, for one reason. */
static bool is_refused(void)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].refusal == NULL || strcmp(all.list[i].refusal, all.list[0].refusal) != 0)
            return false;
    return true;
}

/* Returns the status to end with. */
static int say_end_of_all(void)
{
    int status = 0;

    if (is_refused()) {
        segment_files_remove(&all.files);
        say("the kept snapshot of %s refuses: %s", all.run, strchr(all.list[0].refusal, ':') + 2);
        return SAY_FAILED;
    }
    say_all_over(true);
    const int r = write_report();
    if (r < 0)
        say("report.json could not be written: %s", strerror(-r));
    say_waves(r == 0);
    for (size_t i = 0; i < all.count; i++)
        status = segment_report_why(&all.list[i]) != NULL ? SAY_FAILED : status;
    return r < 0 ? SAY_FAILED : status;
}

static int finish(void)
{
    segment_progress_clear();
    const int status = say_end_of_all();
    for (size_t i = 0; i < all.count; i++) {
        json_decref(all.list[i].report);
        free(all.list[i].refusal);
    }
    json_decref(all.notes);
    close(all.files.directory);
    return status;
}

int segments_replay(const char *run, const struct kept_packet *request)
{
    all.run = run;
    all.request = request;
    all.start_s = now_s();
    if (!plan(run))
        return SAY_FAILED;
    replay_stop_hear();
    const int r = segment_files_make(&all.files, run);
    if (r < 0) {
        say("no directory can be made in %s: %s", run, strerror(-r));
        return SAY_FAILED;
    }
    all.notes = json_array();
    all.is_shown = segment_progress_begin();
    write_report();
    while (count_in(SEGMENT_OVER) < all.count) {
        begin_some();
        if (count_in(SEGMENT_RUNS) > 0)
            await_some();
    }
    return finish();
}
