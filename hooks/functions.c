/* SPDX-License-Identifier: MIT */
/* Walks over the symbols of all objects: see functions.h. The objects are listed first, because reading their
 * files under the loader's lock would hold up every thread that throws. */
#include "functions.h"
#include "image.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS_OBJECTS 256

struct object_list {
    struct {
        char *name;
        uintptr_t base;
    } objects[FUNCTIONS_OBJECTS];
    size_t count;
};

static int functions_add_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct object_list *list = context;
    (void)size;
    if (list->count == FUNCTIONS_OBJECTS)
        return 1;
    char *name = strdup(info->dlpi_name);
    if (!name)
        return 1;
    list->objects[list->count].name = name;
    list->objects[list->count++].base = info->dlpi_addr;
    return 0;
}

struct functions_visit {
    void (*visit)(const char *name, uintptr_t address, void *context);
    void *context;
};

static void functions_visit_symbol(const struct image_symbol *symbol, void *context)
{
    const struct functions_visit *visit = context;
    if (symbol->code)
        visit->visit(symbol->name, symbol->address, visit->context);
}

void functions_each(void (*visit)(const char *name, uintptr_t address, void *context), void *context)
{
    struct functions_visit each = {visit, context};
    struct object_list *list = calloc(1, sizeof(*list));
    if (!list)
        return;
    dl_iterate_phdr(functions_add_object, list);
    for (size_t i = 0; i < list->count; i++) {
        struct image *image;
        struct hooks_why why;
        if (image_open_loaded(&image, list->objects[i].name, list->objects[i].base, &why) == 0) {
            image_each(image, functions_visit_symbol, &each);
            image_close(image);
        }
        free(list->objects[i].name);
    }
    free(list);
}
