/* SPDX-License-Identifier: MIT */
/* The stepping process on x86-64: see stepper.h. ptrace sets its registers (the vector registers included)
 * and takes them down afterwards. */
#include "stepper.h"

#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define STEPS_MAX     64
#define EXTENDED_SIZE 16384u
#define FLAG_TRAP     0x100ul /* this and the next are those of stepping itself */
#define FLAG_RESUME                                                                                          \
    0x10000ul /* set where an instruction failed; not where it raised a signal and is done (int) */
#define FLAGS_STEPS       (FLAG_TRAP | FLAG_RESUME)
#define FLAGS_RESULT      0x8d5ul /* carry to overflow: a division that failed leaves anything in them */
#define SELECTOR_NULL_MAX 3

#define STEPPER_END (STEPPER_DATA + STEPPER_DATA_SIZE)

/* In what XSAVE writes: the x87's instruction pointer; what is the format's own and no register. */
#define X87_IP_START    8
#define X87_IP_END      16
#define FORMAT_START    464
#define FORMAT_END      576
#define X86_INSTRUCTION 15 /* no instruction is longer */

struct stepper_outcome {
    enum stepper_end end;
    int signal;
    uintptr_t fault;
    uintptr_t low, high;
    struct user_regs_struct registers;
    size_t extended_size;
    uint8_t extended[EXTENDED_SIZE];
    uint8_t data[STEPPER_DATA_SIZE];
};

static pid_t child;
static struct stepper_outcome initial; /* registers as the process had them at its start */

/* The kernel writes there when it likes. How long glibc has said it to be is not told. */
static void give_up_rseq(void)
{
    for (unsigned long size = sizeof(struct rseq); size <= 256; size++)
        if (syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, size, RSEQ_FLAG_UNREGISTER,
                    RSEQ_SIG) == 0)
            return;
}

static _Noreturn void be_stepped(void)
{
    cpu_set_t one;

    /* What an instruction tells of the processor it runs on is to be the same each time. */
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    give_up_rseq();
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    mprotect((void *)STEPPER_CODE, STEPPER_PAGE, PROT_READ | PROT_EXEC);
    mprotect((void *)STEPPER_STUB, STEPPER_PAGE, PROT_READ | PROT_EXEC);
    for (;;)
        kill(getpid(), SIGSTOP);
}

/* The signal that it stopped with. */
static int wait_for_stop(void)
{
    int status = 0;
    pid_t pid;

    do
        pid = waitpid(child, &status, __WALL);
    while (pid < 0 && errno == EINTR);
    return pid == child && WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

static bool map(uintptr_t address, size_t size)
{
    return mmap((void *)address, size, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)address;
}

static void read_registers(struct stepper_outcome *outcome)
{
    struct iovec extended = {outcome->extended, sizeof outcome->extended};

    FUZZ_CHECK(ptrace(PTRACE_GETREGS, child, NULL, &outcome->registers) == 0);
    FUZZ_CHECK(ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &extended) == 0);
    outcome->extended_size = extended.iov_len;
}

/* Has the process make a system call. */
static long call(long number, uintptr_t first, uintptr_t second, uintptr_t third)
{
    static const uint8_t system_call[] = {0x0f, 0x05};
    struct user_regs_struct registers = initial.registers;

    memcpy((void *)STEPPER_CODE, system_call, sizeof system_call);
    registers.rip = STEPPER_CODE;
    registers.rsp = STEPPER_DATA;
    registers.rax = (unsigned long long)number;
    registers.orig_rax = UINT64_MAX;
    registers.rdi = first;
    registers.rsi = second;
    registers.rdx = third;
    registers.r10 = registers.r8 = 0;
    FUZZ_CHECK(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
    FUZZ_CHECK(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && wait_for_stop() == SIGTRAP);
    FUZZ_CHECK(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
    return (long)registers.rax;
}

/* What an instruction reads or writes anywhere else would be different the next time. */
static void leave_only_ours(void)
{
    char path[64], line[512];
    uintptr_t start, end;

    snprintf(path, sizeof path, "/proc/%d/maps", child);
    FILE *maps = fopen(path, "re");
    FUZZ_CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && (end <= STEPPER_BASE || start >= STEPPER_END))
            call(SYS_munmap, start, end - start, 0);
    fclose(maps);
}

static void refuse_system_calls(void)
{
    const struct sock_filter filter = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    const struct sock_fprog program = {1, (struct sock_filter *)(STEPPER_DATA + sizeof program)};

    memcpy((void *)STEPPER_DATA, &program, sizeof program);
    memcpy((void *)(STEPPER_DATA + sizeof program), &filter, sizeof filter);
    FUZZ_CHECK(call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0) == 0);
    FUZZ_CHECK(call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, STEPPER_DATA) == 0);
    FUZZ_CHECK(call(SYS_getpid, 0, 0, 0) == -ENOSYS);
}

int stepper_start(void)
{
    if (!map(STEPPER_CODE, STEPPER_PAGE) || !map(STEPPER_STUB, STEPPER_PAGE) ||
        !map(STEPPER_DATA, STEPPER_DATA_SIZE))
        return -errno;
    child = fork();
    if (child < 0)
        return -errno;
    if (child == 0)
        be_stepped();
    if (wait_for_stop() != SIGSTOP)
        return -EPERM;
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) != 0)
        return -errno;
    read_registers(&initial);
    leave_only_ours();
    refuse_system_calls();
    return 0;
}

struct stepper_outcome *stepper_outcome_new(void)
{
    struct stepper_outcome *outcome = calloc(1, sizeof *outcome);

    FUZZ_CHECK(outcome != NULL);
    return outcome;
}

/* Each general register is an address in the data or a small number. */
static uint64_t first_value(const uint8_t *seed, unsigned number)
{
    bool is_address = ((seed[0] | seed[1] << 8) >> number & 1) == 0;

    return is_address ? STEPPER_DATA + 0x80 + 0x180 * (number % 16)
                      : (uint64_t)(int64_t)(int8_t)(seed[2] + number * seed[3]);
}

static void set_up(uintptr_t start, const uint8_t *seed)
{
    struct user_regs_struct registers = initial.registers;
    struct iovec extended = {initial.extended, initial.extended_size};
    unsigned long long *const general[] = {
        &registers.rax, &registers.rbx, &registers.rcx, &registers.rdx, &registers.rsi,
        &registers.rdi, &registers.rbp, &registers.r8,  &registers.r9,  &registers.r10,
        &registers.r11, &registers.r12, &registers.r13, &registers.r14, &registers.r15,
    };
    uint64_t *data = (uint64_t *)STEPPER_DATA;

    for (unsigned i = 0; i < sizeof general / sizeof *general; i++)
        *general[i] = first_value(seed, i);
    registers.rsp = STEPPER_DATA + STEPPER_DATA_SIZE / 2;
    registers.rip = start;
    registers.orig_rax = UINT64_MAX; /* it is in no system call */
    registers.fs_base = registers.gs_base = STEPPER_DATA;
    registers.eflags = 0x202 | (seed[4] & 0xd5) | (uint64_t)(seed[5] & 0x0c) << 8;
    for (size_t i = 0; i < STEPPER_DATA_SIZE / sizeof *data; i++)
        data[i] = i % 3 == 0 ? STEPPER_DATA + 8 * i : (seed[6] + i) * UINT64_C(0x9e3779b97f4a7c15);
    FUZZ_CHECK(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
    FUZZ_CHECK(ptrace(PTRACE_SETREGSET, child, NT_X86_XSTATE, &extended) == 0);
}

static unsigned long peek(size_t offset)
{
    return (unsigned long)ptrace(PTRACE_PEEKUSER, child, offset, NULL);
}

/* Was it an instruction in the range that did not go well? */
static bool has_failed(const struct stepper_outcome *outcome, const siginfo_t *information, bool left)
{
    if (outcome->signal == SIGTRAP)
        return information->si_code == SI_KERNEL;
    return !left || (peek(offsetof(struct user_regs_struct, eflags)) & FLAG_RESUME) == 0;
}

static enum stepper_end step(struct stepper_outcome *outcome)
{
    uintptr_t stack = peek(offsetof(struct user_regs_struct, rsp));

    for (int steps = 0; steps < STEPS_MAX; steps++) {
        siginfo_t information = {0};
        FUZZ_CHECK(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0);
        outcome->signal = wait_for_stop();
        FUZZ_CHECK(outcome->signal > 0);
        ptrace(PTRACE_GETSIGINFO, child, NULL, &information);
        uintptr_t at = peek(offsetof(struct user_regs_struct, rip));
        uintptr_t stack_before = stack;
        stack = peek(offsetof(struct user_regs_struct, rsp));
        bool recursion = at == outcome->low && stack != stack_before;
        bool left = at < outcome->low || at >= outcome->high || recursion;
        if (has_failed(outcome, &information, left)) {
            outcome->fault = (uintptr_t)information.si_addr;
            return STEPPER_SIGNAL;
        }
        outcome->signal = 0;
        if (left)
            return STEPPER_LEFT;
    }
    return STEPPER_ENDLESS;
}

void stepper_run(uintptr_t start, uintptr_t low, uintptr_t high, const uint8_t seed[STEPPER_SEED_SIZE],
                 struct stepper_outcome *outcome)
{
    set_up(start, seed);
    outcome->low = low;
    outcome->high = high;
    outcome->signal = 0;
    outcome->fault = 0;
    outcome->end = step(outcome);
    read_registers(outcome);
    memcpy(outcome->data, (const void *)STEPPER_DATA, sizeof outcome->data);
}

enum stepper_end stepper_end(const struct stepper_outcome *outcome)
{
    return outcome->end;
}

/* The selectors 0 to 3 all mean no segment. The kernel's way back to the process makes the one out of the
 * others: in the stub there is one step more behind the instruction that loads it. */
static void unify_null_selectors(struct user_regs_struct *registers)
{
    unsigned long long *const selectors[] = {&registers->ds, &registers->es, &registers->fs, &registers->gs};

    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        if (*selectors[i] <= SELECTOR_NULL_MAX)
            *selectors[i] = 0;
}

static bool same_registers(const struct stepper_outcome *one, const struct stepper_outcome *other)
{
    struct user_regs_struct a = one->registers, b = other->registers;

    if (one->end != STEPPER_LEFT)
        a.rip = b.rip;
    unsigned long ignored = FLAGS_STEPS | (one->signal == SIGFPE ? FLAGS_RESULT : 0);
    a.eflags &= ~ignored;
    b.eflags &= ~ignored;
    a.orig_rax = b.orig_rax;
    unify_null_selectors(&a);
    unify_null_selectors(&b);
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_bytes(const struct stepper_outcome *one, const struct stepper_outcome *other, size_t start,
                       size_t end)
{
    return memcmp(one->extended + start, other->extended + start, end - start) == 0;
}

/* The fault of an instruction fetch, or of int3, names an address in the range itself. */
static bool same_fault(const struct stepper_outcome *one, const struct stepper_outcome *other)
{
    if (one->signal != other->signal)
        return false;
    bool own = one->fault - one->low <= one->high - one->low + X86_INSTRUCTION &&
               other->fault - other->low <= other->high - other->low + X86_INSTRUCTION;
    return own || one->fault == other->fault;
}

/* Four bytes that tell where the last x87 instruction was; the kernel may have cleared them. */
static bool is_x87_pointer(const struct stepper_outcome *outcome, size_t at)
{
    uint32_t value;

    if (at + sizeof value > sizeof outcome->data)
        return false;
    memcpy(&value, outcome->data + at, sizeof value);
    return value == 0 || value - (uint32_t)outcome->low <= outcome->high - outcome->low;
}

/* fnstenv and fnsave begin with d9 or dd, fxsave and its kin with 0f ae or 0f c7. */
static bool may_store_x87_pointer(const struct stepper_outcome *outcome)
{
    const uint8_t *code = (const uint8_t *)outcome->low;

    for (size_t i = 0; i + 1 < outcome->high - outcome->low; i++)
        if (code[i] == 0xd9 || code[i] == 0xdd ||
            (code[i] == 0x0f && (code[i + 1] == 0xae || code[i + 1] == 0xc7)))
            return true;
    return false;
}

/* A head may store that pointer: it is another one in the stub. */
static bool same_data(const struct stepper_outcome *one, const struct stepper_outcome *other)
{
    if (!may_store_x87_pointer(one))
        return memcmp(one->data, other->data, sizeof one->data) == 0;
    for (size_t i = 0; i < sizeof one->data; i++) {
        size_t start = i < 3 ? 0 : i - 3;

        if (one->data[i] == other->data[i])
            continue;
        while (start <= i && !(is_x87_pointer(one, start) && is_x87_pointer(other, start)))
            start++;
        if (start > i)
            return false;
        i = start + 3;
    }
    return true;
}

bool stepper_same(const struct stepper_outcome *one, const struct stepper_outcome *other)
{
    if (one->end == STEPPER_ENDLESS || other->end == STEPPER_ENDLESS)
        return true; /* not at the same step */
    if (one->end != other->end || !same_fault(one, other))
        return false;
    bool same_x87_ip = same_bytes(one, other, X87_IP_START, X87_IP_END);
    return same_registers(one, other) && same_bytes(one, other, 0, X87_IP_START) &&
           same_bytes(one, other, X87_IP_END, FORMAT_START) &&
           same_bytes(one, other, FORMAT_END, one->extended_size) && (same_data(one, other) || !same_x87_ip);
}

void stepper_show(const char *what, const struct stepper_outcome *outcome)
{
    const struct user_regs_struct *r = &outcome->registers;

    fprintf(stderr,
            "%s: end %d signal %d fault %#lx\n"
            "rip %llx flags %llx rsp %llx rax %llx rbx %llx rcx %llx rdx %llx rsi %llx rdi %llx rbp %llx\n"
            "r8 %llx r9 %llx r10 %llx r11 %llx r12 %llx r13 %llx r14 %llx r15 %llx cs %llx ds %llx es %llx\n"
            "fs %llx gs %llx ss %llx fs_base %llx gs_base %llx\n",
            what, outcome->end, outcome->signal, outcome->fault, r->rip, r->eflags, r->rsp, r->rax, r->rbx,
            r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14,
            r->r15, r->cs, r->ds, r->es, r->fs, r->gs, r->ss, r->fs_base, r->gs_base);
    fprintf(stderr, "data:");
    for (size_t i = STEPPER_DATA_SIZE / 2 - 64; i < STEPPER_DATA_SIZE / 2; i++)
        fprintf(stderr, " %02x", outcome->data[i]);
    fprintf(stderr, "\n");
}
