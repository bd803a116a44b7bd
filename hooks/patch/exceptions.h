/* SPDX-License-Identifier: MIT */
/* C++ exceptions that pass by frames of ours: what the compiler asks libgcc for where a frame has something
 * to do then (__gcc_personality_v0, _Unwind_Resume). A copy of libgcc in our library would not fit the one
 * that throws, and its shared library is not in every process. So these two are ours, and ask the copy that
 * throws. */
#ifndef LIGHTSSS_HOOKS_PATCH_EXCEPTIONS_H
#define LIGHTSSS_HOOKS_PATCH_EXCEPTIONS_H

/* Finds libgcc's shared library. Where there is none (-static-libgcc), exceptions pass by, and nothing is
 * done. */
void exceptions_prepare(void);

#endif
