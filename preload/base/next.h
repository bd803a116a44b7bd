/* SPDX-License-Identifier: MIT */
/* The function behind ours: libc's, or that of another preloaded library. Every wrapper has one shape:
 * report, then call it, errno kept. */
#ifndef LIGHTSSS_PRELOAD_BASE_NEXT_H
#define LIGHTSSS_PRELOAD_BASE_NEXT_H

/* The next definition of this name, remembered in *slot. Never NULL for names that libc has. */
void *next_function(void *_Atomic *slot, const char *name);

/* NEXT(name): the next `name` as a function of the same type. */
#define NEXT(name)                                                                                           \
    ({                                                                                                       \
        static void *_Atomic slot;                                                                           \
        (__typeof__(&(name)))next_function(&slot, #name);                                                    \
    })

#endif
