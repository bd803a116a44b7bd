/* SPDX-License-Identifier: MIT */
/* The way of a name through a tree that is made up here. */
#include "unit.h"

#include "sandbox/place_walk.h"

#include <errno.h>
#include <string.h>

#define WINDING "dir/../dir/../dir"

static const struct entry {
    const char *path;
    int found;
    const char *link;
} tree[] = {
    {"", PLACE_WALK_DIRECTORY, NULL},
    {"/home", PLACE_WALK_DIRECTORY, NULL},
    {"/home/u", PLACE_WALK_DIRECTORY, NULL},
    {"/home/u/file", PLACE_WALK_OTHER, NULL},
    {"/home/u/dir", PLACE_WALK_DIRECTORY, NULL},
    {"/home/u/dir/deep", PLACE_WALK_OTHER, NULL},
    {"/home/u/...", PLACE_WALK_OTHER, NULL},
    {"/home/u/to_file", PLACE_WALK_LINK, "file"},
    {"/home/u/to_dir", PLACE_WALK_LINK, "dir"},
    {"/home/u/to_dir_slash", PLACE_WALK_LINK, "dir/"},
    {"/home/u/to_root", PLACE_WALK_LINK, "/"},
    {"/home/u/to_absolute", PLACE_WALK_LINK, "/home/u/dir"},
    {"/home/u/dir/up", PLACE_WALK_LINK, "../file"},
    {"/home/u/here", PLACE_WALK_LINK, "."},
    {"/home/u/l", PLACE_WALK_LINK, WINDING},
    {"/home/u/nowhere", PLACE_WALK_LINK, "missing"},
    {"/home/u/twice", PLACE_WALK_LINK, "to_file"},
    {"/home/u/loop", PLACE_WALK_LINK, "loop"},
    {"/home/u/ping", PLACE_WALK_LINK, "pong/x"},
    {"/home/u/pong", PLACE_WALK_LINK, "ping"},
    {"/home/u/unreadable", PLACE_WALK_LINK, NULL},
    {"/home/u/to_proc", PLACE_WALK_LINK, "/proc/self"},
    {"/home/u/secret", -EACCES, NULL},
    {"/home/u/far", PLACE_WALK_DIRECTORY, NULL},
    {"/home/u/far/proc", PLACE_WALK_DIRECTORY, NULL},
    {"/home/u/far/proc/x", PLACE_WALK_OTHER, NULL},
    {"/procs", PLACE_WALK_OTHER, NULL},
    {"/made", PLACE_WALK_DIRECTORY, NULL},
};

static char path[PATH_MAX], rest[PATH_MAX], looked[4096];
static unsigned links_read;

static void put(char *to, const char *text)
{
    memcpy(to, text, strlen(text) + 1);
}

static void append(char *to, const char *text)
{
    put(to + strlen(to), text);
}

static const struct entry *find(void)
{
    for (size_t i = 0; i < COUNT_OF(tree); i++)
        if (strcmp(tree[i].path, path) == 0)
            return &tree[i];
    return NULL;
}

static int look(void *context, bool down)
{
    const struct entry *entry = find();

    assert_ptr_equal(context, tree);
    if (strlen(looked) + strlen(path) + sizeof " >" < sizeof looked) {
        append(looked, down ? " >" : " =");
        append(looked, path);
    }
    return entry == NULL ? -ENOENT : entry->found;
}

static long read_link(void *context, char *text)
{
    const struct entry *entry = find();

    assert_ptr_equal(context, tree);
    assert_non_null(entry);
    assert_int_equal(entry->found, PLACE_WALK_LINK);
    links_read++;
    if (entry->link == NULL)
        return -EIO;
    put(text, entry->link);
    return (long)strlen(text);
}

static int walk(const char *start, const char *name, bool follow)
{
    struct place_walk walk = {.path = path,
                              .rest = rest,
                              .follow = follow,
                              .look = look,
                              .read_link = read_link,
                              .context = (void *)tree};

    assert_true(strlen(name) < sizeof rest);
    memset(path, 'x', sizeof path);
    memset(rest, 'x', sizeof rest);
    put(path, start);
    put(rest, name);
    looked[0] = '\0';
    links_read = 0;
    walk.is_directory_name = *name != '\0' && name[strlen(name) - 1] == '/';
    return place_walk(&walk);
}

struct way {
    const char *start, *name;
    int result;
    const char *end; /* the path; NULL: not asked */
};

static void expect(const struct way *ways, size_t count, bool follow)
{
    for (size_t i = 0; i < count; i++) {
        int r = walk(ways[i].start, ways[i].name, follow);
        if (r != ways[i].result || (ways[i].end != NULL && strcmp(path, ways[i].end) != 0))
            fail_msg("\"%s\" from \"%s\": %d at \"%s\", not %d at \"%s\"", ways[i].name, ways[i].start, r,
                     path, ways[i].result, ways[i].end == NULL ? "?" : ways[i].end);
    }
}

static void names_lead_where_they_say(void **state)
{
    static const struct way ways[] = {
        {"/home", "/", 0, ""},
        {"/home", "//", 0, ""},
        {"/home", "/..", 0, ""},
        {"/home", "/../../home", 0, "/home"},
        {"/home", ".", 0, "/home"},
        {"/home", "./", 0, "/home"},
        {"/home", "./././u", 0, "/home/u"},
        {"/home", "..", 0, ""},
        {"/home", "../..", 0, ""},
        {"/home", "u/file", 0, "/home/u/file"},
        {"/home", "u//dir///deep", 0, "/home/u/dir/deep"},
        {"/home/u", "dir/../file", 0, "/home/u/file"},
        {"/home/u", "dir/./../dir/deep", 0, "/home/u/dir/deep"},
        {"/home/u", "...", 0, "/home/u/..."},
        {"/home/u", "dir/", 0, "/home/u/dir"},
        {"/home/u", "dir//", 0, "/home/u/dir"},
        {"/home/u", "dir/.", 0, "/home/u/dir"},
        {"/", "home/u", 0, "/home/u"},
        {"/", "..", 0, ""},
        {"/", "procs", 0, "/procs"},
        {"/home/u", "/home//u/./dir/../dir/deep", 0, "/home/u/dir/deep"},
        {"/home/u/far", "proc/x", 0, "/home/u/far/proc/x"},
        {"/gone", "/home/u", 0, "/home/u"},
    };

    (void)state;
    expect(ways, COUNT_OF(ways), true);
    expect(ways, COUNT_OF(ways), false);
}

static void what_is_missing_may_only_be_the_last(void **state)
{
    static const struct way ways[] = {
        {"/home/u", "new", 0, "/home/u/new"},
        {"/home/u", "new/", 0, "/home/u/new"},
        {"/home/u", "new/.", -ENOENT, NULL},
        {"/home/u", "new/..", -ENOENT, NULL},
        {"/home/u", "new/other", -ENOENT, NULL},
        {"/home/u", "/other", 0, "/other"},
        {"/home/u", "secret", -EACCES, NULL},
        {"/home/u", "secret/x", -EACCES, NULL},
        {"/gone", "file", 0, "/gone/file"}, /* what is left of a directory that was removed */
        {"/gone", ".", 0, "/gone"},
    };

    (void)state;
    expect(ways, COUNT_OF(ways), true);
}

static void only_directories_are_entered(void **state)
{
    static const struct way ways[] = {
        {"/home/u", "file/", -ENOTDIR, NULL},    {"/home/u", "file/.", -ENOTDIR, NULL},
        {"/home/u", "file/..", -ENOTDIR, NULL},  {"/home/u", "file/x", -ENOTDIR, NULL},
        {"/home/u", "file//", -ENOTDIR, NULL},   {"/home/u", "to_file/x", -ENOTDIR, NULL},
        {"/home/u", "to_file/", -ENOTDIR, NULL},
    };

    (void)state;
    expect(ways, COUNT_OF(ways), true);
    expect(ways, COUNT_OF(ways), false);
}

static void links_are_followed(void **state)
{
    static const struct way ways[] = {
        {"/home/u", "to_file", 0, "/home/u/file"},
        {"/home/u", "twice", 0, "/home/u/file"},
        {"/home/u", "to_dir", 0, "/home/u/dir"},
        {"/home/u", "to_dir/deep", 0, "/home/u/dir/deep"},
        {"/home/u", "to_dir_slash/deep", 0, "/home/u/dir/deep"},
        {"/home/u", "to_absolute/deep", 0, "/home/u/dir/deep"},
        {"/home/u", "to_root", 0, ""},
        {"/home/u", "to_root/home/u/to_root/home", 0, "/home"},
        {"/home/u", "here", 0, "/home/u"},
        {"/home/u", "here/here/file", 0, "/home/u/file"},
        {"/home/u", "dir/up", 0, "/home/u/file"},
        {"/", "home/u/to_dir/up", 0, "/home/u/file"},
        {"/home/u", "to_dir/..", 0, "/home/u"},
        {"/home/u", "nowhere", 0, "/home/u/missing"}, /* open() may make it */
        {"/home/u", "nowhere/x", -ENOENT, NULL},
        {"/home/u", "unreadable", -EIO, NULL},
        {"/home/u", "unreadable/x", -EIO, NULL},
    };

    (void)state;
    expect(ways, COUNT_OF(ways), true);
}

static void the_last_link_may_be_meant_itself(void **state)
{
    static const struct way ways[] = {
        {"/home/u", "to_file", 0, "/home/u/to_file"},       {"/home/u", "loop", 0, "/home/u/loop"},
        {"/home/u", "to_dir", 0, "/home/u/to_dir"},         {"/home/u", "to_dir/", 0, "/home/u/dir"},
        {"/home/u", "to_dir/.", 0, "/home/u/dir"},          {"/home/u", "to_dir/up", 0, "/home/u/dir/up"},
        {"/home/u", "unreadable", 0, "/home/u/unreadable"},
    };

    (void)state;
    expect(ways, COUNT_OF(ways), false);
    walk("/home/u", "to_file", false);
    assert_int_equal(links_read, 0);
}

static void loops_end(void **state)
{
    (void)state;
    assert_int_equal(walk("/home/u", "loop", true), -ELOOP);
    assert_int_equal(links_read, 40);
    assert_int_equal(walk("/home/u", "loop/x", false), -ELOOP);
    assert_int_equal(walk("/home/u", "ping", true), -ELOOP);
    assert_int_equal(walk("/home/u", "loop/", false), -ELOOP);
}

/* 40 links are allowed, as by the kernel. */
static void so_many_links_are_none(void **state)
{
    char name[41 * sizeof "here/"] = "";

    (void)state;
    for (int i = 0; i < 40; i++)
        append(name, "here/");
    assert_int_equal(walk("/home/u", name, true), 0);
    append(name, "here/");
    assert_int_equal(walk("/home/u", name, true), -ELOOP);
}

static void long_names_are_refused(void **state)
{
    static char name[PATH_MAX], start[PATH_MAX];

    (void)state;
    memset(name, 'n', NAME_MAX);
    assert_int_equal(walk("/home", name, true), 0);
    assert_int_equal(strlen(path), strlen("/home/") + NAME_MAX);
    name[NAME_MAX] = 'n';
    assert_int_equal(walk("/home", name, true), -ENAMETOOLONG);
    put(name + NAME_MAX + 1, "/x");
    assert_int_equal(walk("/home", name, true), -ENAMETOOLONG);
    /* a path of PATH_MAX - 1 bytes has room, and no more */
    memset(start, 's', sizeof start);
    start[0] = '/';
    start[PATH_MAX - 3] = '\0';
    assert_int_equal(walk(start, "x", true), 0);
    assert_int_equal(strlen(path), PATH_MAX - 1);
    start[PATH_MAX - 3] = 's';
    start[PATH_MAX - 2] = '\0';
    assert_int_equal(walk(start, "x", true), -ENAMETOOLONG);
    /* a link has no room in front of what is left */
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = "./"[i % 2];
    name[0] = 'l';
    name[sizeof name - sizeof WINDING] = '\0';
    assert_int_equal(walk("/home/u", name, true), 0);
    assert_string_equal(path, "/home/u/dir");
    name[sizeof name - sizeof WINDING] = '/';
    name[sizeof name - sizeof WINDING + 1] = '\0';
    assert_int_equal(walk("/home/u", name, true), -ENAMETOOLONG);
    /* nor has a directory in /proc in front of a name */
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(walk("/proc/self", name, true), -ENAMETOOLONG);
}

static void proc_ends_the_way(void **state)
{
    static const struct {
        const char *start, *name, *rest;
    } ways[] = {
        {"/", "/proc", ""},
        {"/", "/proc/", "/"},
        {"/home", "/proc/self/fd/3", "/self/fd/3"},
        {"/home", "../proc/self", "/self"},
        {"/home/u", "to_proc/fd", "/self//fd"},
        {"/home/u", "to_proc", "/self"},
        {"/proc", "self", "/self"},
        {"/proc", ".", "/."},
        {"/proc/7/fd", "../cwd", "/7/fd/../cwd"},
        {"/proc/7", "/proc/8", "/8"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        assert_int_equal(walk(ways[i].start, ways[i].name, true), PLACE_WALK_PROC);
        assert_string_equal(path, "/proc");
        assert_string_equal(rest, ways[i].rest);
    }
    assert_int_equal(walk("/proc/7", "/home", true), 0);
    assert_string_equal(path, "/home");
}

static void each_part_is_looked_at_once(void **state)
{
    (void)state;
    walk("/home", "u/./dir/../to_file", true);
    assert_string_equal(looked,
                        " =/home >/home/u >/home/u/dir =/home/u >/home/u/to_file =/home/u >/home/u/file");
    walk("/home", "/made/new", true);
    assert_string_equal(looked, " = >/made >/made/new");
}

static void proc_is_told_with_the_replays_numbers(void **state)
{
    static const struct {
        const char *rest, *path;
    } ways[] = {
        {"", "/proc"},
        {"/", "/proc"},
        {"/77/fd", "/proc/self/fd"},
        {"77", "/proc/self"},
        {"//77//fd/..", "/proc/self//fd/.."},
        {"/777", "/proc/777"},
        {"/7", "/proc/7"},
        {"/self/fd/3", "/proc/self/fd/3"},
        {"/../home", "/proc/../home"},
        {"/78/77", "/proc/78/77"},
    };
    static char many[PATH_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        assert_int_equal(place_walk_proc(path, ways[i].rest, 77), 0);
        assert_string_equal(path, ways[i].path);
    }
    memset(many, 'x', sizeof many - 1);
    assert_int_equal(place_walk_proc(path, many, 77), -ENAMETOOLONG);
    many[PATH_MAX - 1 - strlen("/proc/")] = '\0';
    assert_int_equal(place_walk_proc(path, many, 77), 0);
}

static void descriptors_are_known_by_all_of_the_name(void **state)
{
    static const struct {
        const char *path;
        int number;
    } names[] = {
        {"/proc/self/fd/3", 3},       {"/proc/self/fd/0", 0},
        {"/proc/self/fd/1023", 1023}, {"/proc/self/fd/3/x", -1},
        {"/proc/self/fd/3/..", -1},   {"/proc/self/fd/x", -1},
        {"/proc/self/fd", -1},        {"/proc/self/fd/-1", -1},
        {"/proc/1/fd/3", -1},         {"/proc/self/fd/99999999999999999999", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (place_walk_number(names[i].path, "/proc/self/fd/", "") != names[i].number)
            fail_msg("%s", names[i].path);
    assert_int_equal(place_walk_number("/proc/self/task/12/comm", "/proc/self/task/", "/comm"), 12);
    assert_int_equal(place_walk_number("/proc/self/task/12/mem", "/proc/self/task/", "/comm"), -1);
}

static void behind_a_directory_is_not_beside_it(void **state)
{
    (void)state;
    assert_string_equal(place_walk_behind("/a/b/c", "/a"), "b/c");
    assert_string_equal(place_walk_behind("/a/", "/a"), "");
    assert_null(place_walk_behind("/a", "/a"));
    assert_null(place_walk_behind("/ab", "/a"));
    assert_null(place_walk_behind("/", "/a"));
    assert_null(place_walk_behind("a/b", "/a"));
    assert_null(place_walk_behind("/a", "/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_where_they_say),
        cmocka_unit_test(what_is_missing_may_only_be_the_last),
        cmocka_unit_test(only_directories_are_entered),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(the_last_link_may_be_meant_itself),
        cmocka_unit_test(loops_end),
        cmocka_unit_test(so_many_links_are_none),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(proc_ends_the_way),
        cmocka_unit_test(each_part_is_looked_at_once),
        cmocka_unit_test(proc_is_told_with_the_replays_numbers),
        cmocka_unit_test(descriptors_are_known_by_all_of_the_name),
        cmocka_unit_test(behind_a_directory_is_not_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
