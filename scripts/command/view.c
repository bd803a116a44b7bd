/* SPDX-License-Identifier: MIT */
/* `lightsss view`: the viewer, at the failure. This process becomes the viewer, or prints its command. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "commands.h"
#include "flags.h"
#include "save_file.h"
#include "say.h"
#include "search_path.h"
#include "view_target.h"

#define COMMANDS  "wave.sucl"
#define WORDS_MAX 5

enum { VIEWER, PRINT };

const struct flag view_flags[] = {
    [VIEWER] = {"--viewer", "PROGRAM", "the name or the path of one; default gtkwave, or surfer"},
    [PRINT] = {"--print", NULL, "print the command, and start nothing"},
    {NULL, NULL, NULL},
};

/* --- the viewer --- */

/* NULL: none is installed. */
static const char *usual_viewer(void)
{
    static const char *const names[] = {"gtkwave", "surfer"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (search_path_has(names[i]))
            return names[i];
    return NULL;
}

static bool is_called(const char *viewer, const char *name)
{
    const char *base = strrchr(viewer, '/');

    return strncmp(base != NULL ? base + 1 : viewer, name, strlen(name)) == 0;
}

/* Beside the save file, once: what the user makes of it stays. Where it cannot be, Surfer shows the waveform
 * without it. */
static bool make_commands(const struct view_target *target, char path[PATH_MAX])
{
    size_t length = strlen(target->save) - strlen("wave.gtkw");

    if ((unsigned)snprintf(path, PATH_MAX, "%.*s" COMMANDS, (int)length, target->save) >= PATH_MAX)
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return true;
    FILE *commands = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool is_made = commands != NULL && save_file_to_surfer(target->save, commands);
    int error = errno;
    if (commands != NULL && fclose(commands) != 0 && is_made) {
        is_made = false;
        error = errno;
    }
    if (!is_made)
        say("cannot write %s (%s): Surfer shows the whole waveform, and no signals", path, strerror(error));
    if (!is_made && fd >= 0)
        unlink(path);
    return is_made;
}

static void choose_words(const char *words[WORDS_MAX], const char *viewer, struct view_target *target)
{
    static char commands[PATH_MAX];
    size_t count = 0;

    words[count++] = viewer;
    if (is_called(viewer, "surfer") && target->save[0] != '\0' && make_commands(target, commands)) {
        words[count++] = "--command-file";
        words[count++] = commands;
    }
    words[count++] = target->wave;
    if (is_called(viewer, "gtkwave") && target->save[0] != '\0')
        words[count++] = target->save;
    words[count] = NULL;
}

/* --- what is done --- */

/* The form of bash, zsh and ksh for what a terminal would obey: each byte of such a character as a number. */
static void print_escaped(const char *word)
{
    uint32_t number;

    fputs("$'", stdout);
    for (size_t length; *word != '\0'; word += length) {
        length = text_character(word, strlen(word), &number);
        bool is_plain = length > 0 && !text_is_control(number) && strchr("'\\", *word) == NULL;
        length += length == 0;
        if (is_plain)
            fwrite(word, length, 1, stdout);
        else
            for (size_t i = 0; i < length; i++)
                printf("\\%03o", (unsigned char)word[i]);
    }
    putchar('\'');
}

static bool has_controls(const char *word)
{
    char *copy = strdup(word);

    if (copy == NULL)
        return true;
    text_hide_controls(copy, strlen(copy));
    bool is_changed = strcmp(copy, word) != 0;
    free(copy);
    return is_changed;
}

/* As a shell reads it. */
static void print_word(const char *word)
{
    if (has_controls(word)) {
        print_escaped(word);
        return;
    }
    if (*word != '\0' && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                           "%+,-./:=@_")] == '\0') {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*word);
    putchar('\'');
}

static void print_words(const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (i > 0)
            putchar(' ');
        print_word(words[i]);
    }
    putchar('\n');
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0';
}

/* Another viewer may be one for a terminal. */
static bool wants_display(const char *viewer)
{
    return is_called(viewer, "gtkwave") || is_called(viewer, "surfer");
}

static int show(bool is_printed, const char *viewer, struct view_target *target)
{
    const char *words[WORDS_MAX + 1];
    const bool has_display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || !wants_display(viewer);

    choose_words(words, viewer, target);
    if (!has_display && !is_printed)
        say("there is no display (DISPLAY, WAYLAND_DISPLAY); where there is one, this shows the waveform:");
    if (!has_display || is_printed) {
        print_words(words);
        return 0;
    }
    execvp(viewer, (char *const *)words);
    int error = errno;
    say("%s: %s; the waveform is %s", viewer, strerror(error), target->wave);
    return error == ENOENT ? SAY_NOT_FOUND : SAY_NOT_EXECUTABLE;
}

/* The first word is the run, and the only one. */
static int check_words(const struct command *command, char **words, const char *viewer)
{
    if (viewer != NULL && *viewer == '\0') {
        say("%s needs a value: %s", view_flags[VIEWER].name, view_flags[VIEWER].help);
        return SAY_USAGE;
    }
    if (words[0] != NULL && words[1] != NULL) {
        say("name one run; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    return 0;
}

int view_command(const struct command *command, char **words)
{
    static struct view_target target;
    const char *given[FLAGS_MAX];
    int status = flags_read(command, words, given);

    if (status == 0)
        status = check_words(command, words, given[VIEWER]);
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    if (!view_target_find(&target, words[0]))
        return SAY_FAILED;
    const char *viewer = given[VIEWER] != NULL ? given[VIEWER] : usual_viewer();
    if (viewer == NULL) {
        say("neither gtkwave nor surfer is installed; install one (Debian: gtkwave) or name another with "
            "--viewer; the waveform is %s",
            target.wave);
        return SAY_NOT_FOUND;
    }
    return show(given[PRINT] != NULL, viewer, &target);
}
