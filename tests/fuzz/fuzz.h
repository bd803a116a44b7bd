/* SPDX-License-Identifier: MIT */
/* What every fuzz target needs: libFuzzer's entry points, and a check that sanitizers do not know. */
#ifndef LIGHTSSS_TESTS_FUZZ_FUZZ_H
#define LIGHTSSS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer: one input. It must return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* libFuzzer's own way to change an input, for targets that have one as well. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed);

/* A promise that was broken ends the run; libFuzzer keeps the input. */
#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
