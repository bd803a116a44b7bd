/* SPDX-License-Identifier: MIT */
/* Has a replay printed what the original printed? Pure logic, for one stream of output. The original keeps a
 * hash of all bytes and, in memory that it shares, the last of them; a snapshot knows the hash as it was
 * then, and its replay goes on from there. */
#ifndef LIGHTSSS_PRINTED_H
#define LIGHTSSS_PRINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../text.h"

#define PRINTED_KEPT  ((size_t)4 << 20) /* bytes; pages that are never touched cost nothing */
#define PRINTED_BLOCK 32u
#define PRINTED_SHOWN 60u /* bytes of a line that are told */

/* The same for the same bytes, in whatever parts they come. All zero: nothing yet. */
struct printed_hash {
    uint64_t count; /* bytes */
    uint64_t lanes[PRINTED_BLOCK / sizeof(uint64_t)];
    unsigned char rest[PRINTED_BLOCK]; /* those that do not fill a block yet */
};

/* What the original leaves. */
struct printed {
    struct printed_hash end;
    char bytes[PRINTED_KEPT]; /* byte number n is at n % PRINTED_KEPT */
};

/* A replay that is being compared with it. */
struct printed_comparison {
    const struct printed *original;
    struct printed_hash hash; /* of the replay */
    uint64_t start;           /* how much had been printed at the snapshot */
    uint64_t line;            /* number of the line that is being printed, from 1 at `start` */
    uint64_t line_start;
    bool differs;
    uint64_t difference;       /* byte number of the first one seen; the original's end: it has no more */
    char shown[PRINTED_SHOWN]; /* the replay's bytes from there to the end of the line */
    size_t shown_length;
    bool shown_ended;
};

void printed_hash_add(struct printed_hash *hash, const void *bytes, size_t size);

/* The original has printed these bytes. */
void printed_keep(struct printed *printed, struct printed_hash *hash, const void *bytes, size_t size);

/* `hash` is that of the snapshot. */
void printed_compare_begin(struct printed_comparison *comparison, const struct printed *original,
                           const struct printed_hash *hash);

/* The replay has printed these bytes. */
void printed_compare(struct printed_comparison *comparison, const void *bytes, size_t size);

/* Was it the same? If not, appends where and how; `name` is that of the replay's file. early: either may have
 * been stopped before it had printed as much as the other. */
bool printed_is_same(const struct printed_comparison *comparison, const char *name, bool early,
                     struct text *how);

#endif
