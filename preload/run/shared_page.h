/* SPDX-License-Identifier: MIT */
/* The one piece of memory that the original and its snapshots share: a memfd, mapped MAP_SHARED before the
 * first snapshot, its descriptor closed at once. The original writes how it ended and each slot's command;
 * the replay writes what became of it. Everything else the copies know from their own memory. */
#ifndef LIGHTSSS_PRELOAD_RUN_SHARED_PAGE_H
#define LIGHTSSS_PRELOAD_RUN_SHARED_PAGE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options/end.h"

#define SHARED_PAGE_SIZE 36864u /* only what is written to takes memory */
/* One more than LIGHTSSS_SLOTS may be: a new snapshot has its place before the oldest is evicted. And the
 * last one is for a spare, the copy of a woken copy that replays once more: who makes that does not know
 * which place the original is giving to a new snapshot at this moment. */
#define SHARED_PAGE_SLOTS 66u
#define SHARED_PAGE_SPARE (SHARED_PAGE_SLOTS - 1)
#define SHARED_PAGE_WHY   480u
#define SHARED_NOTES_MAX  17u /* the last one says that there was more */
#define SHARED_NOTE_SIZE  160u
#define SHARED_GROUPS_MAX 64u
#define SHARED_FILES_MAX  128u
#define SHARED_FILES_POOL 16384u
#define SHARED_LINE_SIZE  256u
#define SHARED_PLACE_SIZE 64u
#define SHARED_RATES_MAX  64u

enum slot_command {
    SLOT_SLEEP = 0, /* parked: the copy sleeps while it reads this */
    SLOT_WAKE,      /* become the replay */
    SLOT_QUIT,      /* end */
    SLOT_COPY,      /* make a copy, which becomes a replay while the original goes on */
    SLOT_KEEP,      /* be kept behind the run, beside the one that replays (run/kept_rungs.h) */
    SLOT_LOOK,      /* the kernel reports that a thread or the whole original ended: look which */
};

/* Why the original asks the replay to finish: one of these or the number of the signal that it got. */
enum replay_asked {
    REPLAY_ASKED_NOTHING = 0,
    REPLAY_ASKED_SLOW = 1000, /* it takes too long */
    REPLAY_ASKED_LIMIT,       /* it takes longer than LIGHTSSS_LIMIT */
    REPLAY_ASKED_MEMORY,      /* little memory is left for the original */
    REPLAY_ASKED_LAST,        /* it is in the last eval and does not come out */
};

struct shared_slot {
    _Atomic uint32_t command;    /* futex word */
    _Atomic int32_t pid;         /* 0: free */
    _Atomic uint32_t settled;    /* futex word: the copy shares no open file with the original any more */
    uint64_t number;             /* of the snapshot, from 1 */
    uint64_t eval;               /* evals that were complete when it was taken */
    uint64_t time;               /* simulation time then */
    uint64_t taken_ns;           /* when; CLOCK_MONOTONIC */
    uint64_t used_ns;            /* time of processors that the original had used then */
    _Atomic uint32_t kept;       /* enum kept_state, of a rung (run/kept_rungs.h); futex word */
    _Atomic int32_t kept_pid;    /* of what is kept of it; 0: nothing is */
    _Atomic uint64_t kept_bytes; /* that holds so much */
};

enum replay_state {
    REPLAY_NONE = 0,
    REPLAY_WOKEN, /* the copy runs again */
    REPLAY_DONE,  /* everything below is final */
};

struct shared_replay {
    _Atomic uint32_t state;
    uint32_t verdict; /* enum verdict */
    struct end end;
    _Atomic uint64_t eval;        /* progress */
    _Atomic uint64_t last_due_ns; /* when the original's last eval was reached, CLOCK_MONOTONIC; 0: not yet */
    _Atomic uint32_t asked;       /* enum replay_asked, or a signal */
    uint64_t start_ns, dumping_ns, done_ns; /* CLOCK_MONOTONIC; dumping: the first dump was made */
    uint64_t wave_first_eval, wave_last_eval, wave_first_time, wave_last_time;
    uint64_t wave_asked_eval; /* where the waveform was to begin */
    uint64_t wave_begun;      /* how often it began anew, because it was too large, in this replay and ... */
    uint64_t wave_replays;    /* ... how many replays went before this one for the same reason */
    uint64_t after_evals;     /* that came after the original's last one: see replay/beyond.h */
    uint64_t point_time;      /* on the waveform's axis; END_TIME_UNKNOWN: not known, or there is no point */
    uint32_t wave_dumped, wave_testbench, wave_as_dumped;
    char why[SHARED_PAGE_WHY];      /* of the verdict */
    char wave_why[SHARED_PAGE_WHY]; /* why there is no waveform; empty: there is one */
};

/* What the snapshots cost, for the report. */
struct shared_cost {
    uint64_t snapshots, cost_ns, stall_median_ns, stall_max_ns;
    uint64_t memory_bytes; /* that they held at most; 0: not measured */
};

/* What evals take in the waveform: see replay/rates.h. */
struct shared_rate {
    uint64_t first_eval, last_eval, bytes;
};

struct shared_rates {
    uint32_t count;
    struct shared_rate list[SHARED_RATES_MAX];
};

/* What a replay notes beside its verdict. Each line ends in NUL, if the replay is sound. */
struct shared_notes {
    uint32_t count;
    char cause[SHARED_NOTE_SIZE]; /* why it went another way; "": not known */
    char lines[SHARED_NOTES_MAX][SHARED_NOTE_SIZE];
};

/* A file that the replay has written to, as it is kept in the run directory (run/kept_list.h). */
struct shared_file {
    uint32_t path;   /* where its path begins in the pool; it ends in NUL, if the replay is sound */
    uint32_t number; /* of those with its base name, from 1 */
    uint32_t kept;   /* enum file_kept */
};

struct shared_files {
    uint32_t count, used; /* of the list and of the pool */
    struct shared_file list[SHARED_FILES_MAX];
    char pool[SHARED_FILES_POOL];
};

#define SHARED_PAGE_COMING (-1) /* it was asked for, and the snapshot has not made it yet */

/* What the original may do when it wakes or asks a copy. */
struct shared_rights {
    uint32_t noted;             /* 0: it never did */
    uint32_t user[3], group[3]; /* real, effective, saved */
    uint32_t group_count, groups[SHARED_GROUPS_MAX];
    uint32_t effective[2], permitted[2]; /* capabilities */
    uint32_t dumpable;
};

/* A point of the run up to which a snapshot is asked to replay while the original goes on. */
struct shared_point {
    uint32_t kind;                  /* enum end_kind */
    uint64_t first_eval, last_eval; /* it is the first; of a time: the first of these that has reached it */
    uint64_t time;                  /* that time; END_TIME_UNKNOWN: it is the eval that was asked for */
    uint64_t after_evals;           /* so far the waveform goes on */
    uint64_t ns;                    /* when; CLOCK_MONOTONIC */
    char line[SHARED_LINE_SIZE];    /* that was printed there; "" ... */
    char place[SHARED_PLACE_SIZE];  /* ... and to what */
};

/* The snapshot that replays is kept (LIGHTSSS_PARK): what its kept copy tells. */
enum kept_state {
    KEPT_NOT = 0, /* it is not asked for */
    KEPT_COMING,
    KEPT_READY,
    KEPT_FAILED,
};

struct shared_kept {
    _Atomic uint32_t state;     /* enum kept_state; futex word */
    _Atomic int32_t pid;        /* of the last one that is kept: an earlier one goes */
    _Atomic uint64_t until_ns;  /* CLOCK_MONOTONIC; counted anew from the report on */
    uint64_t number, eval;      /* of the snapshot */
    uint32_t is_alone;          /* the original needs the later ones itself */
    _Atomic uint64_t count;     /* of the run, so far: the last ones stay */
    char why[SHARED_NOTE_SIZE]; /* KEPT_FAILED, of this one or of a rung */
};

/* What was parked when a replay began: report/snapshot_list.h. Whoever reports has it from here. */
struct shared_snapshots {
    uint32_t count, is_measured; /* is_measured: held_bytes is known */
    struct {
        int32_t pid;
        uint64_t number, eval, time, age_evals, age_ns, held_bytes;
    } list[SHARED_PAGE_SLOTS];
};

/* A replay is one of several that have their waveforms in one place, in a directory of the run's that there
 * is: see scripts/command/segments.c. */
struct shared_segment {
    uint32_t replay; /* of the name of that directory */
    uint32_t number; /* from 1; 0: it is one by itself */
};

/* A copy of a kept copy is to stand still for a debugger (replay/stand.h). */
struct shared_stand {
    uint32_t is_wanted;
    int32_t debugger; /* its process, or one above it; 0: not known */
    uint64_t eval;    /* that is about to run then; UINT64_MAX: where the run ends */
};

struct shared_page {
    int32_t original_pid;
    uint32_t run_suffix;              /* of the run directory's name, 0: none */
    uint64_t run_device, run_inode;   /* of the run directory */
    struct end end;                   /* how the original ended ... */
    _Atomic uint64_t end_ns;          /* ... when (CLOCK_MONOTONIC; 0: nobody has noted it) ... */
    uint64_t end_used_ns;             /* ... and what time of processors it had used; 0: not known */
    uint64_t end_thread;              /* pthread_self() of the thread that ended it */
    uint32_t races;                   /* its evals are not counted the same way twice: end.eval is no goal */
    uint32_t is_part;                 /* what is replayed ends before the run did, by itself */
    uint32_t wave_marked;             /* the next one is known */
    uint64_t wave_mark;               /* wave_mark() of the hooks when it ended */
    struct shared_point point;        /* what a replay is asked for while the original goes on ... */
    _Atomic int32_t asked_pid;        /* ... and that replay, while it lasts; 0: none, or: */
    _Atomic uint64_t asked_until_ns;  /* the original waits for it until then; 0: it has just begun */
    _Atomic uint32_t asked_to_end;    /* the signal by which somebody does not want to wait for it; 0: none */
    _Atomic uint32_t points_waiting;  /* that have passed, and no replay was asked for yet */
    _Atomic uint64_t points_left_out; /* lines that matched, and were too many */
    _Atomic int32_t asked_ending;     /* the one that is writing its report */
    _Atomic uint64_t asked_time;      /* what a process beside the original was told, see replay/ask_time.h */
    uint64_t longest_look_ns;         /* between two looks of the original at its evals, at most */
    uint64_t stop_eval;               /* where a replay waits for another process (partner.h); 0: not known */
    uint64_t wave_from_eval;          /* where another replay is to begin its waveform; 0: there is none */
    uint32_t wave_is_draft;           /* that waveform has a name of its own until it is the better one */
    _Atomic uint64_t still_evals;     /* evals that had begun when the original was last found hanging */
    _Atomic uint32_t ending;          /* it ends, or waits for a replay before: that is no hang */
    _Atomic uint32_t reported;        /* the report is written: there is nothing left to do for an orphan */
    _Atomic uint32_t starts_programs; /* the original does, or what it forked */
    _Atomic uint64_t precopied_bytes; /* that snapshots have copied ahead of the original ... */
    _Atomic uint64_t precopy_done;    /* ... and the number of the last that has done so */
    struct shared_stand stand;
    struct shared_kept kept;
    struct shared_segment segment;
    struct shared_replay replay;
    struct shared_rates rates;
    struct shared_cost cost;
    struct shared_notes notes;
    struct shared_slot slots[SHARED_PAGE_SLOTS];
    struct shared_rights rights;
    struct shared_snapshots parked;
    struct shared_files files; /* the last: mostly nothing of it is written to */
};

static_assert(sizeof(struct shared_page) <= SHARED_PAGE_SIZE, "nine pages");
static_assert(offsetof(struct shared_slot, command) % 4 == 0, "futex word");
static_assert(offsetof(struct shared_slot, settled) % 4 == 0, "futex word");
static_assert(offsetof(struct shared_slot, kept) % 4 == 0, "futex word");
static_assert(offsetof(struct shared_page, kept) % 4 == 0, "futex word");
static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LONG_LOCK_FREE == 2, "shared between processes");

/* Makes the page; where there is one (of the process that has forked this one), in its place. Returns 0 or
 * -errno. */
int shared_page_create(struct shared_page **page);

/* Does the replay go on in the place of one that has run already? (Its spare copy, see replay/again.h.) */
bool shared_page_is_again(const struct shared_page *page);

/* What a replay has learnt for its own spare copy, and that, are not for the next one. */
void shared_page_forget_learnt(struct shared_page *page);

/* A snapshot is about to become a replay: nothing is known of it yet. One in the place of another began with
 * that, whose waveform is there until its own one is. */
void shared_page_begin_replay(struct shared_page *page, uint64_t now_ns);

/* A free one for a snapshot; NULL: there is none. It is the caller's when there is a pid in it. */
struct shared_slot *shared_page_free_slot(struct shared_page *page);

/* The slot of the spare that there is; NULL: there is none. */
struct shared_slot *shared_page_spare(struct shared_page *page);

/* The slot of this snapshot, or NULL. */
struct shared_slot *shared_page_slot(struct shared_page *page, int32_t pid);

#endif
