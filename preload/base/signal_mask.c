/* SPDX-License-Identifier: MIT */
/* See signal_mask.h. In an original nothing is excepted. */
#include "base/signal_mask.h"

uint64_t signal_mask_never;
