/* SPDX-License-Identifier: MIT */
/* libc's regular expressions, whose memory can be had from elsewhere than the heap. */
#ifndef LIGHTSSS_PRELOAD_BASE_EXPRESSION_H
#define LIGHTSSS_PRELOAD_BASE_EXPRESSION_H

#include <regex.h>
#include <stdbool.h>

/* What is called before and after each call of libc here. Neither is, as long as nobody has set them. */
void expression_set_memory(void (*begin)(void), void (*end)(void));

/* As regcomp(), regexec() and regfree(). */
bool expression_compile(regex_t *expression, const char *text, int flags);
bool expression_matches(const regex_t *expression, const char *text);
void expression_free(regex_t *expression);

#endif
