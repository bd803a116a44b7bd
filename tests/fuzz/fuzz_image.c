/* SPDX-License-Identifier: MIT */
/* image and debug_file: an input is a loaded ELF file, maybe with a debug file behind it. Whatever the two
 * say, nothing outside of them is read, and what is called code lies where the loader has put code. In what
 * is tested open(), mmap() and loaded_each() are ours: no file is made, and what is mapped is memory that
 * ends exactly where the file does. */
#include "fuzz.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf/image.h"

#define PROGRAM "/bin/sh" /* a name that realpath() can follow */

/* Between a program and its debug file. */
static const char boundary[] = "--debug--";

struct file {
    const uint8_t *bytes;
    size_t size;
};

static struct file program, debug;
static Elf64_Phdr *loaded; /* as long as the object is */

int fuzz_open(const char *path, int flags, ...);
void *fuzz_mmap(void *place, size_t size, int protection, int flags, int fd, off_t offset);
int fuzz_munmap(void *place, size_t size);
int fuzz_loaded_each(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context);

static int open_memory(const struct file *file)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0);
    if (write(fd, file->bytes, file->size) == (ssize_t)file->size)
        return fd;
    close(fd);
    errno = EIO;
    return -1;
}

int fuzz_open(const char *path, int flags, ...)
{
    (void)flags;
    if (strcmp(path, PROGRAM) == 0)
        return open_memory(&program);
    if (debug.bytes != NULL)
        return open_memory(&debug);
    errno = ENOENT;
    return -1;
}

void *fuzz_mmap(void *place, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *memory = calloc(1, size);

    (void)place;
    (void)protection;
    (void)flags;
    FUZZ_CHECK(size > 0 && memory != NULL);
    if (fd >= 0)
        FUZZ_CHECK(pread(fd, memory, size, offset) == (ssize_t)size);
    return memory;
}

int fuzz_munmap(void *place, size_t size)
{
    (void)size;
    free(place);
    return 0;
}

int fuzz_loaded_each(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
    struct dl_phdr_info info = {.dlpi_name = PROGRAM};
    Elf64_Ehdr header;

    if (program.size < sizeof header)
        return 0;
    memcpy(&header, program.bytes, sizeof header);
    size_t table = (size_t)header.e_phnum * sizeof(Elf64_Phdr);
    if (header.e_phoff > program.size || table > program.size - header.e_phoff)
        return 0;
    loaded = malloc(table + 1);
    FUZZ_CHECK(loaded != NULL);
    memcpy(loaded, program.bytes + header.e_phoff, table);
    info.dlpi_phdr = loaded;
    info.dlpi_phnum = header.e_phnum;
    return visit(&info, 0, context);
}

static bool is_in_segment(const struct image_symbol *symbol)
{
    Elf64_Ehdr header;

    memcpy(&header, program.bytes, sizeof header);
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, program.bytes + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
            symbol->address >= segment.p_vaddr && symbol->address - segment.p_vaddr < segment.p_memsz &&
            symbol->size <= segment.p_memsz - (symbol->address - segment.p_vaddr))
            return true;
    }
    return false;
}

static void visit(const struct image_symbol *symbol, void *context)
{
    size_t *visited = context;

    ++*visited;
    FUZZ_CHECK(strlen(symbol->name) == symbol->length);
    if (symbol->code && symbol->size > 0)
        FUZZ_CHECK(is_in_segment(symbol));
}

static void take(struct file *file, const uint8_t *bytes, size_t size)
{
    file->bytes = bytes;
    file->size = size;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const size_t length = sizeof boundary - 1;
    const uint8_t *found = memmem(bytes, size, boundary, length);
    struct hooks_why why = {""};
    struct image *image = NULL;
    size_t visited = 0;

    if (size == 0 || found == bytes)
        return 0;
    take(&program, bytes, found != NULL ? (size_t)(found - bytes) : size);
    if (found != NULL && found + length < bytes + size)
        take(&debug, found + length, size - program.size - length);
    if (image_open_loaded(&image, PROGRAM, 0, &why) == 0) {
        FUZZ_CHECK(why.text[0] == '\0');
        image_each(image, visit, &visited);
        FUZZ_CHECK(visited <= size / sizeof(Elf64_Sym) + 1);
        image_close(image);
    } else {
        FUZZ_CHECK(why.text[0] != '\0' && image == NULL);
    }
    free(loaded);
    loaded = NULL;
    program = debug = (struct file){0};
    return 0;
}
