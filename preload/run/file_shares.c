/* SPDX-License-Identifier: MIT */
/* See file_shares.h. A file that gets nothing leaves its share to the others: so the largest goes first, and
 * then it is divided anew. */
#include "run/file_shares.h"

/* A file that is neither whole nor without anything has to be content with an equal share. */
#define OPEN 1u

static void open_all(struct file_share *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].granted != 0)
            files[i].granted = OPEN;
}

/* Those that take no more than the equal share are whole, which leaves more to the others: until there is
 * none of them. Returns the share of the others. */
static uint64_t settle(struct file_share *files, size_t count, uint64_t left_bytes)
{
    size_t open = 0, before;
    uint64_t share = 0;

    for (size_t i = 0; i < count; i++)
        open += files[i].granted == OPEN;
    do {
        before = open;
        share = open == 0 ? 0 : left_bytes / open;
        for (size_t i = 0; i < count; i++)
            if (files[i].granted == OPEN && files[i].bytes <= share) {
                files[i].granted = FILE_SHARES_WHOLE;
                left_bytes -= files[i].bytes;
                open--;
            }
    } while (open != before);
    return share;
}

/* The largest of those that are in vain; NULL: there is none. */
static struct file_share *find_vain(struct file_share *files, size_t count)
{
    struct file_share *found = NULL;

    for (size_t i = 0; i < count; i++)
        if (files[i].granted == OPEN && !files[i].may_be_cut &&
            (found == NULL || files[i].bytes > found->bytes))
            found = &files[i];
    return found;
}

void file_shares_divide(struct file_share *files, size_t count, uint64_t most_bytes)
{
    struct file_share *vain;
    uint64_t share;

    for (size_t i = 0; i < count; i++)
        files[i].granted = OPEN;
    do {
        open_all(files, count);
        share = settle(files, count, most_bytes);
        vain = find_vain(files, count);
        if (vain != NULL)
            vain->granted = 0;
    } while (vain != NULL);
    for (size_t i = 0; i < count; i++)
        if (files[i].granted == OPEN)
            files[i].granted = share;
}
