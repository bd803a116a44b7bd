/* SPDX-License-Identifier: MIT */
/* The registers of x86-64 in a core file. */
#include "core_file.h"

#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

uint64_t core_file_program_counter(const void *prstatus)
{
    struct elf_prstatus status;
    struct user_regs_struct registers;

    memcpy(&status, prstatus, sizeof status);
    memcpy(&registers, &status.pr_reg, sizeof registers);
    return registers.rip;
}
