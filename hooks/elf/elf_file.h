/* SPDX-License-Identifier: MIT */
/* Reads a 64-bit ELF file, with no memory of the simulator's heap. Every offset and size in it may lie: what
 * does not lie in the file is not there. */
#ifndef LIGHTSSS_HOOKS_ELF_ELF_FILE_H
#define LIGHTSSS_HOOKS_ELF_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file_part {
    const uint8_t *bytes; /* NULL: there are none */
    size_t size;
    bool is_copy;
};

struct elf_file {
    int fd; /* not ours */
    size_t size;
    const uint8_t *map; /* NULL: what is asked for is read */
    struct elf_file_part sections;
    size_t segment_count, section_count, names; /* the latter: which section holds the names of sections */
    uint64_t segments;                          /* offset of their table */
};

/* is_mapped: the file cannot change, as one that is being run. Any other may be cut meanwhile, and a page
 * that is gone would end the simulator: parts of it are read. 0, -ENOEXEC where it is no such file, -ENOMEM,
 * -EIO. Close it in any case. */
int elf_file_open(struct elf_file *file, int fd, bool is_mapped);
void elf_file_close(struct elf_file *file);

bool elf_file_segment(const struct elf_file *file, size_t index, Elf64_Phdr *segment);
bool elf_file_section(const struct elf_file *file, size_t index, Elf64_Shdr *section);

/* Let go of with elf_file_drop(). */
struct elf_file_part elf_file_contents(const struct elf_file *file, const Elf64_Shdr *section);
void elf_file_drop(struct elf_file_part *bytes);

/* What was read of it so far is not kept in memory; the part stays as it is. */
void elf_file_forget(const struct elf_file_part *bytes);

#endif
