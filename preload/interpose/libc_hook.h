/* SPDX-License-Identifier: MIT */
/* Rows of functions of libc that we stand in front of at their own entry (libc.h), and the tables of them,
 * each in the file of its family. A function has one row: its handler says in which order things are done. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_LIBC_HOOK_H
#define LIGHTSSS_PRELOAD_INTERPOSE_LIBC_HOOK_H

#include <stddef.h>

struct libc_hook {
    const char *name;
    void *handler;   /* called in the function's place */
    void **original; /* set to the function as it was; whenever the handler runs it is callable */
};

struct libc_hooks {
    const struct libc_hook *rows;
    size_t count;
};

/* clang-format off */
#define LIBC_HOOK(name, handler, original) {name, (void *)(handler), (void **)&(original)}
#define LIBC_HOOKS(rows)                   {rows, sizeof(rows) / sizeof *(rows)}
/* clang-format on */

extern const struct libc_hooks children_hooks, descriptor_hooks, exit_hooks, given_up_hooks, ids_hooks,
    memory_hooks, moves_hooks, open_hooks, poll_hooks, proc_hooks, random_hooks, read_hooks, socket_hooks,
    descriptor_facts_hooks, system_v_hooks, time_hooks, waits_hooks, write_hooks;
extern const struct libc_hooks random_device_hooks; /* of libstdc++ */

#endif
