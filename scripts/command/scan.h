/* SPDX-License-Identifier: MIT */
/* What a waveform is read for, whatever its format: the signals that it declares, and the changes of those
 * that are wanted, in the order of time. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SCAN_H
#define LIGHTSSS_SCRIPTS_COMMAND_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scan_kind {
    SCAN_BITS, /* of 0, 1, x, z and the like; zeros in front may be missing */
    SCAN_REAL, /* as printf writes it */
    SCAN_TEXT,
};

struct scan_signal {
    const char *name;  /* "TOP.core.pc" */
    const char *range; /* "[31:0]", or "" */
    uint64_t width;
    uint64_t code; /* several names may have the same */
    enum scan_kind kind;
};

#define SCAN_NAME_SIZE 8192 /* of a name with all that it is in */
#define SCAN_DEPTH     512

/* The part of the hierarchy that is being read. What is too long or too deep loses its own part of the name.
 */
struct scan_scope {
    char path[SCAN_NAME_SIZE]; /* "TOP.core." */
    size_t lengths[SCAN_DEPTH];
    unsigned depth;
};

void scan_scope_begin(struct scan_scope *scope);
void scan_scope_enter(struct scan_scope *scope, const char *name);
void scan_scope_leave(struct scan_scope *scope);

struct scan {
    void *context;
    void (*declare)(void *context, const struct scan_signal *signal);
    void (*change)(void *context, uint64_t code, const char *value, size_t length);
};

#endif
