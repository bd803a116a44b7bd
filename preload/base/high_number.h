/* SPDX-License-Identifier: MIT */
/* Descriptors of the replay's own stand above the limit that the simulator has (it bounds new ones only), so
 * that the simulator gets the numbers that the original got. Async-signal-safe. */
#ifndef LIGHTSSS_PRELOAD_BASE_HIGH_NUMBER_H
#define LIGHTSSS_PRELOAD_BASE_HIGH_NUMBER_H

/* A second descriptor of the same open file description, high up and close-on-exec. Returns it or -errno. */
int high_number_dup(int fd);

/* Moves a descriptor there; where that cannot be it stays where it is. Returns its number. */
int high_number_move(int fd);

#endif
