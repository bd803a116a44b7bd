/* SPDX-License-Identifier: MIT */
/* What a tracer hears of a model's signals while it opens its file: each is declared to it by its name, which
 * is heard on the way. */
#ifndef LIGHTSSS_HOOKS_WAVE_DECLARED_H
#define LIGHTSSS_HOOKS_WAVE_DECLARED_H

#include "wave/tracer.h"

/* Makes this tracer's library ready for it; in a replay, between evals. 0 or -errno: it cannot be heard, or
 * the release cannot choose among signals. */
int declared_prepare(const struct tracer *tracer, struct hooks_why *why);

/* From now on, until declared_end(), see() is told of each signal that this tracer is told of. */
void declared_hear(const struct tracer *tracer, void (*see)(const char *name, size_t length));

/* The same time for one that was told by dumpvars() what to dump: its table of that is made as large as it is
 * read. Verilator makes it only as large as is needed for the last signal that is dumped, and reads bits
 * behind it that are anything: then signals are dumped that the file does not have. Where none is dumped it
 * has no table, and takes that for all. */
void declared_make_room(const struct tracer *tracer);
void declared_end(void);

/* dumpvars(): a name with spaces between its parts. */
void declared_choose(const struct tracer *tracer, unsigned levels, const char *name);

#endif
