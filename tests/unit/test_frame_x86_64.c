/* SPDX-License-Identifier: MIT */
/* Which system call the code makes that ends in a syscall instruction: compilers load the number in several
 * ways, of which some are those of a libc that was built years ago. */
#include "unit.h"

#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "snapshot/threads/frame_processor.h"

#define SYSCALL "\x0f\x05"
#define UNKNOWN (-1)

struct row {
    const char *code;
    size_t size;
    long number, in_library;
};

/* Its size without the zero at its end; what it is called from elsewhere, and in libc. */
#define ROW(code, number, in_library)                                                                        \
    {                                                                                                        \
        code, sizeof(code) - 1, number, in_library                                                           \
    }

static void check(const struct row *row)
{
    /* Nothing of what is before it means anything: 48 bytes are looked at. */
    unsigned char place[128];
    size_t start = sizeof place - row->size;

    memset(place, 0xcc, sizeof place);
    memcpy(place + start, row->code, row->size);
    uintptr_t behind = (uintptr_t)(place + sizeof place);
    assert_int_equal(frame_call_number(behind, false), row->number);
    assert_int_equal(frame_call_number(behind, true), row->in_library);
}

#define CHECK_ALL(rows)                                                                                      \
    for (size_t i = 0; i < COUNT_OF(rows); i++)                                                              \
    check(&(rows)[i])

static void in_its_register(void **state)
{
    static const struct row rows[] = {
        ROW("\xb8\x23\x00\x00\x00" SYSCALL, SYS_nanosleep, SYS_nanosleep),
        /* mov %rsp,%rdi */
        ROW("\xb8\x23\x00\x00\x00\x48\x89\xe7" SYSCALL, SYS_nanosleep, SYS_nanosleep),
        /* xor %eax,%eax; elsewhere it is read */
        ROW("\x31\xc0" SYSCALL, SYS_read, UNKNOWN),
        ROW("\xb8\x23\x00\x00\x00\x90\x90", UNKNOWN, UNKNOWN),
        /* movabs, and a number that is none */
        ROW("\x48\xb8\x23\x00\x00\x00\x00\x00\x00\x00" SYSCALL, UNKNOWN, UNKNOWN),
        ROW("\xb8\x23\x23\x00\x00" SYSCALL, UNKNOWN, UNKNOWN),
        /* pop %rdi is not followed: in libc the nearest constant is it */
        ROW("\xb8\x23\x00\x00\x00\x5f" SYSCALL, UNKNOWN, SYS_nanosleep),
    };

    (void)state;
    CHECK_ALL(rows);
}

/* Of glibc 2.31 on Debian 11: do_futex_wait() of sem_wait(), sem_timedwait() and sem_clockwait(); getpid().
 */
static void from_another_register(void **state)
{
    static const struct row rows[] = {
        ROW("\x89\xde\xb9\xca\x00\x00\x00\x45\x31\xc0\x41\x89\xc4\x81\xf6\x89\x01\x00\x00\x45\x31\xd2\x31\xd2"
            "\x41\xb9\xff\xff\xff\xff\x48\x89\xef\x89\xc8" SYSCALL,
            SYS_futex, SYS_futex),
        ROW("\x44\x89\xe6\xb9\xca\x00\x00\x00\x45\x31\xc0\x41\x89\xc5\x81\xf6\x89\x01\x00\x00\x49\x89\xda\x31"
            "\xd2\x41\xb9\xff\xff\xff\xff\x48\x89\xef\x89\xc8" SYSCALL,
            SYS_futex, SYS_futex),
        ROW("\x19\xf6\xb9\xca\x00\x00\x00\x41\xb9\xff\xff\xff\xff\x45\x31\xc0\x81\xe6\x00\x01\x00\x00\x49\x89"
            "\xda\x31\xd2\x48\x89\xef\x81\xc6\x89\x00\x00\x00\x89\xc8\x44\x31\xf6" SYSCALL,
            SYS_futex, SYS_futex),
        /* mov $39,%ecx; mov %ecx,%eax, and the same in its other encoding */
        ROW("\xb9\x27\x00\x00\x00\x89\xc8" SYSCALL, SYS_getpid, SYS_getpid),
        ROW("\xb9\x27\x00\x00\x00\x8b\xc1" SYSCALL, SYS_getpid, SYS_getpid),
        /* by way of r8d, of which a byte less is eax */
        ROW("\x41\xb8\x27\x00\x00\x00\x44\x89\xc0" SYSCALL, SYS_getpid, SYS_getpid),
    };

    (void)state;
    CHECK_ALL(rows);
}

static void not_of_another_one(void **state)
{
    static const struct row rows[] = {
        /* mov $39,%ecx; mov %edx,%eax */
        ROW("\xb9\x27\x00\x00\x00\x89\xd0" SYSCALL, UNKNOWN, UNKNOWN),
        /* it is changed first: add $1,%ecx; xor %esi,%ecx; mov (%rdi),%ecx */
        ROW("\xb9\x27\x00\x00\x00\x83\xc1\x01\x89\xc8" SYSCALL, UNKNOWN, UNKNOWN),
        ROW("\xb9\x27\x00\x00\x00\x31\xf1\x89\xc8" SYSCALL, UNKNOWN, UNKNOWN),
        ROW("\xb9\x27\x00\x00\x00\x8b\x0f\x89\xc8" SYSCALL, UNKNOWN, UNKNOWN),
        /* it is never copied; into r8d; out of r9d */
        ROW("\xb9\x27\x00\x00\x00" SYSCALL, UNKNOWN, UNKNOWN),
        ROW("\xb9\x27\x00\x00\x00\x41\x89\xc8" SYSCALL, UNKNOWN, UNKNOWN),
        ROW("\xb9\x27\x00\x00\x00\x44\x89\xc8" SYSCALL, UNKNOWN, UNKNOWN),
        /* eax is changed behind it: and $7,%eax */
        ROW("\xb9\x27\x00\x00\x00\x89\xc8\x83\xe0\x07" SYSCALL, UNKNOWN, UNKNOWN),
        /* the later of two: mov $39,%ecx; mov %ecx,%eax; mov $35,%eax */
        ROW("\xb9\x27\x00\x00\x00\x89\xc8\xb8\x23\x00\x00\x00" SYSCALL, SYS_nanosleep, SYS_nanosleep),
    };

    (void)state;
    CHECK_ALL(rows);
}

/* --- handed on: glibc 2.41 --- */

/* Of __internal_syscall_cancel() on Debian 13, in a process with one thread; and as it is where functions
 * keep their frame's address. */
#define ALONE       "\x48\x8b\x44\x24\x10" SYSCALL
#define ALONE_FRAME "\x48\x8b\x45\x10" SYSCALL

/* The end of __syscall_cancel_arch(), and of what calls it. */
#define MANY                                                                                                 \
    "\x49\x89\xfb\x48\x89\xf0\x48\x89\xd7\x48\x89\xce\x4c\x89\xc2\x4d\x89\xca\x4c\x8b\x44\x24\x08\x4c\x8b"   \
    "\x4c"                                                                                                   \
    "\x24\x10\x4c\x89\x5c\x24\x08" SYSCALL
#define CALLER       "\x41\x50\x48\x8b\x74\x24\x20\x49\x89\xd0\x48\x89\xfa\x4c\x89\xdf\xe8\x78\xb3\x00\x00"
#define CALLER_FRAME "\x41\x50\x48\x8b\x75\x10\x49\x89\xd0\x48\x89\xfa\x4c\x89\xdf\xe8\x78\xb3\x00\x00"
/* push %r8 behind the load; another function's address */
#define CALLER_PUSHES "\x48\x8b\x74\x24\x20\x41\x50\x49\x89\xd0\xe8\x78\xb3\x00\x00"
#define CALLER_ELSE   "\x48\x8b\x74\x24\x20\x49\x89\xd0\xff\xd0\x90\x90\x90"

#define ROOM 128

static unsigned char caller[ROOM];

static bool is_caller(uintptr_t address)
{
    return address == (uintptr_t)(caller + ROOM);
}

static bool is_never(uintptr_t address)
{
    (void)address;
    return false;
}

static void put(unsigned char place[ROOM], const char *code, size_t size)
{
    memset(place, 0xcc, ROOM);
    memcpy(place + ROOM - size, code, size);
}

/* The stack's words, and where rbp is among them. */
static long handed(const char *code, size_t size, const uint64_t *stack, unsigned base,
                   bool (*is_code)(uintptr_t address))
{
    static unsigned char place[ROOM];
    ucontext_t context = {.uc_flags = 0};

    put(place, code, size);
    context.uc_mcontext.gregs[REG_RSP] = (greg_t)(uintptr_t)stack;
    context.uc_mcontext.gregs[REG_RBP] = (greg_t)(uintptr_t)(stack + base);
    return frame_handed_number(&context, (uintptr_t)(place + ROOM), is_code);
}

#define HANDED(code, stack, base, is_code) handed(code, sizeof(code) - 1, stack, base, is_code)

static void on_the_stack(void **state)
{
    const uint64_t stack[] = {1, 2, SYS_nanosleep, 4, 5, SYS_poll}, garbage[] = {1, 2, 0x7f0000000000};

    (void)state;
    assert_int_equal(HANDED(ALONE, stack, 0, is_never), SYS_nanosleep);
    assert_int_equal(HANDED(ALONE_FRAME, stack, 3, is_never), SYS_poll);
    assert_int_equal(HANDED(ALONE, garbage, 0, is_never), UNKNOWN);
    /* rsp is changed behind the load: sub $8,%rsp; the register, too: or $1,%eax */
    assert_int_equal(HANDED("\x48\x8b\x44\x24\x10\x48\x83\xec\x08" SYSCALL, stack, 0, is_never), UNKNOWN);
    assert_int_equal(HANDED("\x48\x8b\x44\x24\x10\x83\xc8\x01" SYSCALL, stack, 0, is_never), UNKNOWN);
    assert_int_equal(HANDED("\x48\x8b\x44\x24\x10\x90\x90", stack, 0, is_never), UNKNOWN);
}

static void on_the_stack_of_the_caller(void **state)
{
    const uint64_t stack[] = {(uintptr_t)(caller + ROOM), 2, 3, 4, 5, SYS_nanosleep, 7, 8, SYS_poll};

    (void)state;
    put(caller, CALLER, sizeof CALLER - 1);
    assert_int_equal(HANDED(MANY, stack, 0, is_caller), SYS_nanosleep);
    assert_int_equal(HANDED(MANY, stack, 0, is_never), UNKNOWN);
    put(caller, CALLER_FRAME, sizeof CALLER_FRAME - 1);
    assert_int_equal(HANDED(MANY, stack, 6, is_caller), SYS_poll);
    put(caller, CALLER_PUSHES, sizeof CALLER_PUSHES - 1);
    assert_int_equal(HANDED(MANY, stack, 0, is_caller), UNKNOWN);
    put(caller, CALLER_ELSE, sizeof CALLER_ELSE - 1);
    assert_int_equal(HANDED(MANY, stack, 0, is_caller), UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_its_register),
        cmocka_unit_test(from_another_register),
        cmocka_unit_test(not_of_another_one),
        cmocka_unit_test(on_the_stack),
        cmocka_unit_test(on_the_stack_of_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
