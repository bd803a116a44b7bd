/* SPDX-License-Identifier: MIT */
/* Text and names of files as they may stand in HTML, whatever bytes they hold. Pure logic but for the stream.
 */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_MARKUP_H
#define LIGHTSSS_SCRIPTS_COMMAND_MARKUP_H

#include <stddef.h>
#include <stdio.h>

/* Between tags, and in an attribute with double quotes. What is no UTF-8, and a control other than the end of
 * a line and the tab (one of Unicode's for the direction of text, too), becomes U+FFFD; colours and movements
 * of a terminal are left out. */
void markup_text(FILE *file, const char *bytes, size_t length);
void markup_string(FILE *file, const char *string);

/* A relative path as the address of a link. */
void markup_address(FILE *file, const char *path);

/* How a file is reached from a directory: both absolute, without links, `.` and `..`. In memory of its own.
 * NULL: out of memory. */
char *markup_way(const char *directory, const char *path);

/* A copy that is UTF-8, in memory of its own; what is not becomes U+FFFD. NULL: out of memory. */
char *markup_utf8(const char *string);

#endif
