/* SPDX-License-Identifier: MIT */
/* Versions on x86-64 of what moved.h is about: of its first libc, and of the one that added thread
 * cancellation as it is now, dladdr1() and dlinfo(). */
#ifndef LIGHTSSS_HOOKS_FLOOR_MOVED_X86_64_H
#define LIGHTSSS_HOOKS_FLOOR_MOVED_X86_64_H

#define MOVED_FIRST "GLIBC_2.2.5"
#define MOVED_LATER "GLIBC_2.3.3"

#endif
