/* SPDX-License-Identifier: MIT */
/* Makes the calls of LIGHTSSS_WAKE_CALL: see wake_call.h. Functions are looked for in the woken copy: the
 * original may open their library late. */
#define _GNU_SOURCE
#include "replay/wake_call.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "ends/ends.h"
#include "interpose/signal.h"
#include "moved.h"
#include "options/parse.h"
#include "record/output.h"
#include "run/notes.h"
#include "run/run.h"

MOVED(dladdr1, MOVED_LATER);
MOVED(dlsym, MOVED_FIRST);

#define SPACES_MAX     16 /* as many as glibc has */
#define NAME_SHOWN     40
#define NEAR           2 /* letters that a name may differ in to be offered in its place */
#define NEAREST_LENGTH 4 /* of the shortest name for which that makes sense */

static struct calls calls;

struct made {
    uintptr_t function;
    const struct call *call;
};

struct search {
    const char *name;
    size_t length;
    uintptr_t found;                 /* 0: there is none */
    uintptr_t elsewhere[SPACES_MAX]; /* by namespace: a reference model for each core may have one */
    bool is_there;
    unsigned distance; /* of the nearest name */
    char nearest[PARSE_NAME_MAX + 1];
};

static void visit(const char *name, uintptr_t address, size_t space, void *context)
{
    struct search *search = context;

    if (*name != *search->name)
        return;
    if (strcmp(name, search->name) == 0) {
        uintptr_t *found = space == 0 ? &search->found : &search->elsewhere[space % SPACES_MAX];
        *found = *found == 0 ? address : *found;
        return;
    }
    size_t length = strlen(name);
    if (length > PARSE_NAME_MAX || length < NEAREST_LENGTH || length > search->length + NEAR ||
        search->length > length + NEAR)
        return;
    unsigned distance = parse_distance(name, search->name);
    if (distance < search->distance) {
        search->distance = distance;
        memcpy(search->nearest, name, length + 1);
    }
}

static int note_other(struct dl_phdr_info *object, size_t space, void *context)
{
    (void)object;
    (void)space;
    (void)context;
    return 1;
}

static bool has_others(void)
{
    return run.hooks->elsewhere(note_other, NULL) != 0;
}

/* As the simulator's own calls would find it; what nobody exports is in .symtab. */
static void find(struct search *search)
{
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;
    void *address = dlsym != NULL ? dlsym(RTLD_DEFAULT, search->name) : NULL;

    search->length = strlen(search->name);
    search->distance = NEAR + 1;
    if (address != NULL && dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL &&
        ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT)
        search->found = (uintptr_t)address;
    if (search->found == 0 || has_others())
        run.hooks->functions(visit, search);
    for (size_t i = 0; i < SPACES_MAX; i++)
        search->is_there = search->is_there || search->elsewhere[i] != 0;
    search->is_there = search->is_there || search->found != 0;
}

void wake_call_prepare(void)
{
    calls.count = 0;
    if (run.options.wake_call != NULL && !calls_parse(&calls, run.options.wake_call))
        calls.count = 0;
}

/* exit() has not run any handler of the simulator's yet: this one was registered last. */
static void leave_exit(int status, void *unused)
{
    const struct end end = {.kind = END_EXIT, .status = status & 0xff};

    (void)unused;
    ends_leave(&end);
}

static void note_missing(const struct search *search)
{
    bool is_near = *search->nearest != '\0';

    notes_add(NOTES_MISSING_CALL "%.*s in the program and its libraries%s%.*s%s", NAME_SHOWN, search->name,
              is_near ? "; did you mean " : "", NAME_SHOWN, search->nearest, is_near ? "?" : "");
}

static void enter(void *argument)
{
    const struct made *made = argument;

    wake_call_enter(made->function, made->call);
}

static void make(size_t i, uintptr_t function)
{
    struct made made = {function, &calls.list[i]};
    char bytes[64];
    struct end end;

    on_exit(leave_exit, NULL);
    if (ends_try(enter, &made, &end))
        return;
    struct text how = text_in(bytes, sizeof bytes);
    end_describe(&how, &end);
    notes_add("LIGHTSSS_WAKE_CALL: %.*s() ended with %s; the replay went on without it", NAME_SHOWN,
              calls.list[i].name, bytes);
}

void wake_call_make(void)
{
    if (calls.count == 0)
        return;
    uint64_t mask = signal_catch_faults();
    for (size_t i = 0; i < calls.count; i++) {
        struct search search = {.name = calls.list[i].name};

        find(&search);
        if (!search.is_there) {
            note_missing(&search);
            continue;
        }
        output_do_not_compare();
        notes_add("what it printed was not compared: LIGHTSSS_WAKE_CALL may change that");
        if (search.found != 0)
            make(i, search.found);
        for (size_t space = 0; space < SPACES_MAX; space++)
            if (search.elsewhere[space] != 0)
                make(i, search.elsewhere[space]);
    }
    signal_leave_faults(mask);
}
