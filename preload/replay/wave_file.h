/* SPDX-License-Identifier: MIT */
/* Names of the waveform in the run directory. */
#ifndef LIGHTSSS_WAVE_FILE_H
#define LIGHTSSS_WAVE_FILE_H

/* "wave.vcd" or "wave.fst", by the tracer that the simulator was built with. */
const char *wave_file_name(void);

/* "vcd" or "fst". */
const char *wave_file_format(void);

/* Writes wave.gtkw beside the waveform: zoomed to its end, a marker on the failure. Returns 0 or -errno. */
int wave_file_save_view(void);

#endif
