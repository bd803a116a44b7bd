/* SPDX-License-Identifier: MIT */
/* Runs by the cards of their snapshots, which /proc leads to. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIVE_CARDS_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIVE_CARDS_H

#include <stdbool.h>

#include "live.h"

/* Adds those that are there. False: no memory. */
bool live_cards_add(struct live *live);

#endif
