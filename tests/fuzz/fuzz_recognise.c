/* SPDX-License-Identifier: MIT */
/* recognise: whatever an ELF file says of itself, nothing outside of it is read, and a model is only seen
 * where its name is. */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "attach/recognise.h"

static bool holds(const uint8_t *bytes, size_t size, const char *text)
{
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum recognised result = recognise_image(bytes, size);

    if (result == RECOGNISED_MODEL)
        FUZZ_CHECK(holds(bytes, size, "9eval_stepEv") ||
                   (holds(bytes, size, "9modelNameEv") && holds(bytes, size, "_ZNS")));
    if (result == RECOGNISED_STRIPPED)
        FUZZ_CHECK(holds(bytes, size, "+verilator+") && holds(bytes, size, "_ZNS"));
    return 0;
}
