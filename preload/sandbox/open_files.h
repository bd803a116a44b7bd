/* SPDX-License-Identifier: MIT */
/* Calls on what is open that a replay's sandbox looks at before it lets them be: answers of those rows of the
 * table. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_OPEN_FILES_H
#define LIGHTSSS_PRELOAD_SANDBOX_OPEN_FILES_H

#include <stdbool.h>

#include "sandbox/trap.h"

/* Is what this descriptor leads to the replay's own? */
bool open_files_is_own(int fd);

long open_files_ioctl(struct trap *trap);
long open_files_fcntl(struct trap *trap);
long open_files_change(struct trap *trap); /* fchmod, fchown, fsetxattr, fremovexattr */
long open_files_send(struct trap *trap);
long open_files_send_message(struct trap *trap);
long open_files_send_messages(struct trap *trap);

#endif
