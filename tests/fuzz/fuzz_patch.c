/* SPDX-License-Identifier: MIT */
/* patch: random bytes as a function. Either it is refused, with a reason, or its head does in the stub what
 * it does in its place: both are run instruction by instruction from the same registers and memory
 * (stepper.h), and all that they can have changed is compared. The first bytes of an input choose registers
 * and flags. */
#include "fuzz.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "patch/patch_processor.h"
#include "stepper.h"

#define FUNCTION_MAX 80
#define STEADY_RUNS  3
#define TRIES        5
#define REACH        UINT64_C(0x7fff0000)
#define HALT         0xf4 /* an instruction that no process may execute */

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);

static struct stepper_outcome *in_place, *in_stub, *again;

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    int error = stepper_start();
    if (error) {
        printf("skipped: no process may be traced here (%s)\n", strerror(-error));
        exit(77);
    }
    in_place = stepper_outcome_new();
    in_stub = stepper_outcome_new();
    again = stepper_outcome_new();
    return 0;
}

/* The function ends where the page does: a byte read behind it is a fault. */
static uintptr_t place(const uint8_t *bytes, size_t size)
{
    uintptr_t function = STEPPER_CODE + STEPPER_PAGE - size;

    memset((void *)STEPPER_CODE, 0xcc, STEPPER_PAGE);
    memcpy((void *)function, bytes, size);
    return function;
}

/* A branch into the stub's own page finds there what depends on where it was run. */
static bool is_in_stub(uintptr_t address)
{
    return address >= STEPPER_STUB && address < STEPPER_STUB + STEPPER_PAGE;
}

static bool is_in_reach(const struct patch *patch)
{
    return !is_in_stub(patch->low) && !is_in_stub(patch->high) && STEPPER_STUB - patch->low < REACH &&
           patch->high - STEPPER_STUB + REACH < 2 * REACH;
}

static void check_jump(const struct patch *patch)
{
    uint8_t bytes[PATCH_HEAD_SIZE];
    int32_t displacement;

    patch_cpu_jump(patch, bytes);
    memcpy(&displacement, bytes + 1, sizeof displacement);
    FUZZ_CHECK(bytes[0] == 0xe9 && patch->head + 5 + (uintptr_t)(intptr_t)displacement == patch->stub);
}

/* Time, random numbers, the processor's number: what depends on them may be the same more than once. */
static bool asks_processor(const struct patch *patch)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction raw;
    size_t at = 0;

    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (; at < patch->head_size; at += raw.length) {
        const void *bytes = (const uint8_t *)patch->head + at;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, patch->head_size - at, &raw)))
            return false;
        switch (raw.mnemonic) {
        case ZYDIS_MNEMONIC_RDTSC:
        case ZYDIS_MNEMONIC_RDTSCP:
        case ZYDIS_MNEMONIC_RDPMC:
        case ZYDIS_MNEMONIC_RDPRU:
        case ZYDIS_MNEMONIC_RDPID:
        case ZYDIS_MNEMONIC_RDRAND:
        case ZYDIS_MNEMONIC_RDSEED:
            return true;
        default:
            break;
        }
    }
    return false;
}

/* What is left of x87 pointers is not the same twice. Whether a run has an end may depend on it, too. */
static bool is_steady(const struct patch *patch, const uint8_t *seed)
{
    for (int i = 0; i < STEADY_RUNS; i++) {
        stepper_run(patch->head, patch->head, patch->head + patch->head_size, seed, again);
        if (stepper_end(in_place) != stepper_end(again) || !stepper_same(in_place, again))
            return false;
    }
    return true;
}

static void compare(struct patch *patch, const uint8_t *seed)
{
    const struct patch_memory memory = {
        .code = (uint8_t *)STEPPER_STUB, .code_size = PATCH_STUB_SIZE, .size = PATCH_STUB_SIZE};
    uintptr_t original;

    memset((void *)STEPPER_STUB, 0xcc, STEPPER_PAGE);
    patch_cpu_replace(patch, &memory, (void *)STEPPER_DATA);
    memcpy(&original, &patch->original, sizeof original);
    check_jump(patch);
    /* What the kernel does in an instruction's place (UMIP) is no step: the next one is to fail. */
    memset((void *)(patch->head + patch->head_size), HALT,
           STEPPER_CODE + STEPPER_PAGE - patch->head - patch->head_size);
    /* What is wrong is wrong each time; a switch to another thread may change what is left of x87 pointers.
     */
    for (int i = 0; i < TRIES; i++) {
        stepper_run(patch->head, patch->head, patch->head + patch->head_size, seed, in_place);
        stepper_run(original, patch->stub, patch->stub + PATCH_STUB_SIZE, seed, in_stub);
        if (stepper_same(in_place, in_stub) || !is_steady(patch, seed))
            return;
    }
    stepper_show("in its place", in_place);
    stepper_show("in the stub", in_stub);
    FUZZ_CHECK(stepper_same(in_place, in_stub));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct hooks_why why = {""};
    struct patch patch;

    if (size < STEPPER_SEED_SIZE || size > STEPPER_SEED_SIZE + FUNCTION_MAX)
        return 0;
    size_t length = size - STEPPER_SEED_SIZE;
    uintptr_t function = place(bytes + STEPPER_SEED_SIZE, length);
    const struct patch_target target = {"function", function, length, SIZE_MAX};
    int error = patch_check(&patch, &target, &why);
    if (error) {
        FUZZ_CHECK(error == -ENOTSUP && strstr(why.text, target.name) != NULL);
        return 0;
    }
    FUZZ_CHECK(why.text[0] == '\0');
    FUZZ_CHECK(patch.head >= function && patch.head_size >= 5 && patch.head_size <= PATCH_HEAD_SIZE &&
               patch.head + patch.head_size <= function + length);
    FUZZ_CHECK(patch.low <= patch.head && patch.high >= patch.head);
    if (is_in_reach(&patch) && !asks_processor(&patch))
        compare(&patch, bytes);
    return 0;
}

/* Now and then four bytes become a displacement that leads to the data. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed)
{
    size = LLVMFuzzerMutate(bytes, size, size_max);
    if (seed % 3 == 0 || size < STEPPER_SEED_SIZE + 8)
        return size;
    size_t at = STEPPER_SEED_SIZE + seed / 3 % (size - STEPPER_SEED_SIZE - 4);
    uintptr_t behind = STEPPER_CODE + STEPPER_PAGE - size + at + 4;
    int32_t displacement = (int32_t)(STEPPER_DATA + seed % STEPPER_DATA_SIZE - behind);
    memcpy(bytes + at, &displacement, sizeof displacement);
    return size;
}
