/* SPDX-License-Identifier: MIT */
/* Has a replay printed what the original printed? Pure logic, for one stream of output. The original keeps a
 * sum over all bytes and, in memory that it shares, the last of them; a snapshot knows the sum as it was
 * then, and its replay goes on from there.
 *
 * Keeping needs no lock: a place is reserved by one compare-and-exchange, and the sum does not depend on the
 * order in which its parts are added. So a signal handler may print in the middle of it, and a snapshot may
 * be taken there: the thread goes on in the copy, and adds there what is missing. */
#ifndef LIGHTSSS_PRELOAD_RECORD_PRINTED_H
#define LIGHTSSS_PRELOAD_RECORD_PRINTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/text.h"

#define PRINTED_KEPT   ((size_t)4 << 20) /* bytes; pages that are never touched cost nothing */
#define PRINTED_SHOWN  60u               /* bytes of a line that are told */
#define PRINTED_CLOSED UINT64_MAX        /* as count: nothing is kept any more */

/* In the original's own memory, which a snapshot copies. All zero: nothing yet. */
struct printed_own {
    _Atomic uint64_t count; /* bytes that have a place */
    _Atomic uint64_t sum;   /* see printed_sum() */
};

/* What the original leaves. */
struct printed {
    _Atomic uint64_t count, sum;           /* of what is complete ... */
    _Atomic uint64_t whole;                /* ... and up to where all of it is */
    _Atomic uint64_t end;                  /* how much there was in the end; 0 where the original was killed,
                                            PRINTED_CLOSED where it was cut off */
    _Alignas(64) char bytes[PRINTED_KEPT]; /* byte number n is at n % PRINTED_KEPT */
};

/* A replay that is being compared with it. */
struct printed_comparison {
    const struct printed *original;
    const struct printed_own *own; /* of the snapshot; its sum may still grow */
    uint64_t start;                /* how much had been printed at the snapshot */
    uint64_t count, sum;           /* of the replay: all bytes; those since the snapshot */
    uint64_t line;                 /* number of the line that is being printed, from 1 at `start` */
    uint64_t line_start;
    bool differs;
    uint64_t difference;       /* byte number of the first one seen; the original's end: it has no more */
    char shown[PRINTED_SHOWN]; /* the replay's bytes from there to the end of the line */
    size_t shown_length;
    bool shown_ended;
};

/* What bytes from that place on add to the sum. The same for the same bytes, in whatever parts they come. */
uint64_t printed_sum(uint64_t position, const void *bytes, size_t size);

/* The original has printed the first `size` bytes of the parts. False: nothing is kept any more. */
bool printed_add(struct printed *printed, struct printed_own *own, const struct iovec *parts, size_t size);

/* Nothing more is kept. Is all complete that was begun? */
bool printed_close(struct printed *printed, struct printed_own *own);

/* Behind printed_close(): there was more, and nobody knows how much. */
void printed_cut(struct printed *printed);
bool printed_is_cut(const struct printed *printed);

/* `own` is that of the snapshot, and is closed. What a thread that the snapshot found inside of
 * printed_add() still does there, must not reach the original's. */
void printed_compare_begin(struct printed_comparison *comparison, const struct printed *original,
                           struct printed_own *own);

/* The replay has printed these bytes. */
void printed_compare(struct printed_comparison *comparison, const void *bytes, size_t size);

/* Where the two may have been stopped. */
enum printed_stop {
    PRINTED_AT_END,  /* both came to the same end */
    PRINTED_EARLY,   /* either before it had printed as much as the other */
    PRINTED_IN_PART, /* the replay, in the middle of what the original has printed */
};

/* Was it the same? If not, appends where and how; `name` is that of the replay's file. */
bool printed_is_same(const struct printed_comparison *comparison, const char *name, enum printed_stop stop,
                     struct text *how);

#endif
