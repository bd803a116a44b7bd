/* SPDX-License-Identifier: MIT */
/* A process with threads of many kinds, for the tests of snapshots: pools, locks, sleeps, heap, stdio, FPU
 * state, thread-local data, threads that come and go. */
#ifndef LIGHTSSS_TESTS_PROCESS_TORTURE_H
#define LIGHTSSS_TESTS_PROCESS_TORTURE_H

void torture_start(void);

/* Gives the pool something to do and waits until it is done. */
void torture_feed(int jobs);

/* Every thread must move on. Returns the number of faults that the threads found, -1 when one is stuck. */
int torture_check(void);

/* Ends and joins every thread. Returns the number of faults. */
int torture_finish(void);

#endif
