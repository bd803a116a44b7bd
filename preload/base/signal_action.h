/* SPDX-License-Identifier: MIT */
/* The simulator's own action for a signal whose handler is ours. */
#ifndef LIGHTSSS_PRELOAD_BASE_SIGNAL_ACTION_H
#define LIGHTSSS_PRELOAD_BASE_SIGNAL_ACTION_H

#include "base/kernel.h"

/* In our handler, for a signal that is not meant for us: what the simulator wants of it. Where that is the
 * default action, the signal comes again when the handler returns, and does it without us. */
void signal_action_run(struct kernel_action *action, int signal, siginfo_t *info, void *context);

#endif
