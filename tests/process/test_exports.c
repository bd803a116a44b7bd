/* SPDX-License-Identifier: MIT */
/* The two libraries export the names in their maps and nothing else, and liblightsss.so needs only libc. Read
 * from the ELF files with <elf.h>. */
#define _GNU_SOURCE
#include "process.h"
#include "run_program.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 128

struct names {
    int count;
    char *name[NAMES_MAX];
};

static void add_name(struct names *names, const char *name, size_t length)
{
    assert_true(names->count < NAMES_MAX);
    names->name[names->count++] = strndup(name, length);
}

static void free_names(struct names *names)
{
    while (names->count > 0)
        free(names->name[--names->count]);
}

static bool has_name(const struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

/* --- version scripts --- */

/* The names between `global:` and `local:`, comments left out. */
static void read_map(struct names *names, const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "re");
    char *comment, *end;

    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    while ((comment = strstr(text, "/*")) != NULL && (end = strstr(comment, "*/")) != NULL)
        memset(comment, ' ', (size_t)(end + 2 - comment));
    while ((comment = strchr(text, '#')) != NULL)
        memset(comment, ' ', strcspn(comment, "\n"));
    char *at = strstr(text, "global:"), *local = strstr(text, "local:");
    if (at == NULL || local == NULL) {
        fail_msg("%s has no global: before a local:", path);
        return;
    }
    for (at += strlen("global:"); at < local; at++) {
        size_t length = 0;
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
        if (length > 0)
            add_name(names, at, length);
        at += length;
    }
}

/* --- ELF --- */

struct image {
    const uint8_t *bytes;
    size_t size;
};

static struct image map_image(const char *path)
{
    struct image image = {NULL, 0};
    struct stat file;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0)
        fail_msg("%s cannot be opened", path);
    else
        image.size = (size_t)file.st_size;
    image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(image.bytes != MAP_FAILED);
    close(fd);
    return image;
}

static const Elf64_Shdr *sections_of(const struct image *image)
{
    const Elf64_Ehdr *header = (const void *)image->bytes;

    return (const void *)(image->bytes + header->e_shoff);
}

static const Elf64_Shdr *find_section(const struct image *image, unsigned type)
{
    const Elf64_Ehdr *header = (const void *)image->bytes;
    const Elf64_Shdr *sections = sections_of(image);

    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    fail_msg("a section is missing");
    return NULL;
}

static const char *strings_of(const struct image *image, const Elf64_Shdr *section)
{
    const Elf64_Shdr *sections = sections_of(image);

    return (const char *)image->bytes + sections[section->sh_link].sh_offset;
}

static void read_exports(struct names *names, const struct image *image)
{
    const Elf64_Shdr *section = find_section(image, SHT_DYNSYM);
    const Elf64_Sym *symbols = (const void *)(image->bytes + section->sh_offset);
    const char *strings = strings_of(image, section);

    for (size_t i = 1; i < section->sh_size / sizeof *symbols; i++)
        if (symbols[i].st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbols[i].st_info) != STB_LOCAL)
            add_name(names, strings + symbols[i].st_name, SIZE_MAX / 2);
}

static void read_needed(struct names *names, const struct image *image)
{
    const Elf64_Shdr *section = find_section(image, SHT_DYNAMIC);
    const Elf64_Dyn *entry = (const void *)(image->bytes + section->sh_offset);
    const char *strings = strings_of(image, section);

    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED)
            add_name(names, strings + entry->d_un.d_val, SIZE_MAX / 2);
}

/* --- tests --- */

static const char *hooks_library(void)
{
    const char *path = getenv("LIGHTSSS_TEST_HOOKS");

    if (path == NULL)
        fail_msg("LIGHTSSS_TEST_HOOKS is not set: run by meson test");
    return path;
}

static void check_exports(const char *library, const char *map)
{
    struct names exported = {0}, listed = {0};
    const char *sources = getenv("LIGHTSSS_TEST_SOURCES");
    struct image image = map_image(library);
    char path[PATH_MAX];
    int wrong = 0;

    if (sources == NULL)
        fail_msg("LIGHTSSS_TEST_SOURCES is not set: run by meson test");
    snprintf(path, sizeof path, "%s/%s", sources, map);
    read_map(&listed, path);
    read_exports(&exported, &image);
    assert_true(listed.count > 0);
    for (int i = 0; i < listed.count; i++)
        if (!has_name(&exported, listed.name[i]))
            wrong += (print_message("%s is in %s but not exported\n", listed.name[i], map), 1);
    for (int i = 0; i < exported.count; i++)
        if (!has_name(&listed, exported.name[i]))
            wrong += (print_message("%s is exported but not in %s\n", exported.name[i], map), 1);
    assert_int_equal(wrong, 0);
    assert_int_equal(exported.count, listed.count);
    free_names(&exported);
    free_names(&listed);
    munmap((void *)image.bytes, image.size);
}

static void test_exports(void **state)
{
    (void)state;
    check_exports(run_library(), "preload/lightsss.map");
}

static void test_hooks_exports(void **state)
{
    (void)state;
    check_exports(hooks_library(), "hooks/hooks.map");
}

static bool is_loader(const char *name)
{
    return strncmp(name, "ld-linux", strlen("ld-linux")) == 0;
}

static void test_needed(void **state)
{
    struct image image = map_image(run_library());
    struct names needed = {0};

    (void)state;
    read_needed(&needed, &image);
    assert_true(has_name(&needed, "libc.so.6"));
    for (int i = 0; i < needed.count; i++)
        if (strcmp(needed.name[i], "libc.so.6") != 0 && !is_loader(needed.name[i]))
            fail_msg("liblightsss.so needs %s", needed.name[i]);
    free_names(&needed);
    munmap((void *)image.bytes, image.size);
}

/* It would make a block longer that libc allocates for each thread of the simulator: see own_thread.h. */
static void test_no_thread_local_storage(void **state)
{
    struct image image = map_image(run_library());
    const Elf64_Ehdr *header = (const void *)image.bytes;
    const Elf64_Phdr *segments = (const void *)(image.bytes + header->e_phoff);

    (void)state;
    assert_true(header->e_phnum > 0);
    for (unsigned i = 0; i < header->e_phnum; i++)
        assert_int_not_equal(segments[i].p_type, PT_TLS);
    munmap((void *)image.bytes, image.size);
}

/* What the hooks need, the library would. */
static void test_hooks_needed(void **state)
{
    struct image image = map_image(hooks_library());
    struct names needed = {0};

    (void)state;
    read_needed(&needed, &image);
    assert_true(has_name(&needed, "libc.so.6"));
    assert_int_equal(needed.count, 1);
    free_names(&needed);
    munmap((void *)image.bytes, image.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exports),
        cmocka_unit_test(test_hooks_exports),
        cmocka_unit_test(test_needed),
        cmocka_unit_test(test_hooks_needed),
        cmocka_unit_test(test_no_thread_local_storage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
