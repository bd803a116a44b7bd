/* SPDX-License-Identifier: MIT */
/* Alternate signal stacks: see alternate_stack.h. */
#define _GNU_SOURCE
#include "alternate_stack.h"

#include <signal.h>
#include <stddef.h>

#include "../own_thread.h"
#include "../snapshot/signal_stack.h"
#include "../stack.h"
#include "next.h"

/* Handlers of the simulator that ask for an alternate stack (SA_ONSTACK) run on it too, where they would have
 * had the thread's own: so it is a large one. Untouched pages cost nothing. */
#define ALTERNATE_STACK_SIZE ((size_t)512 * 1024)

void alternate_stack_give(void)
{
    struct own_thread *own = own_thread();
    stack_t stack = {.ss_flags = SS_DISABLE};

    own->has_stack = true;
    if (NEXT(sigaltstack)(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0)
        return;
    if (own->stack == NULL)
        own->stack = stack_map(ALTERNATE_STACK_SIZE);
    if (own->stack == NULL)
        return;
    stack = (stack_t){.ss_sp = own->stack, .ss_size = ALTERNATE_STACK_SIZE};
    NEXT(sigaltstack)(&stack, NULL);
}

void alternate_stack_drop(void)
{
    struct own_thread *own = own_thread();
    stack_t stack = {.ss_flags = SS_DISABLE};

    own->has_stack = false;
    if (own->stack == NULL)
        return;
    if (NEXT(sigaltstack)(NULL, &stack) == 0 && stack.ss_sp == own->stack) {
        stack = (stack_t){.ss_flags = SS_DISABLE};
        if (NEXT(sigaltstack)(&stack, NULL) != 0)
            return; /* we are on it */
    }
    stack_unmap(own->stack, ALTERNATE_STACK_SIZE);
    own->stack = NULL;
}

int sigaltstack(const stack_t *restrict new_stack, stack_t *restrict old_stack)
{
    const struct own_thread *own = own_thread();
    stack_t old = {.ss_flags = SS_DISABLE};
    int r = NEXT(sigaltstack)(new_stack, &old);

    if (r != 0)
        return r;
    if (new_stack != NULL)
        signal_stack_note((new_stack->ss_flags & SS_DISABLE) != 0 ? 0 : new_stack->ss_size);
    if (own->has_stack && new_stack != NULL && (new_stack->ss_flags & SS_DISABLE) != 0)
        alternate_stack_give();
    if (own->stack != NULL && old.ss_sp == own->stack)
        old = (stack_t){.ss_flags = SS_DISABLE};
    if (old_stack != NULL)
        *old_stack = old;
    return 0;
}
