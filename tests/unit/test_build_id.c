/* SPDX-License-Identifier: MIT */
/* Build ids from memory: this program's own, one that was made up, and headers that lie. */
#include "unit.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "base/build_id.h"

static struct {
    ElfW(Nhdr) first;
    char first_name[8];
    uint8_t first_description[4];
    ElfW(Nhdr) second;
    char second_name[4];
    uint8_t id[20];
} notes;

static ElfW(Phdr) header;

static int set_up(void **state)
{
    (void)state;
    memset(&notes, 0, sizeof notes);
    notes.first = (ElfW(Nhdr)){.n_namesz = 5, .n_descsz = 3, .n_type = NT_GNU_BUILD_ID};
    memcpy(notes.first_name, "Else", 5);
    notes.second = (ElfW(Nhdr)){.n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID};
    memcpy(notes.second_name, "GNU", 4);
    for (uint8_t i = 0; i < 20; i++)
        notes.id[i] = (uint8_t)(i + 1);
    header = (ElfW(Phdr)){.p_type = PT_NOTE, .p_vaddr = 64, .p_memsz = sizeof notes};
    return 0;
}

static size_t read_id(uint8_t id[BUILD_ID_SIZE])
{
    return build_id_read(&header, 1, (uintptr_t)&notes - 64, id);
}

static void test_second_note(void **state)
{
    uint8_t id[BUILD_ID_SIZE];

    (void)state;
    assert_int_equal(read_id(id), 20);
    assert_memory_equal(id, notes.id, 20);
}

static void test_lies(void **state)
{
    uint8_t id[BUILD_ID_SIZE];

    (void)state;
    notes.second.n_descsz = 21; /* more than there is */
    assert_int_equal(read_id(id), 0);
    notes.second.n_descsz = UINT32_MAX;
    assert_int_equal(read_id(id), 0);
    set_up(NULL);
    notes.first.n_namesz = UINT32_MAX;
    assert_int_equal(read_id(id), 0);
    set_up(NULL);
    header.p_memsz = sizeof notes - 1;
    assert_int_equal(read_id(id), 0);
    header.p_vaddr = (uintptr_t)1 << 62; /* there is no memory */
    assert_int_equal(read_id(id), 0);
    assert_int_equal(build_id_read((const ElfW(Phdr) *)8, 1, 0, id), 0);
    assert_int_equal(build_id_read_at(8, id), 0);
    assert_int_equal(build_id_read_at((uintptr_t)&notes, id), 0);
}

/* As readelf tells it; "": it has none. */
static void read_by_readelf(char *hex, size_t size)
{
    FILE *stream =
        popen("readelf -n /proc/$PPID/exe | sed -n 's/ *Build ID: //p' | head -n 1", "re"); /* NOLINT */

    assert_non_null(stream);
    if (fgets(hex, (int)size, stream) == NULL)
        *hex = '\0';
    hex[strcspn(hex, "\n")] = '\0';
    pclose(stream);
}

static void test_own_program(void **state)
{
    char wanted[2 * BUILD_ID_SIZE + 2], hex[2 * BUILD_ID_SIZE + 2] = "";
    uint8_t id[BUILD_ID_SIZE];

    (void)state;
    read_by_readelf(wanted, sizeof wanted);
    size_t length = build_id_read_program(id);
    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", id[i]);
    assert_string_equal(hex, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_second_note, set_up),
        cmocka_unit_test_setup(test_lies, set_up),
        cmocka_unit_test(test_own_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
