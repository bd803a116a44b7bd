/* SPDX-License-Identifier: MIT */
/* `lightsss report RUN --signals`: the last values of some signals, from the run's waveform. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SIGNALS_H
#define LIGHTSSS_SCRIPTS_COMMAND_SIGNALS_H

#include "signal_value.h"

#define SIGNALS_BETWEEN ", \t\n" /* names; they hold none of these */

/* path: of a VCD or FST; names: with commas between, taken apart in place. Prints "NAME VALUE" for each that
 * is there, in the order of the names. Says what is not there, with the nearest that is, and where the
 * waveform is cut off. Returns an exit status. */
int signals_print(const char *path, char *names, enum signal_value_radix radix);

#endif
