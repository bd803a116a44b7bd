/* SPDX-License-Identifier: MIT */
/* Replaced functions: see replace.h. In two steps, because the second one happens while all other threads are
 * stopped, perhaps inside malloc(). */
#include "patch/replace.h"
#include "elf/why.h"
#include "patch/patch.h"

#include <errno.h>
#include <string.h>

#define REPLACE_LIMIT PATCH_AT_ONCE

static struct {
    struct patch patches[REPLACE_LIMIT];
    size_t count;
} replace;

static bool is_known(uintptr_t address)
{
    for (size_t i = 0; i < replace.count; i++)
        if (replace.patches[i].target.address == address)
            return true;
    return false;
}

/* A function that cannot be replaced does not keep the others from it. */
int replace_prepare(const struct hooks_replacement *list, size_t count, struct hooks_why *why)
{
    void *handlers[REPLACE_LIMIT];
    void **originals[REPLACE_LIMIT] = {NULL};
    int error = -ENOENT;
    if (replace.count)
        return why_set(why, -EBUSY, "functions were replaced already: report this as a bug");
    for (size_t i = 0; i < count && replace.count < REPLACE_LIMIT; i++) {
        const struct patch_target target = {list[i].name, (uintptr_t)list[i].function, list[i].size,
                                            SIZE_MAX};
        int refused = is_known(target.address)
                          ? -EEXIST
                          : patch_check_sound(&replace.patches[replace.count], &target, why);
        if (refused) {
            error = refused;
            continue;
        }
        handlers[replace.count] = list[i].handler;
        originals[replace.count++] = list[i].original;
    }
    if (replace.count)
        error = patch_replace(replace.patches, handlers, replace.count, why);
    if (error)
        replace.count = 0;
    for (size_t i = 0; i < replace.count; i++)
        if (originals[i] != NULL)
            memcpy(originals[i], &replace.patches[i].original, sizeof *originals[i]);
    return error;
}

int replace_commit(void)
{
    return patch_commit(replace.patches, replace.count);
}

bool replace_covers(uintptr_t program_counter)
{
    for (size_t i = 0; i < replace.count; i++)
        if (patch_covers(&replace.patches[i], program_counter))
            return true;
    return false;
}
