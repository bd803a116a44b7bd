/* SPDX-License-Identifier: MIT */
/* See gdb_script.h. The script itself is gdb_script.py; before it stand the values that it goes by, in
 * hexadecimal, so that nothing in a name means anything to Python. */
#include "gdb_script.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const lines[] = {
#include "gdb_script.inc"
};

static void print_bytes(FILE *script, const char *name, const char *bytes, size_t length)
{
    fprintf(script, "%s = bytes.fromhex(\"", name);
    for (size_t i = 0; i < length; i++)
        fprintf(script, "%02x", (unsigned char)bytes[i]);
    fputs("\")\n", script);
}

static int print(FILE *script, const char *run, int connection, const struct kept_packet *stands)
{
    char own[PATH_MAX], directory[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", own, sizeof own);

    if (length < 0 || realpath(run, directory) == NULL)
        return -errno;
    print_bytes(script, "RUN", directory, strlen(directory));
    print_bytes(script, "COMMAND", own, (size_t)length);
    print_bytes(script, "RELEASE", COMMAND_VERSION, strlen(COMMAND_VERSION));
    print_bytes(script, "STANDS", stands->bytes, stands->length);
    fprintf(script, "CONNECTION = %d\n", connection);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        fputs(lines[i], script);
    return fflush(script) == 0 ? 0 : -errno;
}

int gdb_script_make(const char *run, int connection, const struct kept_packet *stands)
{
    const int fd = memfd_create("lightsss", 0);
    FILE *script = fd < 0 ? NULL : fdopen(fd, "w");
    int r = script == NULL ? -errno : print(script, run, connection, stands);

    return r < 0 ? r : fd;
}
