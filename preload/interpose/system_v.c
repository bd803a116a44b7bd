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
#include "record/answer.h"
#include "restore/segments.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/call_note.h"

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

/* A stream is of a thread, a call and an object. */
static bool begins(struct answer *answer, enum answer_group call, long object, const char *name)
{
    return answer_begins(answer, TAPE_CALL, answer_key(call, (uint64_t)object), name);
}

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
    int saved_errno = errno, id = 0;
    struct answer answer;

    if (begins(&answer, ANSWER_SHMGET, key, "shmget"))
        do
            id = libc_shmget(key, size, flags);
        while (id < 0 && refused_again(size, saved_errno));
    id = (int)answer_result(&answer, id);
    if (answer.is_told && id >= 0)
        segments_know(id, size);
    return id;
}

static void *on_shmat(int id, const void *address, int flags)
{
    struct answer answer;
    void *memory = NULL;

    if (begins(&answer, ANSWER_SHMAT, id, "shmat")) {
        memory = libc_shmat(id, address, flags);
        shared_memory_changed();
    }
    memory = (void *)answer_result(&answer, (int64_t)memory);
    if (answer.is_told && memory != (void *)-1)
        return segments_attach(id, memory, (flags & SHM_RDONLY) == 0);
    return memory;
}

static int on_shmdt(const void *address)
{
    struct answer answer;
    int r = begins(&answer, ANSWER_SHMDT, 0, "shmdt") ? libc_shmdt(address) : 0;

    r = (int)answer_result(&answer, r);
    if (answer.is_told && r == 0)
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
    struct answer answer;
    int r = begins(&answer, ANSWER_SHMCTL, id, "shmctl") ? libc_shmctl(id, command, facts) : 0;

    return (int)answer_value(&answer, r, facts, size_of_segment_facts(command));
}

/* --- semaphores --- */

/* libc's semop() jumps to its semtimedop(), where the same call would be recorded once more. */
static int operate(int id, struct sembuf *operations, size_t count)
{
    if (libc_semtimedop == NULL)
        return libc_semop(id, operations, count);
    return CALL_NOTED(SYS_semtimedop, false, libc_semtimedop(id, operations, count, NULL));
}

/* The result is all there is. Not all of them wait; those that do not are never made again. */
#define RESULT_ONLY(name, group, object, parameters, call)                                                   \
    static int on_##name parameters                                                                          \
    {                                                                                                        \
        const unsigned before = own_thread()->repeats;                                                       \
        struct answer answer;                                                                                \
        int64_t r = begins(&answer, group, object, #name) ? waited(call, before) : 0;                        \
                                                                                                             \
        return (int)answer_result(&answer, r);                                                               \
    }

RESULT_ONLY(semget, ANSWER_SEMGET, key, (key_t key, int count, int flags), libc_semget(key, count, flags))
RESULT_ONLY(semop, ANSWER_SEMOP, id, (int id, struct sembuf *operations, size_t count),
            operate(id, operations, count))
RESULT_ONLY(semtimedop, ANSWER_SEMOP, id,
            (int id, struct sembuf *operations, size_t count, const struct timespec *time),
            CALL_NOTED(SYS_semtimedop, time != NULL, libc_semtimedop(id, operations, count, time)))

static size_t size_of_semaphore_facts(int id, int command)
{
    struct semid_ds facts;

    if (command == IPC_STAT || command == SEM_STAT || command == SEM_STAT_ANY)
        return sizeof facts;
    if (command == IPC_INFO || command == SEM_INFO)
        return sizeof(struct seminfo);
    if (command != GETALL || raw_syscall4(SYS_semctl, id, 0, IPC_STAT, &facts) < 0)
        return 0;
    return facts.sem_nsems * sizeof(unsigned short);
}

/* Of the rest, what comes back is the result. The fourth argument may not be there; then nobody looks. In a
 * replay it is as much as the original was given. */
static int on_semctl(int id, int number, int command, void *argument)
{
    struct answer answer;
    int r = begins(&answer, ANSWER_SEMCTL, id, "semctl") ? libc_semctl(id, number, command, argument) : 0;

    if (answer_comes(&answer, r) >= 0)
        answer_part(&answer, argument,
                    answer.is_told ? answer_left(&answer) : size_of_semaphore_facts(id, command));
    return (int)answer_ends(&answer);
}

/* --- queues --- */

RESULT_ONLY(msgget, ANSWER_MSGGET, key, (key_t key, int flags), libc_msgget(key, flags))
RESULT_ONLY(msgsnd, ANSWER_MSGSND, id, (int id, const void *message, size_t size, int flags),
            libc_msgsnd(id, message, size, flags))

/* The type stands in front of the bytes. */
static ssize_t on_msgrcv(int id, void *message, size_t size, long type, int flags)
{
    const unsigned before = own_thread()->repeats;
    struct answer answer;
    int64_t r = begins(&answer, ANSWER_MSGRCV, id, "msgrcv")
                    ? waited(libc_msgrcv(id, message, size, type, flags), before)
                    : 0;

    r = answer_comes(&answer, r);
    if (r >= 0)
        answer_part(&answer, message, sizeof(long) + ((size_t)r < size ? (size_t)r : size));
    return answer_ends(&answer);
}

static size_t size_of_queue_facts(int command)
{
    if (command == IPC_STAT || command == MSG_STAT || command == MSG_STAT_ANY)
        return sizeof(struct msqid_ds);
    return command == IPC_INFO || command == MSG_INFO ? sizeof(struct msginfo) : 0;
}

static int on_msgctl(int id, int command, void *facts)
{
    struct answer answer;
    int r = begins(&answer, ANSWER_MSGCTL, id, "msgctl") ? libc_msgctl(id, command, facts) : 0;

    return (int)answer_value(&answer, r, facts, size_of_queue_facts(command));
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
