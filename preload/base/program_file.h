/* SPDX-License-Identifier: MIT */
/* The file of the program that this process runs. Mostly that is /proc/self/exe; where somebody has started
 * the dynamic loader with the program as its argument, that is the loader. */
#ifndef LIGHTSSS_PRELOAD_BASE_PROGRAM_FILE_H
#define LIGHTSSS_PRELOAD_BASE_PROGRAM_FILE_H

#include <link.h>
#include <stddef.h>

/* A path to open; program: what dl_iterate_phdr() tells of it. The same in each later call. */
const char *program_file(const struct dl_phdr_info *program);

/* Its base name. Returns 0 or -errno. */
int program_file_name(char *name, size_t size);

#endif
