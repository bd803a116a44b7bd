/* SPDX-License-Identifier: MIT */
/* What a directory holds for a replay: what the user has there, without the names that are gone, and with
 * those that lead elsewhere or to files of the replay's own. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_LISTING_H
#define LIGHTSSS_PRELOAD_SANDBOX_LISTING_H

#include <stddef.h>
#include <sys/types.h>

/* In a replay, after getdents64(): `length` is what it returned, 0: the end. Changes the entries. Returns how
 * many bytes they are now; 0 where `length` was not: none are left, ask once more. */
ssize_t listing_change(int fd, char *entries, size_t size, ssize_t length);

#endif
