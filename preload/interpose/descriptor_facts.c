/* SPDX-License-Identifier: MIT */
/* What a replay's stdin, stdout, pipes, terminals and private files tell of themselves is what the original's
 * did. stdio asks at the first line how it should buffer, which may be after the snapshot. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "interpose/libc_hook.h"
#include "record/answer.h"
#include "restore/private_files.h"
#include "restore/stand_ins.h"
#include "run/role.h"

#define SPEED_BITS 0x100fu /* CBAUD with CBAUDEX, as the kernel has them */

static int (*libc_fstat)(int fd, struct stat *file);
static int (*libc_fxstat)(int version, int fd, struct stat *file);
static off_t (*libc_lseek)(int fd, off_t offset, int whence);
static int (*libc_ioctl)(int fd, unsigned long request, void *argument);
static int (*libc_tcgetattr)(int fd, struct termios *termios);
static int (*libc_tcsetattr)(int fd, int when, const struct termios *termios);

/* A private file tells that it is the user's, so that a stat() of its name finds the same one. */
static void tell_private(struct stat *file)
{
    const struct descriptor *of;

    if (!private_file_original(&file->st_dev, &file->st_ino))
        return;
    of = descriptors_find_file(file->st_dev, file->st_ino);
    if (of == NULL)
        return;
    file->st_mode = of->file.st_mode;
    file->st_nlink = of->file.st_nlink;
    file->st_uid = of->file.st_uid;
    file->st_gid = of->file.st_gid;
    file->st_blksize = of->file.st_blksize;
}

/* --- fstat and lseek --- */

/* stdout may have been a file that had something in it. */
static void tell_stat(const struct descriptor *of, struct stat *file)
{
    off_t written = file->st_size;

    *file = of->file;
    if (S_ISREG(file->st_mode) && file->st_size < of->offset + written)
        file->st_size = of->offset + written;
}

static int told(int fd, struct stat *file, int r)
{
    const struct descriptor *of = r == 0 ? stand_ins_find(fd) : NULL;

    if (of != NULL)
        tell_stat(of, file);
    else if (r == 0)
        tell_private(file);
    return r;
}

static int on_fstat(int fd, struct stat *file)
{
    return told(fd, file, libc_fstat(fd, file));
}

static int on_fxstat(int version, int fd, struct stat *file)
{
    return told(fd, file, libc_fxstat(version, fd, file));
}

/* What a replay has in place of a pipe could be sought in. */
static off_t seek(int fd, off_t offset, int whence)
{
    if (role_is_fed() && answer_concerns(fd) &&
        (descriptor_class(fd) == DESCRIPTOR_PIPE || descriptor_class(fd) == DESCRIPTOR_SOCKET)) {
        errno = ESPIPE;
        return -1;
    }
    return libc_lseek(fd, offset, whence);
}

static off_t on_lseek(int fd, off_t offset, int whence)
{
    const struct descriptor *of = stand_ins_find(fd);

    if (of == NULL)
        return seek(fd, offset, whence);
    if (of->offset < 0) {
        errno = (int)-of->offset;
        return -1;
    }
    if (!S_ISREG(of->file.st_mode))
        return seek(fd, offset, whence);
    if (whence == SEEK_SET)
        offset = offset < of->offset ? 0 : offset - of->offset;
    off_t r = seek(fd, offset, whence);
    return r < 0 ? r : r + of->offset;
}

/* --- terminals --- */

static void put_termios(struct termios *to, const struct descriptor_termios *from)
{
    memset(to, 0, sizeof *to);
    to->c_iflag = from->input;
    to->c_oflag = from->output;
    to->c_cflag = from->control;
    to->c_lflag = from->local;
    to->c_line = from->line;
    memcpy(to->c_cc, from->characters, sizeof from->characters);
    to->c_ispeed = to->c_ospeed = from->control & SPEED_BITS;
}

static void take_termios(struct descriptor_termios *to, const struct termios *from)
{
    to->input = from->c_iflag;
    to->output = from->c_oflag;
    to->control = from->c_cflag;
    to->local = from->c_lflag;
    to->line = from->c_line;
    memcpy(to->characters, from->c_cc, sizeof to->characters);
}

static int on_tcgetattr(int fd, struct termios *termios)
{
    const struct descriptor *of = stand_ins_find(fd);
    const struct descriptor_terminal *tty = of == NULL ? NULL : descriptors_terminal(of);

    if (tty == NULL)
        return libc_tcgetattr(fd, termios);
    put_termios(termios, &tty->termios);
    return 0;
}

static int on_tcsetattr(int fd, int when, const struct termios *termios)
{
    const struct descriptor *of = stand_ins_find(fd);
    struct descriptor_terminal *tty = of == NULL ? NULL : descriptors_terminal(of);

    if (tty == NULL)
        return libc_tcsetattr(fd, when, termios);
    take_termios(&tty->termios, termios);
    return 0;
}

/* Returns false for what a terminal that nobody sees cannot tell. */
static bool ask_terminal(struct descriptor_terminal *tty, unsigned long request, void *argument)
{
    switch (request) {
    case TCGETS:
        memcpy(argument, &tty->termios, sizeof tty->termios);
        return true;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        memcpy(&tty->termios, argument, sizeof tty->termios);
        return true;
    case TIOCGWINSZ:
        memcpy(argument, &tty->size, sizeof tty->size);
        return true;
    case TIOCSWINSZ:
        memcpy(&tty->size, argument, sizeof tty->size);
        return true;
    case TIOCGPGRP:
        memcpy(argument, &tty->foreground, sizeof tty->foreground);
        return tty->foreground >= 0;
    case TIOCGSID:
        memcpy(argument, &tty->session, sizeof tty->session);
        return tty->session >= 0;
    default:
        return false;
    }
}

/* What it asks of a descriptor that cannot be rewound is input. */
static int input_ioctl(int fd, unsigned long request, void *argument)
{
    const bool asks = request == FIONREAD || request == TIOCOUTQ;
    struct answer answer;
    int result = 0;

    if (!asks && request != FIONBIO)
        return libc_ioctl(fd, request, argument);
    if (answer_begins_at(&answer, ANSWER_OF_DESCRIPTOR, fd, "ioctl"))
        result = libc_ioctl(fd, request, argument);
    return (int)answer_value(&answer, result, argument, asks ? sizeof(int) : 0);
}

static int on_ioctl(int fd, unsigned long request, void *argument)
{
    const struct descriptor *of = stand_ins_find(fd);
    struct descriptor_terminal *tty = of == NULL ? NULL : descriptors_terminal(of);

    if (tty != NULL && argument != NULL && ask_terminal(tty, request, argument))
        return 0;
    return input_ioctl(fd, request, argument);
}

/* isatty() asks tcgetattr(); stdio comes by as well. */
static const struct libc_hook rows[] = {
    LIBC_HOOK("fstat64", on_fstat, libc_fstat),
    LIBC_HOOK("__fxstat64", on_fxstat, libc_fxstat),
    LIBC_HOOK("lseek64", on_lseek, libc_lseek),
    LIBC_HOOK("ioctl", on_ioctl, libc_ioctl),
    LIBC_HOOK("tcgetattr", on_tcgetattr, libc_tcgetattr),
    LIBC_HOOK("tcsetattr", on_tcsetattr, libc_tcsetattr),
};
const struct libc_hooks descriptor_facts_hooks = LIBC_HOOKS(rows);
