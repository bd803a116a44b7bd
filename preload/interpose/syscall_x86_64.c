/* SPDX-License-Identifier: MIT */
/* libc's syscall(), for the sake of exit_group and of calls that libc has a function for, at which we stand:
 * loggers ask for their thread's id in this way. Everything else goes on to the next syscall() by a jump,
 * with the registers and the stack as they were, because a frame between the caller and a raw vfork or clone
 * would break it. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/next.h"
#include "base/raw_syscall.h"
#include "interpose/exit.h"
#include "interpose/given_up.h"
#include "interpose/ids.h"
#include "interpose/moves.h"
#include "run/role.h"
#include "snapshot/threads/call_note.h"

void exec_begins(void) __attribute__((visibility("hidden")));

void *syscall_next(void) __attribute__((visibility("hidden")));
void *syscall_next(void)
{
    return (void *)NEXT(syscall);
}

/* syscall() answers with a long: what functions say as an int becomes one, with its sign. */
static long answer_kill(pid_t pid, int signal)
{
    return kill(pid, signal);
}

static long answer_tgkill(pid_t pid, pid_t tid, int signal)
{
    return ids_tgkill(pid, tid, signal);
}

/* The kernel says EFAULT of an address that nobody can write to; libc writes there. */
static bool is_refused(long r)
{
    if (r < 0)
        errno = (int)-r;
    return r < 0;
}

/* As nobody's sleep, it is no place to cancel a thread at. */
static long answer_clock_sleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    int r = clock_nanosleep(clock, flags, time, left);
    pthread_setcancelstate(state, NULL);
    return is_refused(-r) ? -1 : 0;
}

static long answer_sleep(const struct timespec *time, struct timespec *left)
{
    return answer_clock_sleep(CLOCK_MONOTONIC, 0, time, left);
}

static long answer_alternate_stack(const stack_t *new_stack, stack_t *old_stack)
{
    return sigaltstack(new_stack, old_stack);
}

static long answer_clock(clockid_t clock, struct timespec *time)
{
    return is_refused(raw_syscall2(SYS_clock_gettime, clock, time)) ? -1 : clock_gettime(clock, time);
}

static long answer_day(struct timeval *time, void *zone)
{
    return is_refused(raw_syscall2(SYS_gettimeofday, time, zone)) ? -1 : gettimeofday(time, zone);
}

static long answer_time(time_t *place)
{
    return is_refused(raw_syscall1(SYS_time, place)) ? -1 : time(place);
}

/* libc itself writes there from 2.41 on. Less than was asked for is where the rest cannot be written to. */
static long answer_random(void *bytes, size_t size, unsigned flags)
{
    long r = raw_syscall3(SYS_getrandom, bytes, size, flags);

    return is_refused(r) ? -1 : getrandom(bytes, (size_t)r, flags);
}

/* What the assembly below keeps on its stack. */
struct saved {
    long alignment, argument4, argument3, argument2, argument1, argument0, number;
    char above[]; /* the stack as it was when syscall() was called */
};

static void *other_function(long number)
{
    void *function = moves_answer(number);

    return function != NULL ? function : given_up_answer(number);
}

/* What answers this call in the place of the kernel; NULL: the kernel. At most four arguments. */
void *syscall_function(const struct saved *saved) __attribute__((visibility("hidden")));
void *syscall_function(const struct saved *saved)
{
    const long arguments[] = {saved->argument0, saved->argument1, saved->argument2, saved->argument3,
                              saved->argument4};

    if (!role_was_taken())
        return NULL;
    call_note_raw(saved->number, arguments, (uintptr_t)saved->above);
    switch (saved->number) {
    case SYS_getpid:
        return (void *)getpid;
    case SYS_getppid:
        return (void *)getppid;
    case SYS_gettid:
        return (void *)ids_gettid;
    case SYS_kill:
        return (void *)answer_kill;
    case SYS_tgkill:
        return (void *)answer_tgkill;
    case SYS_nanosleep:
        return (void *)answer_sleep;
    case SYS_clock_nanosleep:
        return (void *)answer_clock_sleep;
    case SYS_sigaltstack:
        return (void *)answer_alternate_stack;
    case SYS_getrandom:
        return (void *)answer_random;
    case SYS_clock_gettime:
        return (void *)answer_clock;
    case SYS_gettimeofday:
        return (void *)answer_day;
    case SYS_time:
        return (void *)answer_time;
    case SYS_execve:
    case SYS_execveat:
        exec_begins();
        return NULL;
    default:
        return other_function(saved->number);
    }
}

static_assert(SYS_exit_group == 231, "the number in the assembly below");

__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall,@function\n"
        "syscall:\n"
        "        .cfi_startproc\n"
        "        push    %rdi\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rsi\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rdx\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rcx\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %r8\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %r9\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        sub     $8, %rsp\n" /* calls want the stack at a multiple of 16 */
        "        .cfi_adjust_cfa_offset 8\n"
        "        cmp     $231, %edi\n" /* SYS_exit_group */
        "        jne     1f\n"
        "        mov     %esi, %edi\n"
        "        call    exit_abruptly\n"
        "1:      mov     %rsp, %rdi\n"
        "        call    syscall_function\n"
        "        test    %rax, %rax\n"
        "        jnz     2f\n"
        "        call    syscall_next\n"
        "        add     $8, %rsp\n"
        "        .cfi_remember_state\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %r9\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %r8\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rcx\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rdx\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rsi\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rdi\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        jmp     *%rax\n"
        "2:      .cfi_restore_state\n"
        "        mov     40(%rsp), %rdi\n" /* its arguments are those behind the number */
        "        mov     32(%rsp), %rsi\n"
        "        mov     24(%rsp), %rdx\n"
        "        mov     16(%rsp), %rcx\n"
        "        add     $56, %rsp\n"
        "        .cfi_adjust_cfa_offset -56\n"
        "        jmp     *%rax\n"
        "        .cfi_endproc\n"
        ".size syscall, . - syscall\n");
