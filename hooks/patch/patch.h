/* SPDX-License-Identifier: MIT */
/* Redirects the entry of a function. The first instructions (the head) move to a stub in memory
 * nearby and a jump takes their place. Four kinds of stub: one counts down and leaves the function
 * alone until the count reaches zero; one tells a callback each time and then goes on; one calls
 * another function in its place; one does so for a method, unless a shortcut past it will do. */
#ifndef LIGHTSSS_HOOKS_PATCH_PATCH_H
#define LIGHTSSS_HOOKS_PATCH_PATCH_H

#include "hooks.h"

/* For functions that a stub calls in another one's place. A compiler that sees both ends of a call leaves the
 * stack unaligned where the callee does not mind (GCC's -fipa-stack-alignment): ours do. */
#if __has_attribute(force_align_arg_pointer)
#define PATCH_HANDLER __attribute__((force_align_arg_pointer))
#else
#define PATCH_HANDLER
#endif

struct patch_target {
    const char *name; /* for messages; must outlive the patch */
    uintptr_t address;
    size_t size; /* bytes, as the function's symbol says */
    size_t room; /* bytes from the address to the next symbol inside the function; SIZE_MAX: none */
};

struct patch {
    struct patch_target target;
    uintptr_t head;                 /* first byte that is replaced: behind an endbr64, which stays */
    size_t head_size;               /* whole instructions, in bytes */
    uintptr_t low, high;            /* every address that the stub must reach lies between these two */
    uintptr_t stub;                 /* 0: none was made */
    volatile uint64_t *countdown;   /* of patch_count(): due when a decrement makes it zero or less. In a page
                                       that is shared with copies of the process */
    volatile uint64_t *shut;        /* of patch_method() with a shortcut: not 0, the shortcut is taken */
    void (*original)(void *object); /* the function as it was: the head in the stub, then the rest */
};

/* The integer arguments that the function was called with, and what patch_notify() was given. */
struct patch_arguments {
    uintptr_t integer[6];
    void *context;
};

/* Can this function be patched? Looks only. -ENOTSUP and the reason when it cannot. */
int patch_check(struct patch *patch, const struct patch_target *target, struct hooks_why *why);

/* The same of a function that is known to be nothing but instructions: quicker. */
int patch_check_sound(struct patch *patch, const struct patch_target *target, struct hooks_why *why);

/* Installs a countdown in front of a checked function that takes one pointer. From the call on at which
 * *countdown reaches zero, due(object, context) is called in the function's place, as if the caller had
 * called it, until the countdown is set anew (at most to INT64_MAX): it is expected to run
 * patch->original(object). Several threads may call the function: a decrement may get lost, even one that is
 * written over a countdown set at that moment, but then due() is called again. The countdown starts at
 * `start`; it is the word `shared` of a mapping that is shared, of whose page the stub gets a second view
 * nearby; NULL: a page of its own. Must be called while no other thread can be at the function's entry.
 * -ENOMEM, -EPERM. */
int patch_count(struct patch *patch, volatile uint64_t *shared, uint64_t start,
                void (*due)(void *object, void *context), void *context, struct hooks_why *why);

/* Calls tell() whenever the checked function is entered; its arguments are kept (of vector registers
 * the lower 128 bits). Conditions and errors as above. */
int patch_notify(struct patch *patch, void (*tell)(const struct patch_arguments *arguments), void *context,
                 struct hooks_why *why);

/* Has handler(object, argument, context) called in place of a checked function that takes a pointer and at
 * most one more integer or pointer, as if its caller had called it. The function itself can be called as
 * patch->original. Conditions and errors as above.
 * shortcut: a way past the handler that costs no call, for a method that is called with a number that grows,
 * such as the time: while *patch->shut is not 0 (which it is at first), a number greater than the 64-bit word
 * at this offset of the object is stored there and the method returns. 0: none. */
int patch_method(struct patch *patch, int32_t shortcut,
                 uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                 struct hooks_why *why);

/* Makes stubs through which handlers[i] will be called in the place of patches[i], a checked function, with
 * its arguments and its return address; the handler may call patches[i].original. All functions lie within 1
 * GiB. Changes no code yet. -ENOMEM, -EPERM. */
int patch_replace(struct patch *patches, void *const *handlers, size_t count, struct hooks_why *why);

/* The call that returns to this address, if it can reach the stub of patch_count() at once, past the jump at
 * the function's entry: a direct call of it. 0: it is not so. */
uintptr_t patch_call(const struct patch *patch, uintptr_t return_address);

/* Lets that call do so. All other threads are stopped, wherever they were. Returns 0 or -errno: nothing is
 * changed then. */
int patch_redirect(const struct patch *patch, uintptr_t call);

/* Has a call that was changed so come by the function's entry again. Conditions and errors as above. */
int patch_call_by_entry(const struct patch *patch, uintptr_t call);

#define PATCH_AT_ONCE 256u

/* Writes the heads of functions that patch_replace() made stubs for: from now on they are replaced. Other
 * threads must not be between the instructions of a head (patch_covers()). Raw system calls only: other
 * threads may have been stopped anywhere. Returns 0 or -errno; -E2BIG: they are more than PATCH_AT_ONCE. */
int patch_commit(const struct patch *patches, size_t count);

/* Would a thread that goes on at this address run into the middle of what patch_commit() writes? */
bool patch_covers(const struct patch *patch, uintptr_t program_counter);

#endif
