/* SPDX-License-Identifier: MIT */
/* See open_files.h. */
#define _GNU_SOURCE
#include "sandbox/open_files.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/user_memory.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "snapshot/descriptors.h"

/* What is open for writing is the replay's own, and so is what has no name, or one in the run directory: the
 * user's files are only read. What was open at the snapshot and is the same file still is the original's. */
bool open_files_is_own(int fd)
{
    struct stat file;
    int flags = kernel_fcntl(fd, F_GETFL, 0);

    if (flags < 0 || (flags & O_PATH) != 0 || kernel_fstat(fd, &file) < 0)
        return false;
    if ((flags & O_ACCMODE) == O_RDONLY && S_ISREG(file.st_mode) &&
        descriptors_find_file(file.st_dev, file.st_ino) != NULL)
        return false;
    return (flags & O_ACCMODE) != O_RDONLY || file.st_nlink == 0 ||
           written_files_has(file.st_dev, file.st_ino) ||
           (!S_ISREG(file.st_mode) && !S_ISDIR(file.st_mode) && !S_ISCHR(file.st_mode) &&
            !S_ISBLK(file.st_mode));
}

long open_files_change(struct trap *trap)
{
    int fd = (int)trap->argument[0];
    int flags = kernel_fcntl(fd, F_GETFL, 0);

    if (flags < 0 || (flags & O_PATH) != 0)
        return -EBADF;
    if (open_files_is_own(fd))
        return trap_call(trap);
    notes_add("%s of a file that was open for reading was not done", trap->name);
    return 0;
}

/* Questions, and what changes a descriptor or a terminal: one that is open is the replay's own. */
static bool is_harmless_ioctl(unsigned command)
{
    static const unsigned harmless[] = {
        TCGETS,       TCSETS,      TCSETSW,    TCSETSF,      TCSBRK,      TCXONC,
        TCFLSH,       TIOCSWINSZ,  TIOCEXCL,   TIOCNXCL,     TIOCGWINSZ,  TIOCGPGRP,
        TIOCGSID,     TIOCOUTQ,    TIOCMGET,   TIOCGETD,     FIONREAD,    FIONBIO,
        FIOASYNC,     FIOCLEX,     FIONCLEX,   FIOQSIZE,     SIOCATMARK,  SIOCGIFCONF,
        SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFMTU, SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFHWADDR,
    };

    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (harmless[i] == command)
            return true;
    return false;
}

long open_files_ioctl(struct trap *trap)
{
    unsigned command = (unsigned)trap->argument[1];
    struct stat file;

    if (is_harmless_ioctl(command))
        return trap_call(trap);
    if (kernel_fstat((int)trap->argument[0], &file) < 0)
        return -EBADF;
    notes_add("ioctl 0x%x was refused", command);
    return S_ISCHR(file.st_mode) || S_ISBLK(file.st_mode) ? -EPERM : -ENOTTY;
}

/* Locks are those of the user's files, which the original may hold: nobody else can want the replay's own. */
long open_files_fcntl(struct trap *trap)
{
    switch (trap->argument[1]) {
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
    case F_SETLEASE:
        return kernel_fcntl((int)trap->argument[0], F_GETFD, 0) < 0 ? -EBADF : 0;
    case F_SETOWN:
    case F_SETOWN_EX:
    case F_NOTIFY:
        notes_add("fcntl %ld was refused", trap->argument[1]);
        return -EPERM;
    default:
        return trap_call(trap);
    }
}

/* --- sockets: without an address it goes to what the socket is connected to, which is the replay's own ---
 */

long open_files_send(struct trap *trap)
{
    (void)trap; /* the filter lets it through without an address */
    notes_add("a message to an address was not sent");
    return -ENETUNREACH;
}

/* The kernel reads the message again; what another thread writes into it meanwhile must not matter. */
long open_files_send_message(struct trap *trap)
{
    struct msghdr message;

    if (user_memory_read(&message, trap->argument[1], sizeof message) < 0)
        return -EFAULT;
    if (message.msg_name != NULL)
        return open_files_send(trap);
    return trap_call_with(trap, 1, (long)&message);
}

long open_files_send_messages(struct trap *trap)
{
    struct mmsghdr message;
    unsigned count = (unsigned)trap->argument[2], sent = 0;
    long r = 0;

    for (; sent < count && sent < 1024; sent++) {
        long at = trap->argument[1] + (long)(sent * sizeof message);
        r = user_memory_read(&message, at, sizeof message);
        if (r == 0 && message.msg_hdr.msg_name != NULL)
            r = open_files_send(trap);
        if (r == 0)
            r = raw_syscall3(SYS_sendmsg, trap->argument[0], &message.msg_hdr, trap->argument[3]);
        if (r < 0)
            break;
        message.msg_len = (unsigned)r;
        user_memory_write(at, &message, sizeof message);
    }
    return sent > 0 ? (long)sent : r;
}
