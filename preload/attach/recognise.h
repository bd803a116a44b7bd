/* SPDX-License-Identifier: MIT */
/* Can this process hold a Verilator model? Every bash, make and python that inherits LD_PRELOAD asks, so the
 * answer is cheap: <elf.h>, one mapping, no library. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_RECOGNISE_H
#define LIGHTSSS_PRELOAD_ATTACH_RECOGNISE_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

enum recognised {
    RECOGNISED_NOTHING,
    RECOGNISED_MODEL,    /* its symbols speak of an eval_step() */
    RECOGNISED_STRIPPED, /* Verilator's library is in it, but no symbols */
};

/* Looks at an ELF image in memory (a whole file); fit for damaged ones. */
enum recognised recognise_image(const uint8_t *bytes, size_t size);

/* Looks at a loaded object, as dl_iterate_phdr() tells of it; the executable has no name. */
enum recognised recognise_object(const struct dl_phdr_info *object);

#endif
