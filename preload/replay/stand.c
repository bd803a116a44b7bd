/* SPDX-License-Identifier: MIT */
/* See stand.h. It stands behind the eval before: so the one that is about to run has no frame of ours below
 * it when the debugger meets it at its entry. */
#define _GNU_SOURCE
#include "replay/stand.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/program_file.h"
#include "base/signal_mask.h"
#include "record/breakpoint.h"
#include "replay/kept_line.h"
#include "replay/stand_request.h"
#include "run/kept_message.h"
#include "run/run.h"
#include "run/run_directory.h"

#define PATIENCE_NS (20 * MILLISECOND_NS) /* until the debugger is looked for again */
#define EXIT_NS     (200 * MILLISECOND_NS)
#define PATH_SIZE   64u
#define STATUS_SIZE 4096u
#define PACKET_SIZE 8192u
#define NAME_SIZE   32u
#define TRACER      "TracerPid:\t"

#ifndef PR_SET_PTRACER_ANY
#define PR_SET_PTRACER_ANY ((unsigned long)-1)
#endif

/* Weak, so that the loader is no library that ours asks for, with the newest version of all that it has. */
#pragma weak _r_debug

static bool has_stood; /* the debugger has had it */
static pid_t parent;   /* the kept copy */

static bool is_wanted(void)
{
    return run.page->stand.is_wanted;
}

/* --- in the kept copy --- */

bool stand_is_traced(pid_t pid)
{
    char path[PATH_SIZE], status[STATUS_SIZE];

    if (pid == kernel_getpid()) /* whatever its number is there */
        text_print(path, sizeof path, "/proc/self/status");
    else
        text_print(path, sizeof path, "/proc/%d/status", pid);
    const char *text = procfs_file(path, status, sizeof status);
    const char *tracer = text != NULL ? strstr(text, TRACER) : NULL;
    return tracer != NULL && tracer[sizeof TRACER - 1] != '0';
}

/* What it has left are files, all of one level. */
static void remove_files(int directory)
{
    static _Alignas(struct dirent64) char bytes[4096];
    long length;

    while ((length = raw_syscall3(SYS_getdents64, directory, bytes, sizeof bytes)) > 0)
        for (long at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(void *)(bytes + at);
            kernel_unlinkat(directory, entry->d_name, 0);
            at += entry->d_reclen;
        }
}

void stand_leaves(const struct shared_page *page)
{
    char name[NAME_SIZE];
    struct stat status;
    const int run_fd = run_directory_take();
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    text_print(name, sizeof name, "replay-%u", page->run_suffix + 1);
    const int fd = run_fd < 0 ? -1 : kernel_openat(run_fd, name, flags, 0);
    if (fd >= 0 && kernel_fstat(fd, &status) == 0 && status.st_ino == page->run_inode &&
        status.st_dev == page->run_device) {
        remove_files(fd);
        kernel_unlinkat(run_fd, name, AT_REMOVEDIR);
    }
    kernel_close(fd);
    run_directory_leave(run_fd);
}

/* --- it begins --- */

/* No waveform, but evals from the last one on are announced, as ever. Nothing of it is kept. */
static void set_options(void)
{
    run.options.wave = WAVE_OFF;
    run.options.window_evals = 1;
    run.options.after_evals = 0;
    run.options.files_bytes = 0;
    log_set_fd(-1);
}

bool stand_begins(pid_t debugger, const char *at, const char *end, uint64_t snapshot_eval, struct text *why)
{
    struct stand_request wanted;
    uint64_t eval;

    if (!stand_request_read(&wanted, at, end, why) ||
        !stand_request_place(&wanted, snapshot_eval, run.page->end.eval, run.page->races != 0, &eval, why))
        return false;
    parent = kernel_getppid();
    run.page->stand = (struct shared_stand){.is_wanted = true, .debugger = debugger, .eval = eval};
    set_options();
    return true;
}

/* Where the kernel lets only parents trace (Yama), it is told who else may. */
void stand_prepare(void)
{
    const pid_t debugger = run.page->stand.debugger;

    if (!is_wanted())
        return;
    raw_syscall5(SYS_prctl, PR_SET_PTRACER, debugger > 0 ? (unsigned long)debugger : PR_SET_PTRACER_ANY, 0, 0,
                 0);
    raw_syscall2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (kernel_getppid() != parent)
        kernel_exit_group(0);
    run.hooks->calls_by_entry();
}

/* --- it stands --- */

static void append_entries(struct text *packet)
{
    struct hooks_site site;

    for (size_t i = 0; run.hooks->site(i, &site); i++)
        if (site.bytes != 0) {
            text_format(packet, "entry=0x%" PRIxPTR "+%zu", site.head, site.bytes);
            text_append(packet, "", 1);
        }
}

static void append(struct text *packet, const char *name, uint64_t value)
{
    text_format(packet, "%s=%" PRIu64, name, value);
    text_append(packet, "", 1);
}

static void append_text(struct text *packet, const char *name, const char *value)
{
    text_format(packet, "%s=%s", name, value);
    text_append(packet, "", 1);
}

/* A debugger knows the program of the process, and that is the loader where somebody has started it so. */
static void append_program(struct text *packet)
{
    const char *path = program_file(NULL);

    if (strncmp(path, "/proc/", strlen("/proc/")) == 0 || &_r_debug == NULL)
        return;
    append_text(packet, "program", path);
    append(packet, "base", _r_debug.r_map->l_addr);
}

static void tell(uint64_t eval, bool is_end, const char *why)
{
    char bytes[PACKET_SIZE];
    struct text packet = text_in(bytes, sizeof bytes);

    text_format(&packet, "%s", KEPT_STANDS);
    text_append(&packet, "", 1);
    append(&packet, "pid", (uint64_t)kernel_getpid());
    append(&packet, "thread", (uint64_t)kernel_gettid());
    append(&packet, "eval", eval);
    append(&packet, "end", is_end);
    append(&packet, "last", run.page->end.eval);
    append(&packet, "snapshot", shared_page_slot(run.page, run.pid)->eval);
    append(&packet, "evals", (uint64_t)(uintptr_t)run.hooks->evals);
    append_text(&packet, "why", why);
    append_entries(&packet);
    append_program(&packet);
    kept_line_send(&packet);
}

/* Who lets go of it then ends it. Stops of our own would be the debugger's. */
static void stand(uint64_t eval, bool is_end, const char *why)
{
    tell(eval, is_end, why);
    while (!stand_is_traced(kernel_getpid()))
        kernel_sleep(PATIENCE_NS);
    has_stood = true;
    breakpoint_forbid();
}

uint64_t stand_due(uint64_t eval, uint64_t evals)
{
    const uint64_t wanted = run.page->stand.eval;

    if (!is_wanted() || has_stood)
        return evals;
    if (eval == wanted) /* the first one behind the snapshot */
        stand(eval, false, "");
    else if (eval + 1 < wanted && wanted - 1 - eval < evals)
        return wanted - 1 - eval;
    return evals;
}

void stand_done(uint64_t eval)
{
    if (is_wanted() && !has_stood && eval + 1 == run.page->stand.eval)
        stand(eval + 1, false, "");
}

/* Where the words stand the debugger finds in the signal's value. */
static void raise_trap(const char *why)
{
    const uint64_t trap = UINT64_C(1) << (SIGTRAP - 1);
    siginfo_t info = {.si_signo = SIGTRAP, .si_code = SI_TKILL};

    info.si_pid = kernel_getpid();
    info.si_uid = kernel_getuid();
    info.si_value.sival_ptr = (void *)why;
    kernel_sigprocmask(SIG_UNBLOCK, &trap, NULL);
    raw_syscall4(SYS_rt_tgsigqueueinfo, kernel_getpid(), kernel_gettid(), SIGTRAP, &info);
}

/* A debugger sees it, or has let go of it. What a replay would do now nobody wants to know. gdb has threads
 * go on one after the other, and breaks where the first has ended the others meanwhile: that one waits a
 * while. */
void stand_at_end(const char *why)
{
    if (!is_wanted())
        return;
    if (!has_stood)
        stand(run.hooks->evals(), true, why);
    else if (stand_is_traced(kernel_getpid()))
        raise_trap(why);
    kernel_sleep(EXIT_NS);
    kernel_exit_group(0);
}
