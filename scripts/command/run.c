/* SPDX-License-Identifier: MIT */
/* `lightsss run`: the variables, the library, and then this process is the simulator. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "library.h"
#include "program.h"
#include "say.h"

/* The library cannot say that it did not get in. */
static void warn(const char *name)
{
    static struct program program;
    struct options options;

    options_read(&options, environ, NULL);
    program_look(&program, name);
    if (options.enabled && options.log_level != LOG_QUIET && program.kind == PROGRAM_CLOSED)
        say("%s; running without snapshots", program.why);
}

int run_command(const struct command *command, char **words)
{
    struct arguments arguments;
    char library[PATH_MAX];

    int status = arguments_read(&arguments, command, words);
    if (status != 0)
        return status;
    if (arguments.help) {
        help_one(command);
        return 0;
    }
    if (arguments.program == NULL) {
        say("no program to run; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    if ((status = library_find(library)) != 0 || (status = library_preload(library)) != 0)
        return status;
    warn(arguments.program[0]);
    execvp(arguments.program[0], arguments.program);
    int error = errno;
    say("%s: %s", arguments.program[0], strerror(error));
    return error == ENOENT ? SAY_NOT_FOUND : SAY_NOT_EXECUTABLE;
}
