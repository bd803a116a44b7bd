/* SPDX-License-Identifier: MIT */
/* Finds NT_PRSTATUS and NT_SIGINFO in a core file. */
#define _GNU_SOURCE
#include "core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t aligned(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static bool read_notes(const uint8_t *bytes, size_t size, struct core_end *end)
{
    bool has_status = false, has_signal = false;
    Elf64_Nhdr note;
    siginfo_t info;

    for (size_t at = 0; at + sizeof note <= size;) {
        memcpy(&note, bytes + at, sizeof note);
        const uint8_t *data = bytes + at + sizeof note + aligned(note.n_namesz);
        at += sizeof note + aligned(note.n_namesz) + aligned(note.n_descsz);
        if (note.n_type == NT_PRSTATUS && !has_status) {
            end->program_counter = core_file_program_counter(data);
            has_status = true;
        } else if (note.n_type == NT_SIGINFO) {
            memcpy(&info, data, note.n_descsz < sizeof info ? note.n_descsz : sizeof info);
            end->signal = info.si_signo;
            end->code = info.si_code;
            end->address = info.si_code > 0 ? (uint64_t)(uintptr_t)info.si_addr : 0;
            has_signal = true;
        }
    }
    return has_status && has_signal;
}

static bool read_image(const uint8_t *bytes, struct core_end *end)
{
    const Elf64_Ehdr *header = (const void *)bytes;
    const Elf64_Phdr *segment = (const void *)(bytes + header->e_phoff);

    if (memcmp(bytes, ELFMAG, SELFMAG) != 0 || header->e_type != ET_CORE)
        return false;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_NOTE)
            return read_notes(bytes + segment[i].p_offset, segment[i].p_filesz, end);
    return false;
}

bool core_file_read(const char *path, struct core_end *end)
{
    bool result = false;
    struct stat file;

    memset(end, 0, sizeof *end);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &file) == 0 && (size_t)file.st_size > sizeof(Elf64_Ehdr)) {
        void *bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            result = read_image(bytes, end);
            munmap(bytes, (size_t)file.st_size);
        }
    }
    close(fd);
    return result;
}
