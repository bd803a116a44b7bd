/* SPDX-License-Identifier: MIT */
/* Values as users write them: counts, times, sizes, percentages, lists of words. Each function reads a whole
 * string, returns false for anything else or for what does not fit, and leaves *value alone then. No locale.
 */
#ifndef LIGHTSSS_PRELOAD_OPTIONS_PARSE_H
#define LIGHTSSS_PRELOAD_OPTIONS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a digit of either case, up to 15; -1: it is none. */
int parse_digit(char byte);

/* Reads digits from *string on, which goes behind them. Returns how many; 0: there are none, or the number
 * does not fit. */
size_t parse_digits(const char **string, unsigned base, uint64_t *value);

/* "12": decimal digits only. */
bool parse_number(const char *string, uint64_t *value);

/* "12evals" or "1eval", from 1 on. */
bool parse_evals(const char *string, uint64_t *value);

/* "12evals" or "12t", a simulation time, from 1 on, at the beginning of *string, which goes behind it. */
bool parse_point(const char **string, bool *is_time, uint64_t *value);

/* "500ms", "1.5s": ns, us, ms, s, m or h; above 0, fractions of a nanosecond are dropped. */
bool parse_time_ns(const char *string, uint64_t *value);

/* "500M", "2G": K, M, G or T of 1024; above 0. */
bool parse_size_bytes(const char *string, uint64_t *value);

/* "1%", "0.5%": from one part per million to 100%. */
bool parse_share_ppm(const char *string, uint32_t *value);

/* The index of string among words[0..count), or -1. */
int parse_word(const char *string, const char *const *words, size_t count);

/* Is this an extended regular expression that regcomp() needs little memory and time for? It makes copies of
 * what is repeated: (((a+)+)+) is eight times as large as a, and so on. Repetitions of repetitions (a+?) are
 * refused. What is no such expression may be either. */
#define PARSE_EXPRESSION_MAX 10000
bool parse_is_small(const char *expression);

/* How many letters must be added, removed or changed between two names; at most PARSE_NAME_MAX letters
 * of each are looked at. */
#define PARSE_NAME_MAX 48
unsigned parse_distance(const char *a, const char *b);

/* The index of the name among names[0..count), at least one, that is nearest; the first of equals. */
size_t parse_nearest(const char *name, const char *const *names, size_t count);

#endif
