/* SPDX-License-Identifier: MIT */
/* strerrorname_np() and strerrordesc_np(), which libc has since 2.32: the same words, async-signal-safe. As
 * they have libc's names, the library's and the command's calls end here, and need no newer libc. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name, *words;
} errors[] = {
#define ERROR(number, words) [number] = {#number, words},
#include "error_words.def"
#undef ERROR
};

#define UNKNOWN "unknown error"

static int known(int error)
{
    return error > 0 && error < (int)(sizeof errors / sizeof *errors) && errors[error].name != NULL ? error
                                                                                                    : 0;
}

const char *strerrorname_np(int error)
{
    error = known(error);
    return error != 0 ? errors[error].name : UNKNOWN;
}

const char *strerrordesc_np(int error)
{
    error = known(error);
    return error != 0 ? errors[error].words : UNKNOWN;
}
