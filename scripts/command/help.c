/* SPDX-License-Identifier: MIT */
/* Help, from the tables of commands and options. */
#include <stdio.h>

#include "arguments.h"
#include "commands.h"

#define OPTION_COLUMNS 22

static void print_option(const char *name, const char *help)
{
    printf("  %-*s %s\n", OPTION_COLUMNS, name, help);
}

static void print_row(const struct options_row *row)
{
    char name[ARGUMENTS_NAME_SIZE], with_value[ARGUMENTS_NAME_SIZE + 8];

    arguments_name(row, name);
    snprintf(with_value, sizeof with_value, "%s VALUE", name);
    print_option(with_value, row->help);
    printf("  %-*s %s%s%s\n", OPTION_COLUMNS, "", row->accepted, *row->initial != '\0' ? "; default " : "",
           row->initial);
}

static void print_flags(const struct flag *flags)
{
    char name[ARGUMENTS_NAME_SIZE];

    printf("\nOptions:\n");
    for (; flags->name != NULL; flags++) {
        snprintf(name, sizeof name, "%s%s%s", flags->name, flags->value != NULL ? " " : "",
                 flags->value != NULL ? flags->value : "");
        print_option(name, flags->help);
    }
    print_option("--help", "this text");
}

void help_one(const struct command *command)
{
    printf("usage: lightsss %s\n\n%s", command->usage, command->text);
    if (command->flags != NULL)
        print_flags(command->flags);
    if (!command->has_options)
        return;
    printf("\nOptions; those of the library are also variables of the environment (--interval is\n"
           "LIGHTSSS_INTERVAL, --enabled is LIGHTSSS), and the option counts:\n");
    if (command->can_rehearse) {
        print_option("--rehearse", "run it a little way, take a snapshot and wake it");
        print_option("--scopes", "the same, and print the names for LIGHTSSS_SCOPE");
        print_option("--patience VALUE", "how long to wait for it");
        print_option("", "a time such as 90s or 5m; default 60s");
    }
    for (size_t i = 0; i < options_row_count; i++)
        print_row(&options_rows[i]);
    print_option("--help", "this text");
}

void help_all(const struct command *commands, size_t count)
{
    printf("usage: lightsss COMMAND ...\n\n"
           "Snapshots of a Verilator simulator, and the waveform of its failure.\n\n");
    for (size_t i = 0; i < count; i++)
        printf("  lightsss %s\n      %s\n", commands[i].usage, commands[i].line);
    printf("  lightsss --version\n  lightsss --help\n");
}
