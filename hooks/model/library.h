/* SPDX-License-Identifier: MIT */
/* Verilator's run time library, as the models of one object see it: it may be in that object, in the program
 * or in a third object, and the same library may be in a process several times. */
#ifndef LIGHTSSS_HOOKS_MODEL_LIBRARY_H
#define LIGHTSSS_HOOKS_MODEL_LIBRARY_H

#include "model/verilator_abi.h"
#include "patch/patch.h"

/* A symbol that may be patched, and how far it is to the next one inside it. */
struct place {
    uintptr_t address; /* 0: there is none */
    size_t size;
    size_t room;   /* SIZE_MAX: no other symbol is inside */
    bool strong;   /* see struct image_symbol */
    bool exported; /* the same */
};

/* Where a library's models have their time: see simtime.c. */
struct library_time {
    /* sc_core::sc_time_stamp(): a reference to a class that begins with the time */
    const uint64_t *(*systemc)(void);
    double (*stamp)(void);
    uint64_t (*stamp64)(void);
    unsigned in_context; /* offset of the time in the context; 0: not known */
};

/* As the models of one object see it, which stays where it is. */
struct library {
    struct library *next; /* another object's */
    uintptr_t base;
    struct place symbols[VERILATOR_SYMBOLS];
    bool context_watched; /* we hear of the end of its contexts */
    bool has_parts;       /* there are models that are linked into others */

    unsigned release;                    /* as major * 1000 + minor; 0: it does not tell */
    const struct verilator_release *row; /* of that; NULL: not known */
    char release_name[32];               /* "unknown" where it does not tell */
    struct library_time time;
};

/* A function as it is without our patches, 0 when the simulator has none. */
uintptr_t library_symbol(const struct library *library, enum verilator_symbol symbol);

/* In a child that the simulator forked: no other thread is at work here. */
void library_forked(void);

/* Asks the library for its release. Where it does not tell, its context is asked how it is laid out. */
void library_learn(struct library *library);

/* The format of the tracer that a model with these methods was built with. */
enum hooks_format library_format(const struct library *library, const uintptr_t *methods);

/* Was it built with the tracer that counts toggles (--trace-saif)? */
bool library_is_for_saif(const struct library *library);

/* Does the simulator tell the time by a function of its own? */
bool library_has_stamp(const struct library *library);

/* Tells whenever the testbench says whether waveforms are wanted (traceEverOn); of one library. False: it
 * cannot. */
bool library_watch_wanted(const struct library *library, void (*tell)(bool wanted));

/* Makes one of its functions tell a callback whenever it is entered; where libraries of two objects have the
 * function in common, once is enough. -ENOENT when there is none, else the errors of patch_check() and
 * patch_notify(). */
int library_watch(const struct library *library, enum verilator_symbol symbol,
                  void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why);

/* Has a handler called in place of a method, see patch_method(); once. *shut: the patch's. Errors as above.
 */
int library_method(const struct library *library, enum verilator_symbol symbol, int32_t shortcut,
                   uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                   volatile uint64_t **shut, struct hooks_why *why);

/* Has a handler called in the place of a function, with its arguments; *original: the function as it was.
 * Errors as above. In a replay, where no other thread enters it meanwhile. */
int library_replace(const struct library *library, enum verilator_symbol symbol, void *handler,
                    uintptr_t *original, struct hooks_why *why);

#endif
