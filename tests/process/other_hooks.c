/* SPDX-License-Identifier: MIT */
/* A liblightsss-hooks.so of another release: only its version can be read. */
#include "../../hooks/hooks.h"

const struct hooks *lightsss_hooks(void)
{
    static const struct hooks hooks = {.version = HOOKS_VERSION + 1};

    return &hooks;
}
