/* SPDX-License-Identifier: MIT */
/* Golden function heads in assembly: each is patched and run, and must give what it gave before, with
 * the countdown coming due at exactly the call it was set for. Heads that cannot move are refused. */
#include "unit.h"

#include "golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long golden_data = 40;
__asm__(".hidden golden_data");

/* Answers the address it returns to. */
GOLDEN(golden_where, "mov (%rsp), %rax\n"
                     "ret\n")
GOLDEN(golden_twice, "lea (%rdi, %rdi), %rax\n"
                     "ret\n")

GOLDEN(golden_endbr, "endbr64\n"
                     "mov %rdi, %rax\n"
                     "add $1, %rax\n"
                     "ret\n")
GOLDEN(golden_pushes, "push %rbp\n"
                      "mov %rsp, %rbp\n"
                      "push %r15\n"
                      "push %rbx\n"
                      "lea 3(%rdi), %rax\n"
                      "pop %rbx\n"
                      "pop %r15\n"
                      "pop %rbp\n"
                      "ret\n")
GOLDEN(golden_load, "mov golden_data(%rip), %rax\n"
                    "add %rdi, %rax\n"
                    "ret\n")
GOLDEN(golden_lea, "lea golden_data(%rip), %rax\n"
                   "mov (%rax), %rax\n"
                   "sub %rdi, %rax\n"
                   "ret\n")
GOLDEN(golden_compare, "cmpl $40, golden_data(%rip)\n" /* an immediate behind the displacement */
                       "sete %al\n"
                       "movzbl %al, %eax\n"
                       "ret\n")
GOLDEN(golden_sse, "movsd golden_data(%rip), %xmm0\n"
                   "movq %xmm0, %rax\n"
                   "ret\n")
GOLDEN(golden_call, "sub $8, %rsp\n"
                    "call golden_where\n"
                    "add $8, %rsp\n"
                    "ret\n")
GOLDEN(golden_call_first, "call golden_twice\n"
                          "add $1, %rax\n"
                          "ret\n")
GOLDEN(golden_jump, "jmp golden_twice\n")
GOLDEN(golden_jump_short, "xor %eax, %eax\n"
                          "nop\n"
                          ".byte 0xeb, 1f - . - 1\n"
                          "int3\n"
                          "1: lea 5(%rdi), %rax\n"
                          "ret\n")
GOLDEN(golden_branch_short, "test %rdi, %rdi\n"
                            ".byte 0x74, 1f - . - 1\n"
                            "mov $11, %eax\n"
                            "ret\n"
                            "1: mov $22, %eax\n"
                            "ret\n")
GOLDEN(golden_branch_near, "cmp $1, %rdi\n"
                           ".byte 0x0f, 0x8f\n" /* jg, the long form */
                           ".long 1f - . - 4\n"
                           "mov $33, %eax\n"
                           "ret\n"
                           "1: mov $44, %eax\n"
                           "ret\n")
GOLDEN(golden_immediate, "movabs $0x1122334455667788, %rax\n"
                         "add %rdi, %rax\n"
                         "ret\n")
GOLDEN(golden_five_bytes, "lea 1(%rdi), %rax\n"
                          "ret\n")
GOLDEN(golden_loop_behind, "xor %eax, %eax\n"
                           "lea 4(%rdi), %rcx\n"
                           "1: add $2, %rax\n"
                           "dec %rcx\n"
                           "jnz 1b\n"
                           "ret\n")
GOLDEN(golden_recursive, "test %rdi, %rdi\n"
                         "je 1f\n"
                         "dec %rdi\n"
                         "call golden_recursive\n"
                         "inc %rax\n"
                         "ret\n"
                         "1: xor %eax, %eax\n"
                         "ret\n")

static const struct golden patchable[] = {
    PATCHABLE(golden_endbr),      PATCHABLE(golden_pushes),       PATCHABLE(golden_load),
    PATCHABLE(golden_lea),        PATCHABLE(golden_compare),      PATCHABLE(golden_sse),
    PATCHABLE(golden_call),       PATCHABLE(golden_call_first),   PATCHABLE(golden_jump),
    PATCHABLE(golden_jump_short), PATCHABLE(golden_branch_short), PATCHABLE(golden_branch_near),
    PATCHABLE(golden_immediate),  PATCHABLE(golden_five_bytes),   PATCHABLE(golden_loop_behind),
};

/* Heads that must be refused, and a word of the reason. */
GOLDEN(refused_short, "xor %eax, %eax; ret\n")
GOLDEN(refused_unfinished, "mov %rdi, %rax\n") /* what follows belongs to another function */
GOLDEN(refused_jump_early, ".byte 0xeb, 1f - . - 1\n"
                           "int3\n"
                           "int3\n"
                           "int3\n"
                           "1: ret\n")
GOLDEN(refused_loop_to_entry, "sub $1, %rdi\n"
                              "nop\n"
                              "jnz refused_loop_to_entry\n"
                              "ret\n")
GOLDEN(refused_loop_into_head, "mov %rdi, %rax\n"
                               "1: sub $1, %rax\n"
                               "nop\n"
                               "jnz 1b\n"
                               "ret\n")
GOLDEN(refused_far_loop, "mov %rdi, %rax\n"
                         "1: sub $1, %rax\n"
                         ".skip 200, 0x90\n"
                         "jnz 1b\n"
                         "ret\n")
GOLDEN(refused_branch_within, "test %rdi, %rdi\n"
                              ".byte 0x74, 1f - . - 1\n"
                              "nop\n"
                              "1: ret\n"
                              "je refused_branch_within + 3\n"
                              "ret\n")
GOLDEN(refused_loop, "mov %rdi, %rcx\n"
                     "loop 1f\n"
                     "nop\n"
                     "1: ret\n")
GOLDEN(refused_jrcxz, "jrcxz 1f\n"
                      "mov %rdi, %rax\n"
                      "nop\n"
                      "1: ret\n")
GOLDEN(refused_indirect_call, "call *%rdi\n"
                              "nop\n"
                              "nop\n"
                              "nop\n"
                              "ret\n")
GOLDEN(refused_syscall, "syscall\n" /* tells rcx where it is */
                        "nop; nop; nop; ret\n")
GOLDEN(refused_breakpoint, "int3; nop; nop; nop; nop; ret\n")
GOLDEN(refused_bytes, ".byte 0x06, 0x06, 0x06, 0x06, 0x06\n")
GOLDEN(refused_bytes_behind, "mov $1, %eax\n"
                             "ret\n"
                             ".byte 0x06\n")

#define REFUSED(name, reason)                                                                                \
    {                                                                                                        \
        {#name, name, name##_end}, reason                                                                    \
    }
static const struct {
    struct golden golden;
    const char *reason;
} refused[] = {
    REFUSED(refused_breakpoint, "breakpoint"),
    REFUSED(refused_short, "ends within its first 5 bytes"),
    REFUSED(refused_unfinished, "only 3 bytes long"),
    REFUSED(refused_jump_early, "ends within its first 5 bytes"),
    REFUSED(refused_loop_to_entry, "loops back"),
    REFUSED(refused_loop_into_head, "loops back"),
    REFUSED(refused_far_loop, "loops back"),
    REFUSED(refused_branch_within, "loops back"),
    REFUSED(refused_loop, "cannot be moved"),
    REFUSED(refused_jrcxz, "cannot be moved"),
    REFUSED(refused_indirect_call, "cannot be moved"),
    REFUSED(refused_syscall, "cannot be moved"),
    REFUSED(refused_bytes, "begins with bytes that are no instructions"),
    REFUSED(refused_bytes_behind, "holds bytes that are no instructions"),
};

static long call(uintptr_t function, long argument)
{
    return ((long (*)(long))function)(argument);
}

/* What a test sees of the calls that came due. */
struct seen {
    struct patch patch;
    int dues;
    void *object;
};

static long answer_due(void *object, void *context)
{
    struct seen *seen = context;
    seen->dues++;
    seen->object = object;
    return call((uintptr_t)seen->patch.original, (long)object);
}

static void install(struct seen *seen, const struct golden *golden, uint64_t start)
{
    struct hooks_why why = {""};
    struct patch_target target = target_of(golden);

    *seen = (struct seen){.dues = 0};
    if (patch_check(&seen->patch, &target, &why) != 0)
        fail_msg("%s", why.text);
    /* eval_step() returns nothing; the goldens do, so that there is something to compare. */
    void (*due)(void *, void *) = (void (*)(void *, void *))(uintptr_t)answer_due;
    assert_int_equal(patch_count(&seen->patch, NULL, start, due, seen, &why), 0);
}

#define CALLS 5

/* Each golden is called with numbers on both sides of its branches; a loop's must be positive. */
static long argument_of(size_t golden, size_t number)
{
    static const long arguments[CALLS] = {0, 1, 2, -3, 40};

    return arguments[number] + (patchable[golden].start == golden_loop_behind ? 10 : 0);
}

static void patched_functions_do_what_they_did(void **state)
{
    static struct seen seen[COUNT_OF(patchable)];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patchable); i++) {
        uintptr_t function = (uintptr_t)patchable[i].start;
        long before[CALLS];

        for (size_t j = 0; j < CALLS; j++)
            before[j] = call(function, argument_of(i, j));
        install(&seen[i], &patchable[i], 3);
        for (size_t j = 0; j < CALLS; j++) {
            long argument = argument_of(i, j);

            if (call(function, argument) != before[j])
                fail_msg("%s(%ld) changed its answer from %ld", patchable[i].name, argument, before[j]);
            assert_int_equal(seen[i].dues, j < 2 ? 0 : j - 1);
            assert_true(*seen[i].patch.countdown == 2 - j);
        }
        assert_true((long)seen[i].object == argument_of(i, CALLS - 1));
    }
}

static void a_countdown_is_due_until_it_is_set_again(void **state)
{
    static const struct golden golden = PATCHABLE(golden_twice);
    static struct seen seen;

    (void)state;
    install(&seen, &golden, 1);
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(call((uintptr_t)golden_twice, i), 2 * i);
        assert_int_equal(seen.dues, i);
    }
    *seen.patch.countdown = 5;
    for (int i = 1; i <= 10; i++) {
        call((uintptr_t)golden_twice, i);
        assert_int_equal(seen.dues, i < 5 ? 1000 : 1000 + i - 4);
    }
    *seen.patch.countdown = INT64_MAX;
    call((uintptr_t)golden_twice, 11);
    assert_int_equal(seen.dues, 1006);
    assert_ptr_equal(seen.object, (void *)10);
}

static void recursion_counts_each_call(void **state)
{
    static const struct golden golden = PATCHABLE(golden_recursive);
    static struct seen seen;

    (void)state;
    install(&seen, &golden, 100);
    assert_int_equal(call((uintptr_t)golden_recursive, 9), 9);
    assert_true(*seen.patch.countdown == 90);
    assert_int_equal(call((uintptr_t)golden_recursive, 99), 99);
    assert_int_equal(seen.dues, 11);
}

/* Calls with the stack as a compiler may leave it for a callee that it can see into. */
GOLDEN(golden_callee, "lea 5(%rdi), %rax\n"
                      "ret\n")
GOLDEN(golden_unaligned, "call golden_callee\n"
                         "ret\n")

static const struct patch *unaligned_patch;
static bool handler_was_aligned;

__attribute__((noinline)) static void measure(void)
{
    handler_was_aligned = (uintptr_t)__builtin_frame_address(0) % 16 == 0;
}

PATCH_HANDLER static void unaligned_due(void *object, void *context)
{
    (void)context;
    measure();
    unaligned_patch->original(object);
}

static void a_handler_may_count_on_its_stack(void **state)
{
    static const struct golden golden = PATCHABLE(golden_callee);
    static struct patch patch;
    struct hooks_why why = {""};
    struct patch_target target = target_of(&golden);

    (void)state;
    unaligned_patch = &patch;
    assert_int_equal(patch_check(&patch, &target, &why), 0);
    assert_int_equal(patch_count(&patch, NULL, 1, unaligned_due, NULL, &why), 0);
    call((uintptr_t)golden_unaligned, 1);
    assert_true(handler_was_aligned);
}

static void endbr64_stays_at_the_entry(void **state)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xe9};

    (void)state; /* patched by the first test */
    assert_memory_equal(golden_endbr, endbr64, sizeof(endbr64));
}

static void refusals_name_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct hooks_why why = {""};
        struct patch patch;
        struct patch_target target = target_of(&refused[i].golden);

        if (patch_check(&patch, &target, &why) != -ENOTSUP)
            fail_msg("%s is not refused", target.name);
        if (!strstr(why.text, refused[i].reason) || !strstr(why.text, refused[i].golden.name))
            fail_msg("%s: \"%s\" lacks \"%s\"", target.name, why.text, refused[i].reason);
    }
}

static void a_symbol_inside_the_head_is_refused(void **state)
{
    static const struct golden golden = PATCHABLE(golden_where);
    struct hooks_why why = {""};
    struct patch patch;
    struct patch_target target = target_of(&golden);

    (void)state;
    target.room = target.size - 1; /* the head is the whole function */
    assert_int_equal(patch_check(&patch, &target, &why), -ENOTSUP);
    assert_non_null(strstr(why.text, "another symbol"));
    target.room = target.size;
    assert_int_equal(patch_check(&patch, &target, &why), 0);
}

/* --- patch_notify --- */

static struct patch_arguments told;
static int tells;

static void tell(const struct patch_arguments *arguments)
{
    double clobber = 1;

    told = *arguments;
    tells++;
    for (int i = 0; i < 8; i++) /* floating point and library calls: all argument registers are used */
        clobber = clobber * 1.5 + strtod("2.25", NULL);
    assert_true(clobber > 0);
}

/* NOLINTNEXTLINE(readability-function-size): more arguments than registers are the point */
__attribute__((noinline)) static double mix(long a, long b, long c, long d, long e, long f, double x,
                                            double y, long on_stack)
{
    return (double)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * on_stack) + x / 2 + y / 4;
}

__attribute__((noinline, format(printf, 2, 3))) static int print(char *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

static const struct patch *notified; /* the last one */

/* The compiler's functions have no size that C can ask for; these are long enough. */
static void notify(uintptr_t function, const char *name)
{
    static struct patch patches[4];
    static size_t used;
    struct hooks_why why = {""};
    struct patch_target target = {name, function, 16, SIZE_MAX};

    while (patch_check(&patches[used], &target, &why) != 0 && strstr(why.text, "holds bytes"))
        target.size++; /* 16 bytes ended within an instruction */
    if (patch_notify(&patches[used], tell, &patches[used], &why) != 0)
        fail_msg("%s", why.text);
    notified = &patches[used++];
}

static void a_callback_leaves_arguments_alone(void **state)
{
    double (*volatile mixed)(long, long, long, long, long, long, double, double, long) = mix;
    int (*volatile printed)(char *, const char *, ...) = print;
    char text[80];

    (void)state;
    double before = mixed(1, 2, 3, 4, 5, 6, 7.5, 8.5, 9);
    notify((uintptr_t)mix, "mix");
    tells = 0;
    assert_true(mixed(1, 2, 3, 4, 5, 6, 7.5, 8.5, 9) == before);
    assert_int_equal(tells, 1);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(told.integer[i], i + 1);
    assert_ptr_equal(told.context, notified);

    notify((uintptr_t)print, "print");
    printed(text, "%d %.2f %s", 5, 6.25, "seven");
    assert_string_equal(text, "5 6.25 seven");
    assert_int_equal(tells, 2);
    assert_ptr_equal((void *)told.integer[0], text);
}

/* --- patch_replace --- */

static const struct patch *replaced;

static long answer_instead(long argument)
{
    return call((uintptr_t)replaced->original, argument) + 1000;
}

/* These functions have been patched before: a second hook stands in front of the first. */
static void replaced_functions_can_be_called_as_they_were(void **state)
{
    static struct patch patches[COUNT_OF(patchable)];
    long before[COUNT_OF(patchable)];
    void *handlers[COUNT_OF(patchable)];
    struct hooks_why why = {""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(patchable); i++) {
        struct patch_target target = target_of(&patchable[i]);

        before[i] = call(target.address, argument_of(i, 1));
        handlers[i] = (void *)(uintptr_t)answer_instead;
        if (patch_check(&patches[i], &target, &why) != 0)
            fail_msg("%s", why.text);
    }
    assert_int_equal(patch_replace(patches, handlers, COUNT_OF(patchable), &why), 0);
    for (size_t i = 0; i < COUNT_OF(patchable); i++) {
        uintptr_t function = (uintptr_t)patchable[i].start;

        assert_int_equal(call(function, argument_of(i, 1)), before[i]);
        assert_int_equal(patch_commit(&patches[i], 1), 0);
        replaced = &patches[i];
        assert_int_equal(call(function, argument_of(i, 1)), before[i] + 1000);
        assert_false(patch_covers(&patches[i], patches[i].head));
        assert_true(patch_covers(&patches[i], patches[i].head + 1));
        assert_true(patch_covers(&patches[i], patches[i].head + patches[i].head_size - 1));
        assert_false(patch_covers(&patches[i], patches[i].head + patches[i].head_size));
    }
}

/* Runs last: all stubs exist by now. */
static void nothing_is_writable_and_executable(void **state)
{
    char line[512], permissions[5];
    int executable = 0;
    FILE *maps = fopen("/proc/self/maps", "re");

    (void)state;
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        assert_int_equal(sscanf(line, "%*s %4s", permissions), 1);
        if (permissions[1] == 'w' && permissions[2] == 'x')
            fail_msg("%s", line);
        executable += permissions[2] == 'x';
    }
    fclose(maps);
    assert_true(executable > (int)COUNT_OF(patchable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patched_functions_do_what_they_did),
        cmocka_unit_test(a_countdown_is_due_until_it_is_set_again),
        cmocka_unit_test(recursion_counts_each_call),
        cmocka_unit_test(a_handler_may_count_on_its_stack),
        cmocka_unit_test(endbr64_stays_at_the_entry),
        cmocka_unit_test(refusals_name_the_reason),
        cmocka_unit_test(a_symbol_inside_the_head_is_refused),
        cmocka_unit_test(a_callback_leaves_arguments_alone),
        cmocka_unit_test(replaced_functions_can_be_called_as_they_were),
        cmocka_unit_test(nothing_is_writable_and_executable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
