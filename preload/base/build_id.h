/* SPDX-License-Identifier: MIT */
/* The build id of an object, from its memory: its file may be another one by now. Raw system calls only. */
#ifndef LIGHTSSS_PRELOAD_BASE_BUILD_ID_H
#define LIGHTSSS_PRELOAD_BASE_BUILD_ID_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

#define BUILD_ID_SIZE 64u

/* Of an object with these program headers, which was loaded so far from where its file has it. Returns how
 * many bytes it has; 0: there is none. */
size_t build_id_read(const ElfW(Phdr) * headers, size_t count, uintptr_t bias, uint8_t id[BUILD_ID_SIZE]);

/* The same of a shared object, whose file begins at this address. */
size_t build_id_read_at(uintptr_t base, uint8_t id[BUILD_ID_SIZE]);

/* Of the program that the kernel has started. Another one, where the dynamic loader was started with its
 * name: then 0. */
size_t build_id_read_program(uint8_t id[BUILD_ID_SIZE]);

#endif
