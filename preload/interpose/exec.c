/* SPDX-License-Identifier: MIT */
/* The simulator becomes another program: its snapshots go before the exec. Should it fail, the next snapshot
 * is taken in its turn. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/next.h"
#include "base/raw_syscall.h"
#include "interpose/refused.h"
#include "run/role.h"

void exec_begins(void) __attribute__((visibility("hidden"))); /* for syscall() */
void exec_begins(void)
{
    if (role_is_original())
        role()->becomes_other();
    else
        refused_note_program();
}

int execve(const char *path, char *const arguments[], char *const environment[])
{
    exec_begins();
    return NEXT(execve)(path, arguments, environment);
}

int execv(const char *path, char *const arguments[])
{
    exec_begins();
    return NEXT(execv)(path, arguments);
}

int execvp(const char *file, char *const arguments[])
{
    exec_begins();
    return NEXT(execvp)(file, arguments);
}

int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    exec_begins();
    return NEXT(execvpe)(file, arguments, environment);
}

int fexecve(int fd, char *const arguments[], char *const environment[])
{
    exec_begins();
    return NEXT(fexecve)(fd, arguments, environment);
}

/* Of glibc 2.34. An older one has no such function, and whoever finds ours is given what the kernel has. */
int execveat(int directory, const char *path, char *const arguments[], char *const environment[], int flags)
{
    exec_begins();
    if (NEXT(execveat) != NULL)
        return NEXT(execveat)(directory, path, arguments, environment, flags);
    long r = raw_syscall5(SYS_execveat, directory, path, arguments, environment, flags);
    errno = (int)-r;
    return -1;
}

/* --- a list of arguments, as an array --- */

/* The array is as long as it must be, as libc's own is: it may be a small stack. Behind the NULL that ends
 * the list may be the environment. */
static int exec_list(__typeof__(execve) *function, const char *program, const char *first, va_list *rest,
                     bool has_environment)
{
    size_t count = 0;
    va_list again;

    va_copy(again, *rest);
    for (const char *argument = first; argument != NULL; argument = va_arg(again, const char *))
        count++;
    va_end(again);
    char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);
    arguments[0] = (char *)first;
    for (size_t i = 1; i <= count; i++)
        arguments[i] = va_arg(*rest, char *);
    return function(program, arguments, has_environment ? va_arg(*rest, char *const *) : environ);
}

int execl(const char *path, const char *argument, ...)
{
    va_list rest;

    va_start(rest, argument);
    int r = exec_list(execve, path, argument, &rest, false);
    va_end(rest);
    return r;
}

int execlp(const char *file, const char *argument, ...)
{
    va_list rest;

    va_start(rest, argument);
    int r = exec_list(execvpe, file, argument, &rest, false);
    va_end(rest);
    return r;
}

int execle(const char *path, const char *argument, ...)
{
    va_list rest;

    va_start(rest, argument);
    int r = exec_list(execve, path, argument, &rest, true);
    va_end(rest);
    return r;
}
