/* SPDX-License-Identifier: MIT */
/* Options: see arguments.h. The value may follow behind `=` or as the next word. The program's own words
 * begin behind `--` or with the first word that is no option, and nobody looks at them. */
#include "arguments.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/parse.h"
#include "say.h"

#define PREFIX    "LIGHTSSS_"
#define PATIENCE  "--patience"
#define NAMES_MAX 64

void arguments_name(const struct options_row *row, char name[ARGUMENTS_NAME_SIZE])
{
    const char *variable =
        strncmp(row->name, PREFIX, strlen(PREFIX)) == 0 ? row->name + strlen(PREFIX) : "ENABLED";
    size_t length = 2;

    memcpy(name, "--", length);
    for (; *variable != '\0' && length < ARGUMENTS_NAME_SIZE - 1; variable++)
        name[length++] = *variable == '_' ? '-' : (char)tolower((unsigned char)*variable);
    name[length] = '\0';
}

static const struct options_row *find_row(const char *word, size_t length)
{
    char name[ARGUMENTS_NAME_SIZE];

    for (size_t i = 0; i < options_row_count; i++) {
        arguments_name(&options_rows[i], name);
        if (strlen(name) == length && memcmp(name, word, length) == 0)
            return &options_rows[i];
    }
    return NULL;
}

static int refuse_unknown(const struct command *command, const char *word)
{
    static char rows[NAMES_MAX][ARGUMENTS_NAME_SIZE];
    const char *names[NAMES_MAX];
    size_t count = 0;
    char name[PARSE_NAME_MAX + 1];

    for (; command->has_options && count < options_row_count; count++) {
        arguments_name(&options_rows[count], rows[count]);
        names[count] = rows[count];
    }
    names[count++] = "--help";
    if (command->can_rehearse) {
        names[count++] = "--rehearse";
        names[count++] = "--scopes";
        names[count++] = PATIENCE;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    say("unknown option %s; did you mean %s?", name, names[parse_nearest(name, names, count)]);
    return SAY_USAGE;
}

static void say_line(const char *line)
{
    say("%s", line);
}

/* The value of the option in **words; steps over it where it is a word of its own. NULL: there is none. */
static const char *read_value(char ***words, const char *name, const char *accepted)
{
    const char *word = **words;
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : *++*words;

    if (value == NULL)
        say("%s needs a value: give %s", name, accepted);
    return value;
}

static int read_patience(struct arguments *arguments, char ***words)
{
    static const char accepted[] = "a time such as 90s or 5m";
    const char *value = read_value(words, PATIENCE, accepted);

    if (value == NULL)
        return SAY_USAGE;
    if (parse_time_ns(value, &arguments->patience_ns))
        return 0;
    say(PATIENCE "=%s is not valid: give %s", value, accepted);
    return SAY_USAGE;
}

static int read_option(struct arguments *arguments, const struct command *command, char ***words)
{
    const char *word = **words;
    size_t length = strcspn(word, "=");
    const struct options_row *row = command->has_options ? find_row(word, length) : NULL;
    char name[ARGUMENTS_NAME_SIZE];

    if (command->can_rehearse && length == strlen(PATIENCE) && memcmp(word, PATIENCE, length) == 0)
        return read_patience(arguments, words);
    if (row == NULL)
        return refuse_unknown(command, word);
    arguments_name(row, name);
    const char *value = read_value(words, name, row->accepted);
    if (value == NULL)
        return SAY_USAGE;
    if (!options_check(row, name, value, say_line))
        return SAY_USAGE;
    if (setenv(row->name, value, 1) != 0) {
        say("out of memory");
        return SAY_BROKEN;
    }
    return 0;
}

static bool read_flag(struct arguments *arguments, const char *word)
{
    bool scopes = strcmp(word, "--scopes") == 0;

    arguments->scopes = arguments->scopes || scopes;
    arguments->rehearse = arguments->rehearse || scopes || strcmp(word, "--rehearse") == 0;
    return scopes || strcmp(word, "--rehearse") == 0;
}

int arguments_read(struct arguments *arguments, const struct command *command, char **words)
{
    *arguments = (struct arguments){0};
    for (; *words != NULL && **words == '-'; words++) {
        if (strcmp(*words, "--") == 0) {
            words++;
            break;
        }
        if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0) {
            arguments->help = true;
            return 0;
        }
        if (command->can_rehearse && read_flag(arguments, *words))
            continue;
        int status = read_option(arguments, command, &words);
        if (status != 0)
            return status;
    }
    arguments->program = *words != NULL ? words : NULL;
    return 0;
}
