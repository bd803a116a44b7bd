/* SPDX-License-Identifier: MIT */
/* The commands of `lightsss`, one row each: the table in lightsss.c is what help, completion and the nearest
 * name of a mistyped one go by. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_COMMANDS_H
#define LIGHTSSS_SCRIPTS_COMMAND_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/* An option of a command of its own (flags.h). The last row of a table has no name. */
struct flag {
    const char *name;  /* "--older" */
    const char *value; /* what it is called in help; NULL: it has none */
    const char *help;  /* one line */
};

struct command {
    const char *name;
    const char *usage;        /* what follows "lightsss " */
    const char *line;         /* what it does, in one line */
    const char *text;         /* what --help says between the usage and the options */
    bool has_options;         /* those of the library */
    bool can_rehearse;        /* --rehearse */
    const struct flag *flags; /* of its own; NULL: none */
    int (*run)(const struct command *command,
               char **words); /* words after its name; returns the exit status */
};

int run_command(const struct command *command, char **words);
int doctor_command(const struct command *command, char **words);
int view_command(const struct command *command, char **words);
int wave_command(const struct command *command, char **words);
int report_command(const struct command *command, char **words);
int list_command(const struct command *command, char **words);
int clean_command(const struct command *command, char **words);
int replay_command(const struct command *command, char **words);
int gdb_command(const struct command *command, char **words);
int drop_command(const struct command *command, char **words);

extern const struct flag list_flags[], clean_flags[], report_flags[], view_flags[], replay_flags[],
    gdb_flags[];

/* `lightsss --help` and `lightsss COMMAND --help`, on stdout. */
void help_all(const struct command *commands, size_t count);
void help_one(const struct command *command);

#endif
