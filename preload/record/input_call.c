/* SPDX-License-Identifier: MIT */
/* One call of the simulator whose answer is input: see input_call.h. */
#include "record/input_call.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/own_thread.h"
#include "base/raw_syscall.h"
#include "record/call_count.h"

static uint64_t key_of(const struct input_call *call)
{
    return call->group == INPUT_GROUP_NONE ? call->fd : call->fd ^ (uint64_t)call->group << 56;
}

/* Files of /proc go by their names: who looks for processes there finds others in a replay. */
struct input_call input_call_read(int fd, const char *name)
{
    struct input_call call = {.kind = INPUT_READ, .fd = (uint64_t)fd, .name = name};

    if (descriptor_class(fd) == DESCRIPTOR_PROC) {
        call.group = INPUT_GROUP_PROC;
        call.fd = descriptor_names[fd];
    }
    return call;
}

/* A replay may read more of /proc than its original did, which harms nobody. */
bool input_call_concerns(int fd)
{
    if (descriptor_class(fd) != DESCRIPTOR_PROC || input_mode() != INPUT_FED)
        return true;
    const struct input_call call = input_call_read(fd, "");
    return input_has_answer(call.kind, key_of(&call));
}

/* Where the call itself is refused (seccomp) the address is trusted. */
bool input_call_can_read(const void *address, size_t size)
{
    char bytes[sizeof(uint64_t)];
    const struct iovec to = {bytes, size < sizeof bytes ? size : sizeof bytes},
                       from = {(void *)(uintptr_t)address, to.iov_len};

    if (input_call_leads_nowhere(address))
        return false;
    return raw_syscall6(SYS_process_vm_readv, raw_syscall0(SYS_getpid), (long)&to, 1, (long)&from, 1, 0) !=
           -EFAULT;
}

bool input_call_is_inside(void)
{
    return own_thread()->is_inside;
}

bool input_call_is_made(struct input_call *call)
{
    call->outer = call_begins();
    call->made = input_mode() != INPUT_FED;
    call->was_inside = own_thread()->is_inside;
    if (call->made)
        own_thread()->is_inside = true;
    return call->made;
}

bool input_call_is_fed(struct input_call *call, int64_t *result)
{
    if (call->made)
        own_thread()->is_inside = call->was_inside;
    call_ends(call->outer);
    if (input_mode() != INPUT_FED)
        return false;
    if (!input_feed(call->kind, key_of(call), &call->answer))
        input_exhausted(call->name);
    *result = call->answer.result;
    if (*result < 0)
        errno = call->answer.error;
    return true;
}

void input_call_record(const struct input_call *call, int64_t result, const struct iovec *parts, int count,
                       size_t limit)
{
    input_record_part(call->kind, key_of(call), result, parts, count, limit);
}

void input_call_record_bytes(const struct input_call *call, int64_t result, const void *bytes, size_t size)
{
    const struct iovec part = {(void *)(uintptr_t)bytes, size};

    input_record_part(call->kind, key_of(call), result, &part, size > 0 ? 1 : 0, size);
}

void input_call_record_result(const struct input_call *call, int64_t result)
{
    input_record_part(call->kind, key_of(call), result, NULL, 0, 0);
}

size_t input_call_copy(const struct input_call *call, size_t offset, void *to, size_t size)
{
    if (offset >= call->answer.size)
        return 0;
    size = size < call->answer.size - offset ? size : call->answer.size - offset;
    if (size > 0)
        memcpy(to, (const uint8_t *)call->answer.payload + offset, size);
    return size;
}
