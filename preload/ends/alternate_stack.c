/* SPDX-License-Identifier: MIT */
/* Alternate signal stacks: see alternate_stack.h. */
#define _GNU_SOURCE
#include "ends/alternate_stack.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/next.h"
#include "base/own_thread.h"
#include "base/stack.h"
#include "snapshot/threads/signal_stack.h"

/* Handlers of the simulator that ask for an alternate stack (SA_ONSTACK) run on it too, where they would have
 * had the thread's own: so it is a large one. Untouched pages cost nothing. */
#define ALTERNATE_STACK_SIZE ((size_t)512 * 1024)

/* Of threads that have ended: to map one for each that begins would cost more than the thread. */
#define SPARES 16u
static char *_Atomic spares[SPARES];

static char *take_stack(void)
{
    for (unsigned i = 0; i < SPARES; i++) {
        char *stack = atomic_load_explicit(&spares[i], memory_order_relaxed);
        if (stack != NULL && atomic_compare_exchange_strong(&spares[i], &stack, NULL))
            return stack;
    }
    return stack_map(ALTERNATE_STACK_SIZE);
}

static void let_go(char *stack)
{
    for (unsigned i = 0; i < SPARES; i++) {
        char *none = NULL;
        if (atomic_load_explicit(&spares[i], memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong(&spares[i], &none, stack))
            return;
    }
    stack_unmap(stack, ALTERNATE_STACK_SIZE);
}

/* Puts our own there. Returns false where there is none. */
static bool put(struct own_thread *own, stack_t *before)
{
    if (own->stack == NULL)
        own->stack = take_stack();
    if (own->stack == NULL)
        return false;
    const stack_t stack = {.ss_sp = own->stack, .ss_size = ALTERNATE_STACK_SIZE};
    return NEXT(sigaltstack)(&stack, before) == 0;
}

void alternate_stack_give(void)
{
    struct own_thread *own = own_thread();
    stack_t stack = {.ss_flags = SS_DISABLE};

    own->has_stack = true;
    if (NEXT(sigaltstack)(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) != 0)
        put(own, NULL);
}

/* To ask first would cost one system call more, of each thread that begins. */
void alternate_stack_begin(void)
{
    struct own_thread *own = own_thread();
    stack_t before = {.ss_flags = SS_DISABLE};

    own->has_stack = true;
    if (put(own, &before) && (before.ss_flags & SS_DISABLE) == 0)
        NEXT(sigaltstack)(&before, NULL);
}

void alternate_stack_drop(void)
{
    struct own_thread *own = own_thread();
    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t before;

    own->has_stack = false;
    if (own->stack == NULL)
        return;
    if (NEXT(sigaltstack)(&none, &before) != 0)
        return; /* we are on it */
    if ((before.ss_flags & SS_DISABLE) == 0 && before.ss_sp != own->stack)
        NEXT(sigaltstack)(&before, NULL);
    let_go(own->stack);
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
