/* SPDX-License-Identifier: MIT */
/* Symbols that were split off into a file of their own: where debuggers look for it, by build id or by the
 * name and the checksum that the stripped file keeps (.gnu_debuglink). Part of image.c; knows libelf. */
#ifndef LIGHTSSS_HOOKS_DEBUG_FILE_H
#define LIGHTSSS_HOOKS_DEBUG_FILE_H

#include <libelf.h>

/* Where the system keeps such files. */
#define DEBUG_FILE_ROOT "/usr/lib/debug"

/* For elf_begin(): such a file is read, not mapped. Nobody keeps others from cutting it meanwhile, as the
 * kernel does with a program that runs, and a page that is gone would end the simulator. */
#define DEBUG_FILE_COMMAND ELF_C_READ

/* Opens the one that belongs to an ELF file, which lies at an absolute path. Returns a descriptor, or
 * -ENOENT where there is none or another build's. */
int debug_file_open(Elf *elf, const char *path, const char *root);

#endif
