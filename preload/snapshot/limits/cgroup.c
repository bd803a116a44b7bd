/* SPDX-License-Identifier: MIT */
/* Control groups: see cgroup.h. In a container the mount may show only a part of the tree, and the group's
 * name may be that of the host: where the two do not fit, the mount itself is the nearest that can be seen.
 */
#include "snapshot/limits/cgroup.h"

#include <string.h>

#define NO_LIMIT  (UINT64_C(1) << 62) /* the first release has no word for it, but a number near 2^63 */
#define NAME_ROOM 32u                 /* of a file in a group's directory */

/* Where a release keeps what. */
struct files {
    const char *controller;
    const char *limits[2]; /* the lower one counts */
    const char *usage;
    const char *unused; /* key in memory.stat: files that nobody has used for long */
};

static const struct files all_files[CGROUP_RESOURCES][CGROUP_RELEASES] = {
    [CGROUP_MEMORY] =
        {[CGROUP_1] =
             {"memory", {"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes", "total_inactive_file"},
         [CGROUP_2] = {"memory", {"memory.max", "memory.high"}, "memory.current", "inactive_file"}},
    [CGROUP_PROCESSES] = {[CGROUP_1] = {"pids", {"pids.max", NULL}, "pids.current", NULL},
                          [CGROUP_2] = {"pids", {"pids.max", NULL}, "pids.current", NULL}},
    [CGROUP_TIME] = {[CGROUP_1] = {"cpu", {"cpu.cfs_quota_us", NULL}, NULL, NULL},
                     [CGROUP_2] = {"cpu", {"cpu.max", NULL}, NULL, NULL}},
};

static const struct {
    const char *type; /* of the file system */
    const char *merciless;
} releases[CGROUP_RELEASES] = {
    [CGROUP_1] = {"cgroup", "memory.oom_control"},
    [CGROUP_2] = {"cgroup2", "memory.oom.group"},
};

static const struct files *files_of(const struct cgroup *cgroup)
{
    return &all_files[cgroup->resource][cgroup->release];
}

/* --- words --- */

/* The next word of a line; *line goes behind it. */
static size_t next_word(const char **line, const char **word)
{
    *word = *line + strspn(*line, " ");
    size_t length = strcspn(*word, " ");
    *line = *word + length;
    return length;
}

static bool is_word(const char *word, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(word, wanted, length) == 0;
}

/* Is it in the list, with commas between? */
static bool has_item(const char *list, size_t length, const char *wanted)
{
    const char *end = list + length;

    for (const char *item = list; item < end; item++) {
        const char *comma = memchr(item, ',', (size_t)(end - item));
        size_t size = (size_t)((comma != NULL ? comma : end) - item);
        if (is_word(item, size, wanted))
            return true;
        item += size;
    }
    return false;
}

static bool is_octal(const char *bytes, size_t left)
{
    if (left < 4 || bytes[0] != '\\')
        return false;
    for (size_t i = 1; i < 4; i++)
        if (bytes[i] < '0' || bytes[i] > '7')
            return false;
    return true;
}

/* Spaces and the like are written \040 in mountinfo. False: it does not fit. */
static bool copy_unescaped(char to[CGROUP_PATH_SIZE], const char *from, size_t length)
{
    size_t size = 0;

    for (size_t i = 0; i < length; size++) {
        if (size + 1 >= CGROUP_PATH_SIZE)
            return false;
        if (is_octal(from + i, length - i)) {
            to[size] = (char)((from[i + 1] - '0') << 6 | (from[i + 2] - '0') << 3 | (from[i + 3] - '0'));
            i += 4;
        } else
            to[size] = from[i++];
    }
    to[size] = '\0';
    return true;
}

/* --- where the group is --- */

/* "4:memory:/jobs/7", or "0::/jobs/7". */
void cgroup_read_group(struct cgroup *cgroup, const char *line)
{
    const char *names = strchr(line, ':');
    const char *path = names == NULL ? NULL : strchr(names + 1, ':');

    if (path == NULL || path[1] != '/' || cgroup->has_group)
        return;
    size_t length = (size_t)(path - names - 1);
    bool is_ours =
        cgroup->release == CGROUP_2 ? length == 0 : has_item(names + 1, length, files_of(cgroup)->controller);
    if (!is_ours || strlen(path + 1) >= CGROUP_PATH_SIZE)
        return;
    memcpy(cgroup->group, path + 1, strlen(path + 1) + 1);
    cgroup->has_group = true;
}

/* What of the group's name is below the root of the mount; "": nothing, or it is not below it. */
static const char *below(const char *group, const char *root)
{
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

    if (strncmp(group, root, length) != 0 || group[length] != '/' || group[length + 1] == '\0' ||
        strstr(group, "/../") != NULL || strcmp(group, "/..") == 0)
        return "";
    return group + length;
}

/* "35 31 0:32 ROOT MOUNT OPTIONS OTHERS... - TYPE SOURCE OPTIONS" */
void cgroup_read_mount(struct cgroup *cgroup, const char *line)
{
    char root[CGROUP_PATH_SIZE], mount[CGROUP_PATH_SIZE];
    const char *rest = strstr(line, " - "), *word, *type;

    if (rest == NULL || !cgroup->has_group || cgroup->has_mount)
        return;
    rest += 3;
    size_t length = next_word(&rest, &type);
    next_word(&rest, &word); /* the source */
    size_t options = next_word(&rest, &word);
    if (!is_word(type, length, releases[cgroup->release].type) ||
        (cgroup->release == CGROUP_1 && !has_item(word, options, files_of(cgroup)->controller)))
        return;
    for (unsigned i = 0; i < 3; i++)
        next_word(&line, &word);
    length = next_word(&line, &word);
    if (!copy_unescaped(root, word, length))
        return;
    length = next_word(&line, &word);
    if (!copy_unescaped(mount, word, length) || *mount != '/')
        return;
    const char *name = below(cgroup->group, root);
    cgroup->top = strlen(mount);
    if (cgroup->top + strlen(name) + NAME_ROOM > CGROUP_PATH_SIZE)
        return;
    memcpy(cgroup->directory, mount, cgroup->top);
    memcpy(cgroup->directory + cgroup->top, name, strlen(name) + 1);
    cgroup->has_mount = true;
}

/* --- numbers --- */

bool cgroup_number(const char *text, uint64_t *value)
{
    uint64_t number = 0;
    bool fits = true;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++)
        fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, (uint64_t)(*text - '0'), &number);
    *value = fits ? number : UINT64_MAX;
    return true;
}

bool cgroup_field(const char *text, const char *key, uint64_t *bytes)
{
    size_t length = strlen(key);

    for (; text != NULL; text = strchr(text, '\n')) {
        text += *text == '\n';
        if (strncmp(text, key, length) != 0 || strchr(" \t", text[length]) == NULL)
            continue;
        text += length;
        text += strspn(text, " \t");
        if (!cgroup_number(text, bytes))
            return false;
        text += strspn(text, "0123456789");
        if (strncmp(text, " kB", 3) == 0 && __builtin_mul_overflow(*bytes, 1024, bytes))
            *bytes = UINT64_MAX;
        return true;
    }
    return false;
}

/* --- what is left --- */

/* What is in a file of the group whose directory is that long. */
static const char *text_of(const struct cgroup *cgroup, size_t length, const char *name)
{
    char path[CGROUP_PATH_SIZE];

    memcpy(path, cgroup->directory, length);
    path[length] = '/';
    memcpy(path + length + 1, name, strlen(name) + 1);
    return cgroup->read(path); /* cppcheck-suppress returnDanglingLifetime ; the text is not in the path */
}

static uint64_t limit_of(const struct cgroup *cgroup, size_t length)
{
    const struct files *files = files_of(cgroup);
    uint64_t least = NO_LIMIT, limit;

    for (unsigned i = 0; i < 2 && files->limits[i] != NULL; i++)
        if (cgroup_number(text_of(cgroup, length, files->limits[i]), &limit) && limit < least)
            least = limit;
    return least;
}

/* What the group alone leaves. */
static struct cgroup_left left_of(const struct cgroup *cgroup, size_t length)
{
    const struct files *files = files_of(cgroup);
    struct cgroup_left result = {UINT64_MAX, UINT64_MAX};
    uint64_t usage, unused = 0, limit = limit_of(cgroup, length);

    if (limit >= NO_LIMIT || !cgroup_number(text_of(cgroup, length, files->usage), &usage))
        return result;
    if (files->unused != NULL)
        cgroup_field(text_of(cgroup, length, "memory.stat"), files->unused, &unused);
    usage -= unused < usage ? unused : usage;
    result.limit = limit;
    result.left = limit > usage ? limit - usage : 0;
    return result;
}

/* Length of the group's own directory, and of the one above it; 0: the mount ends here. */
static size_t own_level(const struct cgroup *cgroup)
{
    return cgroup->has_mount ? strlen(cgroup->directory) : 0;
}

static size_t level_above(const struct cgroup *cgroup, size_t length)
{
    if (length <= cgroup->top)
        return 0;
    while (length > cgroup->top && cgroup->directory[length - 1] != '/')
        length--;
    return length - (length > cgroup->top); /* the slash itself */
}

struct cgroup_left cgroup_left(const struct cgroup *cgroup)
{
    struct cgroup_left least = {UINT64_MAX, UINT64_MAX};

    for (size_t length = own_level(cgroup); length > 0; length = level_above(cgroup, length)) {
        struct cgroup_left level = left_of(cgroup, length);

        if (level.left < least.left)
            least = level;
    }
    return least;
}

bool cgroup_is_limited(const struct cgroup *cgroup)
{
    for (size_t length = own_level(cgroup); length > 0; length = level_above(cgroup, length))
        if (limit_of(cgroup, length) < NO_LIMIT)
            return true;
    return false;
}

bool cgroup_is_merciless(const struct cgroup *cgroup)
{
    uint64_t value;

    for (size_t length = own_level(cgroup); length > 0; length = level_above(cgroup, length)) {
        const char *text = text_of(cgroup, length, releases[cgroup->release].merciless);

        if ((cgroup->release == CGROUP_1 ? cgroup_field(text, "oom_kill_disable", &value)
                                         : cgroup_number(text, &value)) &&
            value != 0)
            return true;
    }
    return false;
}
