/* SPDX-License-Identifier: MIT */
/* The list of live objects: see objects.h. The lock is held for a few instructions; the thread that holds it
 * may be stopped for a snapshot, so a copy may find it taken: then that thread goes on in the copy too. */
#include "objects.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

static struct object list[OBJECTS_LIMIT];
static size_t count;
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void lock(void)
{
    while (atomic_flag_test_and_set(&busy))
        sched_yield();
}

static void unlock(void)
{
    atomic_flag_clear(&busy);
}

/* OBJECTS_LIMIT: it is not there. */
static size_t find(const void *self)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].self == self)
            return i;
    return OBJECTS_LIMIT;
}

void objects_add(void *self, void *context, const void *model)
{
    lock();
    if (count < OBJECTS_LIMIT && find(self) == OBJECTS_LIMIT)
        list[count++] = (struct object){self, context, model, false};
    unlock();
}

void *objects_context(const void *self)
{
    lock();
    size_t i = find(self);
    void *context = i < OBJECTS_LIMIT ? list[i].context : NULL;
    unlock();
    return context;
}

void objects_evaluated(const void *self)
{
    lock();
    size_t i = find(self);
    if (i < OBJECTS_LIMIT)
        list[i].evaluated = true;
    unlock();
}

bool objects_remove(const void *self)
{
    lock();
    size_t i = find(self);
    bool known = i < OBJECTS_LIMIT;
    if (known) {
        count--;
        memmove(&list[i], &list[i + 1], (count - i) * sizeof(*list));
    }
    unlock();
    return known;
}

size_t objects_list(struct object objects[OBJECTS_LIMIT])
{
    lock();
    size_t copied = count;
    memcpy(objects, list, copied * sizeof(*list));
    unlock();
    return copied;
}

void objects_forked(void)
{
    unlock();
}
