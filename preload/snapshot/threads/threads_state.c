/* SPDX-License-Identifier: MIT */
/* The records of threads: see threads_state.h. */
#define _GNU_SOURCE
#include "snapshot/threads/threads_state.h"

struct threads_state threads_state;
