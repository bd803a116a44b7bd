/* SPDX-License-Identifier: MIT */
/* Headers, tables and contents of an ELF file: see elf_file.h. Mapped as a whole, or read part by part into
 * mappings of their own. */
#include "elf/elf_file.h"
#include "elf/stock.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_inside(const struct elf_file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

static bool read_inside(const struct elf_file *file, uint8_t *to, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t part = pread(file->fd, to, size, (off_t)offset);
        if (part <= 0 && !(part < 0 && errno == EINTR))
            return false;
        if (part > 0) {
            to += part;
            offset += (size_t)part;
            size -= (size_t)part;
        }
    }
    return true;
}

static bool copy_part(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    if (!is_inside(file, offset, size))
        return false;
    if (file->map == NULL)
        return read_inside(file, to, size, offset);
    memcpy(to, file->map + offset, size);
    return true;
}

static struct elf_file_part read_part(const struct elf_file *file, uint64_t offset, size_t size)
{
    struct elf_file_part none = {0};
    if (size == 0 || !is_inside(file, offset, size))
        return none;
    if (file->map != NULL)
        return (struct elf_file_part){file->map + offset, size, false};
    uint8_t *copy = stock_map(size);
    if (copy != NULL && read_inside(file, copy, size, offset))
        return (struct elf_file_part){copy, size, true};
    if (copy != NULL)
        munmap(copy, size);
    return none;
}

void elf_file_drop(struct elf_file_part *bytes)
{
    if (bytes->is_copy)
        munmap((void *)(uintptr_t)bytes->bytes, bytes->size);
    *bytes = (struct elf_file_part){0};
}

/* Only of a mapped file: its pages come again when they are looked at. */
void elf_file_forget(const struct elf_file_part *bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)bytes->bytes & ~(page - 1);
    if (bytes->bytes != NULL && !bytes->is_copy)
        madvise((void *)start, (uintptr_t)bytes->bytes + bytes->size - start, MADV_DONTNEED);
}

static bool is_supported(const Elf64_Ehdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_ident[EI_DATA] == ELFDATA2LSB;
}

/* What does not fit into the header's fields is in the first section. */
static void read_tables(struct elf_file *file, const Elf64_Ehdr *header)
{
    Elf64_Shdr first = {0};
    if (header->e_shoff && header->e_shentsize == sizeof first) {
        copy_part(file, header->e_shoff, &first, sizeof first);
        uint64_t count = header->e_shnum ? header->e_shnum : first.sh_size;
        if (count <= file->size / sizeof first)
            file->sections = read_part(file, header->e_shoff, count * sizeof first);
    }
    file->section_count = file->sections.size / sizeof first;
    file->names = header->e_shstrndx == SHN_XINDEX ? first.sh_link : header->e_shstrndx;
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return;
    file->segments = header->e_phoff;
    file->segment_count = header->e_phnum == PN_XNUM ? first.sh_info : header->e_phnum;
}

int elf_file_open(struct elf_file *file, int fd, bool is_mapped)
{
    struct stat about;
    Elf64_Ehdr header;
    *file = (struct elf_file){.fd = fd};
    if (fstat(fd, &about) != 0)
        return -EIO;
    if (!S_ISREG(about.st_mode) || about.st_size < (off_t)sizeof header)
        return -ENOEXEC;
    file->size = (size_t)about.st_size;
    if (is_mapped) {
        void *map = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
            return -errno;
        file->map = map;
    }
    if (!copy_part(file, 0, &header, sizeof header) || !is_supported(&header))
        return -ENOEXEC;
    read_tables(file, &header);
    return 0;
}

void elf_file_close(struct elf_file *file)
{
    elf_file_drop(&file->sections);
    if (file->map != NULL)
        munmap((void *)(uintptr_t)file->map, file->size);
    *file = (struct elf_file){.fd = -1};
}

bool elf_file_segment(const struct elf_file *file, size_t index, Elf64_Phdr *segment)
{
    return index < file->segment_count && file->segments <= file->size &&
           copy_part(file, file->segments + index * sizeof *segment, segment, sizeof *segment);
}

bool elf_file_section(const struct elf_file *file, size_t index, Elf64_Shdr *section)
{
    if (index >= file->section_count)
        return false;
    memcpy(section, file->sections.bytes + index * sizeof *section, sizeof *section);
    return true;
}

struct elf_file_part elf_file_contents(const struct elf_file *file, const Elf64_Shdr *section)
{
    if (section->sh_type == SHT_NOBITS || section->sh_flags & SHF_COMPRESSED)
        return (struct elf_file_part){0};
    return read_part(file, section->sh_offset, section->sh_size);
}
