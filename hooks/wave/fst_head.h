/* SPDX-License-Identifier: MIT */
/* Head of an FST that is being written. The writer that Verilator has since 5.050 keeps the names of all
 * signals in memory, and writes them and the file's header when it closes: a file whose writer is killed
 * cannot be read. From the names, as the writer keeps them, blocks are made that can stand in front of all
 * values. Pure logic. */
#ifndef LIGHTSSS_HOOKS_WAVE_FST_HEAD_H
#define LIGHTSSS_HOOKS_WAVE_FST_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FST_HEAD_HEADER_BYTES 330u
#define FST_HEAD_BLOCK_BYTES  9u /* type and length */

struct fst_head {
    uint64_t scopes, variables, handles; /* handles: variables less those that share another one's values */
    int8_t timescale;                    /* power of ten of a second */
    uint64_t first_time, last_time;      /* of the values */
    uint64_t blocks;                     /* of values */
};

/* Reads all of the names. False: this is something else. Appends the lengths of the handles' values to
 * geometry, as an FST has them, where that is not NULL; *geometry_bytes: how long they are. */
bool fst_head_read(struct fst_head *head, const uint8_t *names, size_t size, uint8_t *geometry,
                   size_t *geometry_bytes);

/* The file's first bytes. */
void fst_head_header(const struct fst_head *head, uint8_t header[FST_HEAD_HEADER_BYTES]);

/* How long both blocks are at most, the names' block behind the geometry's. */
size_t fst_head_room(size_t names_bytes, size_t geometry_bytes);

/* Writes both, and returns how long they are. */
size_t fst_head_blocks(uint8_t *to, const struct fst_head *head, const uint8_t *names, size_t names_bytes,
                       const uint8_t *geometry, size_t geometry_bytes);

/* A block at this place of the file, by its first 25 bytes: counts it where it holds values. Returns how long
 * it is; 0: it is not complete. */
#define FST_HEAD_LOOK_BYTES 25u
uint64_t fst_head_count(struct fst_head *head, const uint8_t look[FST_HEAD_LOOK_BYTES]);

/* Behind values and names of its own the file must not have two lists of names: what stands at the beginning
 * of both blocks then makes them one block of lengths, which the later one overrides. size: of both. */
#define FST_HEAD_MERGED_AT    1u /* from the first one's begin */
#define FST_HEAD_MERGED_BYTES 16u
void fst_head_merge(size_t size, uint8_t merged[FST_HEAD_MERGED_BYTES]);

#endif
