/* SPDX-License-Identifier: MIT */
/* A replay while the original goes on: because somebody asks for it (SIGUSR1), or because the original hangs.
 * The snapshot that LIGHTSSS_BACK asks for has a copy made of itself, which replays up to the present eval
 * and reports by itself.
 */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H
#define LIGHTSSS_PRELOAD_ORIGINAL_REQUEST_H

/* In the original: asks for it. Async-signal-safe. */
void request_send(void);

/* In the original, before it ends: waits until such a replay is done, but not for ever. Async-signal-safe. */
void request_await(void);

#endif
