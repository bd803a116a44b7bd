/* SPDX-License-Identifier: MIT */
/* What patch_<processor>.c gives to patch.c beside patch_check(), which sets head, head_size, low and high:
 * the instructions. */
#ifndef LIGHTSSS_HOOKS_PATCH_PATCH_PROCESSOR_H
#define LIGHTSSS_HOOKS_PATCH_PATCH_PROCESSOR_H

#include "patch/patch.h"

#define PATCH_HEAD_SIZE 32  /* no head is longer, in bytes */
#define PATCH_STUB_SIZE 128 /* nor a stub of patch_replace(), constants included */

/* Memory of one stub: code is writable while it is being made and executable afterwards, data is
 * writable always; never both. */
struct patch_memory {
    uint8_t *code;
    uint64_t *data; /* NULL: none is wanted */
    size_t code_size, size;
};

/* Write the stub of a checked function into memory->code, and set patch->original. */
void patch_cpu_count(struct patch *patch, const struct patch_memory *memory,
                     void (*due)(void *object, void *context), void *context);
void patch_cpu_notify(struct patch *patch, const struct patch_memory *memory,
                      void (*tell)(const struct patch_arguments *arguments), void *context);

void patch_cpu_replace(struct patch *patch, const struct patch_memory *memory, void *handler);
void patch_cpu_method(struct patch *patch, const struct patch_memory *memory, int32_t shortcut,
                      uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context);

/* The direct call of the patched function that returns to this address, from where its stub can be called; 0:
 * there is none. The bytes before the return address are readable. */
uintptr_t patch_cpu_call(const struct patch *patch, uintptr_t return_address);

/* The same call of the stub: so many bytes. */
size_t patch_cpu_redirect(uintptr_t target, uintptr_t call, uint8_t bytes[PATCH_HEAD_SIZE]);

/* The bytes that replace the head; as many as head_size. */
void patch_cpu_jump(const struct patch *patch, uint8_t *bytes);

#endif
