/* SPDX-License-Identifier: MIT */
/* inject STATE PROGRAM [ARGUMENT...]: runs the program and makes a call of the library fail, as the
 * file STATE says (inject.h). The kernel asks a supervisor, a process beside the program's, about each call
 * of that kind; by the instruction's address that one knows whose it is. The program sees no signal and no
 * debugger. */
#define _GNU_SOURCE
#include "inject.h"
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RANGES_MAX 512

/* Code that is mapped, whoever's it is. */
struct range {
    uint64_t first, end, offset;
    bool ours;
    char name[64];
};

static struct inject_state *state;
static struct range ranges[RANGES_MAX];
static unsigned range_count;
static pid_t original;

/* --- the supervisor --- */

/* "first-end rights offset device inode path" */
static void add_range(char *line)
{
    char *rest, *rights;
    uint64_t first = strtoull(line, &rest, 16);

    if (*rest != '-' || range_count == RANGES_MAX)
        return;
    struct range *range = &ranges[range_count];
    *range = (struct range){.first = first, .end = strtoull(rest + 1, &rights, 16)};
    if (strlen(rights) < 6 || rights[3] != 'x')
        return;
    range->offset = strtoull(rights + 6, NULL, 16);
    rest = strrchr(line, '/');
    snprintf(range->name, sizeof range->name, "%.*s", rest == NULL ? 0 : (int)strcspn(rest + 1, "\n"),
             rest == NULL ? "" : rest + 1);
    range->ours = strncmp(range->name, "liblightsss", strlen("liblightsss")) == 0;
    range_count++;
}

static void read_ranges(pid_t thread)
{
    char path[64], line[1024];

    snprintf(path, sizeof path, "/proc/%d/maps", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        if (errno == EACCES || errno == EPERM)
            state->blind = 1;
        return;
    }
    range_count = 0;
    while (fgets(line, sizeof line, file) != NULL)
        add_range(line);
    fclose(file);
}

static const struct range *look_up(uint64_t address)
{
    for (unsigned i = 0; i < range_count; i++)
        if (address >= ranges[i].first && address < ranges[i].end)
            return &ranges[i];
    return NULL;
}

/* Addresses are not random (see main), and copies have those of their original. */
static const struct range *find_range(pid_t thread, uint64_t address)
{
    const struct range *range = look_up(address);

    if (range == NULL) {
        read_ranges(thread);
        range = look_up(address);
    }
    return range;
}

static pid_t process_of(pid_t thread)
{
    char path[64], line[256];
    pid_t process = 0;

    snprintf(path, sizeof path, "/proc/%d/status", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (process == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "Tgid:", strlen("Tgid:")) == 0)
            process = (pid_t)strtol(line + strlen("Tgid:"), NULL, 10);
    fclose(file);
    return process;
}

/* Asked by libinject_libc.so, about a function of libc. */
static bool is_question(const struct seccomp_data *call)
{
    return call->nr == INJECT_QUESTION && call->args[0] >= INJECT_LIBC;
}

static unsigned index_of(long number)
{
    unsigned i = 0;

    while (inject_calls[i].name != NULL && inject_calls[i].number != number)
        i++;
    return i;
}

static uint64_t caller_of(const struct seccomp_data *call)
{
    return is_question(call) ? call->args[1] : call->instruction_pointer;
}

/* Whatever its number: who says something after the original's end has a duplicate. */
static bool is_stderr(pid_t thread, uint64_t fd)
{
    char path[64], target[PATH_MAX];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", thread, (int)fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = '\0';
    const char *name = strrchr(target, '/');
    return name != NULL && strcmp(name, "/stderr") == 0; /* as run_program() calls it */
}

static bool is_to_fail(const struct seccomp_notif *call, const struct range *range)
{
    unsigned role = process_of((pid_t)call->pid) == original ? INJECT_ORIGINAL : INJECT_COPY;
    bool asked = is_question(&call->data);
    unsigned index = index_of(asked ? (long)call->data.args[0] : call->data.nr);
    unsigned count = ++state->counts[role][index];

    if (state->nth == 0 || role != state->role || index != state->call ||
        (state->lasting ? count < state->nth : count != state->nth))
        return false;
    if (!asked && is_stderr((pid_t)call->pid, call->data.args[0]))
        state->mute++;
    if (state->failed++ == 0) {
        state->argument = asked ? 0 : call->data.args[0];
        state->place = caller_of(&call->data) - range->first + range->offset;
        memcpy(state->library, range->name, sizeof state->library);
    }
    return true;
}

static long refuse(const struct seccomp_notif *call)
{
    const struct range *range = find_range((pid_t)call->pid, caller_of(&call->data));

    if (range == NULL || (!range->ours && !is_question(&call->data)))
        return 0;
    return is_to_fail(call, range) ? -(long)state->error : 0;
}

/* --- the way there --- */

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: inject STATE PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    long numbers[INJECT_CALLS_MAX];
    size_t count = 0;
    int file = open(argv[1], O_RDWR | O_CLOEXEC);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || state == MAP_FAILED) {
        perror(argv[1]);
        return 77;
    }
    personality(ADDR_NO_RANDOMIZE);
    original = getpid();
    for (unsigned i = 0; inject_calls[i].name != NULL; i++)
        if (state->nth == 0 || i == state->call)
            numbers[count++] =
                inject_calls[i].number < INJECT_LIBC ? inject_calls[i].number : INJECT_QUESTION;
    supervise(numbers, count, refuse);
    close(file);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
