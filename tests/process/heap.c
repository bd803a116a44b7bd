/* SPDX-License-Identifier: MIT */
/* No simulator. Looks at its heap: at the start, after each library that it is told to open, after threads,
 * and when it has used it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#include "heap_facts.h"

static void *run_thread(void *unused)
{
    free(malloc(100));
    return unused;
}

int main(int argc, char **argv)
{
    const bool each = getenv("HEAP_EACH") != NULL;
    pthread_t thread;

    heap_facts_begin(argv);
    heap_facts_look("main", each);
    for (int i = 1; i < argc; i++) {
        if (dlopen(argv[i], RTLD_NOW) == NULL)
            HEAP_FACTS_SAY("not opened: %s\n", argv[i]);
        heap_facts_look("library", each);
    }
    for (int i = 0; i < 3; i++)
        if (pthread_create(&thread, NULL, run_thread, NULL) == 0)
            pthread_join(thread, NULL);
    heap_facts_look("threads", each);
    printf("output\n");
    fflush(stdout);
    heap_facts_take("end");
    heap_facts_look("end", each);
    return 0;
}
