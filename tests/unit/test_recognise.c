/* SPDX-License-Identifier: MIT */
/* recognise: small ELF images built here, whole, truncated at every byte and damaged at random: the answer is
 * right for the whole one and nothing is read outside of any. */
#include "unit.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "attach/recognise.h"

#define IMAGE_SIZE 1024

/* Offsets of the contents in the image; the section table follows. */
enum layout {
    NAMES_AT = 64,
    CONSTANTS_AT = 256,
    LOADED_NAMES_AT = 448,
    SECTIONS_AT = 512,
    SECTION_COUNT = 5,
};

/* An image with a symbol table (or none), constants, and names for the dynamic loader. */
static void make_image(uint8_t *image, bool symbols, const char *names, const char *constants,
                       const char *loaded)
{
    Elf64_Ehdr header = {.e_shoff = SECTIONS_AT, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTION_COUNT};
    Elf64_Shdr sections[SECTION_COUNT] = {
        [1] = {.sh_type = symbols ? SHT_SYMTAB : SHT_NOTE, .sh_link = 2},
        [2] = {.sh_type = SHT_STRTAB, .sh_offset = NAMES_AT, .sh_size = 160},
        [3] = {.sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC, .sh_offset = CONSTANTS_AT, .sh_size = 160},
        [4] = {.sh_type = SHT_STRTAB, .sh_flags = SHF_ALLOC, .sh_offset = LOADED_NAMES_AT, .sh_size = 60},
    };

    memset(image, 0, IMAGE_SIZE);
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    memcpy(image, &header, sizeof header);
    memcpy(image + NAMES_AT + 100, names, strlen(names));
    memcpy(image + CONSTANTS_AT + 100, constants, strlen(constants));
    memcpy(image + LOADED_NAMES_AT + 10, loaded, strlen(loaded));
    memcpy(image + SECTIONS_AT, sections, sizeof sections);
}

/* The copy ends exactly where the file ends, so that a sanitizer or valgrind sees every byte too far. */
static enum recognised recognise_exactly(const uint8_t *image, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    memcpy(copy, image, size);
    enum recognised result = recognise_image(copy, size);
    free(copy);
    return result;
}

static void test_kinds(void **state)
{
    uint8_t image[IMAGE_SIZE];

    (void)state;
    make_image(image, true, "_ZN7VSimTop9eval_stepEv", "", "");
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_MODEL);
    make_image(image, true, "_ZN7VSimTop9eval_stopEv", "+verilator+debug", "_ZNSt");
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_NOTHING);
    make_image(image, false, "", "a+b +verilator+debug", "_ZNSt6thread");
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_STRIPPED);
    make_image(image, false, "", "a+b +verilator", "_ZNSt6thread");
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_NOTHING);
    make_image(image, false, "", "+verilator+debug", "printf");
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_NOTHING);
    image[EI_CLASS] = ELFCLASS32;
    assert_int_equal(recognise_exactly(image, IMAGE_SIZE), RECOGNISED_NOTHING);
}

static void test_truncated(void **state)
{
    uint8_t image[IMAGE_SIZE];

    (void)state;
    make_image(image, true, "_ZN7VSimTop9eval_stepEv", "", "");
    for (size_t size = 0; size < SECTIONS_AT + 3 * sizeof(Elf64_Shdr); size++)
        assert_int_equal(recognise_exactly(image, size), RECOGNISED_NOTHING);
}

static void test_damaged(void **state)
{
    uint8_t image[IMAGE_SIZE];
    unsigned seed = 7;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        make_image(image, i % 2 == 0, "_ZN7VSimTop9eval_stepEv", "+verilator+debug", "_ZNSt6thread");
        for (int damage = rand_r(&seed) % 12; damage >= 0; damage--) {
            int where = rand_r(&seed) % (int)(sizeof(Elf64_Ehdr) + SECTION_COUNT * sizeof(Elf64_Shdr));
            if (where >= (int)sizeof(Elf64_Ehdr))
                where += SECTIONS_AT - (int)sizeof(Elf64_Ehdr);
            image[where] = (uint8_t)(rand_r(&seed) % 3 == 0 ? 0xff : rand_r(&seed));
        }
        recognise_exactly(image, (size_t)(rand_r(&seed) % (IMAGE_SIZE + 1)));
        recognise_exactly(image, IMAGE_SIZE);
    }
}

#define CROWD_SIZE     ((size_t)8 << 20)
#define CROWD_SECTIONS 60000u

/* Every section says that it is the whole file. */
static void fill_crowd(uint8_t *image, unsigned type, unsigned flags)
{
    Elf64_Ehdr header = {
        .e_shoff = sizeof header, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = CROWD_SECTIONS};
    const Elf64_Shdr section = {.sh_type = type, .sh_flags = flags, .sh_size = CROWD_SIZE, .sh_link = 1};

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    memset(image, 'x', CROWD_SIZE);
    memcpy(image, &header, sizeof header);
    for (size_t i = 0; i < CROWD_SECTIONS; i++)
        memcpy(image + sizeof header + i * sizeof section, &section, sizeof section);
}

/* Where each was searched, these would take minutes. */
static void test_crowds(void **state)
{
    static const struct {
        unsigned type, flags;
    } crowds[] = {{SHT_SYMTAB, 0}, {SHT_STRTAB, SHF_ALLOC}, {SHT_PROGBITS, SHF_ALLOC}};
    uint8_t *image = malloc(CROWD_SIZE);
    clock_t start = clock();

    (void)state;
    assert_non_null(image);
    for (size_t i = 0; i < COUNT_OF(crowds); i++) {
        fill_crowd(image, crowds[i].type, crowds[i].flags);
        /* With the sign of C++ at the end, the constants are looked at as well. */
        Elf64_Shdr names = {
            .sh_type = SHT_STRTAB, .sh_flags = SHF_ALLOC, .sh_offset = CROWD_SIZE - 4, .sh_size = 4};
        memcpy(image + CROWD_SIZE - 4, "_ZNS", 4);
        if (crowds[i].type == SHT_PROGBITS)
            memcpy(image + sizeof(Elf64_Ehdr), &names, sizeof names);
        assert_int_equal(recognise_image(image, CROWD_SIZE), RECOGNISED_NOTHING);
    }
    assert_true((clock() - start) / CLOCKS_PER_SEC < 2);
    free(image);
}

/* Names are searched in pieces: the sign may lie across the end of one, and what is in front is not changed.
 */
static void test_large_names(void **state)
{
    static const char sign[] = "_ZN7VSimTop9eval_stepEv";
    uint8_t *image = malloc(CROWD_SIZE);

    (void)state;
    assert_non_null(image);
    memset(image, 'x', CROWD_SIZE);
    make_image(image, true, "", "", "");
    Elf64_Shdr names = {.sh_type = SHT_STRTAB, .sh_offset = IMAGE_SIZE, .sh_size = CROWD_SIZE - IMAGE_SIZE};
    memcpy(image + SECTIONS_AT + 2 * sizeof names, &names, sizeof names);
    assert_int_equal(recognise_image(image, CROWD_SIZE), RECOGNISED_NOTHING);
    for (size_t piece = 1; piece < 4; piece++)
        for (size_t before = 0; before <= sizeof sign; before++) {
            uint8_t *place = image + IMAGE_SIZE + (piece << 21) - (piece - 1) * 10 - before;
            memcpy(place, sign, sizeof sign - 1);
            assert_int_equal(recognise_image(image, CROWD_SIZE), RECOGNISED_MODEL);
            memset(place, 'x', sizeof sign - 1);
        }
    assert_int_equal(image[IMAGE_SIZE], 'x');
    free(image);
}

/* While nothing can be opened, an object that has such names for the loader. */
static enum recognised recognise_unseen(const char *name, const char *names)
{
    ElfW(Dyn) dynamic[] = {
        {.d_tag = DT_STRTAB, .d_un.d_ptr = (uintptr_t)names},
        {.d_tag = DT_STRSZ, .d_un.d_val = strlen(names)},
        {.d_tag = DT_NULL},
    };
    const ElfW(Phdr) header = {.p_type = PT_DYNAMIC, .p_vaddr = (uintptr_t)dynamic};
    const struct dl_phdr_info object = {.dlpi_name = name, .dlpi_phdr = &header, .dlpi_phnum = 1};
    struct rlimit before, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum recognised result = recognise_object(&object);
    setrlimit(RLIMIT_NOFILE, &before);
    return result;
}

/* A program is doubted, and what any process may open is not. */
static void test_unseen(void **state)
{
    (void)state;
    assert_int_equal(recognise_unseen("", "_ZNSt6vector"), RECOGNISED_MODEL);
    assert_int_equal(recognise_unseen("", "main"), RECOGNISED_NOTHING);
    assert_int_equal(recognise_unseen("/opt/python/plain.so", "_ZNSt6vector"), RECOGNISED_NOTHING);
    assert_int_equal(recognise_unseen("/opt/sim/model.so", "_ZN4Vtop9eval_stepEv"), RECOGNISED_MODEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),  cmocka_unit_test(test_truncated),   cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_crowds), cmocka_unit_test(test_large_names), cmocka_unit_test(test_unseen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
