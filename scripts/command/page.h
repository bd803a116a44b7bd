/* SPDX-License-Identifier: MIT */
/* Failed runs as one page of HTML that needs nothing beside it: no script, no font, no network. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_PAGE_H
#define LIGHTSSS_SCRIPTS_COMMAND_PAGE_H

#include "runs.h"

/* Links are relative to where the file is; "-" is stdout. Says what goes wrong; returns an exit status. The
 * file is there as a whole or as it was before. */
int page_save(const char *path, const struct runs *runs);

#endif
