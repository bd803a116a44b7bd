/* SPDX-License-Identifier: MIT */
/* See eval_frames.h. A testbench calls eval from a few places only, mostly at the same depth: what is seen
 * where an eval is announced holds for the many that are not. */
#include "model/eval_frames.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRAMES 8u

struct frame {
    pthread_t thread;
    _Atomic uintptr_t place; /* of the return address; 0: none */
    uintptr_t address;       /* that stands there */
    const struct patch *patch;
};

static struct frame frames[FRAMES];
static atomic_uint next_frame;

static bool is_known(uintptr_t place, uintptr_t address)
{
    for (unsigned i = 0; i < FRAMES; i++)
        if (frames[i].place == place && frames[i].address == address &&
            pthread_equal(frames[i].thread, pthread_self()))
            return true;
    return false;
}

void eval_frames_note(const uintptr_t *top, const struct patch *patch)
{
    if (is_known((uintptr_t)top, *top))
        return;
    struct frame *frame = &frames[atomic_fetch_add(&next_frame, 1) % FRAMES];
    atomic_store(&frame->place, 0);
    frame->thread = pthread_self();
    frame->address = *top;
    frame->patch = patch;
    atomic_store(&frame->place, (uintptr_t)top);
}

/* By a system call: the stack may be a coroutine's that is gone. */
static bool stands_at(uintptr_t place, uintptr_t address)
{
    uintptr_t found = 0;
    const struct iovec to = {&found, sizeof found}, from = {(void *)place, sizeof found};
    int error = errno;
    ssize_t size = process_vm_readv(getpid(), &to, 1, &from, 1, 0);

    errno = error;
    return size == (ssize_t)sizeof found && found == address;
}

/* Is this in front of the instruction that counts the eval? */
static bool is_entry(const struct patch *patch, uintptr_t program_counter)
{
    return program_counter == patch->target.address || program_counter == patch->head ||
           program_counter == patch->stub;
}

void eval_frames_look(uintptr_t program_counter, uintptr_t stack_pointer, struct hooks_interrupted *found)
{
    *found = (struct hooks_interrupted){.frame = 0};
    for (unsigned i = 0; i < FRAMES; i++) {
        uintptr_t place = atomic_load(&frames[i].place);

        if (place == 0 || !pthread_equal(frames[i].thread, pthread_self()))
            continue;
        found->enters = found->enters || is_entry(frames[i].patch, program_counter);
        if (stack_pointer > place)
            continue;
        if (found->frame == 0 || place < found->frame)
            found->frame = place;
        found->inside = found->inside || stands_at(place, frames[i].address);
    }
}
