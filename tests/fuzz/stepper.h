/* SPDX-License-Identifier: MIT */
/* Runs instructions one by one in a process of its own that can do nothing else: every system call is
 * refused, and nothing but a page of data can be written. The code, a stub and the data are memory that both
 * processes share, at addresses far from anything else. */
#ifndef LIGHTSSS_TESTS_FUZZ_STEPPER_H
#define LIGHTSSS_TESTS_FUZZ_STEPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEPPER_BASE      ((uintptr_t)0x200000000000)
#define STEPPER_PAGE      ((size_t)4096)
#define STEPPER_CODE      (STEPPER_BASE)
#define STEPPER_STUB      (STEPPER_BASE + 0x10000)
#define STEPPER_DATA      (STEPPER_BASE + 0x20000)
#define STEPPER_DATA_SIZE (2 * STEPPER_PAGE)
#define STEPPER_SEED_SIZE 8

enum stepper_end {
    STEPPER_LEFT,    /* the next instruction is outside the range */
    STEPPER_SIGNAL,  /* an instruction failed */
    STEPPER_ENDLESS, /* it went on for too long */
};

struct stepper_outcome; /* all that the instructions can have changed */

/* Starts the process. Returns 0 or -errno: the system lets nobody trace. */
int stepper_start(void);

struct stepper_outcome *stepper_outcome_new(void);

/* Runs from `start` on while the next instruction is between low and high (not included). Registers and data
 * are those that the seed stands for. */
void stepper_run(uintptr_t start, uintptr_t low, uintptr_t high, const uint8_t seed[STEPPER_SEED_SIZE],
                 struct stepper_outcome *outcome);

enum stepper_end stepper_end(const struct stepper_outcome *outcome);

/* Did both do the same? Where one of them was stopped inside its range is not compared, nor the x87's own
 * note of that. */
bool stepper_same(const struct stepper_outcome *one, const struct stepper_outcome *other);

void stepper_show(const char *what, const struct stepper_outcome *outcome);

#endif
