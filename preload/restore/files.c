/* SPDX-License-Identifier: MIT */
/* What a copy does with the descriptors it inherits: see files.h. Where an open file description is shared
 * (dup), the first descriptor is treated, and the others are made to share it again. */
#define _GNU_SOURCE
#include "restore/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/memory_device.h"
#include "base/proc_list.h"
#include "base/raw_syscall.h"
#include "base/text.h"
#include "record/undo.h"
#include "restore/kernel_objects.h"
#include "restore/private_files.h"
#include "restore/stand_ins.h"
#include "run/notes.h"
#include "run/run_directory.h"
#include "snapshot/descriptors.h"

#define MQUEUE_MAGIC  0x19800202
#define KEPT_FLAGS    (O_NONBLOCK | O_APPEND | O_DIRECTORY)
#define NAME_SIZE     128
#define SEALED_MAX    64u
#define FILL_MAX_SIZE (1 << 20) /* a larger file that nobody reads is filled when somebody does */

static enum fate {
    STAYS,    /* it shares nothing that matters */
    READER,   /* opened anew */
    WRITER,   /* kept for reading; at the wake a private file */
    OBJECT,   /* a kernel object of the copy's own */
    STAND_IN, /* /dev/null */
} fates[DESCRIPTORS_MAX];

static struct sealed {
    int fd, seals;
} sealed[SEALED_MAX];
static unsigned sealed_count;

static bool can_write(const struct descriptor *descriptor)
{
    return (descriptor->flags & O_ACCMODE) != O_RDONLY;
}

static bool can_read(const struct descriptor *descriptor)
{
    return (descriptor->flags & O_ACCMODE) != O_WRONLY;
}

/* A message queue looks like a file, but who reads it takes something out. */
static bool is_message_queue(int fd)
{
    struct statfs found;

    return raw_syscall2(SYS_fstatfs, fd, (long)&found) == 0 && found.f_type == MQUEUE_MAGIC;
}

static enum fate decide(const struct descriptor *descriptor)
{
    if (descriptor->flags == DESCRIPTOR_UNKNOWN)
        return STAND_IN;
    if ((descriptor->flags & O_PATH) != 0)
        return STAYS;
    switch (descriptor->file.st_mode & S_IFMT) {
    case S_IFREG:
        if (is_message_queue(descriptor->fd))
            return STAND_IN;
        return can_write(descriptor) ? WRITER : READER;
    case S_IFDIR:
        return READER;
    case S_IFBLK:
        return can_write(descriptor) ? STAND_IN : READER;
    case S_IFCHR:
        return memory_device_find(descriptor->file.st_rdev) != NULL ? READER : STAND_IN;
    case 0:
        return OBJECT;
    default:
        return STAND_IN;
    }
}

/* --- in the copy, before it parks --- */

static long open_again(int fd, int flags)
{
    return kernel_open(fd_name(fd).path, flags | O_NOCTTY | O_CLOEXEC);
}

static bool put(long from, const struct descriptor *descriptor)
{
    return raw_syscall3(SYS_dup3, from, descriptor->fd, descriptor->closes_on_exec ? O_CLOEXEC : 0) >= 0;
}

/* Puts a descriptor under the number, and closes it. */
static void move(long from, const struct descriptor *descriptor)
{
    if (!put(from, descriptor))
        raw_syscall1(SYS_close, descriptor->fd);
    raw_syscall1(SYS_close, from);
}

static void become_null(const struct descriptor *descriptor)
{
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)"/dev/null",
                           (descriptor->flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) | O_CLOEXEC, 0);

    /* Without /dev/null (a bare chroot, no descriptor left) closing still keeps the user's files safe. */
    if (fd < 0)
        raw_syscall1(SYS_close, descriptor->fd);
    else
        move(fd, descriptor);
}

static void become_reader(const struct descriptor *descriptor, int flags)
{
    long fd = open_again(descriptor->fd, flags);

    bool no_right = fd == -EACCES || fd == -EPERM;

    if (fd < 0 && (can_write(descriptor) || !no_right))
        become_null(descriptor);
    if (fd < 0)
        return; /* no right to open it once more: only its offset is shared */
    if (descriptor->offset > 0)
        raw_syscall3(SYS_lseek, fd, descriptor->offset, SEEK_SET);
    move(fd, descriptor);
}

static void become_object(const struct descriptor *descriptor)
{
    int fd = kernel_object_create(descriptor);

    if (fd >= 0)
        move(fd, descriptor);
    else if (fd != -EEXIST)
        become_null(descriptor);
}

static void let_go(const struct descriptor *descriptor, enum fate fate)
{
    switch (fate) {
    case STAYS:
        break;
    case READER:
        become_reader(descriptor, descriptor->flags & (O_ACCMODE | KEPT_FLAGS));
        break;
    case WRITER:
        become_reader(descriptor, O_RDONLY | O_NONBLOCK);
        break;
    case OBJECT:
        become_object(descriptor);
        break;
    case STAND_IN:
        become_null(descriptor);
    }
}

/* Those for which the list had no room. */
static int visit_late(int fd, void *context)
{
    struct descriptor descriptor;

    (void)context;
    if (descriptors_find(fd) != NULL)
        return 0;
    int r = descriptors_describe(fd, &descriptor);
    if (r < 0)
        return r == -EBADF ? 0 : r;
    enum fate fate = decide(&descriptor);
    let_go(&descriptor, fate == WRITER ? STAND_IN : fate);
    return 0;
}

/* What shares the open file description of the first one shares it again. */
static void rejoin(const struct descriptor *descriptor)
{
    if (!put(descriptors_at(descriptor->leader)->fd, descriptor))
        raw_syscall1(SYS_close, descriptor->fd);
}

int files_let_go(void)
{
    size_t count = descriptors_count();
    int r = 0;

    descriptors_complete();
    for (size_t i = 0; i < count; i++)
        fates[i] = decide(descriptors_at(i));
    for (size_t i = 0; i < count; i++)
        if (descriptors_at(i)->leader == i)
            let_go(descriptors_at(i), fates[i]);
        else if (fates[i] != STAYS)
            rejoin(descriptors_at(i));
    if (descriptors_overflowed())
        r = proc_list_descriptors(visit_late, NULL);
    for (size_t i = 0; i < count; i++)
        if (descriptors_at(i)->leader == i && fates[i] == OBJECT)
            kernel_object_connect(descriptors_at(i));
    return r;
}

/* --- in the woken copy: private files --- */

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_ino == other->st_ino && one->st_dev == other->st_dev;
}

/* Is the file itself still behind the number? */
static bool has_source(const struct descriptor *descriptor, struct stat *now)
{
    return raw_syscall2(SYS_fstat, descriptor->fd, (long)now) == 0 && same_file(now, &descriptor->file);
}

static bool is_read(const struct stat *file)
{
    for (size_t i = 0; i < descriptors_count(); i++)
        if (can_read(descriptors_at(i)) && same_file(&descriptors_at(i)->file, file))
            return true;
    return false;
}

static bool is_memory_file(const char *name)
{
    return strncmp(name, "/memfd:", strlen("/memfd:")) == 0;
}

static int create_memory_file(char *name)
{
    char *end = strstr(name, " (deleted)");

    if (end != NULL)
        *end = '\0';
    long fd =
        raw_syscall2(SYS_memfd_create, (long)(name + strlen("/memfd:")), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd < 0 ? (int)fd : high_number_move((int)fd);
}

/* A write to a sealed file would be refused, also one of ours. */
static void note_seals(const struct descriptor *descriptor, int private_fd)
{
    long seals = raw_syscall2(SYS_fcntl, descriptor->fd, F_GET_SEALS);

    if (seals > 0 && sealed_count < SEALED_MAX)
        sealed[sealed_count++] = (struct sealed){private_fd, (int)seals};
}

void files_seal(void)
{
    for (unsigned i = 0; i < sealed_count; i++)
        raw_syscall3(SYS_fcntl, sealed[i].fd, F_ADD_SEALS, sealed[i].seals);
}

/* Returns a descriptor of the private file or -errno. */
static int make_private(const struct descriptor *descriptor)
{
    const struct stat *then = &descriptor->file;
    char name[NAME_SIZE];
    struct stat now = {.st_size = 0};
    bool has_content = has_source(descriptor, &now), read = is_read(then);

    fd_name_read(descriptor->fd, name, sizeof name);
    int fd = has_content && is_memory_file(name) ? create_memory_file(name) : private_file_create();
    if (fd < 0)
        return fd;
    note_seals(descriptor, fd);
    private_file_add(then->st_dev, then->st_ino, fd);
    int r = 0;
    if (has_content && (read || then->st_size <= FILL_MAX_SIZE))
        r = private_file_fill(fd, descriptor->fd, (uint64_t)then->st_size);
    else if (has_content)
        r = private_file_fill_later(fd, descriptor->fd, (uint64_t)then->st_size);
    int lost = read ? undo_apply(then->st_dev, then->st_ino, fd) : 0;
    raw_syscall2(SYS_ftruncate, fd, then->st_size);
    if (r == 0 && lost < 0)
        notes_add_cause("was changed too much since the snapshot to be had again: %s", name);
    else if (r == 0 && read && !has_content)
        notes_add_cause("what is behind descriptor %d could not be kept for the replay", descriptor->fd);
    else if (r == 0 && read && now.st_size < then->st_size && !undo_has(then->st_dev, then->st_ino))
        notes_add_cause("was cut since the snapshot: %s", name);
    if (r < 0)
        notes_add_cause("could not be copied (%s): %s", strerrorname_np(-r), name);
    return fd;
}

/* Another description of the private file, as this one was. */
static void become_private(const struct descriptor *descriptor, int private_fd)
{
    int fd = private_file_reopen(private_fd, (descriptor->flags & (O_ACCMODE | KEPT_FLAGS)) | O_CLOEXEC);

    if (fd < 0) {
        notes_add_cause("descriptor %d could not be opened anew (%s)", descriptor->fd, strerrorname_np(-fd));
        become_null(descriptor);
        return;
    }
    if (descriptor->offset > 0)
        raw_syscall3(SYS_lseek, fd, descriptor->offset, SEEK_SET);
    move(fd, descriptor);
}

static void set_back_writer(const struct descriptor *descriptor)
{
    int fd = private_file_find(descriptor->file.st_dev, descriptor->file.st_ino);

    if (fd < 0)
        fd = make_private(descriptor);
    if (fd >= 0) {
        become_private(descriptor, fd);
        return;
    }
    notes_add_cause("no private file for descriptor %d (%s)", descriptor->fd, strerrorname_np(-fd));
    become_null(descriptor);
}

static bool is_later(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec > other->tv_sec || (one->tv_sec == other->tv_sec && one->tv_nsec > other->tv_nsec);
}

static void set_back_reader(const struct descriptor *descriptor)
{
    const struct stat *then = &descriptor->file;
    char name[NAME_SIZE];
    struct stat now;

    if (!S_ISREG(then->st_mode) && !S_ISDIR(then->st_mode))
        return;
    if (private_file_find(then->st_dev, then->st_ino) >= 0 ||
        (S_ISREG(then->st_mode) && undo_has(then->st_dev, then->st_ino))) {
        set_back_writer(descriptor);
        return;
    }
    if (!has_source(descriptor, &now))
        return;
    if (now.st_size == then->st_size && !is_later(&now.st_mtim, &then->st_mtim))
        return;
    fd_name_read(descriptor->fd, name, sizeof name);
    notes_add_cause("was changed since the snapshot: %s", name);
}

/* --- in the woken copy: all of it --- */

static int redirect(int number, const char *name)
{
    const struct descriptor *descriptor = descriptors_find(number);

    if (descriptor == NULL || !descriptors_is_output(descriptor))
        return 0;
    long file = run_directory_create(name);
    if (file < 0)
        return (int)file;
    long same = open_again((int)file, descriptor->flags & (O_ACCMODE | KEPT_FLAGS));
    bool done = put(same >= 0 ? same : file, descriptor);
    if (same >= 0)
        raw_syscall1(SYS_close, same);
    raw_syscall1(SYS_close, file);
    stand_ins_add(descriptor);
    return done ? 0 : -EMFILE;
}

static void set_back(size_t place, enum fate fate)
{
    const struct descriptor *descriptor = descriptors_at(place);

    if (fates[place] != fate || descriptor->leader != place || descriptors_is_output(descriptor))
        return;
    if (fate == WRITER)
        set_back_writer(descriptor);
    else if (fate == READER)
        set_back_reader(descriptor);
    else if (fate == OBJECT)
        kernel_object_rearm(descriptor);
    else if (fate == STAND_IN)
        stand_ins_add(descriptor);
}

/* Writers before readers: a file that is open for both is private to both. */
int files_set_back(void)
{
    static const enum fate order[] = {WRITER, READER, OBJECT, STAND_IN};
    int r = redirect(1, "replay.stdout");

    if (r == 0)
        r = redirect(2, "replay.stderr");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (size_t place = 0; place < descriptors_count(); place++)
            set_back(place, order[i]);
    for (size_t place = 0; place < descriptors_count(); place++)
        if (descriptors_at(place)->leader != place && fates[place] != STAYS &&
            !descriptors_is_output(descriptors_at(place)))
            rejoin(descriptors_at(place));
    if (descriptors_overflowed())
        notes_add_cause("more than %u descriptors were open: the others are about where they were",
                        DESCRIPTORS_MAX);
    return r;
}
