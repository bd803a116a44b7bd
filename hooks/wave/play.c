/* SPDX-License-Identifier: MIT */
/* The files of the testbench's tracers in a replay. A testbench that closes its waveform and opens another
 * one, as for each test of many, has its failure in the last: that one gets the name of the waveform, and the
 * one before it goes back to its own. Nothing in the run directory is ever overwritten. */
#include "wave/play.h"
#include "wave/hold.h"
#include "wave/wave_check.h"
#include "wave/wave_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PLAY_NAMES 1000 /* files of one base name */

static struct {
    const struct play_listener *listener;
    char path[PATH_MAX];                /* of the waveform */
    char own_name[PATH_MAX];            /* base name that the testbench gave to it */
    const struct hold_tracer *waveform; /* NULL: it is closed */
    bool written;                       /* there is a file at path */
    bool dumped;                        /* one of the tracers has ... */
    bool had_dumped;                    /* ... and one had before it was played */
    bool once;                          /* one of them cannot be opened again */
} play;

/* Creates the file in the run directory, as N-NAME where the name is taken. */
static bool create_beside(char *path, size_t size, const char *name)
{
    int length = (int)(strrchr(play.path, '/') - play.path);
    for (unsigned number = 1; number < PLAY_NAMES; number++) {
        int used = number == 1 ? snprintf(path, size, "%.*s/%s", length, play.path, name)
                               : snprintf(path, size, "%.*s/%u-%s", length, play.path, number, name);
        if (used < 0 || (size_t)used >= size)
            return false;
        int error = wave_files_create(path, O_EXCL);
        if (error != -EEXIST)
            return !error;
    }
    return false;
}

static void give_name_back(void)
{
    char path[PATH_MAX];
    if (play.written && create_beside(path, sizeof path, play.own_name)) {
        rename(play.path, path);
        wave_files_add(path, NULL);
    }
    play.written = false;
}

static bool create_waveform(const struct hold_tracer *tracer)
{
    give_name_back();
    if (wave_files_create(play.path, 0) != 0)
        return false;
    snprintf(play.own_name, sizeof play.own_name, "%s", strrchr(tracer->path, '/') + 1);
    play.written = true;
    return true;
}

static bool play_open(struct hold_tracer *tracer)
{
    char path[PATH_MAX];
    play.once = play.once || tracer_opens_once(&tracer->tracer);
    play.had_dumped = play.had_dumped || tracer->dumped;
    if (play.waveform != NULL) {
        if (!create_beside(path, sizeof path, strrchr(tracer->path, '/') + 1))
            return false;
        wave_files_add(path, tracer);
        return play.listener->call(&tracer->tracer, VERILATOR_TRACER_OPEN, (uintptr_t)path);
    }
    if (!create_waveform(tracer))
        return false;
    play.waveform = tracer;
    play.listener->adopt(&tracer->tracer);
    return play.listener->call(&tracer->tracer, VERILATOR_TRACER_OPEN, (uintptr_t)play.path);
}

static bool play_dump(struct hold_tracer *tracer, uint64_t time)
{
    if (!play.listener->call(&tracer->tracer, VERILATOR_TRACER_DUMP, time))
        return false;
    play.dumped = true;
    if (tracer == play.waveform)
        play.listener->dumped(time);
    return true;
}

static void play_flush(struct hold_tracer *tracer)
{
    play.listener->call(&tracer->tracer, VERILATOR_TRACER_FLUSH, 0);
}

static void play_close(struct hold_tracer *tracer)
{
    play.listener->call(&tracer->tracer, VERILATOR_TRACER_CLOSE, 0);
    wave_files_closed(tracer);
    if (tracer != play.waveform)
        return;
    play.waveform = NULL;
    play.listener->adopt(NULL);
}

void play_start(const char *path, const struct play_listener *listener)
{
    static const struct hold_player player = {play_open, play_dump, play_flush, play_close};
    if ((size_t)snprintf(play.path, sizeof play.path, "%s", path) >= sizeof play.path)
        return;
    play.listener = listener;
    hold_play(&player);
}

bool play_has_dumped(void)
{
    return play.dumped;
}

bool play_had_dumped(void)
{
    return play.had_dumped;
}

bool play_was_for_once(void)
{
    return play.once;
}

bool play_may_begin_anew(void)
{
    struct hooks_why ignored = {""};
    return !play.once || wave_check_layout(&ignored) == 0;
}

void play_forget(void)
{
    play.written = play.dumped = false;
}

void play_stop(void)
{
    hold_stop();
}
