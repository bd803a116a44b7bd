/* SPDX-License-Identifier: MIT */
/* Hooks at the entry of libc's functions: see libc.h. */
#define _GNU_SOURCE
#include "interpose/libc.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/symbol.h"
#include "interpose/ids.h"
#include "run/run.h"
#include "snapshot/threads/threads.h"

#define ROWS_MAX     256
#define COMMIT_TRIES 20
#define REACH_MAX    (UINT64_C(1) << 30) /* from libc; all stubs are in one place */

/* Where two rows are of one function, the later handler calls the earlier as if that were libc's. */
static bool chain(struct hooks_replacement *row, size_t count, const struct libc_hook *hook,
                  const void *function)
{
    for (size_t i = 0; i < count; i++)
        if (row[i].function == function) {
            *hook->original = row[i].handler;
            row[i].handler = hook->handler;
            return true;
        }
    return false;
}

struct rows {
    struct hooks_replacement row[ROWS_MAX];
    size_t count;
};

static bool is_near(const void *function, const void *first)
{
    uintptr_t there = (uintptr_t)function, here = (uintptr_t)first;

    return (there > here ? there - here : here - there) < REACH_MAX;
}

static void add_rows(struct rows *rows, const struct symbol_library *library, const struct libc_hook *hooks,
                     size_t count)
{
    for (size_t i = 0; i < count && rows->count < ROWS_MAX; i++) {
        struct hooks_replacement *row = &rows->row[rows->count];

        *row = (struct hooks_replacement){
            .name = hooks[i].name, .handler = hooks[i].handler, .original = hooks[i].original};
        row->size = symbol_find(library, row->name, &row->function);
        rows->count += row->size != 0 && is_near(row->function, rows->row[0].function) &&
                       !chain(rows->row, rows->count, &hooks[i], row->function);
    }
}

static void add_rows_of_libc(struct rows *rows, const struct symbol_library *libc)
{
    add_rows(rows, libc, proc_hooks, proc_hooks_count);
    add_rows(rows, libc, output_hooks, output_hooks_count);
    add_rows(rows, libc, input_read_hooks, input_read_hooks_count);
    add_rows(rows, libc, input_socket_hooks, input_socket_hooks_count);
    add_rows(rows, libc, input_poll_hooks, input_poll_hooks_count);
    add_rows(rows, libc, descriptor_hooks, descriptor_hooks_count);
    add_rows(rows, libc, file_change_hooks, file_change_hooks_count);
    add_rows(rows, libc, memory_hooks, memory_hooks_count);
    add_rows(rows, libc, system_v_hooks, system_v_hooks_count);
    add_rows(rows, libc, stand_in_hooks, stand_in_hooks_count);
    add_rows(rows, libc, time_hooks, time_hooks_count);
    add_rows(rows, libc, waits_hooks, waits_hooks_count);
    add_rows(rows, libc, random_hooks, random_hooks_count);
    add_rows(rows, libc, ids_hooks, ids_hooks_count);
    add_rows(rows, libc, children_hooks, children_hooks_count);
}

void libc_prepare(void)
{
    struct symbol_library libc, libstdcxx;
    struct rows rows = {.count = 0};
    struct hooks_why why = {""};

    if (!symbol_library_find(&libc, "libc.so.6"))
        return;
    ids_prepare();
    add_rows_of_libc(&rows, &libc);
    if (symbol_library_find(&libstdcxx, "libstdc++.so.6"))
        add_rows(&rows, &libstdcxx, random_device_hooks, random_device_hooks_count);
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
