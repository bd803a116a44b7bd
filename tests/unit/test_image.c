/* SPDX-License-Identifier: MIT */
/* Symbols of a loaded program: its own, and those of files that are stripped, damaged or no programs
 * at all, which are made here out of a copy of this program. */
#include "unit.h"

#include "image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int image_test_global(int value);
int image_test_weak(int value);
long image_test_data = 1;

int image_test_global(int value)
{
    return value + (int)image_test_data;
}

__attribute__((weak)) int image_test_weak(int value)
{
    return value - 1;
}

__attribute__((noinline, noclone, used)) static int image_test_local(int value)
{
    return value * 3;
}

static const struct expected {
    const char *name;
    uintptr_t address;
    bool code, strong;
} expected[] = {
    {"image_test_global", (uintptr_t)image_test_global, true, true},
    {"image_test_weak", (uintptr_t)image_test_weak, true, false},
    {"image_test_local", (uintptr_t)image_test_local, true, false},
    {"image_test_data", (uintptr_t)&image_test_data, false, true},
};

struct tally {
    size_t symbols;
    size_t found[COUNT_OF(expected)];
};

static void visit(const struct image_symbol *symbol, void *context)
{
    struct tally *tally = context;

    tally->symbols++;
    assert_int_equal(symbol->length, strlen(symbol->name));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        if (strcmp(symbol->name, expected[i].name) != 0)
            continue;
        tally->found[i]++;
        assert_true(symbol->address == expected[i].address);
        assert_int_equal(symbol->code, expected[i].code);
        assert_int_equal(symbol->strong, expected[i].strong);
        assert_true(symbol->size >= 4 && symbol->size < 1000);
    }
}

static void the_program_knows_its_own_symbols(void **state)
{
    struct hooks_why why = {""};
    struct image *image;
    struct tally tally = {0};
    char path[4096] = "";

    (void)state;
    assert_int_equal(image_open_executable(&image, &why), 0);
    assert_false(image_stripped(image));
    assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
    assert_string_equal(image_path(image), path);
    image_each(image, visit, &tally);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(tally.found[i], 1);
    image_close(image);
}

/* A copy of this program, in memory, to be damaged. */
struct copy {
    int fd;
    size_t size;
    char *bytes;
    char path[64];
};

static void copy_make(struct copy *copy)
{
    struct stat status;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    copy->size = (size_t)status.st_size;
    copy->fd = memfd_create("copy", MFD_CLOEXEC);
    assert_true(copy->fd >= 0 && ftruncate(copy->fd, status.st_size) == 0);
    copy->bytes = mmap(NULL, copy->size, PROT_READ | PROT_WRITE, MAP_SHARED, copy->fd, 0);
    assert_ptr_not_equal(copy->bytes, MAP_FAILED);
    assert_true(pread(fd, copy->bytes, copy->size, 0) == status.st_size);
    snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
    close(fd);
}

static void copy_end(struct copy *copy)
{
    munmap(copy->bytes, copy->size);
    close(copy->fd);
}

static Elf64_Shdr *copy_section(const struct copy *copy, unsigned type)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)copy->bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(copy->bytes + header->e_shoff);

    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    fail_msg("this program has no section of type %u", type);
    return NULL;
}

static size_t count_symbols(const char *path, bool *stripped)
{
    struct hooks_why why = {""};
    struct image *image;
    struct tally tally = {0};
    struct dl_phdr_info;

    if (image_open(&image, path, 0, &why) != 0)
        fail_msg("%s", why.text);
    *stripped = image_stripped(image);
    for (size_t i = 0; i < 1; i++)
        image_each(image, visit, &tally);
    image_close(image);
    return tally.symbols;
}
