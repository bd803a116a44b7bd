/* SPDX-License-Identifier: MIT */
/* What the hooks offer to the rest of the library: find the Verilator model in this process, be
 * told before an eval runs, read the simulation time, and drive a waveform. They know nothing of
 * snapshots. Functions that can fail return 0 or -errno and leave one line in *why. */
#ifndef LIGHTSSS_HOOKS_HOOKS_H
#define LIGHTSSS_HOOKS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dl_phdr_info; /* <link.h> */

#define HOOKS_WHY_SIZE 256

#define HOOKS_TIME_UNKNOWN UINT64_MAX

/* Why something cannot work, in words for the user: cause and remedy in one line, no newline. */
struct hooks_why {
    char text[HOOKS_WHY_SIZE];
};

enum hooks_format {
    HOOKS_FORMAT_NONE,
    HOOKS_FORMAT_VCD,
    HOOKS_FORMAT_FST,
};

enum hooks_time_source {
    HOOKS_TIME_EVALS,   /* nothing better was found: evals times tick */
    HOOKS_TIME_CONTEXT, /* VerilatedContext::time() */
    HOOKS_TIME_STAMP,   /* the simulator's own sc_time_stamp() or vl_time_stamp64() */
};

/* What was found. Strings live as long as the library. */
struct hooks_found {
    const char *model;        /* class name of the primary model, "VSimTop": see struct hooks */
    const char *verilator;    /* release as the simulator reports it, "5.006" */
    bool named;               /* the model that the user asked for is there, or none was asked for */
    bool newer;               /* that release is newer than all we know; its tracer may not be recognised */
    enum hooks_format format; /* tracer built into the simulator, NONE when built without --trace */
    bool tracer_removed;      /* it was built with one, of which too little is left */
    bool saif;                /* it was built with one of SAIF, which is no waveform */
    enum hooks_time_source time; /* as far as known now; the context's time counts once it is not 0 */
};

/* A model, and where its eval is hooked. */
struct hooks_site {
    const char *model; /* class name */
    uintptr_t address; /* of its eval_step() in this process */
    size_t bytes;      /* of its head that move to make room for a jump ... */
    uintptr_t head;    /* ... and where they begin */
};

/* What hooks reports. Both run on the thread that evals, in a frame that C++ exceptions may cross. */
struct hooks_events {
    /* The countdown set by due_in() reached zero: eval number `eval` (from 1) is about to run. */
    void (*eval_due)(uint64_t eval);
    /* The eval that eval_due() announced has returned (or was left by an exception). */
    void (*eval_done)(uint64_t eval);
    /* The testbench has opened a waveform of its own, of this absolute name: may it be held back? Then it
     * believes that its file is open, and no value is written to it. Runs on any thread. */
    bool (*may_hold)(const char *path);
};

/* A part of the models' hierarchy. */
struct hooks_wave_scope {
    const char *name; /* as a signal of it begins that was declared */
    unsigned levels;  /* so many are dumped, 0: all */
};

/* Who chooses what is dumped. Called while the waveform is opened, on that thread, inside Verilator. */
struct hooks_wave_choice {
    void (*begin)(void);
    /* Told of each signal that the models declare: "TOP core clk", where a part of the name may end in a byte
     * above 127. */
    void (*see)(const char *name, size_t length);
    /* It was told of all. True: once more, from the beginning. */
    bool (*again)(void);
    /* What it has chosen, by index from 0; false where there is no more. Nothing: then all is dumped. */
    bool (*chosen)(size_t index, struct hooks_wave_scope *scope);
    /* All is dumped, because nothing can be chosen. */
    void (*cannot)(const char *why);
};

struct hooks_wave_options {
    const char *path;                       /* absolute file name to create */
    const char *later_path;                 /* that the caller gives it when it is closed; it may stay */
    const struct hooks_wave_choice *choice; /* NULL: all is dumped */
    uint64_t tick;        /* time units per eval where the time source is HOOKS_TIME_EVALS */
    bool testbench;       /* a tracer of the testbench that is held back may write it, if it dumps at all */
    uint64_t last_eval;   /* number of the one that must not be missing, 0: none */
    bool anew;            /* in the place of an earlier one, whose files are removed */
    const uint64_t *mark; /* what wave_mark() said at the end of the original, NULL: not known */
};

/* Figures of the waveform for the report; times in the simulator's time units. */
struct hooks_wave_state {
    bool open;
    bool lost;      /* the tracer gave up */
    bool testbench; /* the tracer is the testbench's own: it dumps, and closes, when it likes */
    bool dumped;    /* at least one dump was made: the times below mean something */
    bool as_dumped; /* they are those that the testbench dumps with, not those at the end of each eval */
    uint64_t first_time, last_time;
    uint64_t first_eval, last_eval;
};

/* Of a thread that was interrupted. The testbench calls evals from few places: those that were announced are
 * known.
 */
struct hooks_interrupted {
    uintptr_t frame; /* where the return address of such a call stands, the next one above; 0: none */
    bool inside;     /* it is in an eval, announced or not ... */
    bool enters;     /* ... or at the entry of one, which is not counted yet */
};

/* A function of the C library and what is to be called in its place. */
struct hooks_replacement {
    const char *name; /* for messages; must outlive the process */
    void *function;
    size_t size; /* bytes, as its symbol says */
    void *handler;
    void **original; /* where to put the address at which the function can be called as it was */
};

/* An eval is one of any model of the process (hooks/model/evals.h says which are left out). The primary model
 * is the one that evals, or last did; where the user has named one, it is that one while it evals. */
struct hooks {
    /* The program's file, where /proc/self/exe is another one (the dynamic loader). Before find(). */
    void (*program)(const char *path);

    /* How many objects the process was started with, and whether any was opened with RTLD_GLOBAL since then:
     * which symbols can take another's place. Before find(). */
    void (*scope)(size_t started_with, bool is_global_used);

    /* Finds the models of one loaded object and prepares the hooks of their evals. Changes no code. May
     * be called for several objects, one after the other; *found tells of the first model of all.
     * name, base: the object as dl_iterate_phdr() tells of it; the program's own name is "".
     * model: name of the primary model the user asked for (LIGHTSSS_MODEL), or NULL.
     * -ENOENT: no model, and *why is left alone where nothing speaks of one; -ENODATA: no symbols;
     * -EALREADY: it was asked before; other errors: there is one and it cannot be hooked; *why says it. */
    int (*find)(const char *name, uintptr_t base, const char *model, struct hooks_found *found,
                struct hooks_why *why);

    /* Patches the entry of eval of every model that was found since the last call. Its first eval is
     * due at once. Call while no other thread can be in the eval of such a model. */
    int (*install)(const struct hooks_events *events, struct hooks_why *why);

    /* Number of evals begun so far. Async-signal-safe. */
    uint64_t (*evals)(void);

    /* Have models been seen to eval on several threads at once? Then the number of evals is not the same in
     * every run. */
    bool (*races)(void);

    /* From now on until the waveform is open, threads that eval at once wait for each other, so that the
     * evals of each are announced. */
    void (*take_turns)(void);

    /* eval_due() will come at the entry of the evals-th eval from now (1: the next one) and of those
     * after it, until asked again. UINT64_MAX: never. Async-signal-safe; no C code runs between. */
    void (*due_in)(uint64_t evals);

    /* Simulation time now, by the best source; tick as in hooks_wave_options. Async-signal-safe.
     * HOOKS_TIME_UNKNOWN: only a function of the simulator tells it, and that is not to be called. */
    uint64_t (*simtime)(uint64_t tick);

    /* From now on such a function is called by `call`, which returns false where it did not come back: then
     * it is not called again, and evals are counted. It may wait for a lock, be it of this very thread. */
    void (*time_call_by)(bool (*call)(void (*function)(void *context), void *context));

    /* Is an eval announced by eval_due() still running? (False between evals.) */
    bool (*in_eval)(void);

    /* What is known of the calling thread, which a signal interrupted there. Async-signal-safe. */
    void (*interrupted)(uintptr_t program_counter, uintptr_t stack_pointer, struct hooks_interrupted *found);

    /* A copy of the process is about to be made, all other threads being stopped: keeps the counts of evals
     * for it. Until the copy thaws, evals() tells there how far the process that it was made of has come,
     * even when that was killed. Async-signal-safe. */
    void (*freeze)(void);

    /* In the copy, before any of its threads goes on: the counts are its own, and what they were at the
     * freeze. Async-signal-safe. Returns 0 or -errno. */
    int (*thaw)(void);

    /* In a child that the simulator has forked, before it does anything: its evals count from 1, the first
     * one is due. fork() itself does this too. */
    void (*forked)(void);

    /* In a copy, before any of its threads goes on: all calls of evals come by their entries again, for who
     * looks there with a debugger. Async-signal-safe. */
    void (*calls_by_entry)(void);

    /* Memory for the counts of models, by index from 0: until a copy thaws it is shared with the original.
     * NULL where there is no more. */
    const void *(*counts)(size_t index);

    /* From now on a $stop, $fatal or failed assertion asks, where nothing but the end of the process would
     * follow, whether the eval is to go on instead, as if it had not been there. In a replay. */
    void (*stop_watch)(bool (*goes_on)(void));

    /* Opens what the testbench has open and was held back, under the names that it gave. Returns how many
     * waveforms that were. Between evals only. */
    unsigned (*wave_release)(void);

    /* A number that each dump of a tracer of the testbench's that is held back makes another one: where it is
     * the same at two moments, there was none between them. Async-signal-safe. */
    uint64_t (*wave_mark)(void);

    /* In a copy: from now on no waveform of the testbench is written, whoever opens it, until wave_open()
     * gives it a file. Async-signal-safe. */
    void (*wave_mute)(void);

    /* Opens the waveform, with a tracer of the testbench that is held back (further ones write beside it,
     * under their own base names), else with one of ours. Between evals only. After this, evals must be
     * announced one by one (due_in(1)); a tracer of ours dumps each when it returns, before eval_done().
     * -EAGAIN: the tracer is not there yet; ask again before the next eval. */
    int (*wave_open)(const struct hooks_wave_options *options, struct hooks_why *why);

    /* The simulator dies inside an eval: dump the values of this moment as the last ones. At most
     * once; nothing happens between evals, inside a dump or without a waveform. */
    void (*wave_last_words)(void);

    /* Writes out what was dumped, so that it can be read even if the process is killed now. In eval_done().
     */
    void (*wave_flush)(void);

    /* Closes the waveform; safe to call again. Uses the simulator's heap. */
    void (*wave_close)(void);

    /* Can it be closed and opened anew? */
    bool (*wave_may_begin_anew)(void);

    /* Of all the files that the waveform has so far, as far as they are written out. */
    uint64_t (*wave_bytes)(void);

    /* Removes them, once they are closed. */
    void (*wave_remove)(void);

    /* The same, but for the one under the name that wave_open() was given. */
    void (*wave_remove_others)(void);

    void (*wave_state)(struct hooks_wave_state *state);

    /* In a replay: is the calling thread inside a tracer, which opens files, or ends the process, by itself?
     * Async-signal-safe. */
    bool (*wave_at_work)(void);

    /* The same, or does it make the file that stands where a waveform of the testbench is held back? */
    bool (*wave_makes_file)(void);

    /* Leaves that tracer, on this thread, from a signal handler; it is not called again. Does not return. */
    void (*wave_leave)(void);

    /* What it comes from that a tracer crashed, as far as that is known. Async-signal-safe. */
    void (*wave_blame)(bool has_dumped, struct hooks_why *why);

    /* Makes ready what replaces functions of the C library; changes no code. Once, before replace_commit().
     * One that cannot be replaced is left out: its *original stays as it is. Fails where none can be. */
    int (*replace_prepare)(const struct hooks_replacement *list, size_t count, struct hooks_why *why);

    /* Replaces them. To be called with all other threads stopped, none of them where replace_covers() says
     * true. Raw system calls only. Returns 0 or -errno. */
    int (*replace_commit)(void);
    bool (*replace_covers)(uintptr_t program_counter);

    /* Of the tracer that the primary model was built with. Async-signal-safe. */
    enum hooks_format (*format)(void);

    /* The models that find() found, by index from 0; false where there are no more. */
    bool (*site)(size_t index, struct hooks_site *site);

    /* Visits every function of every loaded object that has a symbol, the program's first; the name is
     * mangled, and valid during the visit. space: the number of the object's namespace (dlmopen), 0 for the
     * process's own. */
    void (*functions)(void (*visit)(const char *name, uintptr_t address, size_t space, void *context),
                      void *context);

    /* Visits the objects of the other namespaces, which dl_iterate_phdr() does not: name, base and headers.
     */
    int (*elsewhere)(int (*visit)(struct dl_phdr_info *object, size_t space, void *context), void *context);
};

/* All that is seen of them. */
const struct hooks *lightsss_hooks(void);

#endif
