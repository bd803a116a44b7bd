/* SPDX-License-Identifier: MIT */
/* Builds text in a fixed buffer where stdio must not be used: in signal handlers, between stop and
 * resume, in a woken snapshot. No heap, no locale, no locks; errno is not touched. What does not fit is
 * cut, `cut` is set, and the bytes are always a C string. */
#ifndef LIGHTSSS_PRELOAD_BASE_TEXT_H
#define LIGHTSSS_PRELOAD_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;   /* always ends in NUL */
    size_t size;   /* of the buffer, the NUL included */
    size_t length; /* without the NUL */
    bool cut;      /* something did not fit */
};

/* An empty one. size must be at least 1. */
struct text text_in(char *buffer, size_t size);

/* Appends. Knows %s %.*s %.Ns %c %% %d %i %u %x %p with hh, h, l, ll, z, j, t and a width, 0- or
 * space-padded, `-` for left. Another conversion is copied as it stands and ends the formatting. */
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vformat(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* The same into a buffer that holds nothing else. Returns the length without the NUL. */
size_t text_print(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends length bytes as they are. */
void text_append(struct text *text, const char *bytes, size_t length);

/* The length of the UTF-8 character that begins the bytes, and its number; 0: there is none. */
size_t text_character(const char *bytes, size_t left, uint32_t *number);

/* Is that one a control of either set, or one of Unicode's that are not to be seen and change how what stands
 * around them looks (the direction of text, the end of a line)? */
bool text_is_control(uint32_t number);

/* Puts '?' in the place of what a terminal would take for more than a character to show: each byte of a
 * control, DEL, and bytes of the second set (0x80 to 0x9f) that belong to no character. */
void text_hide_controls(char *bytes, size_t length);

/* Appends a JSON string with its quotes. Controls are escaped, bytes that are not UTF-8 become
 * U+FFFD. A NULL string becomes null. When it does not fit, no half character or escape is left. */
void text_json(struct text *text, const char *string, size_t length);

/* For a script that wants the bytes themselves: appends `, "KEY_bytes": "..."` where the string is not UTF-8,
 * with %NN for each byte that belongs to no character, for controls and for the sign itself; else nothing. */
void text_json_bytes(struct text *text, const char *key, const char *string, size_t length);

/* Appends value / 10^digits with `decimals` decimals, rounded half up:
 * text_fixed(t, 3249999, 6, 1) appends "3.2". Both counts at most 19. */
void text_fixed(struct text *text, uint64_t value, unsigned digits, unsigned decimals);

#endif
