/* SPDX-License-Identifier: MIT */
/* What we know of Verilator from outside: the names of its out-of-line functions, and, as rows of one
 * table, what differs between its releases. No Verilator header is included anywhere. */
#ifndef LIGHTSSS_HOOKS_MODEL_VERILATOR_ABI_H
#define LIGHTSSS_HOOKS_MODEL_VERILATOR_ABI_H

#include "elf/image.h"

/* Functions of the run time library, each once per simulator. */
enum verilator_symbol {
    VERILATOR_PRODUCT_VERSION,    /* const char *(void) */
    VERILATOR_CONTEXT_UNUSED,     /* void (context, bool): satisfies the "traceEverOn before time 0" check */
    VERILATOR_UNUSED,             /* void (bool): the same before there were contexts */
    VERILATOR_CONTEXT_DESTRUCTOR, /* void (context) */
    VERILATOR_CONTEXT_TRACE,      /* void (context, VerilatedTraceBaseC *, int levels, int options) */
    VERILATOR_CONTEXT_POOL,       /* VlThreadPool *(context): the workers, NULL where there are none */
    VERILATOR_SC_TIME_STAMP,      /* double (void) */
    VERILATOR_TIME_STAMP64,       /* uint64_t (void) */
    VERILATOR_FATAL,              /* void (file, int line, hier, const char *message) */
    VERILATOR_STOP,               /* void (file, int line, hier) */
    VERILATOR_STOP_MAYBE,         /* void (file, int line, hier, bool maybe): who calls that */
    VERILATOR_RUN_EXIT_CALLBACKS, /* void (void): the last thing before the end, closes waveforms */
    VERILATOR_CONTEXT_GOT_FINISH, /* void (context, bool): a testbench ends its loop where that is set */
    VERILATOR_CONTEXT_GOT_ERROR,  /* the same */
    VERILATOR_GOT_FINISH,         /* void (bool): before there were contexts */
    VERILATOR_REMOVE_FLUSH,       /* void (void (*)(void *), void *) */
    VERILATOR_REMOVE_EXIT,        /* the same */
    VERILATOR_FST_PARALLEL,       /* void (writer, int): may an FST's writer have a thread of its own? */
    VERILATOR_SAIF,               /* void (tracer, const char *path): a tracer whose file is no waveform */

    /* Of the tracer class, VerilatedVcd; the same list follows for VerilatedFst. */
    VERILATOR_TRACER,
    VERILATOR_TRACER_CONSTRUCTOR = VERILATOR_TRACER, /* void (tracer, NULL) */
    VERILATOR_TRACER_OPEN,                           /* void (tracer, const char *path) */
    VERILATOR_TRACER_OPEN_NEXT,                      /* void (tracer, bool another_name); not of Fst */
    VERILATOR_TRACER_CLOSE,                          /* void (tracer) */
    VERILATOR_TRACER_DUMP,                           /* void (tracer, uint64_t time) */
    VERILATOR_TRACER_FLUSH,                          /* void (tracer) */
    VERILATOR_TRACER_DUMPVARS,                       /* void (tracer, int level, const std::string &scope) */
    VERILATOR_TRACER_DECLARE,      /* bool (tracer, unsigned code, const std::string &name, unsigned bits) */
    VERILATOR_TRACER_DECLARE_PART, /* before 5.018: bool (tracer, unsigned, const char *, unsigned, bool): of
                                      the name what is behind a prefix, which these two make */
    VERILATOR_TRACER_PUSH_PREFIX,  /* void (tracer, const std::string &more) */
    VERILATOR_TRACER_POP_PREFIX,   /* void (tracer, unsigned count) */
    VERILATOR_TRACER_ON_FLUSH,     /* void (tracer): the callback that close() leaves registered */
    VERILATOR_TRACER_ON_EXIT,
    VERILATOR_TRACER_TYPEINFO, /* of VerilatedVcdC, an object */
    VERILATOR_TRACER_ADD_PART, /* it is told whether a model is a library's, which the top declares */
    VERILATOR_TRACER_END,

    VERILATOR_SYMBOLS = VERILATOR_TRACER_END + (VERILATOR_TRACER_END - VERILATOR_TRACER)
};

/* Functions that each model class has of its own. */
enum verilator_method {
    VERILATOR_MODEL_EVAL,      /* void (model) */
    VERILATOR_MODEL_SYMS,      /* a constructor of X__Syms: tells a model from any class with an eval_step */
    VERILATOR_MODEL_TRACE_VCD, /* void (model, VerilatedVcdC *, int levels, int options) */
    VERILATOR_MODEL_TRACE_FST,
    VERILATOR_MODEL_NAME,         /* const char *(model): the scope above the top module, "TOP" */
    VERILATOR_MODEL_DUMPVARS,     /* void (model or syms): opens the waveform of the design's $dumpvars */
    VERILATOR_MODEL_DESTRUCTOR,   /* void (model): not the one that frees the memory too */
    VERILATOR_MODEL_CLASS,        /* a virtual function, which is there whatever was inlined; since 4.226 */
    VERILATOR_MODEL_TRACE_CONFIG, /* the same, where the model was built with a tracer */
    VERILATOR_METHODS
};

/* Which arguments of X__Syms's constructor, counted from the object, are the context and the model; 0: none.
 */
struct verilator_syms {
    unsigned context, model;
};
struct verilator_syms verilator_abi_syms(const char *mangled);

struct verilator_release {
    unsigned since;          /* major * 1000 + minor: 5.006 is 5006 */
    unsigned context_unused; /* offset of the flag that VERILATOR_CONTEXT_UNUSED sets; 0: no context */
    unsigned context_time;   /* offset of the time in VerilatedContext, uint64_t */
    bool context_in_model;   /* the word behind a model's vtable pointer is its VerilatedContext */
    bool trace_by_context;   /* VerilatedContext::trace() takes all models; before, each had a trace() */
    unsigned tracer;         /* offset of VerilatedVcd in VerilatedVcdC, the same for Fst */
    unsigned tracer_last;    /* offset of the time last dumped in VerilatedVcd, uint64_t */
    bool tracer_last_flag; /* behind that time stands a flag, there was a dump; before, 0 meant that there was
                              none */
    unsigned tracer_file;  /* offset of the first member of VerilatedVcd and of VerilatedFst, see below */
};

/* At tracer_file: a VerilatedFst has its writer there, not NULL while it is open; a VerilatedVcd has its
 * VerilatedVcdFile, and behind that these, in every release from 4.038 to 5.050. */
#define VERILATOR_VCD_OWN_FILE 8  /* bool: the file is not one that the testbench handed in */
#define VERILATOR_VCD_IS_OPEN  9  /* bool */
#define VERILATOR_VCD_ROLLOVER 48 /* uint64_t: size at which another file begins, 0: never */

/* Is this a function of a model that is linked into another one (--hierarchical, --lib-create)? Its name
 * holds the sign. */
#define VERILATOR_SIGN_OF_PART "_protectlib_"
bool verilator_abi_is_of_part(const struct image_symbol *symbol);

/* Which of the run time functions a symbol is, or -1. */
int verilator_abi_symbol(const struct image_symbol *symbol);

/* Every name that those functions go by, one after the other; NULL after the last. A function with several
 * names comes several times. */
const char *verilator_abi_name(size_t row, enum verilator_symbol *symbol);

/* The row for a simulator that does not tell its release, because the linker threw that function away: the
 * first with this layout of the context. NULL: none. */
const struct verilator_release *verilator_abi_guess(void (*set_unused)(void *context, int flag));

/* The same function of the tracer for another format. */
static inline enum verilator_symbol verilator_abi_tracer(enum verilator_symbol symbol,
                                                         enum hooks_format format)
{
    return symbol + (format == HOOKS_FORMAT_FST ? VERILATOR_TRACER_END - VERILATOR_TRACER : 0);
}

/* Which method of a model class a symbol is, or -1, and the class's name (not terminated). */
int verilator_abi_method(const struct image_symbol *symbol, const char **name, size_t *length);

/* "5.006 2023-01-22" is 5006; 0 when it cannot be read. */
unsigned verilator_abi_parse(const char *product_version);

/* The row for a release, NULL when it is older than all of them. Releases newer than the table get
 * its last row, which holds for them only after verilator_abi_probe(). */
const struct verilator_release *verilator_abi_release(unsigned release);

/* Is the release newer than the table, so that its row is only a guess? */
bool verilator_abi_is_guess(unsigned release);

/* Functions of a simulator by which the layout of its objects can be found out. */
struct verilator_probe {
    void (*set_unused)(void *context, int flag);
    void (*construct)(void *tracer, const void *null);
    void (*dump)(void *tracer, uint64_t time);
};

/* Is a release that the table does not know laid out in a way that we can work with? Lets its functions
 * work on empty memory and looks at what they leave there; corrects offsets in *release, the last
 * row. False: no. Uses the simulator's heap. */
bool verilator_abi_probe(const struct verilator_probe *probe, struct verilator_release *release);

/* Offset of the time in a VerilatedContext, 0 for unknown. The table is not believed blindly: the
 * simulator's own function sets its flag in an empty buffer, which tells the layout. */
unsigned verilator_abi_context_time(const struct verilator_release *release,
                                    void (*set_unused)(void *context, int flag));

#endif
