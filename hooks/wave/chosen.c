/* SPDX-License-Identifier: MIT */
/* The names are heard from tracers that are opened for nothing else, and dump nothing. Only then is it known
 * how a name is written that the user knows, and whether there is one: where dumpvars() is told one that is
 * not there, the file has no signals. */
#include "wave/chosen.h"
#include "wave/declared.h"

#include <limits.h>

static struct {
    const struct hooks_wave_choice *choice; /* NULL: all is dumped */
    bool looked;
} chosen;

void chosen_begin(const struct hooks_wave_choice *choice)
{
    chosen.choice = choice;
    chosen.looked = false;
}

bool chosen_waits(void)
{
    return chosen.choice != NULL && !chosen.looked;
}

void chosen_give_up(const char *why)
{
    chosen.choice->cannot(why);
    chosen.choice = NULL;
}

void chosen_look(const struct tracer *tracer, void (*make)(void), const char *path)
{
    struct hooks_why why = {""};
    chosen.looked = true;
    if (declared_prepare(tracer, &why) != 0) {
        chosen_give_up(why.text);
        return;
    }
    chosen.choice->begin();
    do {
        make();
        declared_choose(tracer, 1, "\x01"); /* nobody's name */
        declared_hear(tracer, chosen.choice->see);
        tracer_call(tracer, VERILATOR_TRACER_OPEN, (uintptr_t)path, 0);
        declared_end();
        tracer_call(tracer, VERILATOR_TRACER_CLOSE, 0, 0);
    } while (chosen.choice->again());
}

static void choose(const struct tracer *tracer)
{
    struct hooks_wave_scope scope;
    struct hooks_why why = {""};
    if (chosen_waits())
        chosen_give_up("it begins in the model's first eval, in which its parts are made");
    if (chosen.choice == NULL || !chosen.choice->chosen(0, &scope))
        return;
    if (declared_prepare(tracer, &why) != 0) {
        chosen_give_up(why.text);
        return;
    }
    declared_choose(tracer, 0, ""); /* what the testbench has chosen */
    for (size_t i = 0; chosen.choice->chosen(i, &scope); i++)
        declared_choose(tracer, scope.levels != 0 ? scope.levels : INT_MAX, scope.name);
    tracer_forget_handles(tracer);
    declared_make_room(tracer);
}

void chosen_open(const struct tracer *tracer, const char *path)
{
    choose(tracer);
    tracer_call(tracer, VERILATOR_TRACER_OPEN, (uintptr_t)path, 0);
    declared_end();
}
