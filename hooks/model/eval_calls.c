/* SPDX-License-Identifier: MIT */
/* See eval_calls.h. A testbench has few such calls, and one in its main loop: whatever comes due is likely to
 * be that one. It is changed where other threads stand still for a snapshot anyway: none can meet half of a
 * change. */
#include "model/eval_calls.h"
#include "elf/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* By this name it is nothing that a replay is told again: see patch.c. */
#define STATUS "//proc/thread-self/status"
#define TRACER "TracerPid:\t"

static struct {
    const struct patch *patch;
    uintptr_t call; /* 0: there is none to be changed */
} noted;

/* There is mostly one. What has no place here is not changed. */
#define CHANGED_MAX 16u

static struct {
    const struct patch *patch;
    uintptr_t call;
} changed[CHANGED_MAX];
static unsigned changed_count;

/* Somebody with a debugger may have a breakpoint at eval's entry, where all calls are to come by. */
static bool is_traced(void)
{
    char text[512] = "";
    int error = errno;
    int fd = open(STATUS, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t size = read(fd, text, sizeof text - 1);
        text[size > 0 ? size : 0] = '\0';
        close(fd);
    }
    errno = error;
    const char *tracer = strstr(text, TRACER);
    return tracer == NULL || tracer[sizeof TRACER - 1] != '0';
}

void eval_calls_note(const struct patch *patch, uintptr_t return_address)
{
    noted.call = 0;
    noted.patch = patch;
    uintptr_t call = patch_call(patch, return_address);
    noted.call = call != 0 && loaded_share_code(call, patch->target.address) && !is_traced() ? call : 0;
}

/* Where the kernel refuses it the call stays as it is, and is asked for again at a later snapshot. */
void eval_calls_redirect(void)
{
    if (noted.call != 0 && changed_count < CHANGED_MAX && patch_redirect(noted.patch, noted.call) == 0) {
        changed[changed_count].patch = noted.patch;
        changed[changed_count++].call = noted.call;
    }
    noted.call = 0;
}

void eval_calls_by_entry(void)
{
    while (changed_count > 0) {
        changed_count--;
        patch_call_by_entry(changed[changed_count].patch, changed[changed_count].call);
    }
}
