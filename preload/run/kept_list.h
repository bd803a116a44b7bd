/* SPDX-License-Identifier: MIT */
/* What the replay has written to files of its own is kept in `files/` of the run directory: which file is
 * which, and how it is put there. The list is in the shared page: who reports reads it when the replay is
 * gone. Raw system calls, no heap. */
#ifndef LIGHTSSS_PRELOAD_RUN_KEPT_LIST_H
#define LIGHTSSS_PRELOAD_RUN_KEPT_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define KEPT_LIST_NAME_SIZE (NAME_MAX + 16)
#define KEPT_LIST_LOOK_SIZE 4096u /* of begin and end: is it text? */

enum file_kept {
    KEPT_NOTHING, /* it is gone, or does not fit */
    KEPT_WHOLE,
    KEPT_END,
};

/* How many there are, and the path that the simulator knows one by; NULL: it is not sound. */
unsigned kept_list_count(void);
const char *kept_list_path(unsigned place);
enum file_kept kept_list_kept(unsigned place);

/* "files/NAME", from the run directory. */
void kept_list_name(char name[KEPT_LIST_NAME_SIZE], unsigned place);

/* A place for this path, of which nothing is kept yet. Returns it, or -ENOSPC. */
int kept_list_add(const char *path);

/* Gives the file itself that name. Returns 0 or -errno: a filesystem may not be able to, and some kernels do
 * not let a replay. */
int kept_list_link(unsigned place, int fd);

/* Puts a copy there: of all of a file that has this size, or of its last bytes. Returns 0 or -errno, and then
 * all is as before. */
int kept_list_copy(unsigned place, int fd, uint64_t size);
int kept_list_copy_end(unsigned place, int fd, uint64_t size, uint64_t bytes);

/* It is to be another one's: what is kept gets that one's name. Returns 0 or -errno. */
int kept_list_move(unsigned from, unsigned to);

/* Nothing is kept of it any more. */
void kept_list_drop(unsigned place);

/* Is this the text of a log, of which the end is worth something? What is no text is kept whole or not at
 * all. */
bool kept_list_is_text(int fd, uint64_t size);

/* What it takes on the disk: holes are no bytes. */
uint64_t kept_list_taken_bytes(const struct stat *file);

/* Before a replay: what another one has left goes. */
void kept_list_clear(void);

/* Behind a replay, which may have been killed: the files are the user's own, and take no more than
 * LIGHTSSS_FILES; nothing else is there. */
void kept_list_settle(void);

#endif
