/* SPDX-License-Identifier: MIT */
/* From a loaded object that may hold a model to a patched eval: at the start of the process, and whenever a
 * dlopen() has brought something new. Until a model has evaled; then nothing more is looked for. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_ATTACH_H
#define LIGHTSSS_PRELOAD_ATTACH_ATTACH_H

#include "../hooks/hooks.h"

/* Who looks on. */
struct attach_observer {
    void (*begins)(void); /* it is known that a model may be in the process */
    const struct hooks_events *(*events)(
        const struct hooks_events *events); /* to install in place of these */
};

/* In the constructor. What is given must stay where it is. */
void attach_start(const struct hooks_events *events, const struct attach_observer *observer);

/* At the end of the process: says so where a model was expected and none has come. */
void attach_end(void);

#endif
