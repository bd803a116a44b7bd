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

#include "commands.h"
#include "options/parse.h"
#include "save_file.h"
#include "say.h"
#include "view_target.h"

#define VIEWER    "--viewer"
#define PRINT     "--print"
#define COMMANDS  "wave.sucl"
#define WORDS_MAX 5

struct viewing {
    const char *run;    /* NULL: the newest */
    const char *viewer; /* NULL: the first that is installed */
    bool print;
};

/* --- words --- */

static int refuse_option(const char *word)
{
    static const char *const names[] = {VIEWER, PRINT, "--help"};

    say("unknown option %.*s; did you mean %s?", (int)strcspn(word, "="), word,
        names[parse_nearest(word, names, sizeof names / sizeof *names)]);
    return SAY_USAGE;
}

/* Steps over its value, where that is a word of its own. */
static int read_option(struct viewing *viewing, char ***words)
{
    const char *word = **words;

    if (strcmp(word, PRINT) == 0) {
        viewing->print = true;
        return 0;
    }
    if (strncmp(word, VIEWER, strlen(VIEWER)) != 0 || strchr("=", word[strlen(VIEWER)]) == NULL)
        return refuse_option(word);
    viewing->viewer = word[strlen(VIEWER)] == '=' ? word + strlen(VIEWER "=") : *++*words;
    if (viewing->viewer != NULL && *viewing->viewer != '\0')
        return 0;
    say("--viewer needs a value: give the name or the path of a program, such as gtkwave or surfer");
    return SAY_USAGE;
}

static int read_words(struct viewing *viewing, const struct command *command, char **words)
{
    bool is_behind = false; /* of `--` */

    for (; *words != NULL; words++) {
        int status = 0;

        if (!is_behind && strcmp(*words, "--") == 0)
            is_behind = true;
        else if (!is_behind && **words == '-' && (*words)[1] != '\0')
            status = read_option(viewing, &words);
        else if (viewing->run == NULL)
            viewing->run = *words;
        else {
            say("name one run; usage: lightsss %s", command->usage);
            status = SAY_USAGE;
        }
        if (status != 0)
            return status;
    }
    return 0;
}

/* --- the viewer --- */

static bool is_in_path(const char *name)
{
    char path[PATH_MAX];
    const char *search = getenv("PATH");

    while (search != NULL && *search != '\0') {
        size_t length = strcspn(search, ":");
        const char *directory = length > 0 ? search : ".";
        snprintf(path, sizeof path, "%.*s/%s", length > 0 ? (int)length : 1, directory, name);
        if (access(path, X_OK) == 0)
            return true;
        search += length;
        search += *search == ':';
    }
    return false;
}

/* NULL: none is installed. */
static const char *usual_viewer(void)
{
    static const char *const names[] = {"gtkwave", "surfer"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_in_path(names[i]))
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

/* As a shell reads it. */
static void print_word(const char *word)
{
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

static int show(const struct viewing *viewing, const char *viewer, struct view_target *target)
{
    const char *words[WORDS_MAX + 1];
    const bool has_display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || !wants_display(viewer);

    choose_words(words, viewer, target);
    if (!has_display && !viewing->print)
        say("there is no display (DISPLAY, WAYLAND_DISPLAY); where there is one, this shows the waveform:");
    if (!has_display || viewing->print) {
        print_words(words);
        return 0;
    }
    execvp(viewer, (char *const *)words);
    int error = errno;
    say("%s: %s; the waveform is %s", viewer, strerror(error), target->wave);
    return error == ENOENT ? SAY_NOT_FOUND : SAY_NOT_EXECUTABLE;
}

int view_command(const struct command *command, char **words)
{
    struct viewing viewing = {.run = NULL};
    static struct view_target target;

    if (words[0] != NULL && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)) {
        help_one(command);
        return 0;
    }
    int status = read_words(&viewing, command, words);
    if (status != 0)
        return status;
    if (!view_target_find(&target, viewing.run))
        return SAY_FAILED;
    const char *viewer = viewing.viewer != NULL ? viewing.viewer : usual_viewer();
    if (viewer == NULL) {
        say("neither gtkwave nor surfer is installed; install one (Debian: gtkwave) or name another with "
            "--viewer; the waveform is %s",
            target.wave);
        return SAY_NOT_FOUND;
    }
    return show(&viewing, viewer, &target);
}
