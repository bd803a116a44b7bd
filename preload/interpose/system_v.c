/* SPDX-License-Identifier: MIT */
/* Segments, semaphores and queues of System V: objects of the kernel that others see. What the original is
 * told of them is kept; a replay makes none and is told the same. Segments it gets as private memory
 * (restore/segments.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/own_thread.h"
#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "interpose/refused.h"
#include "record/call_count.h"
#include "record/world.h"
#include "restore/segments.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/call_note.h"

#define NOTHING ((struct world_bytes){NULL, 0})

static int (*libc_shmget)(key_t key, size_t size, int flags);
static void *(*libc_shmat)(int id, const void *address, int flags);
static int (*libc_shmdt)(const void *address);
static int (*libc_shmctl)(int id, int command, void *facts);
static int (*libc_semget)(key_t key, int count, int flags);
static int (*libc_semop)(int id, struct sembuf *operations, size_t count);
static int (*libc_semtimedop)(int id, struct sembuf *operations, size_t count, const struct timespec *time);
static int (*libc_semctl)(int id, int number, int command, void *argument);
static int (*libc_msgget)(key_t key, int flags);
static int (*libc_msgsnd)(int id, const void *message, size_t size, int flags);
static ssize_t (*libc_msgrcv)(int id, void *message, size_t size, long type, int flags);
static int (*libc_msgctl)(int id, int command, void *facts);

static int64_t keep(enum world_call call, uint64_t object, int64_t result, struct world_bytes bytes)
{
    world_record(INPUT_CALL, world_key(call, object), result, &bytes, 1);
    return result;
}

static int64_t told(enum world_call call, uint64_t object, const char *name, struct world_bytes bytes)
{
    int64_t result;

    if (!world_feed(INPUT_CALL, world_key(call, object), &result, &bytes, 1))
        input_exhausted(name);
    return result;
}

/* A thread that a snapshot finds inside the call comes out of it in a replay. */
#define ANSWER(call, object, name, made, bytes)                                                              \
    const uintptr_t outer = call_begins();                                                                   \
    if (!input_is_fed()) {                                                                                   \
        __auto_type result = made;                                                                           \
        call_ends(outer);                                                                                    \
        if (!input_is_fed())                                                                                 \
            return (__typeof__(result))keep(call, (uint64_t)(object), (int64_t)result, bytes);               \
    }                                                                                                        \
    call_ends(outer);                                                                                        \
    return (__typeof__(made))told(call, (uint64_t)(object), name, bytes)

/* Of a call that waits for an object: one that is made again, behind a snapshot or a request, finds no object
 * any more where somebody has removed it just then. Without us it was woken, and told so. One that has not
 * waited is not made again: what it says of an object that never was is its own. */
static int64_t waited(int64_t result, unsigned repeats)
{
    if (result < 0 && errno == EINVAL && own_thread()->repeats != repeats)
        errno = EIDRM;
    return result;
}

/* --- segments --- */

static int on_shmget(key_t key, size_t size, int flags)
{
    if (!input_is_fed()) {
        int saved_errno = errno, id;
        do
            id = libc_shmget(key, size, flags);
        while (id < 0 && refused_again(size, saved_errno));
        if (!input_is_fed())
            return (int)keep(WORLD_SHMGET, (uint64_t)key, id, NOTHING);
    }
    int id = (int)told(WORLD_SHMGET, (uint64_t)key, "shmget", NOTHING);
    if (id >= 0)
        segments_know(id, size);
    return id;
}

static void *on_shmat(int id, const void *address, int flags)
{
    if (!input_is_fed()) {
        void *memory = libc_shmat(id, address, flags);
        shared_memory_changed();
        if (!input_is_fed())
            return (void *)keep(WORLD_SHMAT, (uint64_t)id, (int64_t)memory, NOTHING);
    }
    void *memory = (void *)told(WORLD_SHMAT, (uint64_t)id, "shmat", NOTHING);
    return memory == (void *)-1 ? memory : segments_attach(id, memory, (flags & SHM_RDONLY) == 0);
}

static int on_shmdt(const void *address)
{
    if (!input_is_fed()) {
        int r = libc_shmdt(address);
        if (!input_is_fed())
            return (int)keep(WORLD_SHMDT, 0, r, NOTHING);
    }
    int r = (int)told(WORLD_SHMDT, 0, "shmdt", NOTHING);
    if (r == 0)
        segments_detach(address);
    return r;
}

static size_t size_of_segment_facts(int command)
{
    if (command == IPC_STAT || command == SHM_STAT || command == SHM_STAT_ANY)
        return sizeof(struct shmid_ds);
    return command == IPC_INFO ? sizeof(struct shminfo) : command == SHM_INFO ? sizeof(struct shm_info) : 0;
}

static int on_shmctl(int id, int command, void *facts)
{
    const struct world_bytes bytes = {facts, size_of_segment_facts(command)};

    ANSWER(WORLD_SHMCTL, id, "shmctl", libc_shmctl(id, command, facts), bytes);
}

/* --- semaphores --- */

static int on_semget(key_t key, int count, int flags)
{
    ANSWER(WORLD_SEMGET, key, "semget", libc_semget(key, count, flags), NOTHING);
}

static int on_semop(int id, struct sembuf *operations, size_t count)
{
    const unsigned before = own_thread()->repeats;

    ANSWER(WORLD_SEMOP, id, "semop", (int)waited(libc_semop(id, operations, count), before), NOTHING);
}

static int on_semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *time)
{
    const unsigned before = own_thread()->repeats;

    ANSWER(WORLD_SEMOP, id, "semtimedop",
           (int)waited(CALL_NOTED(SYS_semtimedop, time != NULL, libc_semtimedop(id, operations, count, time)),
                       before),
           NOTHING);
}

static size_t size_of_semaphore_facts(int id, int command)
{
    struct semid_ds facts;

    if (command == IPC_STAT || command == SEM_STAT || command == SEM_STAT_ANY)
        return sizeof facts;
    if (command == IPC_INFO || command == SEM_INFO)
        return sizeof(struct seminfo);
    if (command != GETALL || raw_syscall4(SYS_semctl, id, 0, IPC_STAT, (long)&facts) < 0)
        return 0;
    return facts.sem_nsems * sizeof(unsigned short);
}

/* Of the rest, what comes back is the result. The fourth argument may not be there; then nobody looks. */
static int on_semctl(int id, int number, int command, void *argument)
{
    if (!input_is_fed()) {
        int r = libc_semctl(id, number, command, argument);
        if (!input_is_fed()) {
            size_t size = r < 0 ? 0 : size_of_semaphore_facts(id, command);
            return (int)keep(WORLD_SEMCTL, (uint64_t)id, r, (struct world_bytes){argument, size});
        }
    }
    bool fills = command == IPC_STAT || command == SEM_STAT || command == SEM_STAT_ANY ||
                 command == IPC_INFO || command == SEM_INFO || command == GETALL;
    return (int)told(WORLD_SEMCTL, (uint64_t)id, "semctl",
                     (struct world_bytes){argument, fills ? SIZE_MAX : 0});
}

/* --- queues --- */

static int on_msgget(key_t key, int flags)
{
    ANSWER(WORLD_MSGGET, key, "msgget", libc_msgget(key, flags), NOTHING);
}

static int on_msgsnd(int id, const void *message, size_t size, int flags)
{
    const unsigned before = own_thread()->repeats;

    ANSWER(WORLD_MSGSND, id, "msgsnd", (int)waited(libc_msgsnd(id, message, size, flags), before), NOTHING);
}

/* The type stands in front of the bytes. */
static ssize_t on_msgrcv(int id, void *message, size_t size, long type, int flags)
{
    const unsigned before = own_thread()->repeats;
    const uintptr_t outer = call_begins();

    if (!input_is_fed()) {
        ssize_t r = waited(libc_msgrcv(id, message, size, type, flags), before);
        call_ends(outer);
        if (!input_is_fed())
            return keep(WORLD_MSGRCV, (uint64_t)id, r,
                        (struct world_bytes){message, r < 0 ? 0 : sizeof(long) + (size_t)r});
    }
    call_ends(outer);
    return told(WORLD_MSGRCV, (uint64_t)id, "msgrcv", (struct world_bytes){message, sizeof(long) + size});
}

static int on_msgctl(int id, int command, void *facts)
{
    const size_t size = command == IPC_STAT || command == MSG_STAT || command == MSG_STAT_ANY
                            ? sizeof(struct msqid_ds)
                        : command == IPC_INFO || command == MSG_INFO ? sizeof(struct msginfo)
                                                                     : 0;
    const struct world_bytes bytes = {facts, size};

    ANSWER(WORLD_MSGCTL, id, "msgctl", libc_msgctl(id, command, facts), bytes);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("shmget", on_shmget, libc_shmget),
    LIBC_HOOK("shmat", on_shmat, libc_shmat),
    LIBC_HOOK("shmdt", on_shmdt, libc_shmdt),
    LIBC_HOOK("shmctl", on_shmctl, libc_shmctl),
    LIBC_HOOK("semget", on_semget, libc_semget),
    LIBC_HOOK("semop", on_semop, libc_semop),
    LIBC_HOOK("semtimedop", on_semtimedop, libc_semtimedop),
    LIBC_HOOK("semctl", on_semctl, libc_semctl),
    LIBC_HOOK("msgget", on_msgget, libc_msgget),
    LIBC_HOOK("msgsnd", on_msgsnd, libc_msgsnd),
    LIBC_HOOK("msgrcv", on_msgrcv, libc_msgrcv),
    LIBC_HOOK("msgctl", on_msgctl, libc_msgctl),
};
const struct libc_hooks system_v_hooks = LIBC_HOOKS(rows);
