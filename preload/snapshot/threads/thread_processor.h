/* SPDX-License-Identifier: MIT */
/* What stopping and reviving threads needs of the processor: registers of a thread, thread-local
 * storage, the raw clones and the way a blocked system call is started again. One file per
 * processor implements it (thread_x86_64.c); Meson chooses the file. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREAD_PROCESSOR_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREAD_PROCESSOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers that a function call preserves, the stack pointer and the address to go on from. */
struct thread_registers {
    uint64_t word[24];
};

/* Base of the thread-local storage (and what else the kernel keeps per thread beside it). */
struct thread_storage {
    uint64_t base;
    uint64_t extra;
};

#define THREAD_CALL_ARGUMENTS 6

/* Signature that glibc registers restartable sequences with on this processor. */
extern const uint32_t thread_rseq_signature;

/* Returns 0 where it is called, and once more, with 1, in the thread that thread_clone() makes. */
__attribute__((returns_twice)) int thread_save(struct thread_registers *registers);

/* Clones a thread that goes on in thread_save() on the stack and with the registers saved there.
 * Returns its thread id or -errno. */
long thread_clone(unsigned long flags, const struct thread_registers *registers, int *clear_tid,
                  uint64_t storage_base);

/* Clones this process, with this exit signal (0: none), for the calling thread only; the kernel clears
 * *clear_tid when the copy's thread ends. Returns as fork does, or -errno. */
long thread_clone_process(int *clear_tid, int exit_signal);

/* What a signal handler returns to: rt_sigreturn. */
void thread_signal_return(void);

void thread_storage_read(struct thread_storage *storage);
void thread_storage_restore(const struct thread_storage *storage);

/* The frame of an interrupted system call, as the signal handler's context shows it. */
struct thread_frame {
    uint64_t program_counter;
    uint64_t stack_pointer;
    long result;
};

void thread_frame_read(const void *ucontext, struct thread_frame *frame);

/* Does this address of readable code come right behind an instruction that may be a call? */
bool thread_is_behind_call(uintptr_t address);

/* Argument 0 to 5 of the call that the frame comes back from. */
uint64_t thread_frame_argument(const void *ucontext, unsigned index);
void thread_frame_set_argument(void *ucontext, unsigned index, uint64_t value);

/* Signals that are blocked where the frame goes on. */
uint64_t thread_frame_mask(const void *ucontext);

/* The number of the system call that the frame is about to make, for the first time or again; < 0: none. */
long thread_frame_next_call(const void *ucontext);

/* Where that call's instruction ends. */
uintptr_t thread_frame_behind_next_call(const void *ucontext);

/* Steps the frame back onto its system call instruction: the call starts again. */
void thread_frame_repeat(void *ucontext, long number);

/* Steps the frame over the system call that it is about to make, as if it had returned this. */
void thread_frame_end_call(void *ucontext, long result);

/* The alternate signal stack that the frame was put on, by its size; 0: it was not. */
size_t thread_frame_alternate_stack(const void *ucontext);

/* Makes a system call at a place that is known: nothing behind it needs the arguments. */
long thread_call(long number, const long arguments[THREAD_CALL_ARGUMENTS]);
bool thread_is_in_call(uintptr_t program_counter);

/* Has the calling thread a shadow stack? A thread that is made anew would return to addresses that its own
 * does not hold, and the kernel would end the copy. */
bool thread_has_shadow_stack(void);

/* One turn of a busy wait. */
void thread_relax(void);

#endif
