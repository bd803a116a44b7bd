/* SPDX-License-Identifier: MIT */
/* Walks over the symbols of all objects: see functions.h. The objects are listed first, because reading their
 * files under the loader's lock would hold up every thread that throws. */
#include "elf/functions.h"
#include "elf/image.h"
#include "elf/loaded.h"
#include "elf/stock.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>

#define FUNCTIONS_OBJECTS 4096
#define FUNCTIONS_NAMES   ((size_t)1 << 20)

struct object_list {
    struct {
        const char *name;
        uintptr_t base;
        size_t space;
    } objects[FUNCTIONS_OBJECTS];
    size_t count, used;
    char names[FUNCTIONS_NAMES];
};

static int functions_add_object(struct dl_phdr_info *info, size_t space, void *context)
{
    struct object_list *list = context;
    size_t length = strlen(info->dlpi_name) + 1;
    if (list->count == FUNCTIONS_OBJECTS || length > sizeof list->names - list->used)
        return 1;
    char *name = memcpy(list->names + list->used, info->dlpi_name, length);
    list->used += length;
    list->objects[list->count].name = name;
    list->objects[list->count].space = space;
    list->objects[list->count++].base = info->dlpi_addr;
    return 0;
}

struct functions_visit {
    void (*visit)(const char *name, uintptr_t address, size_t space, void *context);
    size_t space;
    void *context;
};

static void functions_visit_symbol(const struct image_symbol *symbol, void *context)
{
    const struct functions_visit *visit = context;
    if (symbol->code)
        visit->visit(symbol->name, symbol->address, visit->space, visit->context);
}

void functions_each(void (*visit)(const char *name, uintptr_t address, size_t space, void *context),
                    void *context)
{
    struct functions_visit each = {visit, 0, context};
    struct object_list *list = stock_map(sizeof *list);
    if (list == NULL)
        return;
    loaded_each(functions_add_object, list);
    for (size_t i = 0; i < list->count; i++) {
        struct image *image;
        struct hooks_why ignored = {""};
        each.space = list->objects[i].space;
        if (image_open_loaded(&image, list->objects[i].name, list->objects[i].base, &ignored) == 0) {
            image_each(image, functions_visit_symbol, &each);
            image_close(image);
        }
    }
    munmap(list, sizeof *list);
}
