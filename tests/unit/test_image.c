/* SPDX-License-Identifier: MIT */
/* Symbols of a loaded program: its own, and those of files that are stripped, damaged or no programs
 * at all, which are made here out of a copy of this program. */
#include "unit.h"

#include "elf/image.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

__attribute__((noinline, used)) static int image_test_local(int value)
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
    size_t symbols, addresses;
    uintptr_t sum; /* of the addresses, once added and once taken away */
    size_t found[COUNT_OF(expected)];
};

static void visit(const struct image_symbol *symbol, void *context)
{
    struct tally *tally = context;

    tally->symbols++;
    tally->sum += symbol->address;
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

static void visit_address(uintptr_t address, void *context)
{
    struct tally *tally = context;

    tally->addresses++;
    tally->sum -= address;
}

static void the_program_knows_its_own_symbols(void **state)
{
    struct hooks_why why = {""};
    struct image *image;
    struct tally tally = {0};
    Dl_info information;
    struct link_map *map;
    char path[4096] = "";

    (void)state;
    assert_int_not_equal(dladdr1(&image_test_data, &information, (void **)&map, RTLD_DL_LINKMAP), 0);
    assert_int_equal(image_open_loaded(&image, "", map->l_addr, &why), 0);
    assert_false(image_stripped(image));
    assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
    assert_string_equal(image_path(image), path);
    image_each(image, visit, &tally);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(tally.found[i], 1);
    image_each_address(image, visit_address, &tally);
    assert_int_equal(tally.addresses, tally.symbols);
    assert_true(tally.sum == 0);
    assert_true(image_names_hold(image, "ge_test_glob"));
    assert_false(image_names_hold(image, "image_test_absent"));
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
    struct stat status = {0};
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

static void count(const struct image_symbol *symbol, void *context)
{
    (void)symbol;
    ++*(size_t *)context;
}

static void a_program_without_symtab_is_stripped(void **state)
{
    struct hooks_why why = {""};
    struct image *image;
    struct copy copy;
    size_t all = 0, dynamic = 0, none = 0;

    (void)state;
    copy_make(&copy);
    assert_int_equal(image_open(&image, copy.path, 0, &why), 0);
    assert_false(image_stripped(image));
    image_each(image, count, &all);
    image_close(image);

    copy_section(&copy, SHT_SYMTAB)->sh_type = SHT_NULL; /* as strip leaves it: .dynsym only */
    assert_int_equal(image_open(&image, copy.path, 0, &why), 0);
    assert_true(image_stripped(image));
    image_each(image, count, &dynamic);
    image_close(image);
    assert_true(dynamic < all);

    ((Elf64_Ehdr *)(void *)copy.bytes)->e_shoff = 0; /* as sstrip leaves it: no sections */
    ((Elf64_Ehdr *)(void *)copy.bytes)->e_shnum = 0;
    assert_int_equal(image_open(&image, copy.path, 0, &why), 0);
    assert_true(image_stripped(image));
    image_each(image, count, &none);
    image_close(image);
    assert_int_equal(none, 0);
    copy_end(&copy);
}

static void addresses_move_with_the_base(void **state)
{
    struct hooks_why why = {""};
    struct image *image;
    struct tally tally = {0};
    struct copy copy;
    Dl_info information;
    struct link_map *map;

    (void)state;
    assert_int_not_equal(dladdr1(&image_test_data, &information, (void **)&map, RTLD_DL_LINKMAP), 0);
    copy_make(&copy);
    assert_int_equal(image_open(&image, copy.path, map->l_addr, &why), 0);
    image_each(image, visit, &tally); /* compares */
    image_close(image);
    assert_int_equal(tally.found[0], 1);
    copy_end(&copy);
}

static void assert_refused(const char *path, int error, const char *reason)
{
    struct hooks_why why = {""};
    struct image *image = NULL;

    assert_int_equal(image_open(&image, path, 0, &why), error);
    if (!strstr(why.text, reason))
        fail_msg("\"%s\" lacks \"%s\"", why.text, reason);
    assert_null(image);
}

static void damaged_files_are_refused(void **state)
{
    struct copy copy;

    (void)state;
    assert_refused("/nonexistent/emu", -ENOENT, "cannot read");
    assert_refused("/proc/self/maps", -ENOEXEC, "not a 64-bit ELF");

    copy_make(&copy);
    Elf64_Shdr *symbols = copy_section(&copy, SHT_SYMTAB);
    Elf64_Shdr *names = symbols + 1; /* where gcc and clang put it */
    assert_int_equal(names->sh_type, SHT_STRTAB);
    copy.bytes[names->sh_offset + names->sh_size - 1] = 'x'; /* a name without an end */
    assert_refused(copy.path, -EIO, "damaged");
    copy.bytes[names->sh_offset + names->sh_size - 1] = '\0';
    symbols->sh_link = 60000;
    assert_refused(copy.path, -EIO, "damaged");
    copy.bytes[EI_CLASS] = ELFCLASS32;
    assert_refused(copy.path, -ENOEXEC, "64-bit");
    copy_end(&copy);
}

static void count_code(const struct image_symbol *symbol, void *context)
{
    *(size_t *)context += symbol->code;
}

/* Whatever the numbers in the symbol table say, nothing outside the file is read. */
static void wild_symbols_are_survived(void **state)
{
    struct hooks_why why = {""};
    struct image *image;
    struct copy copy;
    size_t visited = 0, code = 0;

    (void)state;
    copy_make(&copy);
    Elf64_Shdr *section = copy_section(&copy, SHT_SYMTAB);
    Elf64_Sym *symbols = (Elf64_Sym *)(void *)(copy.bytes + section->sh_offset);
    size_t total = section->sh_size / sizeof(*symbols);
    for (size_t i = 0; i < total; i += 2)
        symbols[i].st_name = UINT32_MAX - (uint32_t)i;
    for (size_t i = 1; i < total; i += 2)
        symbols[i].st_size = UINT64_MAX;
    assert_int_equal(image_open(&image, copy.path, 0, &why), 0);
    image_each(image, count, &visited);
    assert_true(visited > 0 && visited <= total / 2);
    image_each(image, count_code, &code);
    assert_int_equal(code, 0);
    image_close(image);
    copy_end(&copy);
}

/* A library without symbols, whose debug file is cut while they are read, as by a build that goes on. */
static void a_debug_file_may_be_cut(void **state)
{
    char work[] = "/tmp/lightsss-image.XXXXXX", path[64], command[PATH_MAX + 512];
    struct hooks_why why = {""};
    struct image *image;
    struct link_map *map;
    size_t visited = 0;
    Dl_info library;

    (void)state;
    assert_int_not_equal(dladdr((void *)(uintptr_t)_cmocka_run_group_tests, &library), 0);
    assert_non_null(mkdtemp(work));
    snprintf(path, sizeof path, "%s/library.so", work);
    snprintf(command, sizeof command,
             "cd '%s' && cp /proc/%d/exe name.debug && objcopy -R .note.gnu.build-id name.debug && "
             "strip -R .gnu_debuglink -o library.so '%s' && objcopy -R .note.gnu.build-id "
             ""
             "--add-gnu-debuglink=name.debug library.so",
             work, getpid(), library.dli_fname);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a command of our own */
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(opened);
    assert_int_equal(dlinfo(opened, RTLD_DI_LINKMAP, &map), 0);
    assert_int_equal(image_open_loaded(&image, path, map->l_addr, &why), 0);
    assert_false(image_stripped(image));
    snprintf(command, sizeof command, "%s/name.debug", work);
    assert_int_equal(truncate(command, 0), 0);
    image_each(image, count, &visited);
    assert_true(visited > 0);
    image_close(image);
    dlclose(opened);
    snprintf(command, sizeof command, "rm -r '%s'", work);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_knows_its_own_symbols),
        cmocka_unit_test(a_program_without_symtab_is_stripped),
        cmocka_unit_test(addresses_move_with_the_base),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(wild_symbols_are_survived),
        cmocka_unit_test(a_debug_file_may_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
