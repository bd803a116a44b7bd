/* SPDX-License-Identifier: MIT */
/* Nothing is found out here: the library runs as ever, and this file takes down what came of it. A rehearsal
 * is a real snapshot, and a real failure of the kind "a signal from outside" two evals later. */
#define _GNU_SOURCE
#include "attach/doctor.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach/doctor_file.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/program_file.h"
#include "ends/ends.h"
#include "moved.h"
#include "replay/scope_choice.h"
#include "run/role.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "run/verdict.h"
#include "snapshot/keeper.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/limits/processes.h"
#include "snapshot/limits/room.h"
#include "snapshot/refusal.h"

MOVED(dladdr, MOVED_FIRST);

#define WARM_UP_EVALS 3 /* what is done only once is done then */
#define DUMPED_EVALS  2
#define DESCRIPTOR    500 /* out of the way: the simulator's own get the numbers that they always get */
#define LINE_SIZE     (2 * PATH_MAX)

static int file = -1;
static bool rehearses;
static bool lists_scopes;
static bool is_started;                  /* the constructor is over */
static const struct hooks_events *inner; /* NULL: nothing was to be installed */
static uint64_t last_eval;               /* the rehearsal ends with it; 0: no snapshot was taken yet */

static const char *behind(const char *value, const char *word)
{
    return strncmp(value, word, strlen(word)) == 0 ? value + strlen(word) : NULL;
}

/* What was asked for: the directory, or NULL. */
static const char *asked(void)
{
    const char *value = secure_getenv(DOCTOR_VARIABLE), *directory;

    if (value == NULL)
        return NULL;
    directory = behind(value, DOCTOR_LOOK);
    if (directory != NULL)
        return directory;
    directory = behind(value, DOCTOR_SCOPES);
    lists_scopes = directory != NULL;
    if (!lists_scopes)
        directory = behind(value, DOCTOR_REHEARSE);
    rehearses = directory != NULL;
    return directory;
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    struct text text = text_in(line, sizeof line - 1);

    va_start(arguments, format);
    text_vformat(&text, format, arguments);
    va_end(arguments);
    text_hide_controls(line, text.length); /* it is shown on a terminal; a name may hold anything */
    line[text.length] = '\n';
    kernel_write(file, line, text.length + 1);
}

static void begin(void)
{
    const char *directory = asked();
    char path[PATH_MAX];

    if (directory == NULL || file >= 0)
        return;
    text_print(path, sizeof path, "%s/" DOCTOR_FILE "%d", directory, kernel_getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    file = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTOR);
    if (file >= 0)
        close(fd);
    else
        file = fd;
    log_set_fd(file);
}

bool doctor_is_here(void)
{
    return file >= 0;
}

/* --- what was found --- */

/* Addresses as nm shows them: where the object was linked to be loaded anywhere, they count from its start.
 */
static uintptr_t address_in_file(const Dl_info *object, uintptr_t address)
{
    const Elf64_Ehdr *header = object->dli_fbase;

    return header->e_type == ET_DYN ? address - (uintptr_t)header : address;
}

struct sought {
    uintptr_t address;
    Dl_info object;
};

/* The segments of an object stand in the order of their addresses. */
static int look_into(struct dl_phdr_info *object, size_t size, void *context)
{
    struct sought *sought = context;

    (void)size;
    sought->object = (Dl_info){.dli_fname = *object->dlpi_name != '\0' ? object->dlpi_name : run.program};
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        if (sought->object.dli_fbase == NULL)
            sought->object.dli_fbase = (void *)start;
        if (sought->address >= start && sought->address < start + segment->p_memsz)
            return 1;
    }
    return 0;
}

static bool find_object(struct sought *sought)
{
    if (dladdr != NULL)
        return dladdr((const void *)sought->address, &sought->object) != 0;
    return dl_iterate_phdr(look_into, sought) != 0;
}

static void note_hooks(void)
{
    struct hooks_site site;

    for (size_t i = 0; run.hooks->site(i, &site); i++) {
        struct sought sought = {.address = site.address};
        if (!find_object(&sought))
            continue;
        const Dl_info object = sought.object;
        note("hook %s %" PRIxPTR " %zu %s", site.model, address_in_file(&object, site.address), site.bytes,
             object.dli_fname);
    }
}

static void note_found(void)
{
    static const char *const formats[] = {
        [HOOKS_FORMAT_NONE] = "none", [HOOKS_FORMAT_VCD] = "vcd", [HOOKS_FORMAT_FST] = "fst"};
    static const char *const times[] = {
        [HOOKS_TIME_EVALS] = "evals", [HOOKS_TIME_CONTEXT] = "context", [HOOKS_TIME_STAMP] = "stamp"};

    note_hooks();
    note("verilator %s", run.found.verilator);
    note("format %s", formats[run.found.format]);
    note("time %s", times[run.found.time]);
}

/* The run directory is made as for a failure, and removed again. */
static void try_directory(void)
{
    int r = run_directory_make();

    if (r < 0) {
        note("directory %s", strerrordesc_np(-r));
        return;
    }
    run_directory_unmake();
    note("directory ok");
}

/* What will stand in the way once the simulator is larger than it is now, or starts programs. */
static void note_limits(void)
{
    char bytes[LINE_SIZE];

    for (unsigned i = 0; i < 3; i++) {
        struct text text = text_in(bytes, sizeof bytes);
        if (i < 2 ? memory_watch_describe_limit(i, &text) : processes_describe_limit(&text))
            note("limit %s", bytes);
    }
}

/* As at the first eval. */
static void try_snapshot(void)
{
    inner->eval_due(1);
    if (run.page == NULL) /* that was said */
        return;
    if (keeper_figures()->taken > 0)
        note("snapshot ok");
    else if (*refusal_problem() != '\0')
        note("snapshot %s", refusal_problem());
    else if (*room_reason() != '\0')
        note("snapshot room: %s", room_reason());
    else
        note("snapshot clone: %s", strerrordesc_np(-refusal_error()));
    keeper_dismiss();
    note_limits();
    try_directory();
}

static void describe(void)
{
    char name[PATH_MAX];

    if (program_file_name(name, sizeof name) == 0)
        note("program %s", name);
    if (run.hooks != NULL && run.found.model != NULL)
        note_found();
}

void doctor_end(void)
{
    const char *directory = asked();

    is_started = true;
    if (directory == NULL || (rehearses && file < 0))
        return;
    begin();
    attach_end();
    describe();
    if (!rehearses && inner != NULL)
        try_snapshot();
    note("looked");
    if (!rehearses)
        kernel_exit_group(0);
}

/* --- the rehearsal --- */

static int count_thread(int number, void *context)
{
    (void)number;
    ++*(unsigned *)context;
    return 0;
}

static unsigned other_threads(void)
{
    unsigned count = 0;

    procfs_each("/proc/self/task", count_thread, &count);
    return count > 0 ? count - 1 : 0;
}

static void note_replay(void)
{
    const struct shared_replay *replay = &run.page->replay;

    note("stall %" PRIu64, stall_median_ns(&keeper_figures()->stall));
    note("wake %" PRIu64,
         replay->wave_dumped && replay->dumping_ns != 0 ? replay->dumping_ns - replay->start_ns : 0);
    if (replay->wave_dumped)
        note("wave %" PRIu64 " %" PRIu64, replay->wave_first_eval, replay->wave_last_eval);
    if (atomic_load(&replay->state) == REPLAY_DONE)
        note("verdict %s", verdict_name((enum verdict)replay->verdict));
}

/* The process has run as far as it was to. */
static _Noreturn void end_rehearsal(void)
{
    note("rehearsed");
    kernel_exit_group(0);
}

static void rehearse(void)
{
    note("rehearsal");
    note("threads %u", other_threads());
    ends_signal(SIGTERM, true, 0);
    note_replay();
    note_limits();
    end_rehearsal();
}

/* Was a snapshot taken? What can be tried again is, at the library's own pace. The copy comes by here too,
 * when it wakes: then there is nothing to tell. */
static void after_first_look(uint64_t eval)
{
    int error = refusal_error();

    if (keeper_figures()->taken > 0) {
        last_eval = eval - 1 + DUMPED_EVALS;
        run.hooks->due_in(1);
    } else if (*room_reason() != '\0') {
        note("snapshot room: %s", room_reason());
        note_limits();
        end_rehearsal();
    } else if (run.page == NULL || error == -EPERM || error == -ENOSYS) {
        end_rehearsal();
    }
}

static void on_eval_due(uint64_t eval)
{
    if (role_was_taken() && !role_is_original()) {
        inner->eval_due(eval);
    } else if (eval <= WARM_UP_EVALS) {
        run.hooks->due_in(WARM_UP_EVALS + 1 - eval);
    } else if (last_eval != 0) {
        run.hooks->due_in(1);
    } else {
        inner->eval_due(eval);
        after_first_look(eval);
    }
}

static void on_eval_done(uint64_t eval)
{
    inner->eval_done(eval);
    if (role_is_original() && eval == last_eval)
        rehearse();
}

static const struct hooks_events *choose_events(const struct hooks_events *events)
{
    static struct hooks_events rehearsal = {on_eval_due, on_eval_done, NULL};

    inner = events;
    rehearsal.may_hold = events->may_hold;
    begin();
    if (!rehearses || file < 0)
        return events;
    if (is_started) { /* the model came with an object that was opened later */
        describe();
        note("looked");
    }
    run.options.failures = (struct failures){.kinds = FAILURE_ALL};
    run.options.window_evals = OPTIONS_WINDOW_ALL;
    if (lists_scopes)
        scope_choice_list(DOCTOR_LIST);
    return &rehearsal;
}

const struct attach_observer doctor_observer = {begin, choose_events};
