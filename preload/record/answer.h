/* SPDX-License-Identifier: MIT */
/* One call that the world answers, on its way through a door of libc. Its answer is recorded in the original;
 * a replay is told the same, and does not make the call. One description serves both:
 *
 *     struct answer answer;
 *     ssize_t result = answer_begins_read(&answer, fd, "read") ? libc_read(fd, bytes, size) : 0;
 *
 *     result = answer_comes(&answer, result);
 *     answer_part(&answer, bytes, result > 0 ? result : 0);
 *     return answer_ends(&answer);
 *
 * Where nothing is recorded or told, all this comes to the call. A thread that a snapshot finds inside the
 * call is in a replay when it comes out of it, and gets the answer that its original got. */
#ifndef LIGHTSSS_PRELOAD_RECORD_ANSWER_H
#define LIGHTSSS_PRELOAD_RECORD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "record/descriptor_class.h"
#include "record/tape.h"

#define ANSWER_PARTS 4

/* Calls of one group on one descriptor, or of one thread, are a stream: no answer is ever taken for that of
 * another call. */
enum answer_group {
    /* of a descriptor */
    ANSWER_OF_DESCRIPTOR,
    ANSWER_POLL, /* another thread may wait while this one works */
    ANSWER_SEND,
    ANSWER_OPEN,     /* in place of the descriptor: a hash of the name */
    ANSWER_MAKE,     /* in its place: the thread */
    ANSWER_PROC,     /* in its place: a hash of the name */
    ANSWER_TERMINAL, /* with it: what is asked */
    /* of a thread */
    ANSWER_CLOCK_GETTIME,
    ANSWER_TIME,
    ANSWER_GETTIMEOFDAY,
    ANSWER_TIMES,
    ANSWER_GETRUSAGE,
    ANSWER_GETRANDOM,
    ANSWER_GETENTROPY,
    ANSWER_ARC4RANDOM,
    ANSWER_ARC4RANDOM_BUF,
    ANSWER_RANDOM_DEVICE,
    ANSWER_GETPPID,
    ANSWER_GETPGRP,
    ANSWER_GETPGID,
    ANSWER_GETSID,
    ANSWER_THREAD_ID,
    ANSWER_KILL,
    ANSWER_FORK,
    ANSWER_SPAWN,
    ANSWER_WAIT,
    ANSWER_WAITID,
    ANSWER_SHMGET,
    ANSWER_SHMAT,
    ANSWER_SHMDT,
    ANSWER_SHMCTL,
    ANSWER_SEMGET,
    ANSWER_SEMOP,
    ANSWER_SEMCTL,
    ANSWER_MSGGET,
    ANSWER_MSGSND,
    ANSWER_MSGRCV,
    ANSWER_MSGCTL,
};

struct answer {
    const char *name;
    uint64_t key;
    enum tape_kind kind;
    bool is_concerned; /* else it is the call and nothing more */
    bool is_made;
    bool is_told; /* from answer_comes() on: this is a replay */
    bool was_inside;
    uintptr_t outer; /* see call_count_begins() */
    int64_t result;
    struct tape_answer told;
    size_t given; /* bytes of it */
    struct iovec parts[ANSWER_PARTS];
    int count;
    const struct iovec *list; /* behind the parts */
    int list_count;
    size_t list_size; /* bytes */
};

/* The stream of the calling thread; detail: what else tells its streams apart. */
uint64_t answer_key(enum answer_group group, uint64_t detail);

/* The stream of a descriptor, or of what takes its place. */
static inline uint64_t answer_key_at(enum answer_group group, uint64_t fd)
{
    return fd ^ (uint64_t)group << 56;
}

/* Of a descriptor that cannot be rewound. */
bool answer_is_wanted(int fd);

/* Must the answer of a call on this descriptor be recorded, or told? */
static inline bool answer_concerns(int fd)
{
    return role_may_be_told() && descriptor_class(fd) != DESCRIPTOR_FILE && answer_is_wanted(fd);
}

/* Is the call to be made? Not in a replay. The name is for who waits for an answer that never comes. */
bool answer_begins(struct answer *answer, enum tape_kind kind, uint64_t key, const char *name);

/* The same for calls on a descriptor; and for those that give its bytes. */
bool answer_begins_concerned(struct answer *answer, enum answer_group group, int fd, const char *name);
bool answer_begins_concerned_read(struct answer *answer, int fd, const char *name);

static inline bool answer_begins_at(struct answer *answer, enum answer_group group, int fd, const char *name)
{
    answer->is_told = false;
    answer->is_concerned = answer_concerns(fd);
    return !answer->is_concerned || answer_begins_concerned(answer, group, fd, name);
}

static inline bool answer_begins_read(struct answer *answer, int fd, const char *name)
{
    answer->is_told = false;
    answer->is_concerned = answer_concerns(fd);
    return !answer->is_concerned || answer_begins_concerned_read(answer, fd, name);
}

/* With what the call gave. Returns what the simulator gets, errno too. May not return: tape_exhausted(). */
int64_t answer_comes_concerned(struct answer *answer, int64_t result);

static inline int64_t answer_comes(struct answer *answer, int64_t result)
{
    return answer->is_concerned ? answer_comes_concerned(answer, result) : (answer->result = result);
}

/* Behind it, in their order: what the call fills in for its caller. In a replay that is done now; what the
 * original was not given is left alone. NULL: the caller does not want it. */
void answer_part(struct answer *answer, void *address, size_t size);

/* In a replay: how many bytes of parts are left; goes on to the next answer of the stream, where the original
 * recorded several for one call. */
static inline size_t answer_left(const struct answer *answer)
{
    return answer->told.size - answer->given;
}

void answer_told_more(struct answer *answer);

/* The last part: so many bytes, spread over a list that must stay. */
void answer_list(struct answer *answer, const struct iovec *list, size_t count, size_t size);

/* Records it. Returns the result; errno is kept. */
int64_t answer_ends_concerned(struct answer *answer);

static inline int64_t answer_ends(struct answer *answer)
{
    return answer->is_concerned ? answer_ends_concerned(answer) : answer->result;
}

/* --- from coming to the end --- */

/* The result is all there is. */
static inline int64_t answer_result(struct answer *answer, int64_t result)
{
    answer_comes(answer, result);
    return answer_ends(answer);
}

/* Something of this size, unless the call fails. */
int64_t answer_value(struct answer *answer, int64_t result, void *value, size_t size);

/* As many bytes as the result says, or there is room for. */
int64_t answer_bytes_concerned(struct answer *answer, int64_t result, void *bytes, size_t room);

static inline int64_t answer_bytes(struct answer *answer, int64_t result, void *bytes, size_t room)
{
    return answer->is_concerned ? answer_bytes_concerned(answer, result, bytes, room) : result;
}

/* --- at once --- */

/* After a call that changed nothing: records its answer, or puts the original's in its place, where there is
 * one. Returns the result. Errno is the call's. */
int64_t answer_replaced(enum tape_kind kind, uint64_t key, int64_t result, void *bytes, size_t size);

/* In a replay, in place of a call that would change the world: the original's answer. */
int64_t answer_of_original(enum tape_kind kind, uint64_t key, const char *name, void *bytes, size_t size);

/* Is this thread inside a call on a descriptor that was made? Then a revived one need not make it again. */
bool answer_is_inside(void);

#endif
