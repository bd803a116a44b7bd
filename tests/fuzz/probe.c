/* SPDX-License-Identifier: MIT */
/* Is libFuzzer there? The smallest target that links. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    return data == NULL && length > 0;
}
