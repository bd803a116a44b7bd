/* SPDX-License-Identifier: MIT */
/* The simulator becomes another program: its snapshots would stay parked as that program's children, with all
 * their memory, until it ends. They go before the exec. Should it fail, the next snapshot is taken in its
 * turn. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "../run.h"
#include "../snapshot/keeper.h"
#include "next.h"

#define ARGUMENTS_MAX 4096

static void before_exec(void)
{
    if (run.role == RUN_ORIGINAL && run_is_self()) {
        keeper_hold();
        keeper_dismiss();
        keeper_let_go();
    }
}

int execve(const char *path, char *const arguments[], char *const environment[])
{
    before_exec();
    return NEXT(execve)(path, arguments, environment);
}

int execv(const char *path, char *const arguments[])
{
    before_exec();
    return NEXT(execv)(path, arguments);
}

int execvp(const char *file, char *const arguments[])
{
    before_exec();
    return NEXT(execvp)(file, arguments);
}

int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    before_exec();
    return NEXT(execvpe)(file, arguments, environment);
}

int fexecve(int fd, char *const arguments[], char *const environment[])
{
    before_exec();
    return NEXT(fexecve)(fd, arguments, environment);
}

/* The list of arguments as an array; false, and E2BIG, when it is longer than anybody's. */
static bool collect(char **arguments, const char *first, va_list *rest)
{
    size_t count = 0;

    for (const char *argument = first; argument != NULL; argument = va_arg(*rest, const char *)) {
        if (count == ARGUMENTS_MAX) {
            errno = E2BIG;
            return false;
        }
        arguments[count++] = (char *)argument;
    }
    arguments[count] = NULL;
    return true;
}

int execl(const char *path, const char *argument, ...)
{
    char *arguments[ARGUMENTS_MAX + 1];
    va_list rest;

    va_start(rest, argument);
    bool complete = collect(arguments, argument, &rest);
    va_end(rest);
    return complete ? execv(path, arguments) : -1;
}

int execlp(const char *file, const char *argument, ...)
{
    char *arguments[ARGUMENTS_MAX + 1];
    va_list rest;

    va_start(rest, argument);
    bool complete = collect(arguments, argument, &rest);
    va_end(rest);
    return complete ? execvp(file, arguments) : -1;
}

int execle(const char *path, const char *argument, ...)
{
    char *arguments[ARGUMENTS_MAX + 1], *const *environment = NULL;
    va_list rest;

    va_start(rest, argument);
    bool complete = collect(arguments, argument, &rest);
    if (complete)
        environment = va_arg(rest, char *const *);
    va_end(rest);
    return complete ? execve(path, arguments, environment) : -1;
}
