/* SPDX-License-Identifier: MIT */
/* The fake simulator's arguments are steps, done one after the other: "eval:3", "raise:TERM", "exit:1". A
 * step that takes steps joins them with +: "fork:eval:1+exit:3". Each file has a table of its steps. */
#ifndef LIGHTSSS_TESTS_PROCESS_FAKE_STEPS_H
#define LIGHTSSS_TESTS_PROCESS_FAKE_STEPS_H

#include <stddef.h>

struct fake_step {
    const char *name;
    void (*run)(const char *argument); /* what stands behind the first colon, or "" */
};

/* Each ends with a row without a name. */
extern const struct fake_step fake_ends[];
extern const struct fake_step fake_input[];
extern const struct fake_step fake_cost[];
extern const struct fake_step fake_signals[];
extern const struct fake_step fake_calls[];
extern const struct fake_step fake_children[];
extern const struct fake_step fake_threads[];
extern const struct fake_step fake_wake[];
extern const struct fake_step fake_files[];
extern const struct fake_step fake_objects[];
extern const struct fake_step fake_world[];
extern const struct fake_step fake_names[];
extern const struct fake_step fake_moves[];
extern const struct fake_step fake_odd[];
extern const struct fake_step fake_reach[];
extern const struct fake_step fake_memory[];
extern const struct fake_step fake_traces[];
extern const struct fake_step fake_misuse[];
extern const struct fake_step fake_uart[];

/* A replay has no children: its user can tell their lines apart. */
#define FAKE_CHILD "child> "

/* Is this process a child that the fork step made? */
extern int fake_is_child;

/* Does one or several steps. */
void fake_run(const char *steps);

/* One line to stdout by write(2), past stdio's buffer; of a child of ours with FAKE_CHILD in front. */
void fake_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The test asked for nonsense, or the machine refused something: says so and ends with 99. */
_Noreturn void fake_give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says how a step went: by errno, where the result is negative. */
void fake_tell(const char *step, const char *argument, long result);

long fake_number(const char *text);

/* "TERM" or a number. */
int fake_signal(const char *name);

/* The name of a signal without SIG, or "?". */
const char *fake_signal_name(int signal);

#endif
