/* SPDX-License-Identifier: MIT */
/* A value of a waveform as it is printed, in a radix that it tells itself. Pure logic. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SIGNAL_VALUE_H
#define LIGHTSSS_SCRIPTS_COMMAND_SIGNAL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum signal_value_radix {
    SIGNAL_VALUE_HEX, /* 0x001f */
    SIGNAL_VALUE_BIN, /* 0b0000000000011111 */
    SIGNAL_VALUE_DEC, /* 31 */
};

#define SIGNAL_VALUE_MORE 32u /* bytes that the words need beside one for each bit */

/* False: there is no such radix. */
bool signal_value_radix_of(const char *word, enum signal_value_radix *radix);

/* bits: length of 0, 1, x, z and the like, at most `width`; what is missing in front is 0, or what the first
 * one is where that is x or z. A single bit has no prefix. A digit of four bits that are x or z is that, one
 * with some of them is X or Z as in Verilog; a decimal number is x where any bit is not known. `to` has room
 * for width + SIGNAL_VALUE_MORE bytes. */
void signal_value_format(char *to, const char *bits, size_t length, size_t width,
                         enum signal_value_radix radix);

#endif
