/* SPDX-License-Identifier: MIT */
/* Reads an FST file, with Verilator's fstapi. That ends the process where a file is damaged, so this belongs
 * into a process of its own. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_FST_SCAN_H
#define LIGHTSSS_SCRIPTS_COMMAND_FST_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scan.h"

/* NULL, or why it cannot be read: it has no beginning of an FST, or is cut off inside of a block. is_open:
 * its writer has not closed it. */
const char *fst_scan_check(FILE *file, bool *is_open);

struct fst_scan {
    void *reader; /* that of fstapi */
};

const char *fst_scan_begin(struct fst_scan *scan, const char *path);
void fst_scan_end(struct fst_scan *scan);

/* Declares each signal, as often as it is called. */
void fst_scan_names(struct fst_scan *scan, const struct scan *to);

/* The signals whose changes are wanted. */
void fst_scan_want(struct fst_scan *scan, uint64_t code);
void fst_scan_values(struct fst_scan *scan, const struct scan *to);

#endif
