/* SPDX-License-Identifier: MIT */
/* Where on the stack evals are called from: is one running that nobody has announced? */
#ifndef LIGHTSSS_HOOKS_MODEL_EVAL_FRAMES_H
#define LIGHTSSS_HOOKS_MODEL_EVAL_FRAMES_H

#include "hooks.h"
#include "patch/patch.h"

/* The calling thread is at the entry of an eval that is hooked by this patch; its return address stands at
 * the top of the stack. */
void eval_frames_note(const uintptr_t *top, const struct patch *patch);

/* See hooks.h. */
void eval_frames_look(uintptr_t program_counter, uintptr_t stack_pointer, struct hooks_interrupted *found);

#endif
