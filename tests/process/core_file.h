/* SPDX-License-Identifier: MIT */
/* What a core file says of the end: the signal as the kernel gave it, and where its thread was. */
#ifndef LIGHTSSS_TESTS_PROCESS_CORE_FILE_H
#define LIGHTSSS_TESTS_PROCESS_CORE_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct core_end {
    int signal, code;
    uint64_t address;         /* si_addr of a fault */
    uint64_t program_counter; /* of the first thread in the file: the one that died */
};

/* False when the file is not there, is no core file, or lacks any of this. */
bool core_file_read(const char *path, struct core_end *end);

/* --- core_file_<processor>.c --- */

/* The program counter in the registers of an elf_prstatus note. */
uint64_t core_file_program_counter(const void *prstatus);

#endif
