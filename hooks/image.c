/* SPDX-License-Identifier: MIT */
/* With debug_file.c the only file that knows libelf. The file is read, not the memory, because .symtab is
 * never loaded; where the two could differ (a program started through the dynamic loader) the program headers
 * are compared first. */
#include "image.h"
#include "debug_file.h"
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_SEGMENTS 8

struct image {
    int fd, debug_fd; /* symbols may be in a file of their own */
    Elf *elf, *debug_elf;
    uintptr_t base;
    bool stripped;
    Elf_Data *symbols; /* NULL: the file has none */
    size_t symbol_count;
    const char *names; /* ends in a NUL, checked when opened */
    size_t names_size;
    struct {
        uintptr_t start, end;
    } code[IMAGE_SEGMENTS]; /* executable memory */
    size_t code_count;
    char path[PATH_MAX];
};

static int image_load_segments(struct image *image)
{
    size_t count;
    if (elf_getphdrnum(image->elf, &count) != 0)
        return -ENOEXEC;
    for (size_t i = 0; i < count && image->code_count < IMAGE_SEGMENTS; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(image->elf, (int)i, &header))
            return -ENOEXEC;
        if (header.p_type != PT_LOAD || !(header.p_flags & PF_X))
            continue;
        uintptr_t start = image->base + header.p_vaddr;
        image->code[image->code_count].start = start;
        image->code[image->code_count++].end = start + header.p_memsz;
    }
    return 0;
}

/* .symtab if there is one, else .dynsym: a stripped program that was linked with -rdynamic still
 * has all that is needed there. */
static Elf_Scn *image_symbol_section(struct image *image, Elf *elf, GElf_Shdr *header)
{
    Elf_Scn *best = NULL;
    image->stripped = true;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr candidate;
        if (!gelf_getshdr(section, &candidate))
            continue;
        if (candidate.sh_type == SHT_SYMTAB)
            image->stripped = false;
        else if (candidate.sh_type != SHT_DYNSYM || best)
            continue;
        best = section;
        *header = candidate;
        if (!image->stripped)
            break;
    }
    return best;
}

static int image_load_symbols(struct image *image, Elf *elf)
{
    GElf_Shdr header;
    Elf_Scn *section = image_symbol_section(image, elf, &header);
    if (!section)
        return 0;
    Elf_Scn *name_section = elf_getscn(elf, header.sh_link);
    Elf_Data *names = name_section ? elf_getdata(name_section, NULL) : NULL;
    Elf_Data *symbols = elf_getdata(section, NULL);
    if (!names || !symbols || !header.sh_entsize || !names->d_buf || !names->d_size)
        return -EIO;
    if (((const char *)names->d_buf)[names->d_size - 1] != '\0')
        return -EIO;
    image->names = names->d_buf;
    image->names_size = names->d_size;
    image->symbols = symbols;
    image->symbol_count = symbols->d_size / header.sh_entsize;
    return 0;
}

static int image_load(struct image *image, const char *path, struct hooks_why *why)
{
    image->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (image->fd < 0)
        return why_set(why, -errno, "cannot read the program file %.120s (%s): make it readable", path,
                       strerror(errno));
    if (elf_version(EV_CURRENT) == EV_NONE)
        return why_set(why, -ENOEXEC, "libelf on this machine is too old: install a newer libelf");
    image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
    if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || gelf_getclass(image->elf) != ELFCLASS64)
        return why_set(why, -ENOEXEC, "%.120s is not a 64-bit ELF file: build the simulator for 64 bits",
                       path);
    int error = image_load_segments(image);
    if (!error)
        error = image_load_symbols(image, image->elf);
    if (error)
        return why_set(why, error, "%.120s has damaged ELF tables (%s): link it again", path, elf_errmsg(-1));
    return 0;
}

int image_open(struct image **image, const char *path, uintptr_t base, struct hooks_why *why)
{
    struct image *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return why_set(why, -ENOMEM, "no memory to read the symbols of %.120s: free some", path);
    opened->fd = opened->debug_fd = -1;
    opened->base = base;
    snprintf(opened->path, sizeof(opened->path), "%s", path);
    int error = image_load(opened, path, why);
    if (error) {
        image_close(opened);
        return error;
    }
    *image = opened;
    return 0;
}

struct wanted_object {
    const char *name;
    uintptr_t base;
    struct dl_phdr_info loaded;
};

static int image_find_loaded(struct dl_phdr_info *info, size_t size, void *context)
{
    struct wanted_object *wanted = context;
    (void)size;
    if (info->dlpi_addr != wanted->base || strcmp(info->dlpi_name, wanted->name) != 0)
        return 0;
    wanted->loaded = *info;
    return 1;
}

static bool image_matches(const struct image *image, const struct dl_phdr_info *loaded)
{
    size_t count;
    if (elf_getphdrnum(image->elf, &count) != 0 || count != loaded->dlpi_phnum)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(image->elf, (int)i, &header) ||
            memcmp(&header, &loaded->dlpi_phdr[i], sizeof(header)) != 0)
            return false;
    }
    return true;
}

/* What is in the debug file takes the place of .dynsym; without a .symtab there, all stays as it was. */
static void image_add_debug_file(struct image *image)
{
    char path[PATH_MAX];
    GElf_Shdr header;
    if (!realpath(image->path, path))
        return;
    image->debug_fd = debug_file_open(image->elf, path, DEBUG_FILE_ROOT);
    if (image->debug_fd < 0)
        return;
    image->debug_elf = elf_begin(image->debug_fd, DEBUG_FILE_COMMAND, NULL);
    bool found = image->debug_elf && image_symbol_section(image, image->debug_elf, &header);
    if (!found || image->stripped || image_load_symbols(image, image->debug_elf) != 0)
        image->stripped = true;
}

static const char *program = "/proc/self/exe";

void image_program(const char *path)
{
    program = path;
}

int image_open_loaded(struct image **image, const char *name, uintptr_t base, struct hooks_why *why)
{
    char path[PATH_MAX];
    struct wanted_object wanted = {.name = name, .base = base};
    const char *file = *name ? name : program;
    snprintf(path, sizeof(path), "%s", file);
    if (!*name && strncmp(file, "/proc/", strlen("/proc/")) == 0) {
        ssize_t length = readlink(file, path, sizeof(path) - 1);
        if (length < 0) /* -ENOENT would mean that another object may still come */
            return why_set(why, -EIO, "cannot read /proc/self/exe (%s): mount /proc", strerror(errno));
        path[length] = '\0';
    }
    if (!dl_iterate_phdr(image_find_loaded, &wanted))
        return why_set(why, -ENOENT, "%.120s is not loaded any more: keep it open", path);

    struct image *opened = NULL;
    int error = image_open(&opened, file, base, why);
    if (error)
        return error;
    memcpy(opened->path, path, sizeof(path));
    if (!image_matches(opened, &wanted.loaded)) {
        image_close(opened);
        return why_set(why, -ENOEXEC, "%.120s is not the file that is loaded (%s): start the simulator %s",
                       path, *name ? "replaced meanwhile" : "started in another way",
                       *name ? "again" : "directly");
    }
    if (opened->stripped)
        image_add_debug_file(opened);
    *image = opened;
    return 0;
}

void image_close(struct image *image)
{
    if (!image)
        return;
    if (image->elf)
        elf_end(image->elf);
    if (image->fd >= 0)
        close(image->fd);
    if (image->debug_elf)
        elf_end(image->debug_elf);
    if (image->debug_fd >= 0)
        close(image->debug_fd);
    free(image);
}

void image_cleanup(struct image **image)
{
    image_close(*image);
}

const char *image_path(const struct image *image)
{
    return image->path;
}

bool image_stripped(const struct image *image)
{
    return image->stripped;
}

static bool image_is_code(const struct image *image, uintptr_t address, size_t size)
{
    for (size_t i = 0; i < image->code_count; i++)
        if (address >= image->code[i].start && address < image->code[i].end &&
            size <= image->code[i].end - address)
            return true;
    return false;
}

void image_each(const struct image *image, void (*visit)(const struct image_symbol *symbol, void *context),
                void *context)
{
    for (size_t i = 0; i < image->symbol_count; i++) {
        GElf_Sym entry;
        if (!gelf_getsym(image->symbols, (int)i, &entry))
            return;
        int type = GELF_ST_TYPE(entry.st_info);
        if (entry.st_shndx == SHN_UNDEF || entry.st_name >= image->names_size ||
            (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE))
            continue;
        struct image_symbol symbol = {
            .name = image->names + entry.st_name,
            .address = image->base + entry.st_value,
            .size = entry.st_size,
            .strong = GELF_ST_BIND(entry.st_info) == STB_GLOBAL,
            .exported =
                GELF_ST_BIND(entry.st_info) != STB_LOCAL && GELF_ST_VISIBILITY(entry.st_other) == STV_DEFAULT,
        };
        symbol.length = strlen(symbol.name);
        symbol.code = type == STT_FUNC && image_is_code(image, symbol.address, symbol.size);
        visit(&symbol, context);
    }
}
