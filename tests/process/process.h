/* SPDX-License-Identifier: MIT */
/* What every process test includes: cmocka with the headers it needs first. */
#ifndef LIGHTSSS_TESTS_PROCESS_PROCESS_H
#define LIGHTSSS_TESTS_PROCESS_PROCESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Is the long form of the tests asked for? */
static inline bool full_test(void)
{
    const char *value = getenv("LIGHTSSS_TEST_FULL");

    return value != NULL && *value == '1';
}

#endif
