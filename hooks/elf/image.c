/* SPDX-License-Identifier: MIT */
/* The file is read, not the memory, because .symtab is never loaded; where the two could differ (a program
 * started through the dynamic loader) the program headers are compared first. */
#include "elf/image.h"
#include "elf/debug_file.h"
#include "elf/elf_file.h"
#include "elf/loaded.h"
#include "elf/stock.h"
#include "elf/why.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGE_SEGMENTS 8
#define IMAGE_PIECE    ((size_t)2 << 20) /* bytes of names, and ... */
#define IMAGE_SYMBOLS  32768             /* ... symbols, with names of the same size, that stay in memory */

struct image {
    int fd, debug_fd; /* symbols may be in a file of their own */
    struct elf_file elf, debug_elf;
    uintptr_t base;
    bool stripped;
    struct elf_file_part symbols; /* an array of Elf64_Sym, which need not be aligned */
    struct elf_file_part names;   /* ends in a NUL, checked when opened */
    struct {
        uintptr_t start, end;
    } code[IMAGE_SEGMENTS]; /* executable memory */
    size_t code_count;
    char path[PATH_MAX];
};

static int image_load_segments(struct image *image)
{
    for (size_t i = 0; i < image->elf.segment_count && image->code_count < IMAGE_SEGMENTS; i++) {
        Elf64_Phdr header;
        if (!elf_file_segment(&image->elf, i, &header))
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
static bool image_symbol_section(struct image *image, const struct elf_file *elf, Elf64_Shdr *header)
{
    bool found = false;
    Elf64_Shdr candidate;
    image->stripped = true;
    for (size_t i = 0; elf_file_section(elf, i, &candidate); i++) {
        if (candidate.sh_type == SHT_SYMTAB)
            image->stripped = false;
        else if (candidate.sh_type != SHT_DYNSYM || found)
            continue;
        found = true;
        *header = candidate;
        if (!image->stripped)
            break;
    }
    return found;
}

static void image_drop_symbols(struct image *image)
{
    elf_file_drop(&image->symbols);
    elf_file_drop(&image->names);
}

static int image_load_symbols(struct image *image, const struct elf_file *elf)
{
    Elf64_Shdr header, name_header;
    if (!image_symbol_section(image, elf, &header))
        return 0;
    if (header.sh_entsize != sizeof(Elf64_Sym) || !elf_file_section(elf, header.sh_link, &name_header))
        return -EIO;
    struct elf_file_part symbols = elf_file_contents(elf, &header);
    struct elf_file_part names = elf_file_contents(elf, &name_header);
    if (names.bytes == NULL || symbols.bytes == NULL || names.bytes[names.size - 1] != '\0') {
        elf_file_drop(&symbols);
        elf_file_drop(&names);
        return -EIO;
    }
    image_drop_symbols(image);
    image->symbols = symbols;
    image->names = names;
    return 0;
}

static int image_load(struct image *image, const char *path, struct hooks_why *why)
{
    image->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (image->fd < 0)
        return why_set(why, -errno, "cannot read the program file %.120s (%s): make it readable", path,
                       strerrordesc_np(errno));
    int error = elf_file_open(&image->elf, image->fd, true);
    if (error == -ENOEXEC)
        return why_set(why, error, "%.120s is not a 64-bit ELF file: build the simulator for 64 bits", path);
    if (error)
        return why_set(why, error, "cannot read the program file %.120s (%s): raise the limits", path,
                       strerrordesc_np(-error));
    error = image_load_segments(image);
    if (!error)
        error = image_load_symbols(image, &image->elf);
    if (error)
        return why_set(why, error, "%.120s has damaged ELF tables: link it again", path);
    return 0;
}

int image_open(struct image **image, const char *path, uintptr_t base, struct hooks_why *why)
{
    struct image *opened = stock_map(sizeof *opened);
    if (opened == NULL)
        return why_set(why, -ENOMEM, "no memory to read the symbols of %.120s: free some", path);
    *opened = (struct image){.fd = -1, .debug_fd = -1, .base = base};
    snprintf(opened->path, sizeof opened->path, "%s", path);
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
    if (image->elf.segment_count != loaded->dlpi_phnum)
        return false;
    for (size_t i = 0; i < loaded->dlpi_phnum; i++) {
        Elf64_Phdr header;
        if (!elf_file_segment(&image->elf, i, &header) ||
            memcmp(&header, &loaded->dlpi_phdr[i], sizeof header) != 0)
            return false;
    }
    return true;
}

/* What is in the debug file takes the place of .dynsym; without a .symtab there, all stays as it was. */
static void image_add_debug_file(struct image *image)
{
    char path[PATH_MAX];
    Elf64_Shdr header;
    if (realpath(image->path, path) == NULL)
        return;
    image->debug_fd = debug_file_open(&image->elf, path, DEBUG_FILE_ROOT);
    if (image->debug_fd < 0)
        return;
    bool found = elf_file_open(&image->debug_elf, image->debug_fd, false) == 0 &&
                 image_symbol_section(image, &image->debug_elf, &header);
    if (!found || image->stripped || image_load_symbols(image, &image->debug_elf) != 0)
        image->stripped = true;
}

static const char *program = "/proc/thread-self/exe";

void image_program(const char *path)
{
    program = path;
}

int image_open_loaded(struct image **image, const char *name, uintptr_t base, struct hooks_why *why)
{
    char path[PATH_MAX];
    struct wanted_object wanted = {.name = name, .base = base};
    const char *file = *name ? name : program;
    snprintf(path, sizeof path, "%s", file);
    if (!*name && strncmp(file, "/proc/", strlen("/proc/")) == 0) {
        ssize_t length = readlink(file, path, sizeof path - 1);
        if (length < 0) /* -ENOENT would mean that another object may still come */
            return why_set(why, -EIO, "cannot read /proc/self/exe (%s): mount /proc", strerrordesc_np(errno));
        path[length] = '\0';
    }
    if (!loaded_each(image_find_loaded, &wanted))
        return why_set(why, -ENOENT, "%.120s is not loaded any more: keep it open", path);

    struct image *opened = NULL;
    int error = image_open(&opened, file, base, why);
    if (error)
        return error;
    memcpy(opened->path, path, sizeof path);
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
    if (image == NULL)
        return;
    image_drop_symbols(image);
    elf_file_close(&image->elf);
    elf_file_close(&image->debug_elf);
    if (image->fd >= 0)
        close(image->fd);
    if (image->debug_fd >= 0)
        close(image->debug_fd);
    munmap(image, sizeof *image);
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

static void image_forget(const struct image *image)
{
    elf_file_forget(&image->symbols);
    elf_file_forget(&image->names);
}

bool image_names_hold(const struct image *image, const char *text)
{
    struct elf_file_part left = image->names;
    const size_t overlap = strlen(text) - 1;
    bool found = false;
    while (!found && left.size > overlap) {
        struct elf_file_part piece = left;
        if (piece.size > IMAGE_PIECE)
            piece.size = IMAGE_PIECE;
        found = memmem(piece.bytes, piece.size, text, overlap + 1) != NULL;
        if (image->names.size > IMAGE_PIECE) /* few are wanted again soon */
            elf_file_forget(&piece);
        left.bytes += piece.size - overlap;
        left.size -= piece.size - overlap;
    }
    return found;
}

/* False: it is of no interest. */
static bool image_read_entry(const struct image *image, size_t at, Elf64_Sym *entry)
{
    memcpy(entry, image->symbols.bytes + at, sizeof *entry);
    int type = ELF64_ST_TYPE(entry->st_info);
    return entry->st_shndx != SHN_UNDEF && entry->st_name < image->names.size &&
           (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

static bool image_read_symbol(const struct image *image, size_t at, struct image_symbol *symbol)
{
    Elf64_Sym entry;
    if (!image_read_entry(image, at, &entry))
        return false;
    int type = ELF64_ST_TYPE(entry.st_info);
    *symbol = (struct image_symbol){
        .name = (const char *)image->names.bytes + entry.st_name,
        .address = image->base + entry.st_value,
        .size = entry.st_size,
        .strong = ELF64_ST_BIND(entry.st_info) == STB_GLOBAL,
        .exported =
            ELF64_ST_BIND(entry.st_info) != STB_LOCAL && ELF64_ST_VISIBILITY(entry.st_other) == STV_DEFAULT,
    };
    symbol->length = strlen(symbol->name);
    symbol->code = type == STT_FUNC && image_is_code(image, symbol->address, symbol->size);
    return true;
}

void image_each(const struct image *image, void (*visit)(const struct image_symbol *symbol, void *context),
                void *context)
{
    struct image_symbol symbol;
    size_t number = 0;
    for (size_t at = 0; image->symbols.size - at >= sizeof(Elf64_Sym); at += sizeof(Elf64_Sym)) {
        if (++number % IMAGE_SYMBOLS == 0)
            image_forget(image);
        if (image_read_symbol(image, at, &symbol))
            visit(&symbol, context);
    }
}

void image_each_address(const struct image *image, void (*visit)(uintptr_t address, void *context),
                        void *context)
{
    Elf64_Sym entry;
    size_t number = 0;
    for (size_t at = 0; image->symbols.size - at >= sizeof entry; at += sizeof entry) {
        if (++number % IMAGE_SYMBOLS == 0)
            elf_file_forget(&image->symbols);
        if (image_read_entry(image, at, &entry))
            visit(image->base + entry.st_value, context);
    }
}
