/* SPDX-License-Identifier: MIT */
/* Names of signals as users write them, against those that a waveform declares. Pure logic. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SIGNAL_NAMES_H
#define LIGHTSSS_SCRIPTS_COMMAND_SIGNAL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan.h"

/* The name may lack the part in front that stands for the model ("TOP"), and have the range of bits behind it
 * or not. `*` stands for any part of a name without a dot. */
bool signal_names_match(const char *asked, const struct scan_signal *signal);

/* A signal's name without its range, which may stand in the name: "pc[31:0]". */
size_t signal_names_length(const char *name);

/* How far a declared name is from one that is not there; the least is the nearest. */
unsigned signal_names_distance(const char *asked, const char *name);

#endif
