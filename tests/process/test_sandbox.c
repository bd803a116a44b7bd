/* SPDX-License-Identifier: MIT */
/* Nothing that a replay does reaches the user's files, other processes or the network, and what it is told is
 * what its original was told. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"
#include "same_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX 48

static void run_one(const char *const *steps, struct outcome *outcome)
{
    const struct program program = {.arguments = steps, .preload = true};

    run_program(&program, outcome);
}

/* --- files --- */

struct file_case {
    const char *steps[STEPS_MAX];
    const char *note; /* that must be there; NULL: none */
};

static const struct file_case file_cases[] = {
    {{SNAPSHOT, "write_name:a", "append:a", "read_name:a", "stat:a", FAIL}, NULL},
    {{"append:a", "sleep:20", SNAPSHOT, "append:a", "read_name:a", "sleep:20", FAIL}, NULL},
    {{"write_name:a", "sleep:20", SNAPSHOT, "read_name:a", "access:a", "stat:a", "write_name:b", FAIL}, NULL},
    {{SNAPSHOT, "exclusive:a", "exclusive:a", "existing:a", "read_name:a", "existing:b", FAIL}, NULL},
    {{SNAPSHOT, "raw_write:a", "stream:b", "stream:b", "read_name:b", FAIL}, NULL},
    {{SNAPSHOT, "write_name:log.new", "move:log.new,log", "read_name:log", "stat:log.new", "remove:log",
      "read_name:log", "write_name:log", FAIL},
     NULL},
    {{"write_name:log", "sleep:20", SNAPSHOT, "mkstemp:log", "read_name:log", "stat:log", "remove:log",
      "stat:log", "exclusive:log", FAIL},
     NULL},
    {{SNAPSHOT, "make_directory:d", "make_directory:d", "write_name:d/a", "rmdir:d", "chdir:d", "read_name:a",
      "stat:../d", "make_directory:e", "move:a,e/b", "remove:e/b", "rmdir:e", FAIL},
     NULL},
    {{SNAPSHOT, "make_directory:d", "write_name:d/a", "move:d,e", "read_name:e/a", "stat:d", "read_name:d/a",
      FAIL},
     NULL},
    {{SNAPSHOT, "write_name:a", "symlink:a,l", "read_name:l", "readlink:l", "append:l", "stat:l", "link:a,h",
      "read_name:h", "remove:a", "read_name:l", "read_name:h", "symlink:x,l", FAIL},
     NULL},
    {{SNAPSHOT, "write_name:a", "stat:a", "link:a,b", "stat:a", "stat:b", "remove:a", "stat:b", "move:b,c",
      "stat:c", FAIL},
     NULL},
    {{SNAPSHOT, "write_many:1500", FAIL}, NULL},
    {{SNAPSHOT, "write_name:a", "shorten:a", "read_name:a", "chmod:a", "stat:a", "chown:a", "set_times:a",
      FAIL},
     NULL},
    {{SNAPSHOT, "old_calls:a,l", "read_name:l", "stat:a", FAIL}, NULL},
    {{"write_name:a", "sleep:20", SNAPSHOT, "chmod:a", "set_times:a", "chown:a", FAIL}, "was not done"},
    {{"write_name:a", "sleep:20", SNAPSHOT, "change_read_only:a", "lock:a", FAIL}, "was not done"},
    {{SNAPSHOT, "tmpfile", "tmpfile", "write_name:/dev/null", "read_name:/dev/null", "stat:/dev/null", FAIL},
     NULL},
    {{SNAPSHOT, "read_name:no/thing", "write_name:no/thing", "remove:nothing", "move:nothing,a",
      "rmdir:nothing", "read_name:a/", FAIL},
     NULL},
    {{SNAPSHOT, "thread:write_name:a", "join", "thread:append:a", "join", "read_name:a", FAIL}, NULL},
    {{SNAPSHOT, "block_all", "write_name:a", "append:a",
      "blocked_thread:write_name:b+read_name:b+block_all+append:b", FAIL},
     NULL},
    {{SNAPSHOT, "small_thread:raw_write:a+append:a+stat:a+existing:a", FAIL}, NULL},
    {{SNAPSHOT, "handle", FAIL}, NULL},
    {{SNAPSHOT, "set_alarm:150", "if_copy:sleep:300", "set_alarm:0", "timer_signal:5", FAIL}, NULL},
    {{SNAPSHOT, "own_sigsys", "write_name:a", FAIL}, NULL},
    {{SNAPSHOT, "socketpair", FAIL}, NULL},
    {{"open:0:mc:a", "map:0", "close_slot:0", "poke:0:old", "protect:0:1", "sleep:20", SNAPSHOT, "peek:0",
      "protect:0:3", "if_copy:poke:0:mine", "protect:0:0", FAIL},
     NULL},
    {{"open:0:mc:a", "map:0", "close_slot:0", "protect:0:0", "sleep:20", SNAPSHOT, "protect:0:3",
      "if_copy:poke:0:mine", "protect:0:1", FAIL},
     NULL},
    {{"memfd:0", "fd_write:0:text", "open:1:r:/proc/self/fd/3", "close_slot:0", SNAPSHOT, "dup:1:2",
      "if_copy:sneak:/proc/self/fd/4", FAIL},
     "/proc/self/fd/4 was not opened"},
    {{SNAPSHOT, "raw_program:a", FAIL}, "fork was refused"},
    {{SNAPSHOT, "strange_call:169", FAIL}, "system call 169 was refused"},
};

/* Its last step but those that fail. */
static const char *case_name(const struct file_case *file_case)
{
    size_t count = 0;

    while (file_case->steps[count] != NULL)
        count++;
    return file_case->steps[count - 3];
}

static void test_files(void **state)
{
    const struct file_case *file_case = *state;

    same_files_compare(file_case->steps, file_case->note);
}

/* --- others --- */

/* Bound and listening; its port as text. */
static int open_loopback(int type, char port[16])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(port, 16, "%d", ntohs(address.sin_port));
    return fd;
}

static void test_connection(void **state)
{
    char port[16], step[32];
    struct outcome outcome;
    int fd = open_loopback(SOCK_STREAM, port), connections = 0;

    (void)state;
    snprintf(step, sizeof step, "reach:%s", port);
    run_one(LIST(SNAPSHOT, step, FAIL), &outcome);
    while (accept4(fd, NULL, NULL, SOCK_CLOEXEC) >= 0)
        connections++;
    assert_int_equal(connections, 1);
    same_files_expect_replayed(&outcome, "connect was refused");
    close(fd);
    run_discard(&outcome);
}

static void test_datagrams(void **state)
{
    char port[16], step[32], text[16];
    struct outcome outcome;
    int fd = open_loopback(SOCK_DGRAM, port), messages = 0;

    (void)state;
    snprintf(step, sizeof step, "datagram:%s", port);
    run_one(LIST(SNAPSHOT, step, FAIL), &outcome);
    while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0)
        messages++;
    assert_int_equal(messages, 2);
    same_files_expect_replayed(&outcome, "a message to an address was not sent");
    close(fd);
    run_discard(&outcome);
}

/* Who stops itself is continued by somebody, who does not know of the replay. */
static void test_stop(void **state)
{
    static const char *const stops[] = {"raise:19", "raw_kill:19"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct program program = {
            .arguments = LIST(SNAPSHOT, stops[i], FAIL), .preload = true, .timeout_s = 10};
        struct running running;
        struct outcome outcome;
        siginfo_t found;

        run_start(&running, &program);
        assert_int_equal(waitid(P_PID, (id_t)running.pid, &found, WSTOPPED), 0);
        kill(running.pid, SIGCONT);
        run_wait(&running, &outcome);
        same_files_expect_replayed(&outcome, NULL);
        run_discard(&outcome);
    }
}

/* Real-time signals are counted; the others only seen. */
static void test_signals(void **state)
{
    char step[32];
    struct outcome outcome;
    int ready[2], results[2], status;
    char count = 0;

    (void)state;
    assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(results, O_CLOEXEC), 0);
    pid_t peer = fork();
    if (peer == 0) {
        struct signalfd_siginfo information;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        int fd = signalfd(-1, &set, SFD_CLOEXEC);
        struct pollfd both[2] = {{.fd = fd, .events = POLLIN}, {.fd = ready[0], .events = POLLHUP}};
        close(ready[1]);
        while (poll(both, 2, -1) > 0) {
            if ((both[0].revents & POLLIN) != 0 && read(fd, &information, sizeof information) > 0)
                count++;
            else
                break;
        }
        _exit(write(results[1], &count, 1) == 1 ? 0 : 1);
    }
    close(ready[0]);
    snprintf(step, sizeof step, "kill_peer:%d", peer);
    run_one(LIST(SNAPSHOT, "if_copy:sleep:100", step, FAIL), &outcome);
    close(ready[1]);
    assert_int_equal(read(results[0], &count, 1), 1);
    waitpid(peer, &status, 0);
    assert_in_range(count, 1, 3);
    same_files_expect_replayed(&outcome, "SIGUSR1 to process");
    close(results[0]);
    close(results[1]);
    run_discard(&outcome);
}

static void test_shared_memory(void **state)
{
    struct outcome outcome;
    char step[32];
    key_t key = (key_t)(0x4c530000 + getpid());

    (void)state;
    snprintf(step, sizeof step, "shared_memory:%d", key);
    run_one(LIST(SNAPSHOT, step, FAIL), &outcome);
    same_files_expect_replayed(&outcome, "shmget was refused");
    assert_int_equal(shmget(key, 0, 0), -1);
    run_discard(&outcome);
}

/* A FIFO that somebody reads: the replay's end of it must not be seen there. */
static void test_fifo(void **state)
{
    struct outcome outcome;
    char directory[PATH_MAX], fifo[PATH_MAX + 8], step[PATH_MAX + 32], text[64];

    (void)state;
    run_make_directory(directory);
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    snprintf(step, sizeof step, "raw_write:%s", fifo);
    usleep(20000); /* it is older than the snapshot */
    run_one(LIST(SNAPSHOT, step, FAIL), &outcome);
    assert_int_equal(read(fd, text, sizeof text), 3);
    same_files_expect_replayed(&outcome, "/dev/null in its place");
    close(fd);
    run_discard(&outcome);
    run_remove_directory(directory);
}

/* --- where the kernel refuses parts of it --- */

static void run_refused(const char *call, const char *error, const char *step, struct outcome *outcome)
{
    char *refuse = strdup(run_test_program("refuse"));
    const char *arguments[] = {call, error, run_test_program("fake_simulator"), SNAPSHOT, step, FAIL, NULL};

    run_program(&(struct program){.path = refuse, .arguments = arguments, .preload = true}, outcome);
    free(refuse);
    if (WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == 77)
        skip();
}

/* Landlock alone still keeps the replay from the user's files. */
static void test_without_seccomp(void **state)
{
    struct outcome outcome;

    (void)state;
    run_refused("seccomp", "EPERM", "append:a", &outcome);
    char *found = same_files_list(&outcome);
    assert_string_equal(found, "/a 100640 append\n");
    free(found);
    expect_in_report(&outcome, "the sandbox had no seccomp: ");
    expect_in_report(&outcome, "what it started and sent was real");
    run_discard(&outcome);
}

/* What seccomp alone must stop: names in /proc that lead to the user's files. */
static void test_ways_through_proc(void **state)
{
    static const char *const steps[] = {"if_copy:sneak:/proc/self/cwd/a",
                                        "if_copy:sneak:/proc/self/task/../cwd/comm",
                                        "if_copy:sneak:/proc/thread-self/cwd/comm"};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct outcome outcome;

        run_refused("landlock_create_ruleset", "ENOSYS", steps[i], &outcome);
        char *found = same_files_list(&outcome);
        assert_string_equal(found, "");
        free(found);
        same_files_expect_replayed(&outcome, "was not opened");
        run_discard(&outcome);
    }
}

static void test_without_others(void **state)
{
    static const char *const calls[] = {"landlock_create_ruleset", "process_vm_readv"};

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct outcome outcome;

        run_refused(calls[i], "ENOSYS", "append:a", &outcome);
        char *found = same_files_list(&outcome);
        assert_string_equal(found, "/a 100640 append\n");
        free(found);
        same_files_expect_replayed(&outcome, NULL);
        run_discard(&outcome);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_connection),        cmocka_unit_test(test_datagrams),
        cmocka_unit_test(test_signals),           cmocka_unit_test(test_stop),
        cmocka_unit_test(test_shared_memory),     cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_without_seccomp),   cmocka_unit_test(test_without_others),
        cmocka_unit_test(test_ways_through_proc),
    };
    static struct CMUnitTest files[sizeof file_cases / sizeof *file_cases];

    for (size_t i = 0; i < sizeof file_cases / sizeof *file_cases; i++)
        files[i] = (struct CMUnitTest){.name = case_name(&file_cases[i]),
                                       .test_func = test_files,
                                       .initial_state = (void *)&file_cases[i]};
    int failed = cmocka_run_group_tests_name("files", files, NULL, NULL);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
