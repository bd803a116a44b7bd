/* SPDX-License-Identifier: MIT */
/* One line on stderr: see say.h. */
#include "say.h"

#include <limits.h>
#include <stdarg.h>
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
