/* SPDX-License-Identifier: MIT */
/* Can there be a waveform of this simulator, now and here? Each check returns 0, or -errno and the reason. */
#ifndef LIGHTSSS_HOOKS_WAVE_WAVE_CHECK_H
#define LIGHTSSS_HOOKS_WAVE_WAVE_CHECK_H

#include "hooks.h"

int wave_check_simulator(struct hooks_why *why);
int wave_check_path(const char *path, struct hooks_why *why);
int wave_check_layout(struct hooks_why *why);

/* The tracer has crashed. */
void wave_check_blame(bool has_dumped, struct hooks_why *why);

#endif
