/* SPDX-License-Identifier: MIT */
/* See flags.h. A value stands behind `=` or is the next word, as those of the library's options. */
#include "flags.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "options/parse.h"
#include "say.h"

static bool is_word(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* `--help` is one that each has. */
static const struct flag *flags_of(const struct command *command)
{
    static const struct flag none[] = {{NULL, NULL, NULL}};

    return command->flags != NULL ? command->flags : none;
}

static int refuse_unknown(const struct command *command, const char *word, size_t length)
{
    const char *names[FLAGS_MAX + 1] = {"--help"};
    char name[PARSE_NAME_MAX + 1];
    size_t count = 1;

    for (const struct flag *flag = flags_of(command); flag->name != NULL; flag++)
        names[count++] = flag->name;
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    say("unknown option %s; did you mean %s?", name, names[parse_nearest(name, names, count)]);
    return SAY_USAGE;
}

/* The option in **words; steps over its value where that is a word of its own. */
static int read_one(const struct command *command, char ***words, const char *values[FLAGS_MAX])
{
    char *word = **words;
    size_t length = strcspn(word, "="), place = 0;

    while (flags_of(command)[place].name != NULL && !is_word(word, length, flags_of(command)[place].name))
        place++;
    const struct flag *flag = &flags_of(command)[place];
    if (flag->name == NULL)
        return refuse_unknown(command, word, length);
    if (flag->value == NULL && word[length] == '=') {
        say("%s has no value", flag->name);
        return SAY_USAGE;
    }
    values[place] = flag->value == NULL ? "" : word[length] == '=' ? word + length + 1 : *++*words;
    if (values[place] != NULL)
        return 0;
    say("%s needs a value: %s", flag->name, flag->help);
    return SAY_USAGE;
}

int flags_read(const struct command *command, char **words, const char *values[FLAGS_MAX])
{
    char **kept = words;
    bool is_open = true;

    for (size_t i = 0; i < FLAGS_MAX; i++)
        values[i] = NULL;
    for (; *words != NULL; words++) {
        if (!is_open || **words != '-' || (*words)[1] == '\0') {
            *kept++ = *words;
        } else if (strcmp(*words, "--") == 0) {
            is_open = false;
        } else if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0) {
            help_one(command);
            return FLAGS_DONE;
        } else {
            int status = read_one(command, &words, values);
            if (status != 0)
                return status;
        }
    }
    *kept = NULL;
    return 0;
}
