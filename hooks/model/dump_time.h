/* SPDX-License-Identifier: MIT */
/* With which time a testbench dumps an eval: it may raise its time before it does. Known from its own dumps,
 * where it traces and is held back, and its model's context tells the time: then a tracer of ours dumps with
 * that time too. */
#ifndef LIGHTSSS_HOOKS_MODEL_DUMP_TIME_H
#define LIGHTSSS_HOOKS_MODEL_DUMP_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* The word that lets dumps of a format take the shortcut past us, see hold.c. While one is waited for, it is
 * 0. */
void dump_time_watch(volatile uint64_t *shut);

/* An eval that was announced has ended: the next two dumps are looked at. */
void dump_time_eval_done(void);
bool dump_time_awaits(void);

/* A tracer that is held back is told to dump, on any thread. True: nothing more is awaited. */
bool dump_time_note(uint64_t time);

/* Has it been found out? */
bool dump_time_known(void);

/* How far the time of a dump is ahead of the time at the end of its eval. */
uint64_t dump_time_ahead(void);

#endif
