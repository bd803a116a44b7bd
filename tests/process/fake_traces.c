/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: prints all that a process can see of itself and that is the same in every run,
 * with numbers of processes told as what they are to it. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define IOPRIO_WHO_PROCESS 1
#define STAT_FIELDS        52
#define SA_RESTORER        0x04000000u /* libc's own business */

/* --- files of /proc --- */

/* Does the line begin with one of the words in the list? Each has a space on either side. */
static bool begins_with_one_of(const char *line, const char *list)
{
    char word[64];

    snprintf(word, sizeof word, " %.*s ", (int)strcspn(line, ":= \t\n"), line);
    return strstr(list, word) != NULL;
}

/* Its lines, but for those of the list. */
static void say_file(const char *path, const char *without)
{
    char line[512];
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        fake_say("%s: %s", path, strerrorname_np(errno));
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!begins_with_one_of(line, without))
            fake_say("%s: %.400s", path, line);
    }
    fclose(file);
}

/* SigCgt: our handlers stand where the simulator has none, and the kernel says so. */
static void say_status_file(void)
{
    say_file("/proc/self/status",
             " Tgid Ngid Pid PPid NStgid NSpid NSpgid NSsid VmPeak VmSize VmLck VmPin VmHWM "
             "VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap "
             "HugetlbPages SigQ SigCgt voluntary_ctxt_switches "
             "nonvoluntary_ctxt_switches ");
}

/* The numbers behind the name, counted as in proc(5). */
static void say_stat(void)
{
    static const int fields[] = {7, 18, 19, 20, 21, 31, 32, 33, 38, 40, 41};
    char line[1024] = "";
    const char *field[STAT_FIELDS + 1] = {NULL};
    FILE *file = fopen("/proc/self/stat", "re");

    if (file == NULL) {
        fake_say("no /proc/self/stat");
        return;
    }
    if (fgets(line, sizeof line, file) == NULL)
        fake_give_up("fake: /proc/self/stat is empty");
    fclose(file);
    char *next = strrchr(line, ')') + 2, *rest = NULL;
    int count = 3;
    for (char *word = strtok_r(next, " \n", &rest); word != NULL && count <= STAT_FIELDS;
         word = strtok_r(NULL, " \n", &rest))
        field[count++] = word;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        fake_say("stat %d: %s", fields[i], field[fields[i]]);
}

static void say_descriptors(void)
{
    char path[64], target[256];
    DIR *directory = opendir("/proc/self/fd");

    if (directory == NULL)
        fake_give_up("fake: no /proc/self/fd");
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (*entry->d_name == '.' || fd == dirfd(directory))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        const char *name = strrchr(target, '/');
        fake_say("descriptor %d: %s, flags %#x, %#x", fd, name != NULL ? name : "other", fcntl(fd, F_GETFD),
                 fcntl(fd, F_GETFL));
    }
    closedir(directory);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fake_say("the next descriptor is %d", fd);
    close(fd);
}

/* --- system calls --- */

static void say_ids(void)
{
    uid_t uid[3];
    gid_t gid[3];
    char *directory = getcwd(NULL, 0);

    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    fake_say("uid %u %u %u, gid %u %u %u, %d groups", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2],
             getgroups(0, NULL));
    fake_say("leads its group: %d, its session: %d; the terminal's: %d, same session: %d, tty %s",
             getpgrp() == getpid(), getsid(0) == getpid(), tcgetpgrp(0) == getpgrp(),
             tcgetsid(0) == getsid(0), isatty(0) ? "yes" : "no");
    fake_say("in %s", directory != NULL ? strrchr(directory, '/') : "nowhere");
    free(directory);
    mode_t mask = umask(0);
    umask(mask);
    fake_say("umask %#o", mask);
}

static void say_scheduling(void)
{
    struct sched_param parameters = {0};
    cpu_set_t processors;

    sched_getparam(0, &parameters);
    int count = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : -1;
    fake_say("policy %d, priority %d, nice %d, %d processors, I/O priority %ld", sched_getscheduler(0),
             parameters.sched_priority, getpriority(PRIO_PROCESS, 0), count,
             syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
    fake_say("personality %#x", (unsigned)personality(0xffffffff));
}

static void say_settings(void)
{
    char name[16] = "";
    int reaper = -1, death = -1;

    prctl(PR_GET_NAME, name);
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    prctl(PR_GET_PDEATHSIG, &death);
    fake_say("name %s, reaper %d, death signal %d", name, reaper, death);
    fake_say("dumpable %d, keeps capabilities %d, no new privileges %d, seccomp %d, secure bits %d",
             prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
             prctl(PR_GET_SECCOMP), prctl(PR_GET_SECUREBITS));
    fake_say("timer slack %d, no huge pages %d", prctl(PR_GET_TIMERSLACK),
             prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    fake_say("rounding %d, exceptions %#x, raised %#x", fegetround(), (unsigned)fegetexcept(),
             (unsigned)fetestexcept(FE_ALL_EXCEPT));
    fake_say("locale %s", setlocale(LC_ALL, NULL));
}

/* Behind the signals there are, an older libc leaves what it likes, and sigisemptyset() looks at that, too.
 */
static bool is_empty(const sigset_t *set)
{
    int count = 0;

    for (int signal = 1; signal < NSIG; signal++)
        count += sigismember(set, signal) == 1;
    return count == 0;
}

static void say_signals(void)
{
    struct sigaction action;
    struct itimerval timer;
    sigset_t set;
    stack_t stack;

    for (int signal = 1; signal < NSIG; signal++)
        if (sigaction(signal, NULL, &action) == 0)
            fake_say("signal %d: %s, flags %#x, mask %d%d", signal,
                     action.sa_handler == SIG_DFL   ? "default"
                     : action.sa_handler == SIG_IGN ? "ignored"
                                                    : "handler",
                     (unsigned)action.sa_flags & ~SA_RESTORER, is_empty(&action.sa_mask),
                     sigismember(&action.sa_mask, signal));
    sigprocmask(SIG_BLOCK, NULL, &set);
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&set, signal) == 1)
            fake_say("signal %d is blocked", signal);
    sigpending(&set);
    fake_say("none pending: %d", is_empty(&set));
    sigaltstack(NULL, &stack);
    fake_say("alternate stack: %p, flags %d, %zu bytes", stack.ss_sp, stack.ss_flags, stack.ss_size);
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        getitimer((__itimer_which_t)which, &timer);
        fake_say("timer %d: %ld", which, timer.it_value.tv_sec * 1000000 + timer.it_value.tv_usec);
    }
}

/* All zero where it has had no children. */
static void say_children(void)
{
    static const struct {
        int flags;
        const char *name;
    } waits[] = {
        {0, "any"}, {__WALL, "__WALL"}, {(int)__WCLONE, "__WCLONE"}, {__WALL | __WNOTHREAD, "__WNOTHREAD"}};
    struct rusage usage;
    struct tms ticks;
    siginfo_t info;

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        errno = 0;
        long r = wait4(-1, NULL, WNOHANG | waits[i].flags, NULL);
        fake_say("wait4 for %s: %d, %s", waits[i].name, r > 0 ? 1 : (int)r, strerrorname_np(errno));
        errno = 0;
        r = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | waits[i].flags);
        fake_say("waitid for %s: %ld, %s", waits[i].name, r, strerrorname_np(errno));
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    fake_say("children: %ld us, %ld us, %ld KB, faults %ld, %ld, switches %ld, %ld",
             usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
             usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec, usage.ru_maxrss, usage.ru_minflt,
             usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw);
    times(&ticks);
    fake_say("ticks of children: %ld, %ld", ticks.tms_cutime, ticks.tms_cstime);
}

/* LD_PRELOAD is what the two runs differ in. */
static void say_environment(void)
{
    for (char **variable = environ; *variable != NULL; variable++)
        if (!begins_with_one_of(*variable, " LD_PRELOAD _ PWD OLDPWD "))
            fake_say("environment: %.400s", *variable);
    const char *preload = getenv("LD_PRELOAD");
    fake_say("LD_PRELOAD is kept for children: %d",
             preload == NULL || *preload == '\0' || strstr(preload, "liblightsss") != NULL);
    fake_say("auxiliary vector: secure %lu, page %lu, uid %lu, entry %d", getauxval(AT_SECURE),
             getauxval(AT_PAGESZ), getauxval(AT_UID), getauxval(AT_ENTRY) != 0);
}

static void do_traces(const char *argument)
{
    const int error = errno;

    fake_say("traces %s: errno %d", argument, error);
    say_status_file();
    say_stat();
    say_file("/proc/self/limits", " ");
    say_file("/proc/self/cgroup", " ");
    say_file("/proc/self/timers", " ");
    say_file("/proc/self/oom_score_adj", " ");
    say_file("/proc/self/coredump_filter", " ");
    say_file("/proc/self/comm", " ");
    say_file("/proc/self/timerslack_ns", " ");
    say_descriptors();
    say_ids();
    say_scheduling();
    say_settings();
    say_signals();
    say_environment();
    errno = error;
}

static void do_burials(const char *argument)
{
    (void)argument;
    say_children();
}

static void do_errno(const char *argument)
{
    errno = (int)fake_number(argument);
}

const struct fake_step fake_traces[] = {
    {"traces", do_traces},
    {"burials", do_burials},
    {"errno", do_errno},
    {NULL, NULL},
};
