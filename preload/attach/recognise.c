/* SPDX-License-Identifier: MIT */
/* Looks for signs of Verilator in an ELF file: see recognise.h. Every offset and size in the file may lie. */
#define _GNU_SOURCE
#include "attach/recognise.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/program_file.h"

/* Part of the mangled name of X::eval_step() in every release. */
#define SIGN_OF_MODEL "9eval_stepEv"
/* The same of a virtual function of each model: it is still there when eval_step() was inlined. */
#define SIGN_OF_CLASS "9modelNameEv"
/* Verilator's run-time options, in its library's constants. Searched from its '+', which is rare: memchr is
 * several times faster than memmem, and this part of the file may be large. */
#define SIGN_OF_LIBRARY "+verilator+"
/* Constants beyond that are not worth a millisecond of every process that is no simulator. */
#define CONSTANTS_SIZE_MAX ((size_t)16 << 20)
#define WINDOW             ((size_t)64 << 10) /* bytes of a file, where it cannot be mapped */
#define PIECE              ((size_t)2 << 20)  /* of one that is mapped */
#define PAGE               4096u

struct span {
    const uint8_t *bytes;
    size_t size;
};

static bool
    is_mapped; /* what is looked at is a file: its pages come again. One thread at a time (attach.c) */

static bool is_supported(const uint8_t *bytes, size_t size)
{
    return size >= sizeof(Elf64_Ehdr) && memcmp(bytes, ELFMAG, SELFMAG) == 0 &&
           bytes[EI_CLASS] == ELFCLASS64 && bytes[EI_DATA] == ELFDATA2LSB;
}

/* Section number `index`; false when the table or the section does not lie in the file. */
static bool read_section(const uint8_t *bytes, size_t size, unsigned index, Elf64_Shdr *section)
{
    Elf64_Ehdr header;

    memcpy(&header, bytes, sizeof header);
    if (header.e_shentsize != sizeof *section || header.e_shoff > size ||
        (uint64_t)index * sizeof *section + sizeof *section > size - header.e_shoff)
        return false;
    memcpy(section, bytes + header.e_shoff + (uint64_t)index * sizeof *section, sizeof *section);
    return true;
}

/* Nothing where less than its size is left. Sections of a sound file do not overlap; those of another could
 * have the same bytes searched thousands of times. */
static struct span contents(const uint8_t *bytes, size_t size, const Elf64_Shdr *section, size_t *left)
{
    if (section->sh_type == SHT_NOBITS || section->sh_offset > size ||
        section->sh_size > size - section->sh_offset || section->sh_size > *left)
        return (struct span){NULL, 0};
    *left -= section->sh_size;
    return (struct span){bytes + section->sh_offset, section->sh_size};
}

/* Pages of a mapped file that were read: they would count as the simulator's own. */
static void forget(const uint8_t *bytes, size_t size)
{
    uintptr_t start = (uintptr_t)bytes & ~(uintptr_t)(PAGE - 1);

    if (!is_mapped)
        return;
    madvise((void *)start, (uintptr_t)bytes + size - start, MADV_DONTNEED);
}

static bool has_text(struct span span, const char *text)
{
    return span.bytes != NULL && memmem(span.bytes, span.size, text, strlen(text)) != NULL;
}

/* The same piece by piece, of which none is kept in memory. */
static bool has_text_somewhere(struct span span, const char *text)
{
    const size_t overlap = strlen(text) - 1;

    while (span.size > PIECE) {
        if (has_text((struct span){span.bytes, PIECE}, text))
            return true;
        forget(span.bytes, PIECE);
        span.bytes += PIECE - overlap;
        span.size -= PIECE - overlap;
    }
    return has_text(span, text);
}

static bool has_sign_of_library(struct span span)
{
    const size_t length = strlen(SIGN_OF_LIBRARY);

    while (span.size >= length) {
        const uint8_t *found = memchr(span.bytes, SIGN_OF_LIBRARY[0], span.size - length + 1);
        if (found == NULL)
            return false;
        if (memcmp(found, SIGN_OF_LIBRARY, length) == 0)
            return true;
        span.size -= (size_t)(found + 1 - span.bytes);
        span.bytes = found + 1;
    }
    return false;
}

static bool is_cxx(const uint8_t *bytes, size_t size, unsigned count)
{
    Elf64_Shdr section;
    size_t left = size;

    for (unsigned i = 0; i < count; i++)
        if (read_section(bytes, size, i, &section) && section.sh_type == SHT_STRTAB &&
            (section.sh_flags & SHF_ALLOC) != 0 && has_text(contents(bytes, size, &section, &left), "_ZNS"))
            return true;
    return false;
}

static bool holds_library(const uint8_t *bytes, size_t size, unsigned count)
{
    size_t left = size, searched = 0;
    Elf64_Shdr section;

    for (unsigned i = 0; i < count && searched < CONSTANTS_SIZE_MAX; i++) {
        if (!read_section(bytes, size, i, &section) || section.sh_type != SHT_PROGBITS ||
            (section.sh_flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR)) != SHF_ALLOC)
            continue;
        struct span span = contents(bytes, size, &section, &left);
        if (span.size > CONSTANTS_SIZE_MAX - searched)
            span.size = CONSTANTS_SIZE_MAX - searched;
        if (has_sign_of_library(span))
            return true;
        searched += span.size;
    }
    return false;
}

enum recognised recognise_image(const uint8_t *bytes, size_t size)
{
    Elf64_Shdr section, names;
    Elf64_Ehdr header;

    if (!is_supported(bytes, size))
        return RECOGNISED_NOTHING;
    memcpy(&header, bytes, sizeof header);
    for (unsigned i = 0; i < header.e_shnum; i++) {
        if (!read_section(bytes, size, i, &section) || section.sh_type != SHT_SYMTAB)
            continue; /* there is one at most */
        if (!read_section(bytes, size, section.sh_link, &names))
            return RECOGNISED_NOTHING;
        struct span text = contents(bytes, size, &names, &(size_t){size});
        bool found = has_text_somewhere(text, SIGN_OF_MODEL) ||
                     (is_cxx(bytes, size, header.e_shnum) && has_text_somewhere(text, SIGN_OF_CLASS));
        return found ? RECOGNISED_MODEL : RECOGNISED_NOTHING;
    }
    if (is_cxx(bytes, size, header.e_shnum) && holds_library(bytes, size, header.e_shnum))
        return RECOGNISED_STRIPPED;
    return RECOGNISED_NOTHING;
}

/* The names that the dynamic loader knows, in memory. */
static struct span dynamic_names(const struct dl_phdr_info *object)
{
    struct span span = {NULL, 0};
    const ElfW(Dyn) *entry = NULL;

    for (unsigned i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_STRTAB)
            span.bytes = (const uint8_t *)entry->d_un.d_ptr; /* the loader has added the base */
        else if (entry->d_tag == DT_STRSZ)
            span.size = entry->d_un.d_val;
    }
    if (span.bytes == NULL)
        span.size = 0;
    return span;
}

/* There is a file, and no descriptors or no memory to look at it. If it may be a simulator, the hooks library
 * is to say what is missing, or to find that it is none. What a process opens is not doubted: most that is in
 * C++ holds no model, and python, which opens a lot of it, would be told of snapshots. */
static enum recognised in_doubt(const struct dl_phdr_info *object)
{
    bool is_program = *object->dlpi_name == '\0';

    return is_program && has_text(dynamic_names(object), "_ZNS") ? RECOGNISED_MODEL : RECOGNISED_NOTHING;
}

/* There is no memory to map the file: it is read piece by piece. What is found is not sure, but worth a look
 * of the hooks library, which says what is missing. One thread at a time (attach.c). */
static enum recognised read_through(int fd)
{
    static uint8_t window[WINDOW];
    const size_t overlap = sizeof SIGN_OF_MODEL - 2;
    size_t kept = 0;
    off_t place = 0;
    ssize_t r;

    while ((r = pread(fd, window + kept, sizeof window - kept, place)) > 0) {
        size_t size = kept + (size_t)r;
        if (memmem(window, size, SIGN_OF_MODEL, sizeof SIGN_OF_MODEL - 1) != NULL)
            return RECOGNISED_MODEL;
        kept = size < overlap ? size : overlap;
        memmove(window, window + size - kept, kept);
        place += r;
    }
    return RECOGNISED_NOTHING;
}

static enum recognised recognise_descriptor(int fd, const struct dl_phdr_info *object)
{
    struct stat file;

    if (fstat(fd, &file) != 0)
        return in_doubt(object);
    if (!S_ISREG(file.st_mode) || file.st_size <= 0)
        return RECOGNISED_NOTHING;
    size_t size = (size_t)file.st_size;
    uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return in_doubt(object) != RECOGNISED_NOTHING ? RECOGNISED_MODEL : read_through(fd);
    is_mapped = true;
    enum recognised result = recognise_image(bytes, size);
    is_mapped = false;
    munmap(bytes, size);
    return result;
}

/* The second path is for where the first one leads nowhere; NULL: there is none. */
static enum recognised recognise_file(const char *path, const char *instead,
                                      const struct dl_phdr_info *object)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && instead != NULL)
        fd = open(instead, O_RDONLY | O_CLOEXEC);
    if (fd < 0) /* a program that may be run need not be readable */
        return errno == ENOENT || errno == EACCES ? RECOGNISED_NOTHING : in_doubt(object);
    enum recognised result = recognise_descriptor(fd, object);
    close(fd);
    return result;
}

/* Nobody keeps simulators where the system keeps its libraries, which every process has. */
static bool is_of_system(const char *path)
{
    static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return strchr(path, '/') == NULL; /* the kernel's vdso */
}

/* Most shared objects are known by their dynamic names, and most that hold no model are not written in C++.
 * With hidden visibility only the symbol table in the file tells. */
enum recognised recognise_object(const struct dl_phdr_info *object)
{
    if (*object->dlpi_name == '\0') /* a simulator is to hear that there is no /proc */
        return recognise_file(program_file(object), (const char *)getauxval(AT_EXECFN), object);
    if (is_of_system(object->dlpi_name))
        return RECOGNISED_NOTHING;
    struct span names = dynamic_names(object);
    if (has_text(names, SIGN_OF_MODEL))
        return RECOGNISED_MODEL;
    if (!has_text(names, "_Z") && !has_text(names, "_Unwind_"))
        return RECOGNISED_NOTHING;
    return recognise_file(object->dlpi_name, NULL, object);
}
