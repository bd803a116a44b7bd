/* SPDX-License-Identifier: MIT */
/* Our own reading of symbol tables against libelf's: the same symbols, in the same order, of this program and
 * of libraries of the system. */
#include "unit.h"

#include "elf/image.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

static const char *const libraries[] = {"libc.so.6",      "libm.so.6",           "libstdc++.so.6",
                                        "libelf.so.1",    "libz.so.1",           "libgcc_s.so.1",
                                        "libcmocka.so.0", "ld-linux-x86-64.so.2"};

/* One file, read by libelf, on its way through ours. */
struct walk {
    Elf_Data *symbols;
    size_t names, count; /* section of the names; how many symbols there are */
    Elf *elf;
    size_t next, seen;
};

static bool find_table(struct walk *walk, GElf_Word type)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(walk->elf, section)) != NULL) {
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != type)
            continue;
        walk->symbols = elf_getdata(section, NULL);
        walk->names = header.sh_link;
        walk->count = header.sh_size / header.sh_entsize;
        return walk->symbols != NULL;
    }
    return false;
}

/* The next one that is defined, and a function, an object or a label. */
static bool next_symbol(struct walk *walk, GElf_Sym *symbol)
{
    while (walk->next < walk->count) {
        assert_non_null(gelf_getsym(walk->symbols, (int)walk->next++, symbol));
        int type = GELF_ST_TYPE(symbol->st_info);
        if (symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE))
            return true;
    }
    return false;
}

static void compare(const struct image_symbol *symbol, void *context)
{
    struct walk *walk = context;
    GElf_Sym other;

    assert_true(next_symbol(walk, &other));
    assert_string_equal(symbol->name, elf_strptr(walk->elf, walk->names, other.st_name));
    assert_int_equal(symbol->address, other.st_value);
    assert_int_equal(symbol->size, other.st_size);
    assert_int_equal(symbol->strong, GELF_ST_BIND(other.st_info) == STB_GLOBAL);
    walk->seen++;
}

static void compare_file(const char *path)
{
    struct hooks_why why = {""};
    struct image *image = NULL;
    struct walk walk = {.next = 0};
    GElf_Sym none;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    walk.elf = elf_begin(fd, ELF_C_READ, NULL);
    assert_non_null(walk.elf);
    if (image_open(&image, path, 0, &why) != 0)
        fail_msg("%s: %s", path, why.text);
    assert_true(find_table(&walk, image_stripped(image) ? SHT_DYNSYM : SHT_SYMTAB));
    image_each(image, compare, &walk);
    assert_false(next_symbol(&walk, &none));
    assert_true(walk.seen > 5);
    print_message("%s: %zu symbols\n", path, walk.seen);
    image_close(image);
    elf_end(walk.elf);
    close(fd);
}

static void of_this_program(void **state)
{
    (void)state;
    compare_file("/proc/self/exe");
}

static void of_libraries(void **state)
{
    struct link_map *map;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(libraries); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY);
        assert_non_null(library);
        assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
        compare_file(map->l_name);
        dlclose(library);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_this_program),
        cmocka_unit_test(of_libraries),
    };

    elf_version(EV_CURRENT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
