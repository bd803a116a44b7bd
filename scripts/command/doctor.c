/* SPDX-License-Identifier: MIT */
/* `lightsss doctor`: starts the program twice at the most, for a look and for a rehearsal. What the library
 * wrote down each time is turned into rows, notes and problems by diagnosis.c. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "attach/doctor_file.h"
#include "commands.h"
#include "diagnosis.h"
#include "launch.h"
#include "library.h"
#include "say.h"
#include "scopes.h"

#define PATIENCE_NS UINT64_C(60000000000) /* a look takes no time, unless constructors of the program do */

static struct diagnosis diagnosis;
static char place[PATH_MAX]; /* temporary */
static uint64_t patience_ns = PATIENCE_NS;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

static int make_place(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(place, sizeof place, "%s/lightsss-doctor.XXXXXX",
             parent != NULL && *parent == '/' ? parent : "/tmp");
    if (mkdtemp(place) != NULL)
        return 0;
    say("cannot make a temporary directory %s (%s); set TMPDIR", place, strerror(errno));
    return SAY_BROKEN;
}

static void remove_place(void)
{
    nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void set(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void set(const char *name, const char *format, ...)
{
    char value[2 * PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (setenv(name, value, 1) != 0)
        say("out of memory");
}

/* Starts the program with the request in the environment; a directory of its own under the temporary one. */
static enum launch_end start(const char *request, const char *name, char **words, struct launch *launch)
{
    static char directory[PATH_MAX + 32];

    snprintf(directory, sizeof directory, "%s/%s", place, name);
    mkdir(directory, 0700);
    set(DOCTOR_VARIABLE, "%s%s", request, directory);
    launch->path = diagnosis.program.path;
    launch->words = words;
    launch->directory = directory;
    launch->patience_ns = patience_ns;
    enum launch_end end = launch_run(launch);
    if (end != LAUNCH_UNWANTED)
        return end;
    remove_place();
    signal(launch->status, SIG_DFL);
    raise(launch->status);
    _exit(128 + launch->status);
}

static void look(char **words)
{
    struct launch launch = {.rehearse = false};

    diagnosis_look(&diagnosis, &launch, start(DOCTOR_LOOK, "look", words, &launch));
}

static void rehearse(const struct arguments *arguments)
{
    const char *request = arguments->scopes ? DOCTOR_SCOPES : DOCTOR_REHEARSE;
    struct launch launch = {.rehearse = true};

    set("LIGHTSSS_DIR", "%s/run", place);
    snprintf(diagnosis.wave_directory, sizeof diagnosis.wave_directory, "%s/run", place);
    diagnosis_rehearsal(&diagnosis, &launch, start(request, "rehearsal", arguments->program, &launch));
}

/* The names alone, where that is what was asked for; else all that was found. */
static int print(const struct arguments *arguments)
{
    bool has_names = arguments->scopes && scopes_read(diagnosis.wave_directory);

    remove_place();
    if (!has_names)
        return diagnosis_print(&diagnosis);
    scopes_print();
    return 0;
}

static int examine(const struct arguments *arguments)
{
    char library[PATH_MAX];

    int status = library_find(library);
    if (status == 0)
        status = library_preload(library);
    if (status == 0)
        status = make_place();
    if (status != 0)
        return status;
    diagnosis.library = library;
    /* The doctor says itself what these two say, and wants to hear everything. */
    set("LIGHTSSS", "1");
    set("LIGHTSSS_LOG", "info");
    if (diagnosis.program.kind == PROGRAM_OPEN)
        look(arguments->program);
    if (arguments->rehearse && diagnosis_can_rehearse(&diagnosis))
        rehearse(arguments);
    return print(arguments);
}

int doctor_command(const struct command *command, char **words)
{
    struct arguments arguments;

    int status = arguments_read(&arguments, command, words);
    if (status != 0)
        return status;
    if (arguments.help) {
        help_one(command);
        return 0;
    }
    if (arguments.program == NULL) {
        say("no program to look at; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    if (arguments.patience_ns != 0)
        patience_ns = arguments.patience_ns;
    diagnosis_begin(&diagnosis, arguments.program[0], arguments.rehearse);
    if (diagnosis.program.why[0] != '\0')
        return diagnosis_print(&diagnosis);
    return examine(&arguments);
}
