/* SPDX-License-Identifier: MIT */
/* The word: see role.h. What a child finds of it is 0; in memory as all other stands what it was at last. */
#define _GNU_SOURCE
#include "run/role.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "run/run.h"

#define PAGE 4096

static volatile uint32_t plain_word;
volatile uint32_t *role_word = &plain_word;
static bool was_taken;
static const struct role *roles[ROLE_KINDS + 1];

static volatile uint32_t *make_word(void)
{
    long page = kernel_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page < 0 && page > -PAGE)
        return &plain_word;
    if (kernel_madvise((void *)page, PAGE, MADV_WIPEONFORK) == 0)
        return (volatile uint32_t *)page;
    kernel_munmap((void *)page, PAGE);
    return &plain_word;
}

static void set(enum role_kind kind, uint32_t log)
{
    *role_word = (uint32_t)kind | log | (role_word == &plain_word ? ROLE_UNSURE : 0);
}

void role_await(void)
{
    role_word = make_word();
    set(ROLE_AWAITED, 0);
}

void role_forked(void)
{
    was_taken = false;
    set(ROLE_AWAITED, 0);
}

void role_become(enum role_kind kind)
{
    run.pid = kernel_getpid();
    was_taken = true;
    set(kind, *role_word & ROLE_TAPE);
}

bool role_may_have_tape(void)
{
    return role_word != &plain_word;
}

void role_note_tape(void)
{
    *role_word |= ROLE_TAPE;
}

void role_introduce(enum role_kind kind, const struct role *does)
{
    roles[kind] = does;
}

const struct role *role(void)
{
    return roles[role_kind()];
}

static bool has_own_number(void)
{
    return kernel_getpid() == run.pid;
}

enum role_kind role_look(void)
{
    enum role_kind kind = (enum role_kind)(*role_word & ROLE_KINDS);

    return kind < ROLE_ORIGINAL || has_own_number() ? kind : ROLE_BYSTANDER;
}

bool role_is_self(void)
{
    return role_kind() >= ROLE_ORIGINAL && has_own_number();
}

bool role_is_original(void)
{
    return role_kind() == ROLE_ORIGINAL && has_own_number();
}

/* How many children of this thread run in its memory: one, and where that does the same, more. Their parent
 * waits meanwhile. */
bool role_is_likely_self(void)
{
    return role_kind() >= ROLE_ORIGINAL && own_thread()->between == 0;
}

bool role_was_taken(void)
{
    return was_taken;
}

bool role_is_group(pid_t group)
{
    return group == (role_kind() == ROLE_REPLAY ? run.group : raw_syscall1(SYS_getpgid, 0));
}

bool role_is_alone(void)
{
    return kernel_getppid() != run.page->original_pid;
}
