/* SPDX-License-Identifier: MIT */
/* Runs a program in a directory and a session of its own, with or without the library, and tells all
 * that its user can see of it: wait status, output, files, and what it leaves behind. */
#ifndef LIGHTSSS_TESTS_PROCESS_RUN_PROGRAM_H
#define LIGHTSSS_TESTS_PROCESS_RUN_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define RUN_SNAPSHOTS_MAX 128

/* An environment, and steps: snapshots are taken before evals 1, 11, 21, 31 and 41; the last three stay. */
#define EVERY_TEN LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=3")
#define TO_THREE  "eval:45", "touch:ready", "await:go"

/* A list of strings with its NULL, for the two lists below. */
#define LIST(...)                                                                                            \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

struct program {
    const char *path;               /* NULL: the fake simulator */
    const char *const *arguments;   /* without the program's name; NULL: none */
    const char *const *environment; /* NAME=VALUE; NULL: none. LIGHTSSS_WAVE=off is set unless it is here */
    bool preload;                   /* with the library */
    bool several;                   /* it may make several run directories: what follows is of the first */
    const char *library;            /* another one than build/preload/liblightsss.so; NULL: that one */
    const char *group;              /* file to join a control group by (cgroup.procs); NULL: the test's own */
    unsigned user;                  /* to run as; 0: as the test itself */
    unsigned timeout_s;             /* 0: 120 */
};

struct outcome {
    char directory[PATH_MAX]; /* where it ran: its files, and `lightsss` */
    pid_t pid;
    int runs;   /* run directories */
    int status; /* as wait() gives it */
    bool timed_out;
    double cpu_seconds;
    char *out;    /* all of stdout */
    char *err;    /* stderr without our lines ... */
    char *said;   /* ... and our lines: those that begin with "lightsss: " */
    char *files;  /* names of what is in the directory, sorted, one per line, without `lightsss` */
    char *run;    /* name of the run directory; NULL: there is none */
    char *report; /* report.json; NULL: there is none */
    char *replay_out, *replay_err; /* replay.stdout, replay.stderr; NULL: there are none */
    int left;                      /* processes that were still there ten seconds after its end */
};

struct running {
    struct program program;
    char directory[PATH_MAX];
    pid_t pid;
};

/* Fail the test when the program cannot be started. */
void run_start(struct running *running, const struct program *program);
void run_wait(struct running *running, struct outcome *outcome);
void run_program(const struct program *program, struct outcome *outcome);

/* Removes the files and frees the rest. */
void run_discard(struct outcome *outcome);

/* The process's children that run the same program, oldest first. Returns how many. */
int run_snapshots(pid_t pid, pid_t snapshots[RUN_SNAPSHOTS_MAX]);

/* Waits until the file is in the program's directory, or until so many snapshots are parked. Fails the test
 * after two minutes. */
void run_await_file(const struct running *running, const char *name);
void run_await_snapshots(const struct running *running, int count);

/* The same for a file of the run directory: what a replay of the fake simulator makes is seen there only. */
void run_await_sign(const struct running *running, const char *name);

/* Starts the fake simulator with the library, and waits until it is ready and three snapshots are parked. */
void run_start_with_three(struct running *running, const char *const *steps, const char *const *environment);
void run_touch(const struct running *running, const char *name);

/* How many lines a text has. */
int run_lines(const char *text);

/* Path of a program of the tests' build directory, and of the library. */
const char *run_test_program(const char *name);
const char *run_library(void);

/* A new directory under TMPDIR that everybody may read. */
void run_make_directory(char directory[PATH_MAX]);
void run_remove_directory(const char *directory);

double run_clock(void);

#endif
