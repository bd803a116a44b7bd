/* SPDX-License-Identifier: MIT */
/* Where only a function of the simulator tells its time (sc_time_stamp(), vl_time_stamp64()): it may wait for
 * a lock that the very thread has which evals, or ends the process. So the original does not call it. A
 * process beside it does, which may be killed; and a replay, with a way out. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_ASK_TIME_H
#define LIGHTSSS_PRELOAD_REPLAY_ASK_TIME_H

/* In a replay: from now on the time is asked where it is wanted. */
void ask_time_here(void);

/* In the handler of THREADS_SIGNAL, which ticks meanwhile. Does not return where the function has waited for
 * too long. */
void ask_time_tick(const void *ucontext);

#endif
