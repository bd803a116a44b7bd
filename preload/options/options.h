/* SPDX-License-Identifier: MIT */
/* The LIGHTSSS_* variables, read once from an environment block. options.def has one row per variable;
 * this structure has one field per row. Runs in the constructor: no getenv, no heap, no stdio. */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_OPTIONS_H
#define LIGHTSSS_PRELOAD_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "options/ages.h"
#include "options/failures.h"

#define OPTIONS_PPM          1000000u /* a whole, in parts per million */
#define OPTIONS_SLOTS_MAX    64u
#define OPTIONS_DEPTH_MAX    9999u
#define OPTIONS_SCOPES_MAX   64u
#define OPTIONS_TICK_MAX     UINT64_C(1000000000000)
#define OPTIONS_WINDOW_ALL   UINT64_MAX
#define OPTIONS_POINTS_MAX   128u
#define OPTIONS_TRIGGERS_MAX 64u

struct options_interval {
    enum options_interval_kind {
        INTERVAL_AUTO,  /* at least 1 s, stretched to keep the budget */
        INTERVAL_TIME,  /* every ns */
        INTERVAL_EVALS, /* every evals */
    } kind;
    uint64_t ns;
    uint64_t evals;
};

struct options_memory {
    uint64_t bytes;     /* 0: the share counts */
    uint32_t share_ppm; /* of what is available */
};

struct options_back {
    enum options_back_kind {
        BACK_OLDEST,
        BACK_WINDOW, /* the youngest that is old enough for the whole window */
        BACK_TIME,   /* the youngest that lies back so many ns */
        BACK_EVALS,  /* or evals */
    } kind;
    uint64_t ns;
    uint64_t evals;
};

/* Points of a run up to which a waveform is wanted. */
struct options_at {
    unsigned count;
    struct options_point {
        bool is_time;   /* a simulation time, in the simulator's units; else a number of evals */
        uint64_t value; /* above 0 */
    } points[OPTIONS_POINTS_MAX];
};

enum options_wave {
    WAVE_AUTO,
    WAVE_VCD,
    WAVE_FST,
    WAVE_OFF,
};

/* Strings point into the environment block or to constants; NULL where nothing is asked for. */
struct options {
    bool enabled;
    struct options_interval interval;
    uint32_t budget_ppm;
    uint64_t slots;
    struct options_memory memory;
    bool huge;
    struct failures failures;
    uint64_t hang_ns; /* 0: off */
    const char *match;
    enum options_wave wave;
    uint64_t window_evals; /* OPTIONS_WINDOW_ALL for everything */
    uint64_t depth;        /* 0: all */
    bool hold;
    const char *model;
    uint64_t tick;
    uint64_t limit_ns; /* 0: none */
    const char *wake_call;
    const char *trigger;
    uint64_t triggers;
    const char *watch;
    struct options_at at;
    uint64_t after_evals;
    struct ages ages;
    struct options_back back;
    const char *scope;    /* names with commas between them, none of them empty */
    uint64_t size_bytes;  /* 0: none */
    uint64_t files_bytes; /* 0: nothing is kept */
    uint64_t park_ns;     /* 0: off */
    const char *dir;
    enum log_level log_level;
};

/* What a row of options.def says, for --help, documents and tests. */
struct options_row {
    const char *name;     /* "LIGHTSSS_INTERVAL" */
    const char *initial;  /* "auto"; "" where nothing is asked for */
    const char *accepted; /* what a value may look like */
    const char *help;     /* one line */
};

extern const struct options_row options_rows[];
extern const size_t options_row_count;

/* Fills *options from defaults and from a block like environ (NULL-terminated). warn gets one line, without
 * newline, for each bad value and unknown LIGHTSSS_* name; it may be NULL, and is not called where LIGHTSSS=0
 * or LIGHTSSS_LOG=quiet. Never fails. */
void options_read(struct options *options, char *const *environment, void (*warn)(const char *line));

/* Sets what the row of that name says. Returns false, and changes nothing, where there is no such row or this
 * is no value for it; of the latter tell() gets one line. The value stays where it is. */
bool options_set(struct options *options, const char *name, const char *value,
                 void (*tell)(const char *line));

/* Is this a value for that row? If not, tell() gets one line about it in the words of options_read(); name is
 * what the user knows the row by: the variable, or the option of the command. */
bool options_check(const struct options_row *row, const char *name, const char *value,
                   void (*tell)(const char *line));

#endif
