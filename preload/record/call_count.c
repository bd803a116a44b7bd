/* SPDX-License-Identifier: MIT */
/* See call_count.h. */
#include "record/call_count.h"

void (*call_count_told)(uint64_t number);
