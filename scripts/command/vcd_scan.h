/* SPDX-License-Identifier: MIT */
/* Reads a VCD file from its begin to its end, in pieces: it may be larger than the memory, and cut off
 * anywhere. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_VCD_SCAN_H
#define LIGHTSSS_SCRIPTS_COMMAND_VCD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scan.h"

struct vcd_scan {
    FILE *file;
    char *buffer;
    size_t room, at, end; /* [at, end) is to be read */
    bool is_over;
    uint64_t time; /* of the values that were read last */
    char last;     /* byte of the file that was read */
};

/* False: out of memory. */
bool vcd_scan_begin(struct vcd_scan *scan, FILE *file);
void vcd_scan_end(struct vcd_scan *scan);

/* Declares each signal; NULL, or why it is no VCD. What follows are the values. */
const char *vcd_scan_names(struct vcd_scan *scan, const struct scan *to);

/* Every change, whichever the signal. A last word that may be cut off is left out. */
void vcd_scan_values(struct vcd_scan *scan, const struct scan *to);

/* When all was read: does the file end inside of a line? So ends one whose writer was killed, or whose disk
 * was full, unless by chance. */
bool vcd_scan_is_cut(const struct vcd_scan *scan);

#endif
