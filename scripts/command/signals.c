/* SPDX-License-Identifier: MIT */
/* Last values of signals: see signals.h. The waveform is read once for the names and once for the values, in
 * pieces; only what was asked for is kept. fstapi ends the process where an FST is damaged, so it has one of
 * its own. */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "fst_scan.h"
#include "run_files.h"
#include "say.h"
#include "signal_names.h"
#include "vcd_scan.h"

#define ASKED_MAX  1024
#define CHOSEN_MAX 131072u /* a star may stand for many */
#define FILTER     4096    /* bits */
/* For an FST: of a damaged one Verilator's fstapi may make a loop without end. */
#define CPU_S          3u
#define BYTES_A_SECOND (UINT64_C(4) << 20)

struct asked {
    const char *name;
    size_t found;
    unsigned distance;
    char nearest[SCAN_NAME_SIZE];
};

/* A signal whose value is wanted. */
struct chosen {
    char *name;
    size_t asked; /* by which of the names */
    uint64_t width, code;
    enum scan_kind kind;
    const struct chosen *source; /* the first one with the same code, which has the value */
    char *value;
    size_t length, room;
    bool has_value;
};

static struct asked *asked;
static size_t asked_count;
static struct chosen *chosen;
static size_t chosen_count, chosen_room;
static struct chosen **by_code; /* in order, each code once */
static size_t code_count;
static unsigned char filter[FILTER / 8]; /* codes that are wanted, by their last bits */
static const char *trouble;

/* --- names --- */

static bool take_apart(char *names)
{
    size_t most = 1;

    for (const char *at = names; (at = strpbrk(at, SIGNALS_BETWEEN)) != NULL; at++)
        most++;
    if (most > ASKED_MAX || (asked = calloc(most, sizeof *asked)) == NULL)
        return false;
    for (char *name; (name = strsep(&names, SIGNALS_BETWEEN)) != NULL;)
        if (*name != '\0')
            asked[asked_count++] = (struct asked){.name = name, .distance = UINT_MAX};
    return true;
}

static void choose(size_t by, const struct scan_signal *signal)
{
    if (chosen_count == chosen_room) {
        size_t room = chosen_room * 2 + 64;
        struct chosen *larger = room <= CHOSEN_MAX ? reallocarray(chosen, room, sizeof *chosen) : NULL;
        if (larger == NULL) {
            trouble = "that are too many signals";
            return;
        }
        chosen = larger;
        chosen_room = room;
    }
    struct chosen *new = &chosen[chosen_count];
    *new = (struct chosen){.asked = by, .width = signal->width, .code = signal->code, .kind = signal->kind};
    new->name = strndup(signal->name, signal_names_length(signal->name));
    if (new->name == NULL)
        trouble = "out of memory";
    else
        chosen_count++;
}

static void declare(void *context, const struct scan_signal *signal)
{
    (void)context;
    for (size_t i = 0; i < asked_count; i++)
        if (signal_names_match(asked[i].name, signal)) {
            asked[i].found++;
            choose(i, signal);
        }
}

/* The second time, where something was not there: which name is the nearest? */
static void come_near(void *context, const struct scan_signal *signal)
{
    (void)context;
    for (size_t i = 0; i < asked_count; i++) {
        if (asked[i].found > 0)
            continue;
        unsigned distance = signal_names_distance(asked[i].name, signal->name);
        if (distance < asked[i].distance) {
            asked[i].distance = distance;
            snprintf(asked[i].nearest, sizeof asked[i].nearest, "%s", signal->name);
        }
    }
}

static bool is_missing(void)
{
    for (size_t i = 0; i < asked_count; i++)
        if (asked[i].found == 0)
            return true;
    return false;
}

static void say_missing(const char *path)
{
    for (size_t i = 0; i < asked_count; i++)
        if (asked[i].found == 0 && *asked[i].nearest != '\0')
            say("there is no signal %s in %s; the nearest is %s", asked[i].name, path, asked[i].nearest);
        else if (asked[i].found == 0)
            say("there is no signal %s in %s, nor any other", asked[i].name, path);
}

/* --- values --- */

static int compare_codes(const void *left, const void *right)
{
    const struct chosen *a = *(struct chosen *const *)left, *b = *(struct chosen *const *)right;

    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool index_codes(void)
{
    by_code = calloc(chosen_count + 1, sizeof(struct chosen *));
    if (by_code == NULL)
        return false;
    for (size_t i = 0; i < chosen_count; i++)
        by_code[i] = &chosen[i];
    qsort(by_code, chosen_count, sizeof(struct chosen *), compare_codes);
    for (size_t i = 0; i < chosen_count; i++) {
        struct chosen *one = by_code[i];
        if (code_count == 0 || by_code[code_count - 1]->code != one->code)
            by_code[code_count++] = one;
        one->source = by_code[code_count - 1];
        filter[one->code % FILTER / 8] |= (unsigned char)(1u << one->code % 8);
    }
    return true;
}

static struct chosen *find(uint64_t code)
{
    size_t low = 0, high = code_count;

    if ((filter[code % FILTER / 8] >> code % 8 & 1) == 0)
        return NULL;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_code[middle]->code == code)
            return by_code[middle];
        if (by_code[middle]->code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void change(void *context, uint64_t code, const char *value, size_t length)
{
    struct chosen *one = find(code);

    (void)context;
    if (one == NULL)
        return;
    if (length + 1 > one->room) {
        char *larger = realloc(one->value, length * 2 + 32);
        if (larger == NULL) {
            trouble = "out of memory";
            return;
        }
        one->value = larger;
        one->room = length * 2 + 32;
    }
    memcpy(one->value, value, length);
    one->value[length] = '\0';
    one->length = length;
    one->has_value = true;
}

/* --- what is printed --- */

static bool print_value(const struct chosen *one, enum signal_value_radix radix)
{
    const struct chosen *source = one->source;
    size_t width = one->width > source->length ? one->width : source->length;

    if (one->kind != SCAN_BITS) {
        text_hide_controls(source->value, source->length);
        printf("%s %s\n", one->name, source->value);
        return true;
    }
    char *words = width < SIZE_MAX / 2 ? malloc(width + SIGNAL_VALUE_MORE) : NULL;
    if (words == NULL)
        return false;
    signal_value_format(words, source->value, source->length, one->width, radix);
    printf("%s %s\n", one->name, words);
    free(words);
    return true;
}

/* In the order of the names; those that a star stands for in the waveform's own. */
static int print_all(const char *path, enum signal_value_radix radix)
{
    int status = 0;

    for (size_t i = 0; i < asked_count; i++)
        for (size_t j = 0; j < chosen_count; j++) {
            struct chosen *one = &chosen[j];
            if (one->asked != i)
                continue;
            text_hide_controls(one->name, strlen(one->name));
            if (one->source->has_value && print_value(one, radix))
                continue;
            say("%s has no value of %s", path, one->name);
            status = SAY_FAILED;
        }
    return status;
}

static int finish(const char *path, const char *why, enum signal_value_radix radix)
{
    if (why == NULL)
        why = trouble;
    if (why != NULL) {
        say("%s cannot be read: %s", path, why);
        return SAY_FAILED;
    }
    int status = print_all(path, radix);
    say_missing(path);
    return is_missing() ? SAY_FAILED : status;
}

/* --- VCD --- */

/* Stands behind the names then, whether they are read once or twice. */
static const char *read_vcd_names(struct vcd_scan *scan, FILE *file)
{
    const struct scan names = {.declare = declare}, again = {.declare = come_near};

    if (!vcd_scan_begin(scan, file))
        return "out of memory";
    const char *why = vcd_scan_names(scan, &names);
    if (why != NULL || !is_missing())
        return why;
    vcd_scan_end(scan);
    rewind(file);
    return vcd_scan_begin(scan, file) ? vcd_scan_names(scan, &again) : "out of memory";
}

static const char *read_vcd(const char *path, FILE *file)
{
    const struct scan values = {.change = change};
    struct vcd_scan scan;
    const char *why = read_vcd_names(&scan, file);

    if (why == NULL && !index_codes())
        why = "out of memory";
    if (why == NULL && chosen_count > 0) {
        vcd_scan_values(&scan, &values);
        if (vcd_scan_is_cut(&scan))
            say("%s is cut off: the values are those of time %" PRIu64, path, scan.time);
    }
    vcd_scan_end(&scan);
    return why;
}

/* --- FST --- */

static const char *read_fst(const char *path)
{
    struct scan names = {.declare = declare}, values = {.change = change};
    struct fst_scan scan;
    const char *why = fst_scan_begin(&scan, path);

    if (why != NULL)
        return why;
    fst_scan_names(&scan, &names);
    if (is_missing()) {
        names.declare = come_near;
        fst_scan_names(&scan, &names);
    }
    if (!index_codes())
        why = "out of memory";
    else if (chosen_count > 0) {
        for (size_t i = 0; i < code_count; i++)
            fst_scan_want(&scan, by_code[i]->code);
        fst_scan_values(&scan, &values);
    }
    fst_scan_end(&scan);
    return why;
}

/* Verilator's fstapi says things on stderr that tell a user nothing. */
static int read_fst_quietly(const char *path, uint64_t bytes, enum signal_value_radix radix)
{
    const rlim_t seconds = CPU_S + bytes / BYTES_A_SECOND;
    const struct rlimit cpu = {seconds, seconds}, core = {0, 0};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC),
        stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &core);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    const char *why = read_fst(path);
    if (stderr_fd >= 0)
        dup2(stderr_fd, STDERR_FILENO);
    return finish(path, why, radix);
}

static int print_fst(const char *path, FILE *file, uint64_t bytes, enum signal_value_radix radix)
{
    bool is_open = false;
    const char *why = fst_scan_check(file, &is_open);
    int status = 0;

    if (why != NULL)
        return finish(path, why, radix);
    if (is_open)
        say("%s was not closed: the values are those that were written until then", path);
    fflush(stdout);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would leave nothing to wait for */
    pid_t child = fork();
    if (child == 0) {
        _exit(say_end(read_fst_quietly(path, bytes, radix)));
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0)
        return finish(path, strerror(errno), radix);
    if (WIFEXITED(status) && (WEXITSTATUS(status) <= SAY_USAGE || WEXITSTATUS(status) == SAY_BROKEN))
        return WEXITSTATUS(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        raise(SIGPIPE); /* our reader has gone, too */
    return finish(path, "it is damaged", radix);
}

int signals_print(const char *path, char *names, enum signal_value_radix radix)
{
    uint64_t bytes = 0;
    int fd = run_files_open(path, &bytes), status;
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

    if (file == NULL) {
        say("%s cannot be read: %s", path, fd < 0 ? run_files_why(fd) : strerror(errno));
        return SAY_FAILED;
    }
    if (!take_apart(names)) {
        say("--signals: at most %d names", ASKED_MAX);
        return SAY_USAGE;
    }
    int first = getc(file);
    rewind(file);
    if (first == 0 || first == 254)
        status = print_fst(path, file, bytes, radix);
    else
        status = finish(path, read_vcd(path, file), radix);
    fclose(file);
    return status;
}
