/* SPDX-License-Identifier: MIT */
/* Alternate signal stacks: see alternate_stack.h. */
#define _GNU_SOURCE
#include "alternate_stack.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "../stack.h"
#include "next.h"

/* Handlers of the simulator that ask for an alternate stack (SA_ONSTACK) run on it too, where they would have
 * had the thread's own: so it is a large one. Untouched pages cost nothing. */
#define ALTERNATE_STACK_SIZE ((size_t)512 * 1024)

/* Read in a signal handler, where thread-local storage must not be allocated: hence the model. */
static __thread struct {
    bool given; /* this thread always has one: its own, or else ours */
    char *ours; /* NULL: it never needed one */
} thread __attribute__((tls_model("initial-exec")));

void alternate_stack_give(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};

    thread.given = true;
    if (NEXT(sigaltstack)(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0)
        return;
    if (thread.ours == NULL)
        thread.ours = stack_map(ALTERNATE_STACK_SIZE);
    if (thread.ours == NULL)
        return;
    stack = (stack_t){.ss_sp = thread.ours, .ss_size = ALTERNATE_STACK_SIZE};
    NEXT(sigaltstack)(&stack, NULL);
}

void alternate_stack_drop(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};

    thread.given = false;
    if (thread.ours == NULL)
        return;
    if (NEXT(sigaltstack)(NULL, &stack) == 0 && stack.ss_sp == thread.ours) {
        stack = (stack_t){.ss_flags = SS_DISABLE};
        if (NEXT(sigaltstack)(&stack, NULL) != 0)
            return; /* we are on it */
    }
    stack_unmap(thread.ours, ALTERNATE_STACK_SIZE);
    thread.ours = NULL;
}

int sigaltstack(const stack_t *restrict new_stack, stack_t *restrict old_stack)
{
    stack_t old = {.ss_flags = SS_DISABLE};
    int r = NEXT(sigaltstack)(new_stack, &old);

    if (r != 0)
        return r;
    if (thread.given && new_stack != NULL && (new_stack->ss_flags & SS_DISABLE) != 0)
        alternate_stack_give();
    if (thread.ours != NULL && old.ss_sp == thread.ours)
        old = (stack_t){.ss_flags = SS_DISABLE};
    if (old_stack != NULL)
        *old_stack = old;
    return 0;
}
