/* SPDX-License-Identifier: MIT */
/* What a tracer's object and its file tell: see held.h. */
#include "wave/held.h"
#include "model/library.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_TO_OPEN_AGAIN 5032u

static uint8_t *file_of(const struct tracer *tracer)
{
    return (uint8_t *)tracer->self + tracer->library->row->tracer_file;
}

bool held_is_open(const struct tracer *tracer)
{
    const void *writer;
    if (tracer->format != HOOKS_FORMAT_FST)
        return file_of(tracer)[VERILATOR_VCD_IS_OPEN] != 0;
    memcpy(&writer, file_of(tracer), sizeof writer);
    return writer != NULL;
}

void held_set_open(const struct tracer *tracer, bool open)
{
    static uint64_t nobody; /* stands for a writer that is never used */
    const void *writer = open ? &nobody : NULL;
    if (tracer->format == HOOKS_FORMAT_FST)
        memcpy(file_of(tracer), &writer, sizeof writer);
    else
        file_of(tracer)[VERILATOR_VCD_IS_OPEN] = open;
}

bool held_has_own_file(const struct tracer *tracer)
{
    return tracer->format == HOOKS_FORMAT_FST || file_of(tracer)[VERILATOR_VCD_OWN_FILE] == 1;
}

uint64_t held_last_time(const struct tracer *tracer)
{
    uint64_t last;
    memcpy(&last, (const uint8_t *)tracer->self + tracer->library->row->tracer_last, sizeof last);
    return last;
}

void held_forget_rollover(const struct tracer *tracer)
{
    static const uint64_t never;
    if (tracer->format != HOOKS_FORMAT_FST)
        memcpy(file_of(tracer) + VERILATOR_VCD_ROLLOVER, &never, sizeof never);
}

bool held_opens_once(const struct tracer *tracer)
{
    return tracer->format == HOOKS_FORMAT_FST && tracer->library->release > LAST_TO_OPEN_AGAIN;
}

bool held_note_path(char *noted, size_t size, const char *path)
{
    size_t length = 0;
    if (*path == '\0')
        return false;
    if (*path != '/') {
        if (getcwd(noted, size - 1) == NULL)
            return false;
        length = strlen(noted);
        noted[length++] = '/';
    }
    return (size_t)snprintf(noted + length, size - length, "%s", path) < size - length;
}

bool held_is_for_files(const char *path)
{
    struct stat file;
    return stat(path, &file) != 0 || S_ISREG(file.st_mode);
}
