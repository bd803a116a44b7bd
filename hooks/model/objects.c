/* SPDX-License-Identifier: MIT */
/* The list of live objects: see objects.h. The lock is held for a few instructions; the thread that holds it
 * may be stopped for a snapshot, so a copy may find it taken: then that thread goes on in the copy too. */
#include "model/objects.h"
#include "elf/stock.h"
#include "elf/written_often.h"

#include <sched.h>
#include <stdatomic.h>

struct entry {
    struct object object;
    struct entry *next, *previous;
};

static struct entry *first, *last;
static struct entry *spare; /* linked by next */
static OFTEN_WRITTEN atomic_flag busy = ATOMIC_FLAG_INIT;

static void lock(void)
{
    while (atomic_flag_test_and_set(&busy))
        sched_yield();
}

static void unlock(void)
{
    atomic_flag_clear(&busy);
}

/* From the end: those that live long were made first, and a testbench works with what it made last. */
static struct entry *find(const void *self)
{
    struct entry *entry = last;
    while (entry != NULL && entry->object.self != self)
        entry = entry->previous;
    return entry;
}

static void append(const struct object *object)
{
    struct entry *entry = spare;
    if (entry != NULL)
        spare = entry->next;
    else
        entry = stock_take(sizeof *entry);
    if (entry == NULL)
        return;
    *entry = (struct entry){*object, NULL, last};
    if (last != NULL)
        last->next = entry;
    else
        first = entry;
    last = entry;
}

void objects_add(void *self, void *context, const struct site *site)
{
    lock();
    if (find(self) == NULL)
        append(&(struct object){self, context, site, false});
    unlock();
}

bool objects_find(const void *self, struct object *found)
{
    lock();
    const struct entry *entry = find(self);
    if (entry != NULL)
        *found = entry->object;
    unlock();
    return entry != NULL;
}

void objects_evaluated(const void *self)
{
    lock();
    struct entry *entry = find(self);
    if (entry != NULL)
        entry->object.evaluated = true;
    unlock();
}

bool objects_remove(const void *self)
{
    lock();
    struct entry *entry = find(self);
    if (entry != NULL) {
        *(entry->previous != NULL ? &entry->previous->next : &first) = entry->next;
        *(entry->next != NULL ? &entry->next->previous : &last) = entry->previous;
        entry->next = spare;
        spare = entry;
    }
    unlock();
    return entry != NULL;
}

void objects_each(void (*visit)(const struct object *object, void *context), void *context)
{
    lock();
    for (const struct entry *entry = first; entry != NULL; entry = entry->next)
        visit(&entry->object, context);
    unlock();
}

void objects_forked(void)
{
    unlock();
}
