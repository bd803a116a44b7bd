/* SPDX-License-Identifier: MIT */
/* Tries the places one after the other: see debug_file.h. A build id tells cheaply whether two files belong
 * together; only where one of them has none the checksum is made, over the whole file. */
#include "debug_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
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
    const char *name; /* NULL: none */
    uint32_t checksum;
};

static void read_build_id(Elf_Data *notes, struct build_id *id)
{
    GElf_Nhdr note;
    size_t name, description, next = 0;
    for (size_t at = 0; (next = gelf_getnote(notes, at, &note, &name, &description)) > 0; at = next) {
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
            memcmp((const char *)notes->d_buf + name, "GNU", sizeof("GNU")) != 0 ||
            note.n_descsz > BUILD_ID_SIZE)
            continue;
        id->size = note.n_descsz;
        memcpy(id->bytes, (const char *)notes->d_buf + description, id->size);
    }
}

static void read_link(Elf_Data *data, struct link *link)
{
    size_t length = strnlen(data->d_buf, data->d_size);
    size_t at = (length + sizeof(uint32_t)) & ~(sizeof(uint32_t) - 1);
    if (length == 0 || at + sizeof(uint32_t) > data->d_size || memchr(data->d_buf, '/', length))
        return;
    link->name = data->d_buf;
    memcpy(&link->checksum, (const char *)data->d_buf + at, sizeof(link->checksum));
}

/* What a file of that size says of itself. The link may be NULL: not wanted. Sections that overlap, as in no
 * sound file, are not read again and again. */
static void read_marks(Elf *elf, size_t size, struct build_id *id, struct link *link)
{
    size_t names = 0, left = size;
    elf_getshdrstrndx(elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        bool is_link = link && name && strcmp(name, ".gnu_debuglink") == 0;
        if ((header.sh_type != SHT_NOTE && !is_link) || header.sh_size > left)
            continue;
        left -= header.sh_size;
        Elf_Data *data = elf_getdata(section, NULL);
        if (!data || !data->d_buf)
            continue;
        if (is_link)
            read_link(data, link);
        else
            read_build_id(data, id);
    }
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
    for (ssize_t size; (size = pread(fd, buffer, sizeof(buffer), at)) > 0; at += size)
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
    struct stat file;
    Elf *elf = fstat(fd, &file) == 0 ? elf_begin(fd, DEBUG_FILE_COMMAND, NULL) : NULL;
    bool is_elf = elf && elf_kind(elf) == ELF_K_ELF;
    if (is_elf)
        read_marks(elf, (size_t)file.st_size, &other, NULL);
    if (elf)
        elf_end(elf);
    if (!is_elf)
        return false;
    if (id->size && other.size)
        return id->size == other.size && memcmp(id->bytes, other.bytes, id->size) == 0;
    return link->name && checksum_of(fd) == link->checksum;
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
    int length = snprintf(candidate, sizeof(candidate), "%s/.build-id/%.2s/%s.debug", root, hex, hex + 2);
    return length < PATH_MAX ? try_open(candidate, path, id, link) : -ENOENT;
}

int debug_file_open(Elf *elf, const char *path, const char *root)
{
    struct build_id id = {0};
    struct link link = {0};
    const char *slash = strrchr(path, '/');
    int fd = -ENOENT;
    size_t size = 0;
    elf_rawfile(elf, &size);
    read_marks(elf, size, &id, &link);
    if (id.size > 1)
        fd = try_build_id(path, root, &id, &link);
    if (!slash || !link.name)
        return fd;
    const struct {
        const char *above, *below;
    } places[] = {{"", ""}, {"", ".debug/"}, {root, ""}};
    for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(*places); i++) {
        char candidate[PATH_MAX];
        int length = snprintf(candidate, sizeof(candidate), "%s%.*s/%s%s", places[i].above,
                              (int)(slash - path), path, places[i].below, link.name);
        if (length < PATH_MAX)
            fd = try_open(candidate, path, &id, &link);
    }
    return fd;
}
