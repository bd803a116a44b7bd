/* SPDX-License-Identifier: MIT */
/* Waiting for a process that replays, or is to: whether the kernel gives a pidfd for it or not, and where
 * somebody has stopped it (SIGSTOP). Raw system calls only. */
#ifndef LIGHTSSS_PRELOAD_BASE_OTHER_PROCESS_H
#define LIGHTSSS_PRELOAD_BASE_OTHER_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* How long may be waited before there is something to look after: less where there is no pidfd. */
uint64_t other_process_tick_ns(int pidfd);

/* Has it ended? A child of ours stays for wait(). */
bool other_process_is_over(pid_t pid);

/* Is it a child of ours that has not ended? Nobody else has got its number then. */
bool other_process_is_live_child(pid_t pid);

/* The state of its first thread that has not ended: 'T', as /proc has it. 'Z': all have; '\0': there is no
 * such process. */
char other_process_state(pid_t pid);

/* Has one that is stopped go on. What a debugger stops is left alone. */
void other_process_continue(pid_t pid);

/* Waits for these; true where one of them is ready. */
bool other_process_poll(struct pollfd *fds, unsigned count, uint64_t patience_ns);

/* Waits for its end, so long at most; UINT64_MAX: for ever. pidfd: -1 where there is none. Returns true when
 * it has ended. */
bool other_process_await(int pidfd, pid_t pid, uint64_t patience_ns);

/* The same, where nobody has a pidfd of it. */
bool other_process_ends(pid_t pid, uint64_t patience_ns);

/* Reaps a child, of which no exit signal need tell; does not wait. -1: any. Returns its number, 0 where none
 * has ended yet, or -errno. status and usage: NULL where they are of no interest. */
pid_t other_process_reap(pid_t pid, int *status, struct rusage *usage);

#endif
