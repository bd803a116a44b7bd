/* SPDX-License-Identifier: MIT */
/* What reviving a thread needs of the processor: its registers, its thread-local storage and the raw clones.
 * The interrupted frame, from which the thread goes on: see frame_processor.h. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CLONE_PROCESSOR_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CLONE_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/* Registers that a function call preserves, the stack pointer and the address to go on from. */
struct clone_registers {
    uint64_t word[24];
};

/* Base of the thread-local storage (and what else the kernel keeps per thread beside it). */
struct clone_storage {
    uint64_t base;
    uint64_t extra;
};

/* Signature that glibc registers restartable sequences with on this processor. */
extern const uint32_t clone_rseq_signature;

/* Returns 0 where it is called, and once more, with 1, in the thread that clone_thread() makes. */
__attribute__((returns_twice)) int clone_save(struct clone_registers *registers);

/* Clones a thread that goes on in clone_save() on the stack and with the registers saved there.
 * Returns its thread id or -errno. */
long clone_thread(unsigned long flags, const struct clone_registers *registers, int *clear_tid,
                  uint64_t storage_base);

/* Clones a thread that calls function(argument) on the stack below `top` (a multiple of 16), with the thread
 * storage of the caller, and ends. Returns its thread id or -errno. */
long clone_call(unsigned long flags, void *top, uint32_t *clear_tid, void (*function)(void *argument),
                void *argument);

/* Clones this process, with this exit signal (0: none), for the calling thread only; the kernel clears
 * *clear_tid when the copy's thread ends, and has written the copy's number to *number (NULL: nowhere) before
 * the copy runs, whatever becomes of this process. Returns as fork does, or -errno. */
long clone_process(int *clear_tid, int exit_signal, _Atomic int32_t *number);

void clone_storage_read(struct clone_storage *storage);
void clone_storage_restore(const struct clone_storage *storage);

/* Has the calling thread a shadow stack? A thread that is made anew would return to addresses that its own
 * does not hold, and the kernel would end the copy. */
bool clone_has_shadow_stack(void);

/* One turn of a busy wait. */
void clone_relax(void);

#endif
