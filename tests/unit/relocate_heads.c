/* SPDX-License-Identifier: MIT */
/* For test_libraries.py: has the patcher look at every function of a shared object, and makes stubs for those
 * that it accepts (no code is changed). Prints a line for each function: moved NAME HEAD BYTES ORIGINAL BYTES
 * CONSTANT     the head, what stands for it in the stub, the stub's constant refused NAME REASON */
#define _GNU_SOURCE
#include "elf/image.h"
#include "patch/patch_processor.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      256 /* stubs that are made at once */
#define MOVED_SIZE 64  /* bytes; no head becomes longer in its stub */

struct batch {
    struct patch patches[BATCH];
    char *names[BATCH];
    void *handlers[BATCH];
    size_t count;
};

static void print_bytes(uintptr_t address, size_t size)
{
    printf(" %#lx ", address);
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const uint8_t *)address)[i]);
}

static void print_moved(const struct patch *patch)
{
    uint64_t constant;
    uintptr_t original;

    /* Where patch_cpu_replace() puts what a call pushes. */
    memcpy(&constant, (const void *)(patch->stub + PATCH_STUB_SIZE - 2 * sizeof constant), sizeof constant);
    memcpy(&original, &patch->original, sizeof original);
    printf("moved %s", patch->target.name);
    print_bytes(patch->head, patch->head_size);
    print_bytes(original, MOVED_SIZE);
    printf(" %#lx\n", constant);
}

static void flush(struct batch *batch)
{
    struct hooks_why why = {""};

    if (batch->count > 0 && patch_replace(batch->patches, batch->handlers, batch->count, &why) != 0) {
        printf("error %s\n", why.text);
        exit(1);
    }
    for (size_t i = 0; i < batch->count; i++) {
        print_moved(&batch->patches[i]);
        free(batch->names[i]);
    }
    batch->count = 0;
}

static void visit(const struct image_symbol *symbol, void *context)
{
    struct batch *batch = context;
    struct patch *patch = &batch->patches[batch->count];
    struct hooks_why why = {""};

    if (!symbol->code)
        return;
    char *name = strdup(symbol->name);
    const struct patch_target target = {name, symbol->address, symbol->size, SIZE_MAX};
    int error = patch_check(patch, &target, &why);
    if (error) {
        printf("refused %s %s\n", name, error == -ENOTSUP ? why.text : "");
        free(name);
        return;
    }
    batch->names[batch->count] = name;
    batch->handlers[batch->count++] = (void *)(uintptr_t)flush; /* it is never called */
    if (batch->count == BATCH)
        flush(batch);
}

int main(int count, char **arguments)
{
    static struct batch batch;
    struct hooks_why why = {""};
    struct image *image;
    struct link_map *map;

    void *library = count == 2 ? dlopen(arguments[1], RTLD_LAZY) : NULL;
    if (library == NULL) {
        printf("missing\n");
        return 0;
    }
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 ||
        image_open_loaded(&image, map->l_name, map->l_addr, &why) != 0) {
        printf("error %s\n", why.text);
        return 1;
    }
    image_each(image, visit, &batch);
    flush(&batch);
    image_close(image);
    return 0;
}
