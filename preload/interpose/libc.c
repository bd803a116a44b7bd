/* SPDX-License-Identifier: MIT */
/* Hooks at the entry of libc's functions: see libc.h. */
#define _GNU_SOURCE
#include "interpose/libc.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/symbol.h"
#include "interpose/libc_hook.h"
#include "run/run.h"
#include "snapshot/threads/threads.h"

#define ROWS_MAX     256
#define COMMIT_TRIES 20
#define REACH_MAX    (UINT64_C(1) << 30) /* from libc; all stubs are in one place */

static const struct libc_hooks *const tables[] = {
    &children_hooks,
    &descriptor_hooks,
    &exit_hooks,
    &given_up_hooks,
    &ids_hooks,
    &memory_hooks,
    &moves_hooks,
    &open_hooks,
    &poll_hooks,
    &proc_hooks,
    &random_hooks,
    &read_hooks,
    &socket_hooks,
    &descriptor_facts_hooks,
    &system_v_hooks,
    &time_hooks,
    &waits_hooks,
    &write_hooks,
    NULL,
};

struct rows {
    struct hooks_replacement row[ROWS_MAX];
    size_t count;
};

static bool is_near(const void *function, const void *first)
{
    uintptr_t there = (uintptr_t)function, here = (uintptr_t)first;

    return (there > here ? there - here : here - there) < REACH_MAX;
}

static void add_rows(struct rows *rows, const struct symbol_library *library, const struct libc_hooks *hooks)
{
    for (size_t i = 0; i < hooks->count && rows->count < ROWS_MAX; i++) {
        const struct libc_hook *hook = &hooks->rows[i];
        struct hooks_replacement *row = &rows->row[rows->count];

        *row = (struct hooks_replacement){
            .name = hook->name, .handler = hook->handler, .original = hook->original};
        row->size = symbol_find(library, row->name, &row->function);
        rows->count += row->size != 0 && is_near(row->function, rows->row[0].function);
    }
}

/* Before glibc 2.34 libpthread has bodies of its own of what a thread can be cancelled in, such as read():
 * both come by our handler, which goes on to the last one that was found. They do the same. */
void libc_prepare(void)
{
    struct symbol_library libc, threads, libstdcxx;
    struct rows rows = {.count = 0};
    struct hooks_why why = {""};

    if (!symbol_library_find(&libc, "libc.so.6"))
        return;
    bool has_threads = symbol_library_find(&threads, "libpthread.so.0");
    for (const struct libc_hooks *const *table = tables; *table != NULL; table++) {
        add_rows(&rows, &libc, *table);
        if (has_threads)
            add_rows(&rows, &threads, *table);
    }
    if (symbol_library_find(&libstdcxx, "libstdc++.so.6"))
        add_rows(&rows, &libstdcxx, &random_device_hooks);
    if (run.hooks->replace_prepare(rows.row, rows.count, &why) < 0)
        log_line(LOG_DEBUG, "functions of libc are left as they are: %s", why.text);
}

void libc_commit(void)
{
    const char *why = "";

    for (unsigned i = 0; i < COMMIT_TRIES && threads_stop(&why) == 0; i++) {
        bool free_of_threads = !threads_any_at(run.hooks->replace_covers);

        if (free_of_threads)
            run.hooks->replace_commit();
        threads_resume();
        if (free_of_threads)
            return;
    }
    log_line(LOG_DEBUG, "functions of libc are left as they are: the threads cannot be stopped: %s", why);
}
