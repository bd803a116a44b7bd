/* SPDX-License-Identifier: MIT */
/* Hooks at the entry of libc's functions: see libc.h. */
#define _GNU_SOURCE
#include "libc.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>

#include "../log.h"
#include "../run.h"
#include "../snapshot/threads.h"

#define ROWS_MAX     64
#define COMMIT_TRIES 20

/* Of libc itself, whoever else stands in front of it. Returns the function's size, 0: not found. */
static size_t find_function(void *libc, const char *name, void **function)
{
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    *function = dlsym(libc, name);
    if (*function == NULL || dladdr1(*function, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
        symbol == NULL)
        return 0;
    return symbol->st_size;
}

void libc_prepare(void)
{
    struct hooks_replacement rows[ROWS_MAX];
    struct hooks_why why = {""};
    size_t count = 0;

    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (libc == NULL)
        return;
    for (size_t i = 0; i < proc_hooks_count; i++) {
        struct hooks_replacement *row = &rows[count];

        *row = (struct hooks_replacement){
            .name = proc_hooks[i].name, .handler = proc_hooks[i].handler, .original = proc_hooks[i].original};
        row->size = find_function(libc, row->name, &row->function);
        count += row->size != 0;
    }
    dlclose(libc);
    if (run.hooks->replace_prepare(rows, count, &why) < 0)
        log_line(LOG_DEBUG, "%s; the simulator may see its snapshots in /proc", why.text);
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
