/* SPDX-License-Identifier: MIT */
/* The start of the command. crt1.o asks for __libc_start_main(), of which libc has a new version since 2.34:
 * it finds ours, which goes on to the old one. A libc before 2.34 then runs no constructors of the command;
 * it has none. */
#include "moved.h"

typedef int start_main(int argument_count, char **arguments, char **environment);

int libc_start_main(start_main *entry, int count, char **arguments, void (*first)(void), void (*last)(void),
                    void (*end)(void), void *stack);
__asm__(".symver libc_start_main,__libc_start_main@" MOVED_FIRST);

int __libc_start_main(start_main *entry, int count, char **arguments, void (*first)(void), void (*last)(void),
                      void (*end)(void), void *stack) __attribute__((visibility("hidden")));

int __libc_start_main(start_main *entry, int count, char **arguments, void (*first)(void), void (*last)(void),
                      void (*end)(void), void *stack)
{
    return libc_start_main(entry, count, arguments, first, last, end, stack);
}
