/* SPDX-License-Identifier: MIT */
/* See signal_action.h. */
#include "base/signal_action.h"

void signal_action_run(struct kernel_action *action, int signal, siginfo_t *info, void *context)
{
    const struct kernel_action default_action = {(void *)SIG_DFL, 0, NULL, 0}, own = *action;

    if (own.handler == (void *)SIG_IGN)
        return;
    if (own.handler == (void *)SIG_DFL) {
        kernel_sigaction(signal, &default_action, NULL);
        kernel_queue(signal, info);
        return;
    }
    if ((own.flags & (unsigned long)SA_RESETHAND) != 0)
        action->handler = (void *)SIG_DFL;
    ((void (*)(int, siginfo_t *, void *))own.handler)(signal, info, context);
}
