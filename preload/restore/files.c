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
#include "base/procfs.h"
#include "record/undo.h"
#include "restore/anon_inodes.h"
#include "restore/private_files.h"
#include "restore/stand_ins.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "run/run_directory.h"
#include "snapshot/descriptors.h"

#define MQUEUE_MAGIC  0x19800202
#define MEMORY        "/memfd:"
#define KEPT_FLAGS    (O_NONBLOCK | O_APPEND | O_DIRECTORY)
#define NAME_SIZE     128
#define SEALED_MAX    64u
#define FILL_MAX_SIZE (1 << 20) /* a larger file that nobody reads is filled when somebody does */

/* What becomes of a descriptor. At the wake in this order: a file that is open to be written and to be read
 * is private to both. */
static enum fate {
    WRITER,   /* kept for reading; at the wake a private file */
    READER,   /* opened anew */
    OBJECT,   /* a kernel object of the copy's own */
    STAND_IN, /* /dev/null */
    STAYS,    /* it shares nothing that matters */
} fates[DESCRIPTORS_MAX];

static const char *paths[DESCRIPTORS_MAX]; /* of writers, at the snapshot; NULL: it had none, or no room */

static struct sealed {
    int fd, seals;
} sealed[SEALED_MAX];
static unsigned sealed_count;

static bool can_write(const struct descriptor *descriptor)
{
    return (descriptor->flags & O_ACCMODE) != O_RDONLY;
}

/* A message queue looks like a file, but who reads it takes something out. */
static bool is_message_queue(int fd)
{
    struct statfs found;

    return raw_syscall2(SYS_fstatfs, fd, &found) == 0 && found.f_type == MQUEUE_MAGIC;
}

static enum fate decide(const struct descriptor *descriptor)
{
    if (descriptor->flags == DESCRIPTOR_FLAGS_UNKNOWN)
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

static int open_again(int fd, int flags)
{
    return kernel_open(fd_name(fd).path, flags | O_NOCTTY | O_CLOEXEC);
}

static bool put(int from, const struct descriptor *descriptor)
{
    return kernel_dup3(from, descriptor->fd, descriptor->closes_on_exec ? O_CLOEXEC : 0) >= 0;
}

/* Puts a descriptor under the number, and closes it. */
static void move(int from, const struct descriptor *descriptor)
{
    if (!put(from, descriptor))
        kernel_close(descriptor->fd);
    kernel_close(from);
}

static void become_null(const struct descriptor *descriptor)
{
    int fd = kernel_open("/dev/null", (descriptor->flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) | O_CLOEXEC);

    /* Without /dev/null (a bare chroot, no descriptor left) closing still keeps the user's files safe. */
    if (fd < 0)
        kernel_close(descriptor->fd);
    else
        move(fd, descriptor);
}

static void open_anew(const struct descriptor *descriptor, int flags)
{
    int fd = open_again(descriptor->fd, flags);
    bool no_right = fd == -EACCES || fd == -EPERM;

    if (fd < 0 && (can_write(descriptor) || !no_right))
        become_null(descriptor);
    if (fd < 0)
        return; /* no right to open it once more: only its offset is shared */
    if (descriptor->offset > 0)
        kernel_lseek(fd, descriptor->offset, SEEK_SET);
    move(fd, descriptor);
}

/* The original may give it another one, or none. */
static void note_path(const struct descriptor *descriptor)
{
    if (descriptor->file.st_nlink > 0 && !descriptors_is_output(descriptor))
        paths[descriptor->leader] = written_files_keep_name(descriptor->fd);
}

static void let_go_writer(const struct descriptor *descriptor)
{
    note_path(descriptor);
    open_anew(descriptor, O_RDONLY | O_NONBLOCK);
}

static void let_go_reader(const struct descriptor *descriptor)
{
    open_anew(descriptor, descriptor->flags & (O_ACCMODE | KEPT_FLAGS));
}

static void let_go_object(const struct descriptor *descriptor)
{
    int fd = anon_inode_create(descriptor);

    if (fd >= 0)
        move(fd, descriptor);
    else if (fd != -EEXIST)
        become_null(descriptor);
}

/* What shares the open file description of the first one shares it again. */
static void rejoin(const struct descriptor *descriptor)
{
    if (!put(descriptors_at(descriptor->leader)->fd, descriptor))
        kernel_close(descriptor->fd);
}

/* --- in the woken copy: private files --- */

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_ino == other->st_ino && one->st_dev == other->st_dev;
}

/* Is the file itself still behind the number? */
static bool has_source(const struct descriptor *descriptor, struct stat *now)
{
    return kernel_fstat(descriptor->fd, now) == 0 && same_file(now, &descriptor->file);
}

static bool is_read(const struct stat *file)
{
    for (size_t i = 0; i < descriptors_count(); i++)
        if ((descriptors_at(i)->flags & O_ACCMODE) != O_WRONLY && same_file(&descriptors_at(i)->file, file))
            return true;
    return false;
}

static int create_memory_file(char *name)
{
    char *end = strstr(name, " (deleted)");

    if (end != NULL)
        *end = '\0';
    int fd = kernel_memfd_create(name + strlen(MEMORY), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd < 0 ? fd : high_number_move(fd);
}

/* A write to a sealed file would be refused, also one of ours. */
static void note_seals(const struct descriptor *descriptor, int private_fd)
{
    int seals = kernel_fcntl(descriptor->fd, F_GET_SEALS, 0);

    if (seals > 0 && sealed_count < SEALED_MAX)
        sealed[sealed_count++] = (struct sealed){private_fd, seals};
}

void files_seal(void)
{
    for (unsigned i = 0; i < sealed_count; i++)
        kernel_fcntl(sealed[i].fd, F_ADD_SEALS, sealed[i].seals);
}

/* Of what was open for reading only it is not noted. NULL: it has none. */
static const char *path_of(const struct descriptor *descriptor, const struct stat *now)
{
    if (paths[descriptor->leader] != NULL || now->st_nlink == 0)
        return paths[descriptor->leader];
    return written_files_keep_name(descriptor->fd);
}

/* Returns a descriptor of the private file or -errno. */
static int make_private(const struct descriptor *descriptor)
{
    const struct stat *then = &descriptor->file;
    char name[NAME_SIZE];
    struct stat now = {.st_nlink = 0};
    bool has_content = has_source(descriptor, &now), read = is_read(then);

    fd_name_read(descriptor->fd, name, sizeof name);
    bool is_memory = has_content && strncmp(name, MEMORY, strlen(MEMORY)) == 0;
    int fd = is_memory ? create_memory_file(name) : private_file_create();
    if (fd < 0)
        return fd;
    note_seals(descriptor, fd);
    private_file_add(then->st_dev, then->st_ino, fd);
    if (!is_memory)
        written_files_add(fd, path_of(descriptor, &now), &then->st_mtim, false);
    int r = 0;
    if (has_content && (read || then->st_size <= FILL_MAX_SIZE))
        r = private_file_fill(fd, descriptor->fd, (uint64_t)then->st_size);
    else if (has_content)
        r = private_file_fill_later(fd, descriptor->fd, (uint64_t)then->st_size);
    int lost = read ? undo_apply(then->st_dev, then->st_ino, fd) : 0;
    kernel_ftruncate(fd, then->st_size);
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
static void set_back_writer(const struct descriptor *descriptor)
{
    int fd, private_fd = private_file_find(descriptor->file.st_dev, descriptor->file.st_ino);

    if (private_fd < 0)
        private_fd = make_private(descriptor);
    fd = private_fd;
    if (fd >= 0)
        fd = private_file_reopen(private_fd, (descriptor->flags & (O_ACCMODE | KEPT_FLAGS)) | O_CLOEXEC);
    if (fd < 0) {
        notes_add_cause(private_fd < 0 ? "no private file for descriptor %d (%s)"
                                       : "descriptor %d could not be opened anew (%s)",
                        descriptor->fd, strerrorname_np(-fd));
        become_null(descriptor);
        return;
    }
    if (descriptor->offset > 0)
        kernel_lseek(fd, descriptor->offset, SEEK_SET);
    move(fd, descriptor);
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

/* --- all of it --- */

static const struct {
    void (*let_go)(const struct descriptor *descriptor);   /* in the copy; NULL: it stays as it is */
    void (*connect)(const struct descriptor *descriptor);  /* when all the others are there */
    void (*set_back)(const struct descriptor *descriptor); /* in the woken copy */
} operations[] = {
    [WRITER] = {let_go_writer, NULL, set_back_writer},
    [READER] = {let_go_reader, NULL, set_back_reader},
    [OBJECT] = {let_go_object, anon_inode_connect, anon_inode_rearm},
    [STAND_IN] = {become_null, NULL, stand_ins_add},
    [STAYS] = {NULL, NULL, NULL},
};

/* One for which the list had no room. */
static int let_go_late(int fd, void *unused)
{
    struct descriptor descriptor;

    (void)unused;
    if (descriptors_find(fd) != NULL)
        return 0;
    int r = descriptors_describe(fd, &descriptor);
    if (r < 0)
        return r == -EBADF ? 0 : r;
    enum fate fate = decide(&descriptor);
    if (fate == WRITER)
        fate = STAND_IN;
    if (operations[fate].let_go != NULL)
        operations[fate].let_go(&descriptor);
    return 0;
}

static bool is_leader(size_t place)
{
    return descriptors_at(place)->leader == place;
}

int files_let_go(void)
{
    size_t count = descriptors_count();
    int r = 0;

    descriptors_complete();
    for (size_t i = 0; i < count; i++)
        fates[i] = decide(descriptors_at(i));
    for (size_t i = 0; i < count; i++)
        if (fates[i] != STAYS)
            (is_leader(i) ? operations[fates[i]].let_go : rejoin)(descriptors_at(i));
    if (descriptors_overflowed())
        r = procfs_descriptors(let_go_late, NULL);
    for (size_t i = 0; i < count; i++)
        if (is_leader(i) && operations[fates[i]].connect != NULL)
            operations[fates[i]].connect(descriptors_at(i));
    return r;
}

/* Where it cannot be opened once more, both move the offset. */
static void part_reader(const struct descriptor *descriptor)
{
    const int fd = open_again(descriptor->fd, descriptor->flags & (O_ACCMODE | KEPT_FLAGS));

    if (fd < 0)
        return;
    if (descriptor->offset > 0)
        kernel_lseek(fd, descriptor->offset, SEEK_SET);
    move(fd, descriptor);
}

void files_part(void)
{
    const size_t count = descriptors_count();

    for (size_t i = 0; i < count; i++)
        if (is_leader(i) && fates[i] == READER)
            part_reader(descriptors_at(i));
        else if (is_leader(i) && fates[i] == OBJECT)
            let_go_object(descriptors_at(i));
    for (size_t i = 0; i < count; i++)
        if (!is_leader(i) && (fates[i] == READER || fates[i] == OBJECT))
            rejoin(descriptors_at(i));
    for (size_t i = 0; i < count; i++)
        if (is_leader(i) && fates[i] == OBJECT)
            anon_inode_connect(descriptors_at(i));
}

static int redirect(int number, const char *name)
{
    const struct descriptor *descriptor = descriptors_find(number);

    if (descriptor == NULL || !descriptors_is_output(descriptor))
        return 0;
    int file = run_directory_create(name);
    if (file < 0)
        return file;
    int same = open_again(file, descriptor->flags & (O_ACCMODE | KEPT_FLAGS));
    bool done = put(same >= 0 ? same : file, descriptor);
    kernel_close(same);
    kernel_close(file);
    stand_ins_add(descriptor);
    return done ? 0 : -EMFILE;
}

int files_set_back(void)
{
    size_t count = descriptors_count();

    undo_collect();
    int r = redirect(1, "replay.stdout");
    if (r == 0)
        r = redirect(2, "replay.stderr");
    for (enum fate fate = 0; fate < STAYS; fate++)
        for (size_t i = 0; i < count; i++)
            if (fates[i] == fate && is_leader(i) && !descriptors_is_output(descriptors_at(i)))
                operations[fate].set_back(descriptors_at(i));
    for (size_t i = 0; i < count; i++)
        if (fates[i] != STAYS && !is_leader(i) && !descriptors_is_output(descriptors_at(i)))
            rejoin(descriptors_at(i));
    if (descriptors_overflowed())
        notes_add_cause("more than %u descriptors were open: the others are about where they were",
                        DESCRIPTORS_MAX);
    return r;
}
