/* SPDX-License-Identifier: MIT */
/* What a thread notes of a system call that may block before it makes it. A snapshot that interrupts the call
 * finds here what the kernel does not tell any more: since when it has been waiting, and where the code does
 * not tell, which call it is. Costs nothing that a call which blocks would notice. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_NOTE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_NOTE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/own_thread.h"

/* A socket of this process may have a timeout of its own. */
extern atomic_bool call_note_sockets __attribute__((visibility("hidden")));

/* A call of libc that makes the system call of this number. One without a timeout that counts from its
 * beginning needs no clock. */
#define CALL_NOTED(system_call, is_timed, call)                                                              \
    ({                                                                                                       \
        struct call_note *own_note = &own_thread()->note;                                                    \
        const struct call_note note_before = *own_note;                                                      \
        *own_note = (struct call_note){.number = (system_call),                                              \
                                       .stack_pointer = (uintptr_t)__builtin_frame_address(0),               \
                                       .began_ns = (is_timed) ? clock_ns() : 0};                             \
        __auto_type result_of_call = (call);                                                                 \
        *own_note = note_before;                                                                             \
        result_of_call;                                                                                      \
    })

/* The same for calls of sockets, of which few have a timeout. */
#define CALL_NOTED_SOCKET(system_call, call)                                                                 \
    CALL_NOTED(system_call, atomic_load_explicit(&call_note_sockets, memory_order_relaxed), call)

/* libc's syscall() is about to make this one, with its stack pointer there. */
void call_note_raw(long number, const long arguments[5], uintptr_t stack_pointer)
    __attribute__((visibility("hidden")));

/* The calling thread's note of the interrupted call with that stack pointer; NULL: there is none. */
const struct call_note *call_note_of(uintptr_t stack_pointer);

#endif
