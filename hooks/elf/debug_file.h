/* SPDX-License-Identifier: MIT */
/* Symbols that were split off into a file of their own: where debuggers look for it, by build id or by the
 * name and the checksum that the stripped file keeps (.gnu_debuglink). Part of image.c. */
#ifndef LIGHTSSS_HOOKS_ELF_DEBUG_FILE_H
#define LIGHTSSS_HOOKS_ELF_DEBUG_FILE_H

#include "elf/elf_file.h"

/* Where the system keeps such files. */
#define DEBUG_FILE_ROOT "/usr/lib/debug"

/* Opens the one that belongs to an ELF file, which lies at an absolute path. Returns a descriptor, or
 * -ENOENT where there is none or another build's. */
int debug_file_open(const struct elf_file *elf, const char *path, const char *root);

#endif
