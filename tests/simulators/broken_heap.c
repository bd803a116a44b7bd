/* SPDX-License-Identifier: MIT */
/* Preloaded: a simulator that would kill() itself writes beyond a block instead, into what malloc() keeps
 * there. malloc() finds it, and aborts with its lock held. */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SIZE   0x10000
#define BLOCKS 64 /* behind the last of so many there is nothing that was free before */

int kill(pid_t pid, int signal)
{
    volatile size_t size = SIZE;
    char *volatile block = NULL;

    (void)pid;
    (void)signal;
    for (int i = 0; i < BLOCKS; i++)
        block = malloc(size);
    memset(block + malloc_usable_size(block), 0xff, sizeof size);
    block = malloc(size + 1);
    return block == NULL;
}
