/* SPDX-License-Identifier: MIT */
/* How many processors have nothing to do. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_IDLE_H
#define LIGHTSSS_SCRIPTS_COMMAND_IDLE_H

/* Of those that this process may use; the work of `own` processes of ours is not counted. At least 1. */
unsigned idle_processors(unsigned own);

#endif
