/* SPDX-License-Identifier: MIT */
/* The shared page with any bytes in it: whatever a process that died left there, the slots that are found lie
 * in it, and how an end is described are words. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "options/end.h"
#include "run/shared_page.h"

static void check_slot(const struct shared_page *page, const struct shared_slot *slot)
{
    if (slot != NULL && (slot < page->slots || slot >= page->slots + SHARED_PAGE_SLOTS))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static struct shared_page page;
    char name[64];
    struct text text;

    memset(&page, 0, sizeof page);
    memcpy(&page, data, length < sizeof page ? length : sizeof page);
    if (shared_page_free_slot(&page) == &page.slots[SHARED_PAGE_SPARE])
        abort();
    check_slot(&page, shared_page_free_slot(&page));
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++)
        check_slot(&page, shared_page_slot(&page, page.slots[i].pid));
    if (end_kind_name(page.end.kind) == NULL)
        abort();
    text = text_in(name, sizeof name);
    end_describe(&text, &page.replay.end);
    if (text.cut || strlen(name) != text.length)
        abort();
    return 0;
}
