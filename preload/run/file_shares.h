/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_FILES, divided among the files that are to be kept. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_RUN_FILE_SHARES_H
#define LIGHTSSS_PRELOAD_RUN_FILE_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_SHARES_WHOLE UINT64_MAX

struct file_share {
    uint64_t bytes;   /* that it takes */
    bool may_be_cut;  /* its end alone is worth something */
    uint64_t granted; /* so many of its last bytes, or FILE_SHARES_WHOLE; 0: it is not kept */
};

/* All are whole, where they fit. Else those that take less than an equal share are, and the others have what
 * is left, in equal shares; who may not be cut then has none. most_bytes: of all together. */
void file_shares_divide(struct file_share *files, size_t count, uint64_t most_bytes);

#endif
