/* SPDX-License-Identifier: MIT */
/* Tries the places one after the other: see debug_file.h. A build id tells cheaply whether two files belong
 * together; only where one of them has none the checksum is made, over the whole file. */
#include "elf/debug_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_ID_SIZE 64

struct build_id {
    size_t size; /* 0: none */
    uint8_t bytes[BUILD_ID_SIZE];
};

struct link {
    char name[NAME_MAX + 1]; /* "": none */
    uint32_t checksum;
};

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* A note is a header, a name and a description, each padded. */
static void read_build_id(struct elf_file_part notes, struct build_id *id)
{
    while (notes.size >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes.bytes, sizeof note);
        size_t name = padded(note.n_namesz), size = sizeof note + name + padded(note.n_descsz);
        if (sizeof note + name + note.n_descsz > notes.size)
            return;
        const uint8_t *description = notes.bytes + sizeof note + name;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
            memcmp(notes.bytes + sizeof note, "GNU", sizeof "GNU") == 0 && note.n_descsz <= BUILD_ID_SIZE) {
            id->size = note.n_descsz;
            memcpy(id->bytes, description, id->size);
        }
        size = size < notes.size ? size : notes.size;
        notes.bytes += size;
        notes.size -= size;
    }
}

static void read_link(struct elf_file_part data, struct link *link)
{
    size_t length = strnlen((const char *)data.bytes, data.size);
    size_t at = padded(length + 1);
    if (length == 0 || length >= sizeof link->name || at + sizeof(uint32_t) > data.size ||
        memchr(data.bytes, '/', length) != NULL)
        return;
    memcpy(link->name, data.bytes, length + 1);
    memcpy(&link->checksum, data.bytes + at, sizeof link->checksum);
}

static bool is_named(struct elf_file_part names, const Elf64_Shdr *section, const char *name)
{
    size_t size = strlen(name) + 1;
    return section->sh_name < names.size && size <= names.size - section->sh_name &&
           memcmp(names.bytes + section->sh_name, name, size) == 0;
}

/* What a file says of itself. The link may be NULL: not wanted. Sections that overlap, as in no sound file,
 * are not read again and again. */
static void read_marks(const struct elf_file *elf, struct build_id *id, struct link *link)
{
    struct elf_file_part names = {0};
    Elf64_Shdr section;
    if (elf_file_section(elf, elf->names, &section))
        names = elf_file_contents(elf, &section);
    size_t left = elf->size;
    for (size_t i = 0; elf_file_section(elf, i, &section); i++) {
        bool is_link = link != NULL && is_named(names, &section, ".gnu_debuglink");
        if ((section.sh_type != SHT_NOTE && !is_link) || section.sh_size > left)
            continue;
        struct elf_file_part data = elf_file_contents(elf, &section);
        left -= data.size;
        if (data.bytes != NULL && is_link)
            read_link(data, link);
        else if (data.bytes != NULL)
            read_build_id(data, id);
        elf_file_drop(&data);
    }
    elf_file_drop(&names);
}

/* CRC-32 as in zlib, by half bytes. */
static uint32_t checksum_of(int fd)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    static uint8_t buffer[65536];
    uint32_t sum = UINT32_MAX;
    off_t at = 0;
    for (ssize_t size; (size = pread(fd, buffer, sizeof buffer, at)) > 0; at += size)
        for (ssize_t i = 0; i < size; i++) {
            sum ^= buffer[i];
            sum = sum >> 4 ^ table[sum & 15];
            sum = sum >> 4 ^ table[sum & 15];
        }
    return ~sum;
}

static bool belongs(int fd, const struct build_id *id, const struct link *link)
{
    struct build_id other = {0};
    struct elf_file elf;
    bool is_elf = elf_file_open(&elf, fd, false) == 0;
    if (is_elf)
        read_marks(&elf, &other, NULL);
    elf_file_close(&elf);
    if (!is_elf)
        return false;
    if (id->size && other.size)
        return id->size == other.size && memcmp(id->bytes, other.bytes, id->size) == 0;
    return link->name[0] && checksum_of(fd) == link->checksum;
}

/* The stripped file itself may have the name that it gives. A pipe of that name would be waited for. */
static int try_open(const char *candidate, const char *path, const struct build_id *id,
                    const struct link *link)
{
    struct stat own, other;
    int fd = open(candidate, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -ENOENT;
    bool same = fstat(fd, &other) != 0 || !S_ISREG(other.st_mode) ||
                (stat(path, &own) == 0 && own.st_dev == other.st_dev && own.st_ino == other.st_ino);
    if (!same && belongs(fd, id, link))
        return fd;
    close(fd);
    return -ENOENT;
}

static int try_build_id(const char *path, const char *root, const struct build_id *id,
                        const struct link *link)
{
    char hex[2 * BUILD_ID_SIZE + 1] = "";
    char candidate[PATH_MAX];
    for (size_t i = 0; i < id->size; i++)
        snprintf(hex + 2 * i, 3, "%02x", id->bytes[i]);
    int length = snprintf(candidate, sizeof candidate, "%s/.build-id/%.2s/%s.debug", root, hex, hex + 2);
    return length < PATH_MAX ? try_open(candidate, path, id, link) : -ENOENT;
}

int debug_file_open(const struct elf_file *elf, const char *path, const char *root)
{
    struct build_id id = {0};
    struct link link = {.checksum = 0};
    const char *slash = strrchr(path, '/');
    int fd = -ENOENT;
    read_marks(elf, &id, &link);
    if (id.size > 1)
        fd = try_build_id(path, root, &id, &link);
    if (slash == NULL || !link.name[0])
        return fd;
    const struct {
        const char *above, *below;
    } places[] = {{"", ""}, {"", ".debug/"}, {root, ""}};
    for (size_t i = 0; fd < 0 && i < sizeof places / sizeof *places; i++) {
        char candidate[PATH_MAX];
        int length = snprintf(candidate, sizeof candidate, "%s%.*s/%s%s", places[i].above,
                              (int)(slash - path), path, places[i].below, link.name);
        if (length < PATH_MAX)
            fd = try_open(candidate, path, &id, &link);
    }
    return fd;
}
