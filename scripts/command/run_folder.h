/* SPDX-License-Identifier: MIT */
/* Is a directory a run directory of the library's, and whose? Links are not followed. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RUN_FOLDER_H
#define LIGHTSSS_SCRIPTS_COMMAND_RUN_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RUN_FOLDER_PROGRAM_SIZE 64u
#define RUN_FOLDER_HOST_SIZE    256u

struct run_folder {
    char program[RUN_FOLDER_PROGRAM_SIZE]; /* by its name ... */
    int pid;                               /* ... */
    int64_t time_s;                        /* when its report was written, or else as below */
    int64_t written_s;                     /* when a file in it was last written to */
    uint64_t bytes;                        /* that it takes on the disk */
    dev_t device;
    ino_t inode;
    bool has_report, is_finished;    /* the report is the last one */
    bool has_other_report;           /* one that is not of this run: the directory had another name */
    char host[RUN_FOLDER_HOST_SIZE]; /* where it was made; "": the report does not tell */
    char stranger[NAME_MAX + 1];     /* a file in it that the library does not make; "": there is none */
};

/* "emu.4242" or "emu.4242-2"? */
bool run_folder_is_name(const char *name, char program[RUN_FOLDER_PROGRAM_SIZE], int *pid);

/* Does this text say that it is the report of such a run? Notes what else it says, and whether it is that of
 * another. One that is cut off in its first line is none. */
bool run_folder_read_report(struct run_folder *folder, const char *text);

/* Looks at the directory of that name, or path, below another. False: it is none of ours. */
bool run_folder_look(int above, const char *name, struct run_folder *folder);

/* Removes one that was looked at, the report last. Returns 0 or -errno; -ESTALE: another directory has that
 * name now. */
int run_folder_remove(int above, const char *name, const struct run_folder *folder);

#endif
