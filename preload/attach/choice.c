/* SPDX-License-Identifier: MIT */
/* The choice among objects: see choice.h. */
#include "attach/choice.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void choice_begin(struct choice *choice)
{
    choice->first = NULL;
    choice->refused[0] = '\0';
}

void choice_take(struct choice *choice, const char *name, int found, const struct hooks_why *why)
{
    char *reason = found == -ENOENT ? choice->expected : choice->refused;

    if (found == 0 && choice->first == NULL)
        choice->first = name;
    else if (found < 0 && found != -EALREADY && reason[0] == '\0')
        memcpy(reason, why->text, sizeof why->text);
}

static void append_no_tracer(struct text *words, const struct hooks_found *found, const char *name)
{
    if (found->newer)
        text_format(words,
                    "%s is of Verilator %s, which is newer than this library, and has no tracer that it "
                    "knows; snapshots run without a waveform",
                    name, found->verilator);
    else
        text_format(words, "%s was built %s; running without snapshots", name,
                    found->saif ? "for SAIF, which counts toggles and is no waveform; verilate it with "
                                  "--trace-vcd or --trace-fst"
                    : found->tracer_removed
                        ? "with a tracer, but -flto or --gc-sections left too little of it, so that no "
                          "waveform can be made; build it without them"
                        : "without a tracer, so that no waveform can be made; verilate it with --trace or "
                          "--trace-fst");
}

bool choice_has_tracer(struct choice *choice, const struct hooks_found *found, bool is_wanted,
                       const char *program, struct text *words)
{
    bool is_program = choice->first[0] == '\0';

    if (found->format != HOOKS_FORMAT_NONE || !is_wanted)
        return true;
    if (is_program || found->newer)
        append_no_tracer(words, found, is_program ? program : choice->first);
    else if (choice->expected[0] == '\0') {
        struct text expected = text_in(choice->expected, sizeof choice->expected);
        text_format(&expected, "%.150s was built without a tracer: verilate it with --trace", choice->first);
    }
    return found->newer;
}
