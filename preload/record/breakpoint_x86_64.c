/* SPDX-License-Identifier: MIT */
/* Breakpoints on x86-64: see breakpoint.h. int3 takes the place of an instruction's first byte; who is to
 * pass puts the byte back, makes one step, and sets int3 again. Another thread may slip through meanwhile: it
 * is not waited for. */
#define _GNU_SOURCE
#include "record/breakpoint.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <ucontext.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "base/signal_action.h"
#include "base/signal_mask.h"
#include "snapshot/threads/frame_processor.h"

#define INT3        0xccu
#define STEP        0x100 /* the processor's trap flag */
#define PAGE        4096u
#define CALL_LENGTH 2

struct breakpoint {
    _Atomic uintptr_t address; /* 0: not set */
    unsigned char byte;        /* what int3 stands for */
};

static struct breakpoint breakpoints[BREAKPOINTS];
static breakpoint_handler *handle;
static pid_t thread;
static struct kernel_action before; /* of SIGTRAP */
static bool is_installed;
static bool is_forbidden;

static void write_byte(uintptr_t address, unsigned char byte)
{
    __atomic_store_n((volatile unsigned char *)address, byte, __ATOMIC_SEQ_CST);
}

/* int3 is there by the time that the breakpoint is known, and is gone before it is forgotten. */
static bool set_one(struct breakpoint *breakpoint, uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);

    if (kernel_mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
        return false;
    breakpoint->byte = *(const unsigned char *)address;
    if (breakpoint->byte == INT3)
        return false;
    atomic_store(&breakpoint->address, address);
    write_byte(address, INT3);
    return true;
}

void breakpoint_clear(void)
{
    for (unsigned i = 0; i < BREAKPOINTS; i++) {
        uintptr_t address = atomic_load(&breakpoints[i].address);
        if (address != 0)
            write_byte(address, breakpoints[i].byte);
        atomic_store(&breakpoints[i].address, 0);
    }
}

static void end_step(greg_t *registers)
{
    struct breakpoint *breakpoint = &breakpoints[own_thread()->stepping - 1];
    uintptr_t address = atomic_load(&breakpoint->address);

    registers[REG_EFL] &= ~(greg_t)STEP;
    own_thread()->stepping = 0;
    if (address != 0)
        write_byte(address, INT3);
}

static void begin_step(unsigned number, greg_t *registers)
{
    write_byte(atomic_load(&breakpoints[number].address), breakpoints[number].byte);
    registers[REG_EFL] |= STEP;
    own_thread()->stepping = number + 1;
}

static void on_trap(int signal, siginfo_t *info, void *ucontext)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;
    uintptr_t address = (uintptr_t)registers[REG_RIP] - 1;
    unsigned number = 0;

    if (own_thread()->stepping != 0 && info->si_code == TRAP_TRACE) {
        end_step(registers);
        return;
    }
    while (number < BREAKPOINTS && atomic_load(&breakpoints[number].address) != address)
        number++;
    if (info->si_code != SI_KERNEL || (number == BREAKPOINTS && *(const unsigned char *)address == INT3)) {
        signal_action_run(&before, signal, info, ucontext);
        return;
    }
    registers[REG_RIP] = (greg_t)address;
    if (number == BREAKPOINTS) /* it was cleared on another thread's way to here */
        return;
    if (thread != kernel_gettid() || !handle(ucontext, address))
        begin_step(number, registers);
}

static void install(void)
{
    const struct kernel_action ours = {
        .handler = (void *)on_trap,
        .flags = SA_SIGINFO | SA_NODEFER | KERNEL_SA_RESTORER,
        .restorer = frame_return,
        .mask = ~signal_mask_never,
    };
    struct kernel_action now;

    if (kernel_sigaction(SIGTRAP, NULL, &now) < 0 || now.handler == ours.handler)
        return;
    before = now;
    is_installed = kernel_sigaction(SIGTRAP, &ours, NULL) == 0;
}

void breakpoint_forbid(void)
{
    breakpoint_clear();
    is_forbidden = true;
}

unsigned breakpoint_set(const uint64_t addresses[BREAKPOINTS], breakpoint_handler *handler)
{
    unsigned count = 0;

    if (is_forbidden)
        return 0;
    breakpoint_clear();
    install();
    handle = handler;
    thread = kernel_gettid();
    for (unsigned i = 0; i < BREAKPOINTS && is_installed; i++)
        if (addresses[i] != 0 && (i == 0 || addresses[i] != addresses[0]))
            count += set_one(&breakpoints[i], addresses[i]);
    return count;
}

void breakpoint_interrupt_call(void *ucontext)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] += CALL_LENGTH;
    registers[REG_RAX] = -EINTR;
}
