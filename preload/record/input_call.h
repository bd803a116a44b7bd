/* SPDX-License-Identifier: MIT */
/* One call of the simulator whose answer is input, on its way through a hook:
 *
 *     struct input_call call = {.kind = INPUT_READ, .fd = fd, .name = "read"};
 *
 *     if (!input_concerns(fd))
 *         return libc_read(fd, bytes, size);
 *     if (input_call_is_made(&call))
 *         result = libc_read(fd, bytes, size);
 *     if (input_call_is_fed(&call, &result))
 *         ... give the caller what call.answer holds
 *     else
 *         input_call_record(&call, result, ...);
 *
 * A thread that a snapshot finds inside the call is in a replay when it comes out of it, and gets the answer
 * that its original got. */
#ifndef LIGHTSSS_PRELOAD_RECORD_INPUT_CALL_H
#define LIGHTSSS_PRELOAD_RECORD_INPUT_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "record/descriptor_class.h"
#include "record/input_mode.h"

#define INPUT_LOWEST_ADDRESS 4096 /* nobody may map what is below, unless the machine's owner allows it */

/* Calls of one group on one descriptor are a stream. */
enum input_group {
    INPUT_GROUP_NONE,
    INPUT_GROUP_POLL, /* another thread may wait while this one works */
    INPUT_GROUP_SEND,
    INPUT_GROUP_OPEN, /* key: a hash of the name */
    INPUT_GROUP_MAKE, /* key: the thread */
    INPUT_GROUP_PROC, /* key: a hash of the name */
};

struct input_call {
    enum input_kind kind;
    enum input_group group;
    uint64_t fd; /* or what else the group's key is */
    const char *name;
    struct input_answer answer; /* where it is fed */
    bool made, was_inside;
    uintptr_t outer; /* see call_begins() */
};

/* Of a descriptor that cannot be rewound: see input_concerns(). */
bool input_call_concerns(int fd);

/* Must the answer of a call on this descriptor be recorded, or fed? */
static inline bool input_concerns(int fd)
{
    return input_mode() != INPUT_NOT_CONCERNED && descriptor_class(fd) != DESCRIPTOR_FILE &&
           input_call_concerns(fd);
}

/* Is the call to be made? Not in a replay. */
bool input_call_is_made(struct input_call *call);

/* What the caller's address leads to is the kernel's business: it answers EFAULT, and a hook that looks there
 * first would fault in its place. A glance, for calls that a testbench makes at every cycle: NULL, small and
 * negative numbers. */
static inline bool input_call_leads_nowhere(const void *address)
{
    return (intptr_t)address < INPUT_LOWEST_ADDRESS;
}

/* By a system call. */
bool input_call_can_read(const void *address, size_t size);

/* Bytes of this descriptor. */
struct input_call input_call_read(int fd, const char *name);

/* After it: is this a replay? Then result and errno are the recorded ones. May not return: input_exhausted().
 */
bool input_call_is_fed(struct input_call *call, int64_t *result);

/* Records the result and at most `limit` bytes of the parts. Errno is kept. */
void input_call_record(const struct input_call *call, int64_t result, const struct iovec *parts, int count,
                       size_t limit);

/* For answers of one part, and of none. */
void input_call_record_bytes(const struct input_call *call, int64_t result, const void *bytes, size_t size);
void input_call_record_result(const struct input_call *call, int64_t result);

/* Copies from the answer's payload, from `offset` on; what is not there is left alone. Returns how many
 * bytes. */
size_t input_call_copy(const struct input_call *call, size_t offset, void *to, size_t size);

/* Is this thread inside a call that was made? Then a revived one need not make it again. */
bool input_call_is_inside(void);

#endif
