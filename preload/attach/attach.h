/* SPDX-License-Identifier: MIT */
/* From a loaded object that may hold a model to a patched eval: at the start of the process, and whenever a
 * dlopen() has brought something new. Until a model has evaled; then nothing more is looked for. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_ATTACH_H
#define LIGHTSSS_PRELOAD_ATTACH_ATTACH_H

#include <stdbool.h>

#include "../hooks/hooks.h"

/* In the constructor. The events must stay where they are. */
void attach_start(const struct hooks_events *events);

/* After a dlopen(), and before its caller knows. nested: this thread is inside another dlopen() or dlclose(),
 * so it may hold the loader's lock and does not wait for a thread that is looking already. */
void attach_opened(bool nested);

/* Before a dlopen() whose symbols all other objects will see. */
void attach_opened_globally(void);

/* At the end of the process: says so where a model was expected and none has come. */
void attach_end(void);

#endif
