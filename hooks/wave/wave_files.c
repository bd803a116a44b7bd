/* SPDX-License-Identifier: MIT */
/* A list of names: see wave_files.h. The size of a file that nobody writes to any more is known. */
#include "wave/wave_files.h"
#include "elf/stock.h"
#include "wave/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wave_file {
    struct wave_file *next;
    const void *writer;
    uint64_t bytes; /* when it was last looked at */
    char path[];
};

static struct {
    const char *path;        /* of the waveform */
    char later[PATH_MAX];    /* what it is called when it is closed, without the extension */
    unsigned earlier;        /* that had this name */
    struct wave_file *first; /* beside it */
} files;

static struct {
    atomic_bool is_at_it;
    pthread_t thread;
} stand_in;

void wave_files_stand_in(bool begins)
{
    stand_in.thread = pthread_self();
    stand_in.is_at_it = begins;
}

bool wave_files_makes_file(void)
{
    return tracer_busy_here() || (stand_in.is_at_it && pthread_equal(stand_in.thread, pthread_self()));
}

int wave_files_create(const char *path, int flags)
{
    wave_files_stand_in(true);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, 0666);
    wave_files_stand_in(false);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

bool wave_files_absolute(char *noted, size_t size, const char *path)
{
    size_t length = 0;
    if (*path == '\0')
        return false;
    if (*path != '/') {
        if (getcwd(noted, size - 1) == NULL)
            return false;
        length = strlen(noted);
        noted[length++] = '/';
    }
    return (size_t)snprintf(noted + length, size - length, "%s", path) < size - length;
}

bool wave_files_is_regular(const char *path)
{
    struct stat file;
    return stat(path, &file) != 0 || S_ISREG(file.st_mode);
}

void wave_files_begin(const char *path, const char *later_path)
{
    files.path = path;
    snprintf(files.later, sizeof files.later, "%.*s", (int)(strrchr(later_path, '.') - later_path),
             later_path);
    files.earlier = 0;
    files.first = NULL;
}

static uint64_t size_of(const char *path)
{
    const int error = errno; /* the simulator's */
    struct stat file;
    uint64_t size = stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
    errno = error;
    return size;
}

void wave_files_add(const char *path, const void *writer)
{
    size_t size = strlen(path) + 1;
    struct wave_file *file = stock_take(sizeof *file + size);
    if (file == NULL)
        return;
    memcpy(file->path, path, size);
    file->writer = writer;
    file->bytes = size_of(path);
    file->next = files.first;
    files.first = file;
}

void wave_files_closed(const void *writer)
{
    for (struct wave_file *file = files.first; file != NULL; file = file->next)
        if (file->writer == writer) {
            file->bytes = size_of(file->path);
            file->writer = NULL;
        }
}

void wave_files_next(void)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s-%u%s", files.later, ++files.earlier, strrchr(files.path, '.'));
    rename(files.path, path);
    wave_files_add(path, NULL);
}

uint64_t wave_files_bytes(void)
{
    uint64_t sum = files.path != NULL ? size_of(files.path) : 0;
    for (struct wave_file *file = files.first; file != NULL; file = file->next) {
        if (file->writer != NULL)
            file->bytes = size_of(file->path);
        sum += file->bytes;
    }
    return sum;
}

void wave_files_remove_others(void)
{
    const int error = errno;
    for (struct wave_file *file = files.first; file != NULL; file = file->next)
        unlink(file->path);
    files.first = NULL;
    errno = error;
}

void wave_files_remove(void)
{
    const int error = errno;
    if (files.path != NULL)
        unlink(files.path);
    wave_files_remove_others();
    errno = error;
}
