/* SPDX-License-Identifier: MIT */
/* See exceptions.h. What a copy of libgcc knows of a frame only its own functions can read. */
#include "patch/exceptions.h"
#include "elf/scope.h"

#include <stddef.h>
#include <unwind.h>

_Unwind_Reason_Code __gcc_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                         struct _Unwind_Exception *exception,
                                         struct _Unwind_Context *context);

static __typeof__(&__gcc_personality_v0) personality;
__attribute__((visibility("hidden"))) void (*exceptions_resume)(struct _Unwind_Exception *);
static struct scope_range library;

void exceptions_prepare(void)
{
    *(void **)&personality = scope_find_anywhere("__gcc_personality_v0", &library);
    *(void **)&exceptions_resume = scope_find_anywhere("_Unwind_Resume", &library);
    if (exceptions_resume == NULL)
        personality = NULL;
}

_Unwind_Reason_Code __gcc_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                         struct _Unwind_Exception *exception, struct _Unwind_Context *context)
{
    uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    if (personality == NULL || caller < library.start || caller >= library.end)
        return _URC_CONTINUE_UNWIND;
    return personality(version, actions, kind, exception, context);
}

/* Called where such a frame has done its work. It looks at the stack from its caller on, so it is jumped to.
 */
__asm__(".pushsection .text\n"
        ".hidden _Unwind_Resume\n"
        ".globl _Unwind_Resume\n"
        ".type _Unwind_Resume, @function\n"
        "_Unwind_Resume:\n"
        "    .cfi_startproc\n"
        "    jmp *exceptions_resume(%rip)\n"
        "    .cfi_endproc\n"
        ".size _Unwind_Resume, . - _Unwind_Resume\n"
        ".popsection\n");
