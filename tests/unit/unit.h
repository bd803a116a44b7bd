/* SPDX-License-Identifier: MIT */
/* What every cmocka test needs, in the order that cmocka asks for. To be included first. */
#ifndef LIGHTSSS_TESTS_UNIT_UNIT_H
#define LIGHTSSS_TESTS_UNIT_UNIT_H

#define _GNU_SOURCE

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
