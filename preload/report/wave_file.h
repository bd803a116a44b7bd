/* SPDX-License-Identifier: MIT */
/* Names of the waveform in the run directory. */
#ifndef LIGHTSSS_PRELOAD_REPORT_WAVE_FILE_H
#define LIGHTSSS_PRELOAD_REPORT_WAVE_FILE_H

#include <stdbool.h>

/* "wave.vcd" or "wave.fst", by the tracer that the simulator was built with. */
const char *wave_file_name(void);

/* What another replay writes meanwhile: "wave.new.vcd" or "wave.new.fst". */
const char *wave_file_draft_name(void);

/* "vcd" or "fst". */
const char *wave_file_format(void);

/* Gives the waveform, which is closed, the time behind its end that the view wants. Returns false where it is
 * not one that ends with what was dumped last; then it is as before. */
bool wave_file_make_room(void);

/* Writes wave.gtkw beside the waveform: zoomed to its end, a marker on the failure. Returns 0 or -errno. */
int wave_file_save_view(bool has_room);

#endif
