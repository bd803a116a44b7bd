/* SPDX-License-Identifier: MIT */
/* The program of the filter, interpreted here, and run by the kernel in a child. */
#include "unit.h"

#include "sandbox/filter.h"

#include "sandbox/call_table.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define START UINT64_C(0x7f00ffff0000)
#define END   UINT64_C(0x7f0100010000) /* across a border of 4 GiB */
#define FAR   UINT64_C(0x401000)

static struct sock_filter program[FILTER_SIZE];
static int length;

/* In the place of the table of handlers, which needs all the rest of the library. */
static const struct call rows[] = {
    {.number = SYS_clone, .pass = CALL_WITH_BIT, .bit = CLONE_THREAD},
    {.number = SYS_ppoll, .pass = CALL_WITHOUT, .argument = 3},
    {.number = SYS_openat},
};
const uint32_t trap_architecture = AUDIT_ARCH_X86_64;

const struct call *call_table_rows(size_t *count)
{
    *count = COUNT_OF(rows);
    return rows;
}

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
    uint32_t word;

    assert_in_range(offset, 0, sizeof *data - sizeof word);
    memcpy(&word, (const char *)data + offset, sizeof word);
    return word;
}

/* Returns the action. */
static uint32_t run(const struct seccomp_data *data)
{
    uint32_t value = 0;

    for (int at = 0; at < length; at++) {
        const struct sock_filter *step = &program[at];
        bool yes = false;

        switch (step->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            value = load(data, step->k);
            continue;
        case BPF_RET | BPF_K:
            return step->k;
        case BPF_JMP | BPF_JA:
            at += (int)step->k;
            continue;
        case BPF_JMP | BPF_JEQ | BPF_K:
            yes = value == step->k;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            yes = value >= step->k;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            yes = value > step->k;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            yes = (value & step->k) != 0;
            break;
        default:
            fail_msg("step %d is of an unknown kind %#x", at, step->code);
        }
        at += yes ? step->jt : step->jf;
    }
    fail_msg("no answer");
    return 0;
}

static bool passes(int number, uint64_t from, unsigned argument, uint64_t value)
{
    struct seccomp_data data = {
        .nr = number, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = from, .args = {0}};

    data.args[argument] = value;
    uint32_t action = run(&data);
    assert_true(action == SECCOMP_RET_ALLOW || action == (SECCOMP_RET_TRAP | TRAP_SIGN));
    return action == SECCOMP_RET_ALLOW;
}

static int build(void **state)
{
    (void)state;
    length = filter_build(program, START, END);
    return length > 0 ? 0 : -1;
}

static void numbers_of_the_list_pass(void **state)
{
    size_t count;
    const short *numbers = filter_allowed(&count);

    (void)state;
    for (int number = -1; number < CALL_TABLE_LIMIT + 10; number++) {
        bool listed = false;
        for (size_t i = 0; i < count; i++)
            listed |= numbers[i] == number;
        if (number != SYS_clone && number != SYS_ppoll && passes(number, FAR, 0, 0) != listed)
            fail_msg("number %d", number);
    }
}

static void our_code_may_do_all(void **state)
{
    static const uint64_t inside[] = {START + 1, START + 0xffff, START + 0x10000, END - 1, END};
    static const uint64_t outside[] = {
        START - 1, END + 1, FAR, START - (UINT64_C(1) << 32), END + (UINT64_C(1) << 32), START & UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(inside); i++)
        assert_true(passes(SYS_openat, inside[i], 0, 0));
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        assert_false(passes(SYS_openat, outside[i], 0, 0));
}

static void arguments_decide(void **state)
{
    (void)state;
    assert_true(passes(SYS_clone, FAR, 0, CLONE_THREAD | CLONE_VM));
    assert_false(passes(SYS_clone, FAR, 0, CLONE_VM | CLONE_VFORK));
    assert_true(passes(SYS_ppoll, FAR, 3, 0));
    assert_true(passes(SYS_ppoll, FAR, 2, 1));
    assert_false(passes(SYS_ppoll, FAR, 3, 1));
    assert_false(passes(SYS_ppoll, FAR, 3, UINT64_C(1) << 32));
}

static void other_entries_are_stopped(void **state)
{
    struct seccomp_data data = {
        .nr = SYS_getpid, .arch = AUDIT_ARCH_I386, .instruction_pointer = START + 1, .args = {0}};

    (void)state;
    assert_int_equal(run(&data), SECCOMP_RET_TRAP | TRAP_SIGN);
    assert_false(passes(SYS_getpid | 0x40000000, FAR, 0, 0)); /* x32 */
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    /* exit_group is not let through either */
    syscall(SYS_exit, info->si_code == 1 && info->si_errno == TRAP_SIGN ? 42 : 1);
}

static void the_kernel_takes_it(void **state)
{
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    int status;

    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        const struct sock_fprog filter = {(unsigned short)length, program};
        sigaction(SIGSYS, &action, NULL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
            _exit(77);
        if (syscall(SYS_getppid) < 0)
            _exit(2);
        syscall(SYS_openat, -1, "", 0, 0);
        _exit(3);
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip(); /* no seccomp */
    assert_int_equal(status, 42 << 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_the_list_pass), cmocka_unit_test(our_code_may_do_all),
        cmocka_unit_test(arguments_decide),         cmocka_unit_test(other_entries_are_stopped),
        cmocka_unit_test(the_kernel_takes_it),
    };

    return cmocka_run_group_tests(tests, build, NULL);
}
