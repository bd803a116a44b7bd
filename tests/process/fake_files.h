/* SPDX-License-Identifier: MIT */
/* What the fake simulator's steps with files and other descriptors share. */
#ifndef LIGHTSSS_TESTS_PROCESS_FAKE_FILES_H
#define LIGHTSSS_TESTS_PROCESS_FAKE_FILES_H

#define FAKE_SLOTS 10

/* Each step names one by its digit. */
extern int fake_fds[FAKE_SLOTS];

/* The next field of an argument, up to a colon; as a slot. */
const char *fake_field(const char **argument);
unsigned fake_slot(const char **argument);

/* Gives up where the machine refused something. */
void fake_expect(int good, const char *what);

#endif
