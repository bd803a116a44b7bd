/* SPDX-License-Identifier: MIT */
/* How much room text takes on a terminal: a letter may be several bytes, no column or two. What is no UTF-8
 * takes a column for each byte. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_COLUMNS_H
#define LIGHTSSS_SCRIPTS_COMMAND_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

unsigned columns_of(const char *text);

/* How many bytes of it fit into so many columns, whole characters and what is written over them. */
size_t columns_cut(const char *text, unsigned columns);

/* Where the text fills its place, and was cut off so: without a part of a character at its end. */
void columns_trim(char *text, size_t size);

/* The text in a column so wide, to its left or its right side. */
void columns_left(FILE *file, const char *text, unsigned columns);
void columns_right(FILE *file, const char *text, unsigned columns);

#endif
