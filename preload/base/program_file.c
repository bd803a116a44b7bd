/* SPDX-License-Identifier: MIT */
/* See program_file.h. The loader keeps no name of the program that it was given, but the program's file is
 * mapped. */
#define _GNU_SOURCE
#include "base/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/kernel.h"
#include "base/text.h"

#define LINK           "/proc/self/exe"        /* valgrind answers for this name alone ... */
#define LINK_OF_THREAD "/proc/thread-self/exe" /* ... and it leads nowhere once the first thread is gone */
#define LINE_FIELD     5                       /* of the path in a line of /proc/self/maps */

static char found[PATH_MAX];

/* A line as it is read: "start-end perms offset device inode   path". */
struct line {
    uint64_t number[2];
    unsigned field, end;
    char path[PATH_MAX];
    size_t length;
};

static void read_byte(struct line *line, char byte)
{
    if (line->field == LINE_FIELD) {
        if ((byte != ' ' || line->length > 0) && line->length < sizeof line->path - 1)
            line->path[line->length++] = byte;
    } else if (byte == ' ') {
        line->field++;
    } else if (line->field == 0 && byte == '-') {
        line->end = 1;
    } else if (line->field == 0) {
        uint64_t digit = (uint64_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
        line->number[line->end] = line->number[line->end] * 16 + digit;
    }
}

/* Keeps the path of what is mapped there. */
static bool end_line(struct line *line, uintptr_t address)
{
    bool is_it = line->number[0] <= address && address < line->number[1];

    line->path[line->length] = '\0';
    if (is_it && line->path[0] == '/')
        memcpy(found, line->path, line->length + 1);
    line->number[0] = line->number[1] = 0;
    line->field = line->end = 0;
    line->length = 0;
    return is_it;
}

static void find(uintptr_t address)
{
    static struct line line;
    char buffer[4096];
    bool is_found = false;
    long length;
    int fd = kernel_open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    while (!is_found && (length = kernel_read(fd, buffer, sizeof buffer)) > 0)
        for (long i = 0; i < length && !is_found; i++)
            if (buffer[i] == '\n')
                is_found = end_line(&line, address);
            else
                read_byte(&line, buffer[i]);
    kernel_close(fd);
}

/* A program that the kernel itself has given to the loader has one. */
static bool is_loader_asked(void)
{
    return getauxval(AT_BASE) == 0;
}

static const char *working_link(void)
{
    char start[2];

    return kernel_readlink(LINK, start, sizeof start) > 0 ? LINK : LINK_OF_THREAD;
}

const char *program_file(const struct dl_phdr_info *program)
{
    if (found[0] == '\0' && program != NULL && is_loader_asked())
        find((uintptr_t)program->dlpi_phdr);
    return found[0] != '\0' ? found : working_link();
}

int program_file_name(char *name, size_t size)
{
    char target[PATH_MAX];
    const char *path = program_file(NULL);

    if (path != found) {
        long length = kernel_readlink(path, target, sizeof target);
        if (length <= 0)
            return length < 0 ? (int)length : -ENOENT;
        path = target;
    }
    text_print(name, size, "%s", strrchr(path, '/') + 1);
    return 0;
}
