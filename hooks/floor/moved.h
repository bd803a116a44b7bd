/* SPDX-License-Identifier: MIT */
/* Functions that libc has since 2.34; before, libpthread and libdl had them, which need not be there. Include
 * it behind <dlfcn.h>, <pthread.h> and <semaphore.h>. Every release knows them by their first version, which
 * is taken here, and they are weak: before 2.34 one is NULL in a process without its library, which we do not
 * bring in. */
#ifndef LIGHTSSS_HOOKS_FLOOR_MOVED_H
#define LIGHTSSS_HOOKS_FLOOR_MOVED_H

#include "moved_processor.h" /* MOVED_FIRST, MOVED_LATER */

#define MOVED_PRAGMA(words) _Pragma(#words)
#define MOVED(name, version)                                                                                 \
    MOVED_PRAGMA(weak name)                                                                                  \
    __asm__(".symver " #name "," #name "@" version)

#endif
