/* SPDX-License-Identifier: MIT */
/* refuse CALL ERROR PROGRAM [ARGUMENT...]: runs the program where the kernel refuses a system call with this
 * error, as a sandbox does. CALL is one of those below, and clone only where it makes a process; ERROR is
 * EPERM, EAGAIN or ENOSYS, or KILL: who makes the call is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct word {
    const char *name;
    unsigned value;
} calls[] =
    {
        {"memfd_create", SYS_memfd_create},
        {"clone", SYS_clone},
        {"rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo},
        {"seccomp", SYS_seccomp},
        {"landlock_create_ruleset", 444},
        {"setpgid", SYS_setpgid},
        {"process_vm_readv", SYS_process_vm_readv},
        {"bind", SYS_bind},
        {NULL, 0},
},
  errors[] = {
      {"EPERM", SECCOMP_RET_ERRNO | EPERM},
      {"EAGAIN", SECCOMP_RET_ERRNO | EAGAIN},
      {"ENOSYS", SECCOMP_RET_ERRNO | ENOSYS},
      {"KILL", SECCOMP_RET_KILL_PROCESS},
      {NULL, 0},
};

static const struct word *find(const struct word *word, const char *name)
{
    while (word->name != NULL && strcmp(word->name, name) != 0)
        word++;
    return word;
}

int main(int argc, char **argv)
{
    if (argc < 4 || find(calls, argv[1])->name == NULL || find(errors, argv[2])->name == NULL) {
        fprintf(stderr, "usage: refuse CALL ERROR PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, find(calls, argv[1])->value, 0, 4),
        /* glibc before 2.34 makes threads by clone, later ones by clone3. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)), /* the lower half */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, find(errors, argv[2])->value),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("refuse: seccomp");
        return 77;
    }
    execv(argv[3], argv + 3);
    perror(argv[3]);
    return 127;
}
