/* SPDX-License-Identifier: MIT */
/* Records in memory of ours, found by a key of libc's: see own_thread.h. Values of the first keys are in the
 * thread's own descriptor; those of later ones are in the heap. So the key is the last of the first ones,
 * which leaves to the simulator those that it would have had without us. */
#define _GNU_SOURCE
#include "base/own_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/signal_mask.h"
#include "base/symbol.h"
#include "moved.h"

MOVED(pthread_key_create, MOVED_FIRST);
MOVED(pthread_key_delete, MOVED_FIRST);
MOVED(pthread_getspecific, MOVED_FIRST);
MOVED(pthread_setspecific, MOVED_FIRST);

#define FIRST_KEYS  32 /* of glibc: PTHREAD_KEY_2NDLEVEL_SIZE */
#define BLOCK_COUNT 128
#define RESERVED    1 /* the owner is still to be made: no thread has this for its pthread_t */

struct block {
    struct block *next;
    _Atomic size_t used; /* of its records: those behind were never anybody's */
    struct own_thread records[BLOCK_COUNT];
};

static pthread_key_t key;
static atomic_bool has_key;
static struct block first;
static struct block *_Atomic blocks = &first;

/* Where there is no memory, and before there is a key. */
static struct own_thread nobody;

/* --- keys of libc's --- */

static int (*key_create)(pthread_key_t *made, void (*destroy)(void *value));
static int (*key_delete)(pthread_key_t given_back);
static void *(*get_value)(pthread_key_t of);
static int (*set_value)(pthread_key_t of, const void *value);

/* False: there is one thread only, before glibc 2.34 in a process without libpthread. It may be opened later.
 */
static bool find_functions(void)
{
    struct symbol_library threads;

    key_create = pthread_key_create;
    key_delete = pthread_key_delete;
    get_value = pthread_getspecific;
    set_value = pthread_setspecific;
    return key_create != NULL || (symbol_library_find(&threads, "libpthread.so.0") &&
                                  symbol_find(&threads, "pthread_key_create", (void **)&key_create) > 0 &&
                                  symbol_find(&threads, "pthread_key_delete", (void **)&key_delete) > 0 &&
                                  symbol_find(&threads, "pthread_getspecific", (void **)&get_value) > 0 &&
                                  symbol_find(&threads, "pthread_setspecific", (void **)&set_value) > 0);
}

/* --- records --- */

static void let_go(void *record)
{
    struct own_thread *own = record;

    memset((char *)own + sizeof own->owner, 0, sizeof *own - sizeof own->owner);
    atomic_store(&own->owner, 0);
}

int own_thread_prepare(void)
{
    pthread_key_t keys[FIRST_KEYS];
    size_t count = 0;

    if (!find_functions())
        return 0;
    while (count < FIRST_KEYS && key_create(&keys[count], let_go) == 0)
        if (keys[count++] >= FIRST_KEYS - 1)
            break;
    if (count == 0)
        return -EAGAIN;
    key = keys[--count];
    if (key >= FIRST_KEYS && count > 0) {
        key_delete(key);
        key = keys[--count];
    }
    while (count > 0)
        key_delete(keys[--count]);
    atomic_store(&has_key, true);
    return 0;
}

void own_thread_meet_others(void)
{
    if (atomic_load(&has_key) || own_thread_prepare() < 0 || !atomic_load(&has_key))
        return;
    struct own_thread *own = own_thread();
    if (own != &nobody)
        memcpy((char *)own + sizeof own->owner, (char *)&nobody + sizeof nobody.owner,
               sizeof nobody - sizeof nobody.owner);
}

/* Of a process with few threads most of a block is never looked at. */
static bool use_one_more(struct block *block)
{
    size_t used = atomic_load(&block->used);

    while (used < BLOCK_COUNT)
        if (atomic_compare_exchange_weak(&block->used, &used, used + 1))
            return true;
    return false;
}

static struct own_thread *take_from(struct block *block, uintptr_t before, uintptr_t owner)
{
    size_t i = 0;

    do {
        for (; i < atomic_load(&block->used); i++) {
            uintptr_t expected = before;
            if (atomic_load_explicit(&block->records[i].owner, memory_order_relaxed) == before &&
                atomic_compare_exchange_strong(&block->records[i].owner, &expected, owner))
                return &block->records[i];
        }
    } while (before == 0 && use_one_more(block));
    return NULL;
}

/* before: who has it now; 0 is nobody. */
static struct own_thread *take_record(uintptr_t before, uintptr_t owner)
{
    for (struct block *block = atomic_load(&blocks); block != NULL; block = block->next) {
        struct own_thread *record = take_from(block, before, owner);
        if (record != NULL)
            return record;
    }
    return NULL;
}

static void add_block(void)
{
    struct block *block =
        mmap(NULL, sizeof *block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED)
        return;
    block->next = atomic_load(&blocks);
    while (!atomic_compare_exchange_weak(&blocks, &block->next, block))
        continue;
}

static struct own_thread *take_free(uintptr_t owner)
{
    struct own_thread *record = take_record(0, owner);

    if (record == NULL) {
        add_block();
        record = take_record(0, owner);
    }
    return record;
}

/* Its own of before, or one of nobody. A thread that lives on after its record was let go takes one again,
 * and that is left behind: who is in the same place later has it. A signal handler that wants it at the same
 * time would take another. */
static struct own_thread *make(void)
{
    const uintptr_t self = (uintptr_t)pthread_self();
    uint64_t mask = signal_mask_block_all();
    struct own_thread *record = take_record(self, self);

    if (record == NULL)
        record = take_free(self);
    if (record != NULL) {
        memset((char *)record + sizeof record->owner, 0, sizeof *record - sizeof record->owner);
        set_value(key, record);
    }
    signal_mask_restore(mask);
    return record != NULL ? record : &nobody;
}

struct own_thread *own_thread_reserve(void)
{
    return atomic_load_explicit(&has_key, memory_order_acquire) ? take_free(RESERVED) : NULL;
}

void own_thread_give_back(struct own_thread *reserved)
{
    if (reserved != NULL)
        let_go(reserved);
}

/* Where a signal handler was first, it has made one. What it wrote down there at this very moment is of no
 * use to a thread that has only begun. */
void own_thread_begin(struct own_thread *reserved)
{
    if (reserved == NULL)
        return;
    if (get_value(key) != NULL) {
        let_go(reserved);
        return;
    }
    atomic_store(&reserved->owner, (uintptr_t)pthread_self());
    set_value(key, reserved);
}

struct own_thread *own_thread(void)
{
    if (!atomic_load_explicit(&has_key, memory_order_acquire))
        return &nobody;
    struct own_thread *record = get_value(key);
    return record != NULL ? record : make();
}
