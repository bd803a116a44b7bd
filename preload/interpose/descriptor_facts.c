/* SPDX-License-Identifier: MIT */
/* What a replay's stdin, stdout, pipes, terminals and private files tell of themselves is what the original's
 * did. stdio asks at the first line how it should buffer, which may be after the snapshot. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
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
static int (*libc_ttyname_r)(int fd, char *name, size_t size);

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

/* Of a terminal that was opened since the snapshot, a UART's say, nothing else is known in a replay than what
 * the original was told. */
static bool is_told(int fd)
{
    return answer_concerns(fd) && descriptor_class(fd) == DESCRIPTOR_DEVICE;
}

static uint64_t terminal_key(int fd, unsigned long request)
{
    return answer_key_at(ANSWER_TERMINAL, (uint64_t)(unsigned)fd ^ (uint64_t)(uint32_t)request << 20);
}

/* Is the call to be made? */
static bool is_asked(uint64_t key)
{
    return !role_is_fed() || !tape_has_answer(TAPE_CALL, key);
}

static int told_terminal(uint64_t key, int result, void *bytes, size_t size)
{
    return (int)answer_replaced(TAPE_CALL, key, result, bytes, result < 0 ? 0 : size);
}

static int tell_termios(int fd, struct termios *termios)
{
    const uint64_t key = terminal_key(fd, TCGETS);

    if (!is_told(fd))
        return libc_tcgetattr(fd, termios);
    return told_terminal(key, is_asked(key) ? libc_tcgetattr(fd, termios) : 0, termios, sizeof *termios);
}

static int tell_set(int fd, int when, const struct termios *termios)
{
    const uint64_t key = terminal_key(fd, TCSETS);

    if (!is_told(fd))
        return libc_tcsetattr(fd, when, termios);
    return told_terminal(key, is_asked(key) ? libc_tcsetattr(fd, when, termios) : 0, NULL, 0);
}

static int on_tcgetattr(int fd, struct termios *termios)
{
    const struct descriptor *of = stand_ins_find(fd);
    const struct descriptor_terminal *tty = of == NULL ? NULL : descriptors_terminal(of);

    if (tty == NULL)
        return tell_termios(fd, termios);
    put_termios(termios, &tty->termios);
    return 0;
}

static int on_tcsetattr(int fd, int when, const struct termios *termios)
{
    const struct descriptor *of = stand_ins_find(fd);
    struct descriptor_terminal *tty = of == NULL ? NULL : descriptors_terminal(of);

    if (tty == NULL)
        return tell_set(fd, when, termios);
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

/* What such a question fills in; returns false for what is no question to a terminal. */
static bool terminal_request(unsigned long request, size_t *size)
{
    *size = 0;
    switch (request) {
    case TIOCGPTN:
    case TIOCGPTLCK:
        *size = sizeof(int);
        return true;
    case TIOCGWINSZ:
        *size = sizeof(struct winsize);
        return true;
    case TIOCSPTLCK:
    case TIOCGPTPEER:
    case TIOCSWINSZ:
        return true;
    default:
        return false;
    }
}

/* The other side of a pty, by its master. */
static int peer_made(int fd, int flags)
{
    if (fd >= 0 && role_is_fed())
        descriptor_class_stand_in(fd, DESCRIPTOR_DEVICE, (flags & O_CLOEXEC) != 0);
    else if (fd >= 0)
        descriptor_class_set(fd, DESCRIPTOR_DEVICE);
    return fd;
}

static int tell_terminal(int fd, unsigned long request, void *argument, size_t size)
{
    const uint64_t key = terminal_key(fd, request);

    int result = told_terminal(key, is_asked(key) ? libc_ioctl(fd, request, argument) : 0, argument, size);
    return request == TIOCGPTPEER ? peer_made(result, (int)(intptr_t)argument) : result;
}

/* What it asks of a descriptor that cannot be rewound is input. */
static int input_ioctl(int fd, unsigned long request, void *argument)
{
    const bool asks = request == FIONREAD || request == TIOCOUTQ;
    struct answer answer;
    int result = 0;
    size_t size;

    if (!asks && request != FIONBIO)
        return terminal_request(request, &size) && is_told(fd) ? tell_terminal(fd, request, argument, size)
                                                               : libc_ioctl(fd, request, argument);
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

/* Returns an error's number. */
static int on_ttyname_r(int fd, char *name, size_t size)
{
    const uint64_t key = terminal_key(fd, 0);

    if (!is_told(fd))
        return libc_ttyname_r(fd, name, size);
    int result = is_asked(key) ? libc_ttyname_r(fd, name, size) : 0;
    return told_terminal(key, result, name, result != 0 ? 0 : role_is_fed() ? size : strlen(name) + 1);
}

/* isatty() asks tcgetattr(); stdio comes by as well. */
static const struct libc_hook rows[] = {
    LIBC_HOOK("fstat64", on_fstat, libc_fstat),
    LIBC_HOOK("__fxstat64", on_fxstat, libc_fxstat),
    LIBC_HOOK("lseek64", on_lseek, libc_lseek),
    LIBC_HOOK("ioctl", on_ioctl, libc_ioctl),
    LIBC_HOOK("tcgetattr", on_tcgetattr, libc_tcgetattr),
    LIBC_HOOK("tcsetattr", on_tcsetattr, libc_tcsetattr),
    LIBC_HOOK("ttyname_r", on_ttyname_r, libc_ttyname_r),
};
const struct libc_hooks descriptor_facts_hooks = LIBC_HOOKS(rows);
