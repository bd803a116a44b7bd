/* SPDX-License-Identifier: MIT */
/* Where a build server runs the simulator, the failure is shown in the form that this has for it: under
 * GitHub Actions a line on stderr, under GitLab CI a file in the run directory. */
#ifndef LIGHTSSS_PRELOAD_REPORT_ANNOTATION_H
#define LIGHTSSS_PRELOAD_REPORT_ANNOTATION_H

/* Looks which one it is, in the environment at the start. */
void annotation_note(void);

/* No more: the build server's job is over. */
void annotation_forget(void);

/* At the end of all. what: how the simulator ended; where: what came of it, as in the last line; path: of the
 * waveform, or of the report where there is none; NULL: there is no run directory. */
void annotation_make(const char *what, const char *where, const char *path);

#endif
