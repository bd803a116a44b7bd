/* SPDX-License-Identifier: MIT */
/* `lightsss wave PID`: asks a simulator that runs with the library for a waveform up to now. The request is
 * the library's own signal with a value that only it knows, so that a simulator's handler of SIGUSR1 is not
 * met; without the library that signal would end the process, so it is looked for first. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"
#include "flags.h"
#include "others.h"
#include "say.h"
#include "snapshot/threads/threads_signal.h"

#define CANNOT_BE_ASKED 1
#define ANSWER_S        2 /* for an answer: the simulator may be stopped, or may not send us anything */

/* What stands behind `what` in a line of /proc/PID/NAME, which is the begin of that line where it ends in a
 * colon; NULL: there is no such line. */
static const char *find_line(int pid, const char *name, const char *what)
{
    static char line[4352];
    char path[64];
    const char *found = NULL;

    snprintf(path, sizeof path, "/proc/%d/%s", others_thread(pid), name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    while (found == NULL && fgets(line, sizeof line, file) != NULL) {
        found = strstr(line, what);
        if (found != line && what[strlen(what) - 1] == ':')
            found = NULL;
    }
    fclose(file);
    return found != NULL ? found + strlen(what) : NULL;
}

/* A number that the kernel shows in /proc/PID/status; 0: none. */
static uint64_t status_number(int pid, const char *name, int base)
{
    const char *number = find_line(pid, "status", name);

    return number != NULL ? strtoull(number, NULL, base) : 0;
}

/* By its descriptor, where the kernel has such (Linux 5.3): its number may be another's meanwhile. */
static int send_signal(int pid, int pidfd, int signal, siginfo_t *info)
{
    if (pidfd >= 0)
        return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, 0);
    return signal == 0 ? kill(pid, 0) : (int)syscall(SYS_rt_sigqueueinfo, pid, signal, info);
}

static int send_request(int pid, int pidfd)
{
    siginfo_t info = {.si_signo = THREADS_SIGNAL, .si_code = SI_QUEUE};

    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)THREADS_QUESTION; /* NOLINT(performance-no-int-to-ptr) */
    return send_signal(pid, pidfd, THREADS_SIGNAL, &info);
}

/* SIGURG is blocked: it waits for us. Somebody else's is passed over. */
static enum threads_answer await_answer(int pid)
{
    const struct timespec patience = {.tv_sec = ANSWER_S};
    sigset_t urgent;
    siginfo_t info;

    sigemptyset(&urgent);
    sigaddset(&urgent, SIGURG);
    while (sigtimedwait(&urgent, &info, &patience) == SIGURG || errno == EINTR) {
        uintptr_t answer = (uintptr_t)info.si_value.sival_ptr - THREADS_ANSWER;
        if (info.si_code == SI_QUEUE && info.si_pid == pid && answer < THREADS_ANSWERS)
            return (enum threads_answer)answer;
    }
    return THREADS_NO_ANSWER;
}

/* Of the answer: what it says, and whether a waveform is made. */
static int tell(int pid, enum threads_answer answer)
{
    static const char *const made[THREADS_ANSWERS] = {
        [THREADS_NO_ANSWER] = "it has not answered, and says on its stderr what becomes of it",
        [THREADS_BEGINS] = "it says on its stderr where the waveform is",
        [THREADS_WAITS_FOR_EVALS] = "the waveform is made when the evals of LIGHTSSS_AFTER have come",
        [THREADS_WAITS_FOR_OTHERS] = "the waveform is made at an eval, when those before it are done",
    };

    if (answer == THREADS_ASKED_BEFORE)
        say("process %d was asked before, and that waveform is not ready yet", pid);
    else if (answer == THREADS_NO_SNAPSHOT)
        say("process %d has no snapshot that could replay; ask again later", pid);
    else if (answer == THREADS_NO_ANSWER && others_is_stopped(pid))
        printf("asked process %d; it is stopped, and will make the waveform when it goes on\n", pid);
    else
        printf("asked process %d; %s\n", pid, made[answer]);
    return answer == THREADS_ASKED_BEFORE || answer == THREADS_NO_SNAPSHOT ? CANNOT_BE_ASKED : 0;
}

static void block_urgent(void)
{
    sigset_t urgent;

    sigemptyset(&urgent);
    sigaddset(&urgent, SIGURG);
    sigprocmask(SIG_BLOCK, &urgent, NULL);
}

static int ask(int pid, int pidfd)
{
    if (send_signal(pid, pidfd, 0, NULL) != 0) {
        say("process %d: %s", pid, strerror(errno));
        return CANNOT_BE_ASKED;
    }
    uint64_t process = status_number(pid, "Tgid:", 10);
    if (process != 0 && process != (uint64_t)pid) {
        say("%d is a thread of process %d; ask that", pid, (int)process);
        return CANNOT_BE_ASKED;
    }
    if (find_line(pid, "maps", "/liblightsss.so") == NULL) {
        say("process %d is no simulator with the library in it; start it with lightsss run", pid);
        return CANNOT_BE_ASKED;
    }
    bool is_caught = (status_number(pid, "SigCgt:", 16) >> (THREADS_SIGNAL - 1) & 1) != 0;
    if (find_line(pid, "maps", "/memfd:lightsss") == NULL || !is_caught) {
        say("process %d has no snapshot yet; ask again when its model evals", pid);
        return CANNOT_BE_ASKED;
    }
    block_urgent();
    if (send_request(pid, pidfd) != 0) {
        say("process %d: %s", pid, strerror(errno));
        return CANNOT_BE_ASKED;
    }
    return tell(pid, await_answer(pid));
}

int wave_command(const struct command *command, char **words)
{
    const char *none[FLAGS_MAX];
    char *end = NULL;
    int status = flags_read(command, words, none);

    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    long pid = words[0] == NULL ? 0 : strtol(words[0], &end, 10);
    if (words[0] == NULL || words[1] != NULL || *end != '\0' || pid <= 0 || pid > INT32_MAX) {
        say("give the id of one process; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    status = ask((int)pid, pidfd);
    if (pidfd >= 0)
        close(pidfd);
    return status;
}
