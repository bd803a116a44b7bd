/* SPDX-License-Identifier: MIT */
/* See kept_files.h. A private file that fits gets its name in the run directory as soon as it is seen to be
 * written to, so that what follows is kept at no cost. Where that cannot be, or where only the end of a log
 * fits, copies are made. */
#define _GNU_SOURCE
#include "replay/kept_files.h"

#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/signal_mask.h"
#include "base/vdso.h"
#include "interpose/exit.h"
#include "replay/progress.h"
#include "report/report.h"
#include "restore/private_files.h"
#include "restore/written_files.h"
#include "run/file_shares.h"
#include "run/kept_list.h"
#include "run/notes.h"
#include "run/run.h"
#include "sandbox/place.h"

#define FIRST_NS   (20 * MILLISECOND_NS)
#define ROOM_PARTS 4u /* of the room on the disk, a step takes so small a part */

/* What has become of a written file so far, by its place. */
static struct kept {
    bool is_listed;
    bool is_linked;       /* the file itself is there */
    bool is_unlinked;     /* it was, or could not be: copies are made */
    unsigned place;       /* in the list */
    struct timespec time; /* of the last change that the copy has ... */
    uint64_t size, granted;
} kept[WRITTEN_FILES_MAX];

/* Those that are to be kept now. */
static struct wanted {
    unsigned which; /* of the written files */
    const char *path;
    struct stat now;
} wanted[SHARED_FILES_MAX];
static struct file_share shares[SHARED_FILES_MAX];

static bool is_last;    /* step */
static bool has_change; /* of the list */
static bool wants_flush;
static uint64_t begin_ns, next_ns;

/* --- which files --- */

/* What is below is memory or devices. */
static bool is_no_file(const char *path)
{
    return names_is_in(path, "/dev") || names_is_in(path, "/proc") || names_is_in(path, "/sys");
}

/* The simulator may have closed it with all that it does not know. */
static bool is_there(const struct written_file *file, struct stat *now)
{
    return kernel_fstat(file->fd, now) == 0 && now->st_ino == file->inode && now->st_dev == file->device;
}

static bool is_wanted(struct wanted *one)
{
    const struct written_file *file = written_files_at(one->which);

    if (!written_files_is_changed(file, &one->now))
        return false;
    one->path = place_of_private(file->fd, file->path);
    return one->path != NULL && !is_no_file(one->path);
}

static void drop(unsigned which)
{
    if (!kept[which].is_listed)
        return;
    kept_list_drop(kept[which].place);
    kept[which].is_listed = false;
    kept[which].is_unlinked = kept[which].is_unlinked || kept[which].is_linked;
    kept[which].is_linked = false;
    has_change = true;
}

/* Names are the replay's own only while nobody changes them; texts stay. Returns how many. */
static size_t find_wanted(void)
{
    unsigned count = written_files_count();
    size_t found = 0;
    uint64_t mask = signal_mask_block_all(); /* a handler may open a file */

    place_lock();
    for (unsigned i = 0; i < count && found < SHARED_FILES_MAX; i++) {
        wanted[found].which = i;
        if (!is_there(written_files_at(i), &wanted[found].now))
            continue;
        if (is_wanted(&wanted[found]))
            found++;
        else
            drop(i);
    }
    place_unlock();
    signal_mask_restore(mask);
    return found;
}

static bool is_text(const struct wanted *one)
{
    const int fd = written_files_at(one->which)->fd;
    const uint64_t size = (uint64_t)one->now.st_size;

    private_file_fill_part(fd, 0, KEPT_LIST_LOOK_SIZE);
    private_file_fill_part(fd, size > KEPT_LIST_LOOK_SIZE ? size - KEPT_LIST_LOOK_SIZE : 0, size);
    return kept_list_is_text(fd, size);
}

/* Of one that is not filled yet all counts. */
static void divide(size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        int fd = written_files_at(wanted[i].which)->fd;
        shares[i].bytes = private_file_is_filled(fd) ? kept_list_taken_bytes(&wanted[i].now)
                                                     : (uint64_t)wanted[i].now.st_size;
        shares[i].may_be_cut = false;
        sum += shares[i].bytes;
    }
    for (size_t i = 0; i < count && sum > run.options.files_bytes; i++)
        shares[i].may_be_cut = is_text(&wanted[i]);
    file_shares_divide(shares, count, run.options.files_bytes);
}

/* --- keeping one --- */

/* The waveform needs room too, as long as it grows. */
static bool has_room(int fd, uint64_t bytes)
{
    struct statfs system;

    if (is_last || raw_syscall2(SYS_fstatfs, fd, &system) < 0)
        return true;
    return bytes < (uint64_t)system.f_bavail * (uint64_t)system.f_bsize / ROOM_PARTS;
}

static bool take_place(const struct wanted *one, struct kept *state)
{
    int place = -1;

    if (state->is_listed && strcmp(kept_list_path(state->place), one->path) == 0)
        return true;
    place = kept_list_add(one->path);
    if (place < 0) {
        drop(one->which);
        return false;
    }
    if (state->is_listed && kept_list_move(state->place, (unsigned)place) < 0)
        kept_list_drop(state->place);
    state->is_listed = has_change = true;
    state->place = (unsigned)place;
    return true;
}

static bool is_copied(const struct wanted *one, const struct kept *state, uint64_t granted)
{
    return !is_last && !written_files_at(one->which)->mapped && state->granted == granted &&
           state->size == (uint64_t)one->now.st_size && state->time.tv_sec == one->now.st_mtim.tv_sec &&
           state->time.tv_nsec == one->now.st_mtim.tv_nsec;
}

static int copy(const struct wanted *one, struct kept *state, uint64_t granted)
{
    const int fd = written_files_at(one->which)->fd;
    const uint64_t size = (uint64_t)one->now.st_size;
    const uint64_t bytes = granted < size ? granted : size;

    if (is_copied(one, state, granted) || !has_room(fd, bytes))
        return 0;
    if (granted == FILE_SHARES_WHOLE)
        private_file_fill_now(fd);
    else
        private_file_fill_part(fd, size - bytes, size);
    int r = granted == FILE_SHARES_WHOLE ? kept_list_copy(state->place, fd, size)
                                         : kept_list_copy_end(state->place, fd, size, bytes);
    state->granted = granted;
    state->size = size;
    state->time = one->now.st_mtim;
    has_change = true;
    return r;
}

/* Returns false where it cannot be. */
static bool give_name(const struct wanted *one, struct kept *state)
{
    const int fd = written_files_at(one->which)->fd;

    if (state->is_linked || state->is_unlinked)
        return state->is_linked;
    private_file_fill_now(fd);
    state->is_linked = kept_list_link(state->place, fd) == 0;
    state->is_unlinked = !state->is_linked;
    has_change = true;
    return state->is_linked;
}

static void say_too_large(const char *path)
{
    if (is_last)
        notes_add("LIGHTSSS_FILES has no room for %s", path);
}

static void keep(const struct wanted *one, uint64_t granted)
{
    struct kept *state = &kept[one->which];
    int r = 0;

    if (granted == 0) {
        drop(one->which);
        say_too_large(one->path);
        return;
    }
    if (!take_place(one, state))
        return;
    if (granted == FILE_SHARES_WHOLE && give_name(one, state))
        return;
    if (granted != FILE_SHARES_WHOLE && state->is_linked) {
        state->is_linked = false;
        state->is_unlinked = true;
    }
    r = copy(one, state, granted);
    if (r < 0 && is_last)
        notes_add("could not be kept (%s): %s", strerrorname_np(-r), one->path);
}

static void step(void)
{
    size_t count = find_wanted();

    divide(count);
    for (size_t i = 0; i < count; i++)
        keep(&wanted[i], shares[i].granted);
}

/* --- when --- */

static bool is_asked_for(void)
{
    return run.options.files_bytes != 0 && written_files_count() > 0;
}

void kept_files_look(void)
{
    uint64_t now_ns;

    if (!is_asked_for())
        return;
    now_ns = vdso_clock_ns();
    if (begin_ns == 0) {
        begin_ns = now_ns;
        next_ns = now_ns + FIRST_NS;
    }
    if (now_ns < next_ns)
        return;
    step();
    uint64_t end_ns = clock_ns();
    next_ns = end_ns + progress_pause_ns(end_ns - now_ns, end_ns - begin_ns);
    if (has_change)
        report_progress(shared_page_slot(run.page, run.pid));
    has_change = false;
}

/* --- the end --- */

void kept_files_note_exit(void)
{
    wants_flush = true;
}

void kept_files_flush(void)
{
    if (wants_flush && is_asked_for())
        exit_flush_files();
}

void kept_files_end(void)
{
    if (!is_asked_for())
        return;
    is_last = true;
    step();
}
