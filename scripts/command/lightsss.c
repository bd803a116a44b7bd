/* SPDX-License-Identifier: MIT */
/* The command `lightsss`: a table of commands, and the search in it. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "options/parse.h"
#include "say.h"

static int help_command(const struct command *command, char **words);

static const struct command commands[] = {
    {
        .name = "run",
        .usage = "run [OPTION...] [--] PROGRAM [ARGUMENT...]",
        .line = "Run a simulator; should it fail, its waveform is there.",
        .text =
            "Runs PROGRAM with the library preloaded. The process becomes the program: process id, signals\n"
            "and exit status are the program's own. 126: it cannot be executed; 127: it is not there;\n"
            "125: the library cannot be preloaded.\n",
        .has_options = true,
        .run = run_command,
    },
    {
        .name = "doctor",
        .usage = "doctor [--rehearse | --scopes] [--patience TIME] [OPTION...] [--] PROGRAM [ARGUMENT...]",
        .line = "Say what will be hooked in a simulator, and what will not work and why.",
        .text =
            "Starts PROGRAM, lets the library look at it, and ends it before its main function begins\n"
            "(constructors of its libraries may have run). Exit status 0: a failure would leave a waveform;\n"
            "1: it would not.\n\n"
            "With --rehearse PROGRAM then runs with its arguments until some evals have passed, for a "
            "minute\n"
            "at most. A snapshot is taken and woken, dumps two evals, and all is discarded. Then the "
            "program\n"
            "and what it started are killed; whatever it has done up to there is done.\n\n"
            "With --scopes it does the same, and prints the hierarchy of names that LIGHTSSS_SCOPE can "
            "choose "
            "from,\n"
            "one a line.\n",
        .has_options = true,
        .can_rehearse = true,
        .run = doctor_command,
    },
    {
        .name = "wave",
        .usage = "wave PID",
        .line = "Ask a simulator that is running for a waveform up to now.",
        .text = "The oldest snapshot of process PID replays up to the present eval, while the simulator goes "
                "on.\n"
                "Where the waveform is the simulator says on its stderr. SIGUSR1 does the same, unless the "
                "simulator\n"
                "uses that signal itself. Exit status 1: it cannot be asked.\n",
        .run = wave_command,
    },
    {
        .name = "view",
        .usage = "view [--viewer PROGRAM] [--print] [--] [RUN]",
        .line = "Show the waveform of a failure in GTKWave or Surfer.",
        .text =
            "RUN is a run directory, the name of one in LIGHTSSS_DIR or the id of its process, or a\n"
            "waveform. Without it, and where it is a directory of runs, the newest is shown: the last\n"
            "evals, a marker on the failing one, the clock and the signals of the top level. The process\n"
            "becomes the viewer. Without a display (DISPLAY, WAYLAND_DISPLAY) the command is printed.\n\n"
            "Exit status 1: there is nothing to show; 126 and 127: the viewer cannot be started.\n",
        .flags = view_flags,
        .run = view_command,
    },
    {
        .name = "report",
        .usage = "report [--json] [--html FILE] [DIR...] | report [RUN] --signals NAMES [--radix RADIX]",
        .line = "List failed runs, or print the last values of signals.",
        .text =
            "A table of all failed runs below each DIR (default: LIGHTSSS_DIR or lightsss), the newest "
            "last.\n"
            "For --signals RUN is a run directory, a folder of which it is the newest run, or a waveform;\n"
            "NAMES have commas between. The part in front (TOP) may be left out, and * stands for any part\n"
            "without a dot. A value is hex (the default: 0x001f), bin (0b11111) or dec; a bit is 0 or 1.\n\n"
            "Exit status 1: something could not be read, or is not there, which is said.\n",
        .flags = report_flags,
        .run = report_command,
    },
    {
        .name = "list",
        .usage = "list [--watch] [--json]",
        .line = "Show the simulators that run with the library.",
        .text = "Of each simulator of this user (root: of all users): process id, how long it runs, how many "
                "evals\n"
                "it has begun, and how many it makes a second; and of each snapshot its age, the memory that "
                "would\n"
                "be free without it, and its eval. The figures are at most two seconds old.\n",
        .flags = list_flags,
        .run = list_command,
    },
    {
        .name = "replay",
        .usage = "replay [OPTION...] RUN",
        .line = "Replay a failure once more, from the snapshot that was kept.",
        .text =
            "RUN is a run directory, the name of one in LIGHTSSS_DIR or the id of its process, of a run "
            "with\n"
            "LIGHTSSS_PARK. A copy of the kept snapshot replays into RUN/replay-2, replay-3 and so on; what\n"
            "is not given here is as it was in the run. Exit status 0: the replay has reproduced the end;\n"
            "1: it has not, or there is none. Ctrl-C ends the replay, with the waveform up to there.\n\n"
            "With --all each snapshot that was kept replays up to the next one, several at once, into\n"
            "wave-1.vcd, wave-2.vcd and so on of one directory.\n",
        .flags = replay_flags,
        .run = replay_command,
    },
    {
        .name = "gdb",
        .usage = "gdb [--before EVALS | --at EVAL] [--exec CMD] RUN [-- ARGUMENT...]",
        .line = "Stand before a failure with a debugger, from the snapshot that was kept.",
        .text =
            "RUN is as for lightsss replay. A copy of the kept snapshot replays, without a waveform, to "
            "some\n"
            "evals before the end, and stands at the entry of an eval; gdb takes over there, with "
            "ARGUMENTs.\n"
            "In gdb `lightsss back N` and `lightsss at EVAL` replace the process by one that stands N evals\n"
            "earlier, or at EVAL; breakpoints stay. `lightsss wave FILE` writes the waveform up to there.\n"
            "The copy ends when gdb ends or detaches. Exit status: the debugger's; 1: there is no such "
            "copy;\n"
            "127: there is no gdb.\n",
        .flags = gdb_flags,
        .run = gdb_command,
    },
    {
        .name = "drop",
        .usage = "drop [RUN...]",
        .line = "Let go of kept snapshots.",
        .text = "Ends the kept snapshot of each RUN (see lightsss replay); without one those of all runs of "
                "this\n"
                "user. Replays that are under way go on. Exit status 1: there was none.\n",
        .run = drop_command,
    },
    {
        .name = "clean",
        .usage = "clean [--older AGE] [--keep N] [--dry-run] [--yes] [DIR...]",
        .line = "Remove run directories.",
        .text = "Removes the run directories below each DIR (default: $LIGHTSSS_DIR, or lightsss), and says "
                "which,\n"
                "and how much room they took. Without --older and --keep these are all: then it asks before, "
                "and\n"
                "without a terminal it wants --yes. What was not made by the library is left alone, and so "
                "is the\n"
                "directory of a run that is still alive. Exit status 1: something could not be removed.\n",
        .flags = clean_flags,
        .run = clean_command,
    },
    {
        .name = "help",
        .usage = "help [COMMAND]",
        .line = "Say more about a command.",
        .text = "Says what `lightsss COMMAND --help` says.\n",
        .run = help_command,
    },
};

#define COMMANDS (sizeof commands / sizeof *commands)

/* NULL: there is none of that name, which has been said. */
static const struct command *find(const char *name)
{
    const char *names[COMMANDS];

    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(names[i], name) == 0)
            return &commands[i];
    }
    say("unknown command %s; did you mean %s?", name, names[parse_nearest(name, names, COMMANDS)]);
    return NULL;
}

static int help_command(const struct command *command, char **words)
{
    struct arguments arguments;

    int status = arguments_read(&arguments, command, words);
    if (status != 0)
        return status;
    if (arguments.program == NULL && !arguments.help) {
        help_all(commands, COMMANDS);
        return 0;
    }
    const struct command *asked = arguments.help ? command : find(arguments.program[0]);
    if (asked == NULL)
        return SAY_USAGE;
    help_one(asked);
    return 0;
}

static int run(char **argv)
{
    if (argv[0] == NULL || argv[1] == NULL) {
        say("no command; try lightsss --help");
        return SAY_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_all(commands, COMMANDS);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("lightsss " COMMAND_VERSION);
        return 0;
    }
    if (*argv[1] == '-') {
        say("unknown option %s; did you mean %s? Options of the library stand behind a command", argv[1],
            parse_distance(argv[1], "--version") < parse_distance(argv[1], "--help") ? "--version"
                                                                                     : "--help");
        return SAY_USAGE;
    }
    const struct command *command = find(argv[1]);
    return command != NULL ? command->run(command, argv + 2) : SAY_USAGE;
}

/* What a command prints may be all that somebody wants of it: a disk that is full, or a reader that has gone,
 * is said. */
int main(int argc, char **argv)
{
    (void)argc;
    const int status = run(argv);
    return say_end(status);
}
