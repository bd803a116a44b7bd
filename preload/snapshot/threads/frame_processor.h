/* SPDX-License-Identifier: MIT */
/* The frame of an interrupted system call, as the signal handler's context shows it: how the call is started
 * again, ended, or given other arguments. One file per processor implements it (frame_x86_64.c); Meson
 * chooses the file. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_FRAME_PROCESSOR_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_FRAME_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ARGUMENTS 6

struct frame {
    uint64_t program_counter;
    uint64_t stack_pointer;
    long result;
};

void frame_read(const void *ucontext, struct frame *frame);

/* Does this address of readable code come right behind an instruction that may be a call? */
bool frame_is_behind_call(uintptr_t address);

/* The number of the system call whose instruction ends here, as the code before it tells; -1: there is none,
 * or the code does not tell. */
long frame_call_number(uintptr_t behind, bool in_library);

/* The same for an instruction of libc that many calls pass by, with their number on the stack of a frame that
 * comes back from it, or is about to make the call. is_code: is this address of libc's code? */
long frame_handed_number(const void *ucontext, uintptr_t behind, bool (*is_code)(uintptr_t address));

/* Argument 0 to 5 of the call that the frame comes back from. */
uint64_t frame_argument(const void *ucontext, unsigned index);
void frame_set_argument(void *ucontext, unsigned index, uint64_t value);

/* Signals that are blocked where the frame goes on. */
uint64_t frame_mask(const void *ucontext);

/* The number of the system call that the frame is about to make, for the first time or again; < 0: none. */
long frame_next_call(const void *ucontext);

/* Where that call's instruction ends. */
uintptr_t frame_behind_next_call(const void *ucontext);

/* Steps the frame back onto its system call instruction: the call starts again. */
void frame_repeat(void *ucontext, long number);

/* Steps the frame over the system call that it is about to make, as if it had returned this. */
void frame_end_call(void *ucontext, long result);

/* The alternate signal stack that the frame was put on, by its size; 0: it was not. */
size_t frame_alternate_stack(const void *ucontext);

/* Makes a system call at a place that is known: nothing behind it needs the arguments. */
long frame_call(long number, const long arguments[FRAME_ARGUMENTS]);
bool frame_is_in_call(uintptr_t program_counter);

/* What a signal handler returns to: rt_sigreturn. */
void frame_return(void);

#endif
