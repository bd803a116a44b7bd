/* SPDX-License-Identifier: MIT */
/* What is open at a snapshot is the same again in its replay: offsets, contents, flags. What the replay reads
 * is printed and compared with what the original read; the user's files are those of a run without the
 * library. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The snapshot is taken at the eval; what comes before is not done again. */
#define REPLAYED                                                                                             \
    {                                                                                                        \
        .kind = "exit", .code = 1, .eval = 1, .early = true                                                  \
    }

/* clang-format off */
static const struct compare_case cases[] = {
    {{"eval:3", "fd_table"}, CLEAN},
    /* streams that are read */
    {{"put:in:one two three four", "fopen:0:r:in", "next_line:0", "eval:1", "next_line:0", "next_line:0", "ftell:0", "exit:1"}, REPLAYED},
    {{"put_many:in:5000", "fopen:0:r:in", "fseek:0:20000", "next_line:0", "eval:1", "next_line:0", "fseek:0:40000", "next_line:0", "next_line:0", "fseek:0:5", "next_line:0", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:r:in", "fd_read:0:4", "eval:1", "fd_read:0:100", "fd_read:0:1", "state:0", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:ren:in", "eval:1", "state:0", "fd_read:0:4", "exit:1"}, REPLAYED},

    /* written, appended, both */
    {{"fopen:0:w:out", "fputs:0:one", "eval:1", "fputs:0:two", "ftell:0", "fflush:0", "fputs:0:three", "ftell:0", "exit:1"}, REPLAYED},
    {{"put:log:old", "open:0:wa:log", "open:1:wae:log", "open:2:r:log", "fd_write:0:A", "eval:1", "fd_write:1:B", "fd_write:0:C", "state:0", "state:1", "fd_read:2:100", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "fopen:0:ru:in", "next_line:0", "eval:1", "next_line:0", "fseek:0:9", "fputs:0:mine", "fseek:0:0", "next_line:0", "next_line:0", "next_line:0", "next_line:0", "exit:1"}, REPLAYED},
    {{"fopen:0:wu:both", "fputs:0:one", "fputs:0:two", "fseek:0:0", "next_line:0", "eval:1", "next_line:0", "next_line:0", "fputs:0:three", "fseek:0:4", "next_line:0", "next_line:0", "next_line:0", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "lseek:0:3", "eval:1", "state:0", "fd_write:0:X", "fd_read:0:3", "state:0", "exit:1"}, REPLAYED},

    /* changes below the size of the snapshot come back, last change first */
    {{"open:0:mc:both", "fd_write:0:abcdef", "eval:1", "fd_write:0:ghi", "pread:0:0:100", "ftruncate:0:4", "pread:0:0:100", "pwrite:0:2:XX", "pwrite:0:1:YY", "pread:0:0:100", "state:0", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "eval:1", "pread:0:0:99", "fd_write:0:ONE", "pread:0:0:99", "lseek:0:4", "fd_write:0:T", "pread:0:0:99", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "fopen:0:ru:in", "eval:1", "next_line:0", "fseek:0:0", "fputs:0:mine", "fseek:0:0", "next_line:0", "next_line:0", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "open:1:w:in", "open:2:r:in", "eval:1", "pread:2:0:99", "fd_write:1:123456", "pread:0:0:99", "pread:2:0:99", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "eval:1", "pread:0:0:99", "if_original:truncate:in:5", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:r:in", "eval:1", "fd_read:0:4", "if_original:open:1:m:in", "if_original:poison:1:3", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "eval:9", "pwrite:0:0:A", "eval:9", "pwrite:0:0:B", "pwrite:0:4:C", "eval:9", "pread:0:0:99", "pwrite:0:0:D", "exit:1"},
     {.kind = "exit", .code = 1, .eval = 27, .early = true, .many = true}},

    /* a lock stays when old bytes are kept */
    {{"put:in:one two three", "open:0:w:in", "open:1:r:in", "lock_slot:0", "eval:1", "fd_write:0:ONE", "pread:1:0:99", "fork:say_lock:in", "wait", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "lock_slot:0", "eval:1", "if_original:truncate:in:5", "fork:say_lock:in", "wait", "exit:1"}, REPLAYED},

    /* a large log that nobody reads, and that is read after all */
    {{"put_many:log:200000", "open:0:wa:log", "eval:1", "fd_write:0:end", "state:0", "exit:1"}, REPLAYED},

    /* another name, no name, another file of this name */
    {{"put:in:one two three", "open:0:r:in", "fd_read:0:4", "eval:1", "if_original:unlink:in", "fd_read:0:4", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "fd_read:0:4", "eval:1", "if_original:unlink:in", "fd_write:0:T", "pread:0:0:99", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "open:0:m:in", "fd_read:0:4", "eval:1", "if_original:rename:in:there", "fd_write:0:T", "pread:0:0:99", "exit:1"}, REPLAYED},
    {{"put:in:one two three", "put:new:other", "open:0:r:in", "fd_read:0:4", "eval:1", "if_original:rename:new:in", "fd_read:0:99", "exit:1"}, REPLAYED},

    /* one open file description behind several numbers */
    {{"put:in:one two three", "open:0:r:in", "dup:0:1", "open:2:r:in", "fd_read:0:4", "eval:1", "fd_read:1:4", "fd_read:0:3", "fd_read:2:3", "state:0", "state:1", "state:2", "exit:1"}, REPLAYED},
    {{"open:0:mc:both", "dup:0:1", "fd_write:0:abc", "eval:1", "fd_write:1:def", "state:0", "fd_write:0:ghi", "pread:1:0:99", "exit:1"}, REPLAYED},

    /* what is no regular file */
    {{"mkdir:d", "put:d/a", "put:d/b", "put:d/c", "opendir:d", "readdir:3", "eval:1", "readdir:3", "exit:1"}, REPLAYED},
    {{"mkdir:d", "put_files:d:3000", "opendir:d", "readdir:3", "eval:1", "count_entries", "exit:1"}, REPLAYED},
    {{"open:0:r:/dev/zero", "open:1:m:/dev/null", "open:2:p:/", "eval:1", "state:0", "state:1", "state:2", "fd_write:1:x", "exit:1"}, REPLAYED},
    {{"memfd:0", "fd_write:0:one two", "eval:1", "fd_write:0:three", "pread:0:0:99", "state:0", "exit:1"}, REPLAYED},
    {{"memfd:0", "fd_write:0:one two", "seal:0:6", "eval:1", "state:0", "pwrite:0:0:three", "pread:0:0:99", "fd_write:0:x", "exit:1"}, REPLAYED},

    /* shared memory: of a file that is open, closed, gone; of a memory file; of nobody; mapped twice */
    {{"open:0:mc:shared", "map:0", "poke:0:old", "eval:1", "peek:0", "poke:0:new", "peek:0", "pread:0:4096:9", "pwrite:0:4096:changed", "peek:0", "exit:1"}, REPLAYED},
    {{"open:0:mc:shared", "map:0", "close_slot:0", "poke:0:old", "eval:1", "peek:0", "poke:0:new", "peek:0", "exit:1"}, REPLAYED},
    {{"open:0:mc:shared", "map:0", "unlink:shared", "close_slot:0", "poke:0:old", "eval:1", "peek:0", "poke:0:new", "peek:0", "exit:1"}, REPLAYED},
    {{"memfd:0", "map:0", "poke:0:old", "eval:1", "peek:0", "poke:0:new", "pread:0:4096:9", "exit:1"}, REPLAYED},
    {{"memfd:0", "map:0", "map_again:0:1", "close_slot:0", "poke:0:old", "eval:1", "peek:1", "poke:0:new", "peek:1", "poke:1:last", "peek:0", "exit:1"}, REPLAYED},
    {{"map_nothing:0", "poke:0:old", "eval:1", "peek:0", "poke:0:new", "peek:0", "exit:1"}, REPLAYED},
    {{"map_nothing:0", "eval:1", "map_nothing:1", "poke:1:old", "eval:9", "peek:1", "poke:1:new", "peek:1", "exit:1"},
     {.kind = "exit", .code = 1, .eval = 10, .early = true, .many = true}},

    /* kernel objects */
    {{"event_counter:0:3", "dup:0:1", "eval:1", "collect:0", "post:0:4", "collect:1", "collect:1", "state:0", "exit:1"}, REPLAYED},
    {{"event_counter:0:3", "epoll:2", "watch:2:0", "eval:1", "events:2", "collect:0", "events:2", "post:0:1", "events:2", "exit:1"}, REPLAYED},
    {{"timerfd:0:1000", "epoll:2", "watch:2:0", "eval:1", "time_left:0", "events:2", "state:0", "if_original:rearm:0:5", "exit:1"}, REPLAYED},

    /* a snapshot keeps nothing open that the original closes */
    {{"eval:1", "closed:20", "exit:1"},
     {.kind = "exit", .code = 1, .eval = 121, .early = true, .many = true}},

    /* nor does it cut a call short */
    {{"eval:1", "long_call:write", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "long_call:writev", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "long_call:send", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "long_call:sendto", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "long_call:sendmsg", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "long_call:sendfile", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "wait_all", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "wait_all:recvfrom", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},
    {{"eval:1", "wait_all:recvmsg", "exit:1"}, {.kind = "exit", .code = 1, .eval = 9, .early = true, .many = true}},

    /* most of what a limit leaves is left to the simulator */
    {{"limit_memory:250", "eval:1", "want_memory:150", "exit:1"}, REPLAYED},

    /* terminals: what stdio asks at its first line */
    {{"pty:0", "terminal:0", "eval:1", "terminal:0", "echo_off:0", "terminal:0", "exit:1"}, REPLAYED},
    {{"pty:0", "eval:1", "terminal:0", "if_original:echo_off:0", "sleep:20", "exit:1"}, REPLAYED},
    {{"close:0", "eval:1", "terminal:0", "exit:1"}, REPLAYED},
    {{"eval:1", "terminal:0", "terminal:1", "terminal:2", "exit:1"}, REPLAYED},

    /* stdout and stderr */
    {{"error:early", "say:early", "take:1:1", "eval:1", "state:1", "say:late", "state:1", "exit:1"}, REPLAYED},
    {{"dup:1:5", "take:5:1", "dup:5:6", "eval:1", "fd_write:6:text", "say:late", "exit:1"}, REPLAYED},
};
/* clang-format on */

static void run_case(const struct program *program, struct outcome *outcome)
{
    compare_runs(program, outcome);
    expect_reproduced(outcome);
}

/* A line comes out of stdout's buffer at once where it is a terminal: what the replay prints without flushing
 * is in replay.stdout, as it would be on the screen. */
static void test_terminal_output(void **state)
{
    const struct program program = {
        .arguments = LIST("pty:1", "eval:1", "terminal:1", "puts:line", "print:no line", "_exit:1")};
    struct outcome outcome;

    (void)state;
    run_case(&program, &outcome);
    assert_non_null(outcome.replay_out);
    assert_string_equal(outcome.replay_out, "line\n");
    assert_string_equal(outcome.replay_err, outcome.err);
    run_discard(&outcome);
}

/* Numbers 1 and 2 may have become a file of the simulator's: it is not taken for output, and no line of ours
 * goes there. */
static void test_closed_output(void **state)
{
    const struct program program = {.arguments =
                                        LIST("close:2", "put:in:one two", "open:2:m:in", "take:1:2", "eval:1",
                                             "fd_read:1:3", "pwrite:1:20:X", "pread:1:0:7", "exit:1")};
    struct outcome outcome;

    (void)state;
    run_case(&program, &outcome);
    assert_string_equal(outcome.said, "");
    assert_string_equal(outcome.replay_out, outcome.out);
    run_discard(&outcome);
}

/* stderr is a pipe of the simulator's own for a while, which it reads to its end: no copy has the other one.
 */
static void test_captured_output(void **state)
{
    const struct program program = {
        .arguments = LIST("capture", "eval:1", "error:late", "captured", "eval:1", "exit:1"),
        .preload = true,
        .timeout_s = 10};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    assert_false(outcome.timed_out);
    assert_string_equal(outcome.out, "captured late\n\n");
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

/* A file that was cut by somebody else cannot be had again, and the report says so. */
static void test_cut_file(void **state)
{
    const struct program program = {
        .arguments = LIST("put:in:one two three", "open:0:r:in", "eval:1", "if_original:cut:in:2", "exit:1")};
    struct outcome outcome;

    (void)state;
    run_case(&program, &outcome);
    expect_in_report(&outcome, "was changed since the snapshot: ");
    run_discard(&outcome);
}

/* Nor can one that was opened anew for writing. */
static void test_emptied_file(void **state)
{
    const struct program program = {.arguments = LIST("put:in:one two three", "open:0:r:in", "eval:1",
                                                      "if_original:put:in:other words", "exit:1")};
    struct outcome outcome;

    (void)state;
    run_case(&program, &outcome);
    expect_in_report(&outcome, "was changed too much since the snapshot to be had again: ");
    run_discard(&outcome);
}

/* What is only read of a mapped file is not kept. Where it was changed since the snapshot, the report says
 * so, whether it shows in the output or not. */
static void test_mapped_file(void **state)
{
    static const char *const kinds[] = {"map_read:0:private", "map_read:0:shared"};
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct program changed = {.arguments = LIST("put:in:one two three", "open:0:r:in", kinds[i],
                                                          "close_slot:0", "sleep:20", "eval:1", "sleep:20",
                                                          "if_original:put:in:ONE two three", "exit:1")};
        run_case(&changed, &outcome);
        expect_in_report(&outcome, "what is mapped of ");
        run_discard(&outcome);
        const struct program seen = {
            .arguments = LIST("put:in:one two three", "open:0:r:in", kinds[i], "close_slot:0", "sleep:20",
                              "eval:1", "sleep:20", "if_original:peek_start:0",
                              "if_original:put:in:ONE two three", "if_copy:peek_start:0", "exit:1"),
            .preload = true};
        run_program(&seen, &outcome);
        expect_in_report(&outcome, "\"verdict\": \"diverged\"");
        expect_in_report(&outcome, "; what is mapped of ");
        run_discard(&outcome);
        const struct program alone = {.arguments = LIST("put:in:one two three", "open:0:r:in", kinds[i],
                                                        "close_slot:0", "sleep:20", "eval:1", "peek_start:0",
                                                        "exit:1")};
        run_case(&alone, &outcome);
        assert_null(strstr(outcome.report, "notes"));
        run_discard(&outcome);
    }
}

/* A file that is closed and that a program has changed is for the replay as it is now; who opens it, or only
 * looks at it, is told. */
static void test_replaced_file(void **state)
{
    static const char *const looks[] = {"if_copy:read_name:in", "if_copy:stat:in", "if_copy:append:in"};
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        const struct program program = {.arguments = LIST("put:in:one", "put:new:other", "sleep:20", "eval:1",
                                                          "sleep:20", "if_original:system:mv new in",
                                                          looks[i], "exit:1"),
                                        .preload = true};
        run_program(&program, &outcome);
        expect_in_report(&outcome, "\"verdict\": \"diverged\"");
        expect_in_report(&outcome, "/in was changed after the snapshot\", \"eval\"");
        run_discard(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal_output), cmocka_unit_test(test_closed_output),
        cmocka_unit_test(test_captured_output), cmocka_unit_test(test_cut_file),
        cmocka_unit_test(test_emptied_file),    cmocka_unit_test(test_mapped_file),
        cmocka_unit_test(test_replaced_file),
    };
    int failed = cmocka_run_group_tests_name("files", tests, NULL, NULL);

    return compare_cases(cases, sizeof cases / sizeof *cases) + failed;
}
