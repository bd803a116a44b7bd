/* SPDX-License-Identifier: MIT */
/* Descriptors of a copy. What the original has open is shared with every copy, offsets included: a parked
 * copy must not keep a pipe from reaching its end, and a replay must write nothing of the user's. */
#ifndef LIGHTSSS_FILES_H
#define LIGHTSSS_FILES_H

/* In a copy, before it parks: pipes, sockets, terminals and everything that is open for writing become
 * /dev/null under the same number. Raw system calls only. */
void files_let_go(void);

/* In a woken copy: stdout and stderr go to replay.stdout and replay.stderr of the run directory, where
 * the original has them open. Returns 0 or -errno. */
int files_redirect_output(void);

#endif
