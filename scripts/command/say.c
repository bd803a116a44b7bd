/* SPDX-License-Identifier: MIT */
/* One line on stderr: see say.h. */
#include "say.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void say(const char *format, ...)
{
    char line[2 * PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_hide_controls(line, strlen(line));
    fprintf(stderr, "lightsss: %s\n", line);
}

/* errno is that of the last write: one that failed before may have left another. */
int say_end(int status)
{
    static bool is_told; /* what runs on and on asks for it at each step */

    if (is_told)
        return SAY_BROKEN;
    errno = 0;
    bool has_failed = ferror(stdout) != 0;

    if (fflush(stdout) == 0 && !has_failed)
        return status;
    is_told = true;
    say("what it printed could not be written: %s", errno != 0 ? strerror(errno) : "an error of output");
    return SAY_BROKEN;
}
