/* SPDX-License-Identifier: MIT */
/* See kept.h. One that was open for writing at the snapshot is a private file already; one that was open for
 * reading is there as long as this copy is. */
#define _GNU_SOURCE
#include "sandbox/kept.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/stack.h"
#include "record/renames.h"
#include "record/undo.h"
#include "restore/private_files.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "snapshot/descriptors.h"

struct making {
    size_t record;
    const char *path;
    uint64_t snapshot_ns;
    int fd; /* or -errno */
};

/* Is it still behind a descriptor of ours? Returns 0 or -errno. */
static int fill_from_open(const struct renames_file *gone, int private_fd)
{
    struct stat now;

    for (size_t i = 0; i < descriptors_count(); i++) {
        const struct descriptor *descriptor = descriptors_at(i);

        if (descriptor->file.st_dev == gone->device && descriptor->file.st_ino == gone->inode &&
            kernel_fstat(descriptor->fd, &now) == 0 && now.st_dev == gone->device &&
            now.st_ino == gone->inode)
            return private_file_fill(private_fd, descriptor->fd, UINT64_MAX);
    }
    return -ENODATA;
}

/* Returns 0 or -errno. */
static int fill(const struct making *making, const struct renames_note *note, int private_fd)
{
    const struct renames_file *gone = &note->gone;
    const bool was_changed = gone->changed_ns > making->snapshot_ns && !undo_has(gone->device, gone->inode);
    int r = note->is_lost ? fill_from_open(gone, private_fd) : renames_put_back(making->record, private_fd);

    kernel_ftruncate(private_fd, (off_t)gone->size);
    if (r == -ENODATA)
        notes_add_cause("was removed since the snapshot, and was too much to be kept: %s", making->path);
    else if (was_changed || undo_apply_before(making->record, gone->device, gone->inode, private_fd) < 0)
        notes_add_cause("was changed before it was removed since the snapshot: %s", making->path);
    return r == -ENODATA ? 0 : r;
}

static void make(void *argument)
{
    struct making *making = argument;
    struct renames_texts texts;
    struct renames_note note;

    if (!renames_at(making->record, &note, &texts))
        return;
    making->fd = private_file_find(note.gone.device, note.gone.inode);
    if (making->fd >= 0)
        return;
    making->fd = private_file_create();
    if (making->fd < 0)
        return;
    const struct timespec times[] = {kernel_timespec(note.gone.changed_ns),
                                     kernel_timespec(note.gone.changed_ns)};
    int r = fill(making, &note, making->fd);
    kernel_fchmod(making->fd, note.gone.mode & 07777);
    raw_syscall4(SYS_utimensat, making->fd, NULL, times, 0);
    if (r == 0)
        r = private_file_add_gone(note.gone.device, note.gone.inode, making->fd);
    if (r == 0)
        written_files_add(making->fd, making->path, &times[1], false);
    if (r < 0) {
        kernel_close(making->fd);
        making->fd = r;
    }
}

/* That takes more stack than a small thread may have left. The caller holds the lock: one thread at a time.
 */
int kept_file(size_t record, const char *path, uint64_t snapshot_ns)
{
    static _Alignas(16) char stack[64 * 1024];
    struct making making = {record, path, snapshot_ns, -EIO};

    stack_switch(make, &making, stack + sizeof stack);
    if (making.fd < 0)
        notes_add_cause("%s could not be made for the replay: %s", path, strerrordesc_np(-making.fd));
    return making.fd;
}
