/* SPDX-License-Identifier: MIT */
/* The signals of a waveform's first scope that has any, which are the top level's ports, the clock first:
 * read from the beginning of a VCD, or from the hierarchy of an FST. Pure logic; what is cut off or not
 * understood ends the list. */
#ifndef LIGHTSSS_PRELOAD_REPORT_WAVE_NAMES_H
#define LIGHTSSS_PRELOAD_REPORT_WAVE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define WAVE_NAMES_MAX     24u
#define WAVE_NAMES_CHANGED 8u
#define WAVE_NAMES_SIZE    192u

struct wave_names {
    size_t count;
    struct wave_name {
        char path[WAVE_NAMES_SIZE]; /* "TOP.clk", "TOP.data[31:0]" */
        uint64_t width;             /* bits */
    } list[WAVE_NAMES_MAX + WAVE_NAMES_CHANGED];
};

void wave_names_of_vcd(struct wave_names *names, const char *bytes, size_t size);

/* Adds those that changed at the last time of a VCD, up to WAVE_NAMES_CHANGED: first those that seldom
 * change. tail: the end of the file. */
void wave_names_add_changed(struct wave_names *names, const char *bytes, size_t size, const char *tail,
                            size_t tail_size);

/* The records that an FST's hierarchy consists of, unpacked. */
void wave_names_of_fst(struct wave_names *names, const char *bytes, size_t size);

/* Unpacks the beginning of an LZ4 block, as much of it as there is and as has room. Returns how much. */
size_t wave_names_unpack(char *to, size_t room, const char *from, size_t size);

#endif
