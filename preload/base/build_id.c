/* SPDX-License-Identifier: MIT */
/* Notes in memory: see build_id.h. It is read while the simulator dies, and by the kernel: what a stray write
 * has made of a header leads nowhere then, and is no fault of ours. */
#define _GNU_SOURCE
#include "base/build_id.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/user_memory.h"

#define NOTES_SIZE   4096u
#define HEADERS_MOST 64u

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static bool is_build_id(const ElfW(Nhdr) * note, const uint8_t *name)
{
    return note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof "GNU" &&
           memcmp(name, "GNU", sizeof "GNU") == 0 && note->n_descsz > 0 && note->n_descsz <= BUILD_ID_SIZE;
}

/* A note is a header, a name and a description, each padded. */
static size_t find_in(const uint8_t *notes, size_t size, uint8_t id[BUILD_ID_SIZE])
{
    ElfW(Nhdr) note;

    for (size_t at = 0; size - at >= sizeof note;) {
        memcpy(&note, notes + at, sizeof note);
        size_t name = padded(note.n_namesz), whole = sizeof note + name + padded(note.n_descsz);
        if (sizeof note + name + note.n_descsz > size - at)
            return 0;
        if (is_build_id(&note, notes + at + sizeof note)) {
            memcpy(id, notes + at + sizeof note + name, note.n_descsz);
            return note.n_descsz;
        }
        at += whole < size - at ? whole : size - at;
    }
    return 0;
}

size_t build_id_read(const ElfW(Phdr) * headers, size_t count, uintptr_t bias, uint8_t id[BUILD_ID_SIZE])
{
    uint8_t notes[NOTES_SIZE];

    for (size_t i = 0; i < count && i < HEADERS_MOST; i++) {
        ElfW(Phdr) header;
        if (user_memory_peek(&header, &headers[i], sizeof header) != sizeof header)
            return 0;
        size_t size = header.p_memsz < sizeof notes ? header.p_memsz : sizeof notes;
        if (header.p_type != PT_NOTE ||
            user_memory_peek(notes, (const void *)(bias + header.p_vaddr), size) != (long)size)
            continue;
        size_t length = find_in(notes, size, id);
        if (length > 0)
            return length;
    }
    return 0;
}

size_t build_id_read_at(uintptr_t base, uint8_t id[BUILD_ID_SIZE])
{
    ElfW(Ehdr) head;

    if (user_memory_peek(&head, (const void *)base, sizeof head) != sizeof head ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(ElfW(Phdr)))
        return 0;
    return build_id_read((const ElfW(Phdr) *)(base + head.e_phoff), head.e_phnum, base, id);
}

/* Where the headers lie by their own word tells how far from there they are. */
static uintptr_t bias_of(const ElfW(Phdr) * headers, size_t count)
{
    ElfW(Phdr) header;

    for (size_t i = 0; i < count && i < HEADERS_MOST; i++)
        if (user_memory_peek(&header, &headers[i], sizeof header) == sizeof header &&
            header.p_type == PT_PHDR)
            return (uintptr_t)headers - header.p_vaddr;
    return 0;
}

size_t build_id_read_program(uint8_t id[BUILD_ID_SIZE])
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);

    if (headers == NULL || getauxval(AT_BASE) == 0)
        return 0;
    return build_id_read(headers, count, bias_of(headers, count), id);
}
