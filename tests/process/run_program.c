/* SPDX-License-Identifier: MIT */
/* Starts programs and gathers what can be seen of them: see run_program.h. Output goes to files beside the
 * program's directory, so that nobody who keeps a descriptor open can hold up the test. */
#define _GNU_SOURCE
#include "run_program.h"

#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUR_PREFIX "lightsss: "

/* How long a test waits for what comes at once on a machine that has nothing else to do. */
#define PATIENCE_S   120
#define LEFT_GRACE_S 10

double run_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- paths and files --- */

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        fail_msg("%s is not set: run by meson test", name);
    return value;
}

const char *run_library(void)
{
    return from_environment("LIGHTSSS_TEST_LIBRARY");
}

const char *run_test_program(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", from_environment("LIGHTSSS_TEST_PROGRAMS"), name);
    return path;
}

static void join(char path[PATH_MAX], const char *directory, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        fail_msg("%s/%s is too long", directory, name);
}

void run_make_directory(char directory[PATH_MAX])
{
    const char *parent = getenv("TMPDIR");

    join(directory, parent != NULL ? parent : "/tmp", "lightsss-test.XXXXXX");
    if (mkdtemp(directory) == NULL || chmod(directory, 0755) != 0)
        fail_msg("%s: %s", directory, strerror(errno));
}

static int remove_one(const char *path, const struct stat *file, int type, struct FTW *walk)
{
    (void)file, (void)type, (void)walk;
    return remove(path);
}

void run_remove_directory(const char *directory)
{
    /* Whatever went wrong before: nothing else is removed. */
    assert_non_null(strstr(directory, "/lightsss-test."));
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* NULL when it is not there. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char block[4096], *text = NULL;
    size_t size, got;

    if (file == NULL)
        return NULL;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        fwrite(block, 1, got, stream);
    fclose(stream);
    fclose(file);
    return text;
}

static char *read_in(const char *directory, const char *name)
{
    char path[PATH_MAX];

    join(path, directory, name);
    return read_file(path);
}

static int not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* --- start --- */

static void set_environment(const struct program *program)
{
    char name[64];

    for (char **variable = environ; *variable != NULL;) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*variable, "="), *variable);
        if (strncmp(name, "LIGHTSSS", 8) == 0 && strncmp(name, "LIGHTSSS_TEST_", 14) != 0 &&
            unsetenv(name) == 0)
            variable = environ; /* the list has moved */
        else
            variable++;
    }
    unsetenv("LD_PRELOAD");
    unsetenv("LD_LIBRARY_PATH"); /* by it meson shows the way to the hooks */
    unsetenv("MALLOC_PERTURB_");
    setenv("LIGHTSSS_WAVE", "off", 1);
    for (const char *const *variable = program->environment; variable != NULL && *variable != NULL;
         variable++)
        putenv((char *)*variable);
    if (program->preload)
        setenv("LD_PRELOAD", program->library != NULL ? program->library : run_library(), 1);
}

static void redirect(const char *directory, const char *name, int fd)
{
    char path[PATH_MAX];

    join(path, directory, name);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(126);
}

/* As from a terminal, whatever ignores signals around the test: nohup, a shell's background jobs. */
static void set_dispositions(void)
{
    sigset_t none;

    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void join_group(const char *path)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);

    if (file < 0 || write(file, "0", 1) != 1)
        _exit(126);
    close(file);
}

static _Noreturn void become_program(const struct running *running)
{
    const struct program *program = &running->program;
    const char *argv[256] = {program->path};
    int argc = 1;

    setsid();
    set_dispositions();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (program->group != NULL)
        join_group(program->group);
    redirect(running->directory, "../stdin", 0);
    redirect(running->directory, "../stdout", 1);
    redirect(running->directory, "../stderr", 2);
    for (const char *const *argument = program->arguments; argument != NULL && *argument != NULL; argument++)
        argv[argc++] = *argument;
    set_environment(program);
    if (chdir(running->directory) != 0)
        _exit(126);
    if (program->user != 0 && (chown(".", program->user, program->user) != 0 || setgroups(0, NULL) != 0 ||
                               setgid(program->user) != 0 || setuid(program->user) != 0))
        _exit(126);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

void run_start(struct running *running, const struct program *program)
{
    char top[PATH_MAX];

    *running = (struct running){.program = *program};
    if (running->program.path == NULL)
        running->program.path = run_test_program("fake_simulator");
    run_make_directory(top);
    join(running->directory, top, "run");
    if (mkdir(running->directory, 0755) != 0)
        fail_msg("%s: %s", running->directory, strerror(errno));
    /* What the program leaves behind becomes ours, so that it can be seen. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    running->pid = fork();
    if (running->pid == 0)
        become_program(running);
    if (running->pid < 0)
        fail_msg("fork: %s", strerror(errno));
}

/* --- wait --- */

/* Reaps those of the session that are dead, and sends a signal to the others. Returns how many these are. */
static int signal_session(pid_t session, int signal)
{
    struct dirent **entries;
    int alive = 0;
    int count = scandir("/proc", &entries, not_dots, NULL);

    for (int i = 0; i < count; i++) {
        pid_t pid = (pid_t)strtol(entries[i]->d_name, NULL, 10);
        free(entries[i]);
        if (pid <= 0 || getsid(pid) != session || waitpid(pid, NULL, __WALL | WNOHANG) > 0)
            continue;
        alive++;
        kill(pid, signal);
    }
    free(entries);
    return alive;
}

static void wait_for_end(const struct running *running, struct outcome *outcome)
{
    unsigned timeout_s = running->program.timeout_s != 0 ? running->program.timeout_s : PATIENCE_S;
    struct pollfd end = {.fd = pidfd_open(running->pid, 0), .events = POLLIN};

    if (end.fd < 0)
        fail_msg("pidfd_open: %s", strerror(errno));
    outcome->timed_out = poll(&end, 1, (int)timeout_s * 1000) == 0;
    close(end.fd);
    if (outcome->timed_out)
        kill(-running->pid, SIGKILL);
    struct rusage usage;
    while (wait4(running->pid, &outcome->status, 0, &usage) < 0 && errno == EINTR)
        continue;
    outcome->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Copies have process groups of their own, but not sessions. */
static void clear_session(const struct running *running, struct outcome *outcome)
{
    double give_up = run_clock() + LEFT_GRACE_S;

    while (signal_session(running->pid, 0) > 0 && run_clock() < give_up)
        usleep(10000);
    outcome->left = signal_session(running->pid, SIGKILL);
    while (signal_session(running->pid, SIGKILL) > 0)
        usleep(10000);
}

/* Takes our lines out of the text. */
static char *split_said(char *text)
{
    char *said = calloc(1, strlen(text) + 1), *to = text, *said_to = said;

    assert_non_null(said);
    for (char *line = text, *next; *line != '\0'; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        char **target = strncmp(line, OUR_PREFIX, strlen(OUR_PREFIX)) == 0 ? &said_to : &to;
        memmove(*target, line, (size_t)(next - line));
        *target += next - line;
    }
    *to = '\0';
    return said;
}

static char *list_files(const char *directory)
{
    char *list = NULL;
    size_t size;
    FILE *stream = open_memstream(&list, &size);
    struct dirent **entries;

    assert_non_null(stream);
    int count = scandir(directory, &entries, not_dots, alphasort);
    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i]->d_name, "lightsss") != 0)
            fprintf(stream, "%s\n", entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    fclose(stream);
    return list;
}

static void read_run_directory(const struct program *program, struct outcome *outcome)
{
    char base[PATH_MAX], path[PATH_MAX];
    struct dirent **entries;

    join(base, outcome->directory, "lightsss");
    int count = scandir(base, &entries, not_dots, alphasort);
    if (count < 0)
        return;
    outcome->runs = count;
    if (count != 1 && !program->several)
        fail_msg("%d run directories in %s", count, base);
    outcome->run = strdup(entries[0]->d_name);
    while (count > 0)
        free(entries[--count]);
    free(entries);
    join(path, base, outcome->run);
    outcome->report = read_in(path, "report.json");
    outcome->replay_out = read_in(path, "replay.stdout");
    outcome->replay_err = read_in(path, "replay.stderr");
}

void run_wait(struct running *running, struct outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    wait_for_end(running, outcome);
    clear_session(running, outcome);
    memcpy(outcome->directory, running->directory, sizeof outcome->directory);
    outcome->pid = running->pid;
    outcome->out = read_in(running->directory, "../stdout");
    outcome->err = read_in(running->directory, "../stderr");
    if (outcome->out == NULL || outcome->err == NULL) {
        fail_msg("%s could not be started", running->program.path);
        return;
    }
    outcome->said = split_said(outcome->err);
    outcome->files = list_files(outcome->directory);
    read_run_directory(&running->program, outcome);
}

void run_program(const struct program *program, struct outcome *outcome)
{
    struct running running;

    run_start(&running, program);
    run_wait(&running, outcome);
}

void run_discard(struct outcome *outcome)
{
    char top[PATH_MAX];

    join(top, outcome->directory, "..");
    char *real = realpath(top, NULL);
    if (real != NULL)
        run_remove_directory(real);
    free(real);
    free(outcome->out);
    free(outcome->err);
    free(outcome->said);
    free(outcome->files);
    free(outcome->run);
    free(outcome->report);
    free(outcome->replay_out);
    free(outcome->replay_err);
}

/* --- while it runs --- */

static bool same_program(pid_t one, pid_t other)
{
    char name[64], left[PATH_MAX], right[PATH_MAX];

    snprintf(name, sizeof name, "/proc/%d/exe", one);
    ssize_t left_size = readlink(name, left, sizeof left);
    snprintf(name, sizeof name, "/proc/%d/exe", other);
    ssize_t right_size = readlink(name, right, sizeof right);
    return left_size > 0 && left_size == right_size && memcmp(left, right, (size_t)left_size) == 0;
}

static int compare_pids(const void *left, const void *right)
{
    return *(const pid_t *)left - *(const pid_t *)right;
}

/* The list is that of a children file: numbers with a space behind each. */
static int add_snapshots(pid_t pid, const char *list, pid_t snapshots[RUN_SNAPSHOTS_MAX], int count)
{
    char *next;

    for (; count < RUN_SNAPSHOTS_MAX; list = next) {
        pid_t child = (pid_t)strtol(list, &next, 10);
        if (child == 0)
            break;
        if (same_program(pid, child))
            snapshots[count++] = child;
    }
    return count;
}

int run_snapshots(pid_t pid, pid_t snapshots[RUN_SNAPSHOTS_MAX])
{
    char path[PATH_MAX], tasks[64];
    struct dirent **entries;
    int count = 0;

    snprintf(tasks, sizeof tasks, "/proc/%d/task", pid);
    int task_count = scandir(tasks, &entries, not_dots, NULL);
    for (int i = 0; i < task_count; i++) {
        snprintf(path, sizeof path, "%s/%s/children", tasks, entries[i]->d_name);
        char *text = read_file(path);
        if (text != NULL)
            count = add_snapshots(pid, text, snapshots, count);
        free(text);
        free(entries[i]);
    }
    if (task_count >= 0)
        free(entries);
    if (count > 0)
        qsort(snapshots, (size_t)count, sizeof *snapshots, compare_pids);
    return count;
}

static void end_and_fail(const struct running *running, const char *what)
{
    kill(-running->pid, SIGKILL);
    fail_msg("%s: waited in vain for %s", running->directory, what);
}

void run_await_file(const struct running *running, const char *name)
{
    char path[PATH_MAX];

    join(path, running->directory, name);
    for (double give_up = run_clock() + PATIENCE_S; access(path, F_OK) != 0;) {
        if (run_clock() > give_up)
            end_and_fail(running, name);
        usleep(1000);
    }
}

void run_await_snapshots(const struct running *running, int count)
{
    pid_t snapshots[RUN_SNAPSHOTS_MAX];

    for (double give_up = run_clock() + PATIENCE_S; run_snapshots(running->pid, snapshots) != count;) {
        if (run_clock() > give_up)
            end_and_fail(running, "snapshots");
        usleep(1000);
    }
}

void run_await_sign(const struct running *running, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "lightsss/fake_simulator.%d/%s", running->pid, name);
    run_await_file(running, path);
}

void run_start_with_three(struct running *running, const char *const *steps, const char *const *environment)
{
    const struct program program = {.arguments = steps, .environment = environment, .preload = true};

    run_start(running, &program);
    run_await_file(running, "ready");
    run_await_snapshots(running, 3);
}

void run_touch(const struct running *running, const char *name)
{
    char path[PATH_MAX];

    join(path, running->directory, name);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

int run_lines(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}
