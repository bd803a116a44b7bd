/* SPDX-License-Identifier: MIT */
/* One object of Verilator's tracer classes, the testbench's or ours, worked through out-of-line functions of
 * the simulator. Verilator's answer to any trouble is vl_fatal(), which ends the process; while we are
 * inside a tracer its entry takes us back out instead. */
#ifndef LIGHTSSS_HOOKS_WAVE_TRACER_H
#define LIGHTSSS_HOOKS_WAVE_TRACER_H

#include "hooks.h"
#include "model/library.h"

struct tracer {
    void *self; /* VerilatedVcd or VerilatedFst */
    enum hooks_format format;
    const struct library *library; /* whose functions it is worked with */
};

/* Calls a method; arguments that it does not take do no harm. */
void tracer_call(const struct tracer *tracer, enum verilator_symbol method, uintptr_t first,
                 uintptr_t second);

/* Runs work() inside the tracer. False: Verilator called it fatal, and the tracer must not be called again.
 * One thread at a time. */
bool tracer_run(const struct tracer *tracer, void (*work)(const void *argument), const void *argument);

/* Is a thread in tracer_run()? */
bool tracer_busy(void);

/* Is it the calling one? */
bool tracer_busy_here(void);

/* Leaves tracer_run(), on the thread that is in it. */
_Noreturn void tracer_escape(const char *complaint);

/* The same from a signal handler, whose mask was put back. */
_Noreturn void tracer_leave(void);

/* What the last tracer_escape() was told. */
const char *tracer_complaint(void);

/* One that has just been opened: from now on the thread that dumps writes the file. The thread that an FST's
 * writer may have (--trace-threads) breaks the file where two flushes, or a flush and the end, come close to
 * each other. False: it cannot be told, and the tracer must not be flushed. */
bool tracer_write_alone(const struct tracer *tracer);

/* What writes the file of a VerilatedFst, while that is open; NULL: it is not, or is no such tracer. */
void *tracer_writer(const struct tracer *tracer);

/* The fields that its inline isOpen() reads. */
bool tracer_is_open(const struct tracer *tracer);
void tracer_set_open(const struct tracer *tracer, bool open);

/* False: it writes through an object that the testbench has handed in. */
bool tracer_has_own_file(const struct tracer *tracer);

/* The time of its last dump. */
uint64_t tracer_last_time(const struct tracer *tracer);

/* One file, whatever rollover the testbench asked for: together its files would be this one. */
void tracer_forget_rollover(const struct tracer *tracer);

/* In front of an open() that may not declare the same signals as the one before: an FST keeps the handles
 * that its writer gave to those. */
void tracer_forget_handles(const struct tracer *tracer);

/* Would a second open() end the simulator? So it does from some release behind 5.032 on, where an FST with
 * enumerations declares them once more. */
bool tracer_opens_once(const struct tracer *tracer);

/* Makes a tracer of ours, of the primary model's library, inside tracer_run(). It is always the same memory:
 * tracer_own() says where, and returns the VerilatedVcdC or VerilatedFstC around it. */
void *tracer_own(struct tracer *tracer, enum hooks_format format);
void tracer_make(const struct tracer *tracer);

/* The tracer refuses a time that is not after the last one, but two evals may share one: the last is put
 * back by one. False: it is not found in its place, and nothing was changed. */
bool tracer_step_back(const struct tracer *tracer, uint64_t time);

#endif
