/* SPDX-License-Identifier: MIT */
/* Shared mappings, from /proc/self/maps: see shared_memory.h. That takes long to read; so the original reads
 * it again only when it has mapped something shared, and what it found is compared with the copy's own list.
 */
#define _GNU_SOURCE
#include "snapshot/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "base/kernel.h"
#include "base/often.h"
#include "base/text.h"
#include "base/user_memory.h"

#define OWN_MAX       4224u /* each class of models has a page */
#define PATHS_SIZE    16384u
#define CONTENTS_SIZE ((size_t)4 << 20) /* about a millisecond */

enum field { START, END, PERMISSIONS, OFFSET, MAJOR, MINOR, INODE, PATH };

/* A line, read byte by byte: "start-end perms offset major:minor inode   path". The kernel makes the list as
 * it is read: nothing may be mapped meanwhile. */
struct reader {
    struct shared_memory *list;
    char *paths; /* NULL: not wanted */
    size_t path_used;
    uint64_t number[INODE + 1];
    unsigned field;
    char permissions[5];
    unsigned permission_count;
    size_t path_start;
    unsigned count;
    bool overflow;
    void (*visit)(const char *path, ino_t inode);
    uint64_t visited; /* the last one */
};

static uintptr_t own[OWN_MAX];
static unsigned own_count;

static OFTEN_WRITTEN atomic_bool changed = true;
static struct shared_memory taken[SHARED_MEMORY_MAX];
static OFTEN_WRITTEN unsigned taken_count;
static OFTEN_WRITTEN char *contents; /* of the last snapshot */
static OFTEN_WRITTEN size_t contents_size;

void shared_memory_add_own(const void *address)
{
    if (own_count < OWN_MAX)
        own[own_count++] = (uintptr_t)address;
}

static bool is_own(uintptr_t start)
{
    for (unsigned i = 0; i < own_count; i++)
        if (own[i] == start)
            return true;
    return false;
}

void shared_memory_changed(void)
{
    atomic_store_explicit(&changed, true, memory_order_relaxed);
}

bool shared_memory_is_known(const void *address)
{
    for (unsigned i = 0; i < taken_count; i++)
        if (taken[i].start == (uintptr_t)address)
            return true;
    return false;
}

/* --- reading the list --- */

static void add_line(struct reader *reader)
{
    const uint64_t *number = reader->number;
    const char *permissions = reader->permissions;

    if (reader->count == SHARED_MEMORY_MAX) {
        reader->overflow = true;
        return;
    }
    reader->list[reader->count++] = (struct shared_memory){
        .start = number[START],
        .size = number[END] - number[START],
        .protection = (permissions[0] == 'r' ? PROT_READ : 0) | (permissions[1] == 'w' ? PROT_WRITE : 0) |
                      (permissions[2] == 'x' ? PROT_EXEC : 0),
        .device = makedev((unsigned)number[MAJOR], (unsigned)number[MINOR]),
        .inode = number[INODE],
        .offset = number[OFFSET],
        .path = reader->paths == NULL ? "" : reader->paths + reader->path_start,
    };
}

static void add_path_byte(struct reader *reader, char byte)
{
    if (reader->paths != NULL && reader->path_used < PATHS_SIZE - 1)
        reader->paths[reader->path_used++] = byte;
}

static void end_line(struct reader *reader)
{
    bool is_kept = reader->permissions[3] == 's' && !is_own(reader->number[START]);

    add_path_byte(reader, '\0');
    if (reader->visit != NULL && reader->permissions[3] == 'p' && reader->number[INODE] != 0 &&
        reader->number[INODE] != reader->visited && reader->path_used > reader->path_start) {
        reader->visited = reader->number[INODE];
        reader->visit(reader->paths + reader->path_start, reader->visited);
    }
    if (is_kept)
        add_line(reader);
    else
        reader->path_used = reader->path_start;
    for (unsigned i = 0; i <= INODE; i++)
        reader->number[i] = 0;
    reader->field = reader->permission_count = 0;
    reader->path_start = reader->path_used;
}

static void read_byte(struct reader *reader, char byte)
{
    bool ends_field =
        byte == ' ' || (byte == '-' && reader->field == START) || (byte == ':' && reader->field == MAJOR);

    if (byte == '\n') {
        end_line(reader);
    } else if (reader->field == PATH) {
        if (byte != ' ' || reader->path_used > reader->path_start)
            add_path_byte(reader, byte);
    } else if (ends_field) {
        reader->field++;
    } else if (reader->field == PERMISSIONS) {
        if (reader->permission_count < 4)
            reader->permissions[reader->permission_count++] = byte;
    } else {
        unsigned base = reader->field == INODE ? 10 : 16;
        uint64_t *number = &reader->number[reader->field];
        *number = *number * base + (uint64_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    }
}

#define OWN_LIST "/proc/thread-self/maps"

static int read_list(struct reader *reader, const char *name)
{
    char buffer[4096];
    long length;
    int fd = kernel_open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fd;
    while ((length = kernel_read(fd, buffer, sizeof buffer)) > 0)
        for (long i = 0; i < length; i++)
            read_byte(reader, buffer[i]);
    kernel_close(fd);
    return length < 0 ? (int)length : 0;
}

/* --- in the original --- */

static size_t plan_contents(void)
{
    size_t size = 0;

    for (unsigned i = 0; i < taken_count; i++) {
        bool fits = (taken[i].protection & PROT_WRITE) != 0 && taken[i].size <= CONTENTS_SIZE - size;
        taken[i].contents = NULL;
        if (fits)
            size += taken[i].size;
    }
    return size;
}

/* By the kernel: past the end of a file that was cut there is nothing to read, and a load would be SIGBUS. */
static void take_contents(void)
{
    size_t used = 0;
    long memory = kernel_mmap(NULL, contents_size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory < 0 && memory > -4096)
        return;
    contents = (char *)memory;
    for (unsigned i = 0; i < taken_count; i++) {
        if ((taken[i].protection & PROT_WRITE) == 0 || taken[i].size > contents_size - used)
            continue;
        if (user_memory_peek(contents + used, (const void *)taken[i].start, taken[i].size) ==
            (long)taken[i].size)
            taken[i].contents = contents + used;
        used += taken[i].size;
    }
}

/* New memory each time: the copy has the old, and who writes to memory that a copy has pays for every page.
 */
void shared_memory_take(void)
{
    if (contents != NULL)
        kernel_munmap(contents, contents_size);
    contents = NULL;
    if (atomic_exchange(&changed, false)) {
        struct reader reader = {.list = taken};
        taken_count = read_list(&reader, OWN_LIST) < 0 ? 0 : reader.count;
    }
    contents_size = plan_contents();
    if (contents_size > 0)
        take_contents();
}

/* --- in the copy --- */

bool shared_memory_is_written(void)
{
    for (unsigned i = 0; i < taken_count; i++)
        if ((taken[i].protection & PROT_WRITE) != 0)
            return true;
    return false;
}

int shared_memory_find_shared(pid_t pid, const struct shared_memory *list, int count)
{
    static struct shared_memory others[SHARED_MEMORY_MAX];
    struct reader reader = {.list = others};
    char bytes[32];

    text_print(bytes, sizeof bytes, "/proc/%d/maps", pid);
    if (read_list(&reader, bytes) < 0)
        return -1;
    for (int i = 0; i < count; i++)
        for (unsigned other = 0; other < reader.count; other++)
            if (others[other].inode == list[i].inode && others[other].device == list[i].device)
                return i;
    return -1;
}

static const void *find_contents(const struct shared_memory *memory)
{
    for (unsigned i = 0; i < taken_count; i++)
        if (taken[i].start == memory->start && taken[i].size == memory->size &&
            taken[i].inode == memory->inode && taken[i].device == memory->device &&
            taken[i].offset == memory->offset)
            return taken[i].contents;
    return NULL;
}

int shared_memory_list(struct shared_memory **list, void (*visit)(const char *path, ino_t inode))
{
    static struct shared_memory found[SHARED_MEMORY_MAX];
    static char paths[PATHS_SIZE];
    struct reader reader = {.list = found, .paths = paths, .visit = visit};

    int r = read_list(&reader, OWN_LIST);
    if (r < 0)
        return r;
    if (reader.overflow)
        return -E2BIG;
    for (unsigned i = 0; i < reader.count; i++)
        found[i].contents = find_contents(&found[i]);
    *list = found;
    return (int)reader.count;
}
