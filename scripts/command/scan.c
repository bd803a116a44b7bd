/* SPDX-License-Identifier: MIT */
/* Where in the hierarchy a declaration stands: see scan.h. A name may hold a dot, so each level has its
 * length. */
#include "scan.h"

#include <string.h>

void scan_scope_begin(struct scan_scope *scope)
{
    scope->depth = 0;
    *scope->path = '\0';
}

void scan_scope_enter(struct scan_scope *scope, const char *name)
{
    size_t length = strlen(scope->path), more = strlen(name);

    if (scope->depth < SCAN_DEPTH) {
        scope->lengths[scope->depth] = length;
        if (length + more + 2 <= sizeof scope->path) {
            memcpy(scope->path + length, name, more);
            memcpy(scope->path + length + more, ".", 2);
        }
    }
    scope->depth++;
}

void scan_scope_leave(struct scan_scope *scope)
{
    if (scope->depth == 0)
        return;
    scope->depth--;
    if (scope->depth < SCAN_DEPTH)
        scope->path[scope->lengths[scope->depth]] = '\0';
}
