/* SPDX-License-Identifier: MIT */
/* Loaded behind the library (LD_PRELOAD="liblightsss.so libinject_libc.so"), so that its calls of libc come
 * by here. Before each of them `inject`'s supervisor is asked, by a system call that nobody else makes and
 * that a replay may make; what the simulator calls goes through. */
#define _GNU_SOURCE
#include "inject.h"

#include "base/raw_syscall.h"
#include "base/symbol.h"

#include <errno.h>
#include <link.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* This thread is in a function of libc that the library has called: what that one calls counts as well. */
static __thread unsigned inside __attribute__((tls_model("initial-exec")));

static bool is_ours(void *caller)
{
    struct dl_find_object object;

    if (inside > 0)
        return true;
    if (_dl_find_object(caller, &object) != 0)
        return false;
    const char *name = strrchr(object.dlfo_link_map->l_name, '/');
    return name != NULL && strncmp(name, "/liblightsss", strlen("/liblightsss")) == 0;
}

/* The error that it is to fail with; 0: none. EINVAL is what the kernel itself says to the question. */
static int ask(enum inject_function function, const void *caller)
{
    long r = raw_syscall2(INJECT_QUESTION, INJECT_LIBC + (long)function, (long)caller);

    return r == -EINVAL ? 0 : (int)-r;
}

/* Found before the first call wherever possible: later a lock may be held. Not by dlsym(), which itself calls
 * calloc() before glibc 2.34. */
static void *_Atomic next[INJECT_FUNCTIONS];

static void *find_next(enum inject_function function, const char *name)
{
    if (next[function] == NULL)
        next[function] = symbol_find_behind((const void *)find_next, name);
    return next[function];
}

/* In a way that dlerror() knows of: there is no such mode. */
static void *fail_to_open(const char *name)
{
    return ((void *(*)(const char *, int))find_next(INJECT_dlopen, "dlopen"))(name, 0);
}

#define INJECT(type, name, parameters, arguments, failure)                                                   \
    type name parameters;                                                                                    \
    type name parameters                                                                                     \
    {                                                                                                        \
        void *caller = __builtin_return_address(0);                                                          \
        bool ours = is_ours(caller);                                                                         \
        int error = ours ? ask(INJECT_##name, caller) : 0;                                                   \
                                                                                                             \
        if (error != 0) {                                                                                    \
            errno = error;                                                                                   \
            return failure;                                                                                  \
        }                                                                                                    \
        inside += ours;                                                                                      \
        type result = ((__typeof__(&(name)))find_next(INJECT_##name, #name))arguments; /* NOLINT */          \
        inside -= ours;                                                                                      \
        return result;                                                                                       \
    }
#include "inject_libc.def"
#undef INJECT

__attribute__((constructor)) static void find_all(void)
{
#define INJECT(type, name, parameters, arguments, failure) find_next(INJECT_##name, #name);
#include "inject_libc.def"
#undef INJECT
}
