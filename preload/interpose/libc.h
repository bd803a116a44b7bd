/* SPDX-License-Identifier: MIT */
/* Functions of libc that we stand in front of at their own entry, not by name: so that calls from inside libc
 * (fopen, readdir) come by too, and other preload libraries stay in front of us. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_LIBC_H
#define LIGHTSSS_PRELOAD_INTERPOSE_LIBC_H

#include <stddef.h>

/* A hook is a row. */
struct libc_hook {
    const char *name;
    void *handler;   /* called in the function's place */
    void **original; /* set to the function as it was; whenever the handler runs it is callable */
};

/* The tables, each in the file of its family. */
extern const struct libc_hook proc_hooks[];
extern const size_t proc_hooks_count;
extern const struct libc_hook output_hooks[];
extern const size_t output_hooks_count;
extern const struct libc_hook file_change_hooks[];
extern const size_t file_change_hooks_count;
extern const struct libc_hook memory_hooks[];
extern const size_t memory_hooks_count;
extern const struct libc_hook system_v_hooks[];
extern const size_t system_v_hooks_count;
extern const struct libc_hook stand_in_hooks[];
extern const size_t stand_in_hooks_count;
extern const struct libc_hook input_read_hooks[];
extern const size_t input_read_hooks_count;
extern const struct libc_hook input_socket_hooks[];
extern const size_t input_socket_hooks_count;
extern const struct libc_hook input_poll_hooks[];
extern const size_t input_poll_hooks_count;
extern const struct libc_hook descriptor_hooks[];
extern const size_t descriptor_hooks_count;
extern const struct libc_hook time_hooks[];
extern const size_t time_hooks_count;
extern const struct libc_hook waits_hooks[];
extern const size_t waits_hooks_count;
extern const struct libc_hook random_hooks[];
extern const size_t random_hooks_count;
extern const struct libc_hook random_device_hooks[]; /* of libstdc++ */
extern const size_t random_device_hooks_count;
extern const struct libc_hook ids_hooks[];
extern const size_t ids_hooks_count;
extern const struct libc_hook children_hooks[];
extern const size_t children_hooks_count;

/* Finds the functions and makes everything ready. Call before there are snapshots. */
void libc_prepare(void);

/* From here on the handlers are called. Stops all other threads for a moment; the caller has blocked all
 * signals. What cannot be replaced is left as it is. */
void libc_commit(void);

#endif
