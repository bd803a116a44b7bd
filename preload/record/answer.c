/* SPDX-License-Identifier: MIT */
/* Answers of the world, recorded and told again: see answer.h. */
#include "record/answer.h"

#include <errno.h>
#include <string.h>

#include "base/own_thread.h"
#include "record/call_count.h"
#include "record/thread_key.h"

#define PARTS_MAX 67 /* of a list behind other parts; of more the bytes are not recorded */

uint64_t answer_key(enum answer_group group, uint64_t detail)
{
    uint64_t key = thread_key() ^ detail * UINT64_C(0x9e3779b97f4a7c15);

    key ^= key >> 32;
    return (key + (uint64_t)group) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Files of /proc go by their names: who looks for processes there finds others in a replay. */
static uint64_t key_of_read(int fd)
{
    return descriptor_class(fd) == DESCRIPTOR_PROC ? answer_key_at(ANSWER_PROC, descriptor_class_names[fd])
                                                   : answer_key_at(ANSWER_OF_DESCRIPTOR, (uint64_t)fd);
}

/* A replay may read more of /proc than its original did, which harms nobody. */
bool answer_is_wanted(int fd)
{
    return descriptor_class(fd) != DESCRIPTOR_PROC || !role_is_fed() ||
           tape_has_answer(TAPE_READ, key_of_read(fd));
}

/* Inlined: what the call uses of the stack is below the frame of who calls answer_begins(). */
static inline __attribute__((always_inline)) bool begin(struct answer *answer, enum tape_kind kind,
                                                        uint64_t key, const char *name)
{
    answer->name = name;
    answer->key = key;
    answer->kind = kind;
    answer->is_concerned = true;
    answer->was_inside = own_thread()->is_inside;
    answer->count = 0;
    answer->list_count = 0;
    answer->outer = call_count_begins();
    answer->is_made = !role_is_fed();
    return answer->is_made;
}

bool answer_begins(struct answer *answer, enum tape_kind kind, uint64_t key, const char *name)
{
    return begin(answer, kind, key, name);
}

bool answer_begins_concerned(struct answer *answer, enum answer_group group, int fd, const char *name)
{
    if (begin(answer, TAPE_CALL, answer_key_at(group, (uint64_t)fd), name))
        own_thread()->is_inside = true;
    return answer->is_made;
}

bool answer_begins_concerned_read(struct answer *answer, int fd, const char *name)
{
    if (begin(answer, TAPE_READ, key_of_read(fd), name))
        own_thread()->is_inside = true;
    return answer->is_made;
}

bool answer_is_inside(void)
{
    return own_thread()->is_inside;
}

static void take(struct answer *answer)
{
    answer->given = 0;
    answer->result = answer->told.result;
    if (answer->result < 0)
        errno = answer->told.error;
}

void answer_told_more(struct answer *answer)
{
    if (!tape_feed(answer->kind, answer->key, &answer->told))
        tape_exhausted(answer->name);
    take(answer);
}

int64_t answer_comes_concerned(struct answer *answer, int64_t result)
{
    if (answer->is_made)
        own_thread()->is_inside = answer->was_inside;
    call_count_ends(answer->outer);
    answer->result = result;
    answer->is_told = role_is_fed();
    if (answer->is_told)
        answer_told_more(answer);
    return answer->result;
}

static void give(struct answer *answer, void *address, size_t size)
{
    size = size < answer_left(answer) ? size : answer_left(answer);
    if (size > 0)
        memcpy(address, (const uint8_t *)answer->told.payload + answer->given, size);
    answer->given += size;
}

void answer_part(struct answer *answer, void *address, size_t size)
{
    if (!answer->is_concerned || address == NULL || size == 0)
        return;
    if (answer->is_told)
        give(answer, address, size);
    else
        answer->parts[answer->count++] = (struct iovec){address, size};
}

void answer_list(struct answer *answer, const struct iovec *list, size_t count, size_t size)
{
    if (!answer->is_concerned)
        return;
    for (size_t i = 0; answer->is_told && i < count; i++)
        give(answer, list[i].iov_base, list[i].iov_len);
    answer->list = list;
    answer->list_count = (int)count;
    answer->list_size = size;
}

static void record_both(const struct answer *answer)
{
    struct iovec all[PARTS_MAX];
    int count = answer->count;
    size_t size = answer->list_size;

    memcpy(all, answer->parts, (size_t)count * sizeof *all);
    for (int i = 0; i < answer->list_count && count < PARTS_MAX; i++)
        all[count++] = answer->list[i];
    for (int i = 0; i < answer->count; i++)
        size += answer->parts[i].iov_len;
    tape_record_part(answer->kind, answer->key, answer->result, all, count, size);
}

int64_t answer_ends_concerned(struct answer *answer)
{
    if (answer->is_told)
        return answer->result;
    if (answer->list_count == 0 || answer->list_size == 0)
        tape_record(answer->kind, answer->key, answer->result, answer->parts, answer->count);
    else if (answer->count == 0)
        tape_record_part(answer->kind, answer->key, answer->result, answer->list, answer->list_count,
                         answer->list_size);
    else
        record_both(answer);
    return answer->result;
}

int64_t answer_value(struct answer *answer, int64_t result, void *value, size_t size)
{
    if (answer_comes(answer, result) >= 0)
        answer_part(answer, value, size);
    return answer_ends(answer);
}

int64_t answer_bytes_concerned(struct answer *answer, int64_t result, void *bytes, size_t room)
{
    result = answer_comes(answer, result);
    if (result > 0)
        answer_part(answer, bytes, (uint64_t)result < room ? (size_t)result : room);
    return answer_ends(answer);
}

int64_t answer_replaced(enum tape_kind kind, uint64_t key, int64_t result, void *bytes, size_t size)
{
    const struct iovec part = {bytes, size};
    struct answer answer;

    if (!role_is_fed()) {
        tape_record(kind, key, result, &part, bytes != NULL && size > 0);
        return result;
    }
    if (!tape_feed(kind, key, &answer.told))
        return result;
    take(&answer);
    if (bytes != NULL)
        give(&answer, bytes, size);
    return answer.result;
}

int64_t answer_of_original(enum tape_kind kind, uint64_t key, const char *name, void *bytes, size_t size)
{
    struct answer answer = {.name = name, .kind = kind, .key = key};

    answer_told_more(&answer);
    if (bytes != NULL)
        give(&answer, bytes, size);
    return answer.result;
}
