/* SPDX-License-Identifier: MIT */
/* The kept snapshot that a report tells of, as it is now: the report was written when it began to be kept. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_NOW_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_NOW_H

#include <jansson.h>

#include "kept_why.h"

enum kept_now {
    KEPT_NOW_NONE, /* none was kept */
    KEPT_NOW_HERE,
    KEPT_NOW_GONE, /* or not to be reached */
};

/* The words say until when and how it is used, or why it is not to be had; no control is in them. */
enum kept_now kept_now(char words[KEPT_WHY_SIZE], const char *run, const json_t *report);

#endif
