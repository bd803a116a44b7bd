/* SPDX-License-Identifier: MIT */
/* See moved_back.h. The last call is undone first. At each step the table says what names led to after the
 * call, and is changed to what they led to before it: so a name is followed as it was then, through links and
 * directories that were moved or removed later. */
#define _GNU_SOURCE
#include "sandbox/moved_back.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "record/renames.h"
#include "record/undo.h"
#include "run/notes.h"
#include "sandbox/place.h"

#define ASIDE "/\001" /* no path: its parts are not followed */

static struct place one, other;

static const struct name gone = {.kind = NAME_GONE};

/* Returns 0 or -errno: the way there is not there any more. */
static int find(struct place *place, const struct renames_texts *texts, enum renames_text directory)
{
    static char path[2 * PATH_MAX];
    const enum renames_text name = directory + 1;
    struct text text = text_in(path, sizeof path);

    if (texts->text[directory] != NULL) {
        text_append(&text, texts->text[directory], texts->length[directory]);
        text_append(&text, "/", 1);
    }
    text_append(&text, texts->text[name], texts->length[name]);
    return place_find(place, AT_FDCWD, (long)path, false);
}

/* The name led to something that is no more. */
static void bring_back(const char *path, size_t place, const struct renames_note *note,
                       const struct renames_texts *texts)
{
    static char link[PATH_MAX];
    const bool is_new = place_is_future(note->gone.born_ns);
    struct name what = {.kind = NAME_GONE};

    if (S_ISDIR(note->gone.mode)) {
        what = (struct name){.kind = NAME_DIRECTORY, .mode = note->gone.mode & 07777, .is_new = is_new};
        names_forget_below(&place_names, path);
    } else if (S_ISLNK(note->gone.mode) && !is_new && texts->length[RENAMES_LINK] < sizeof link) {
        memcpy(link, texts->text[RENAMES_LINK], texts->length[RENAMES_LINK]);
        link[texts->length[RENAMES_LINK]] = '\0';
        what = (struct name){.kind = NAME_LINK, .link = link};
    } else if (S_ISREG(note->gone.mode) && !is_new)
        what = (struct name){.kind = NAME_KEPT, .record = place};
    place_set_name(path, &what);
}

/* What is at one path was at the other one. */
static void move(const char *path, const char *to)
{
    static char real[PATH_MAX];
    const struct name *name = names_find(&place_names, path);
    struct name what = {.kind = NAME_ELSEWHERE, .link = real};

    names_elsewhere(&place_names, path, real);
    if (name != NULL)
        what = *name;
    if (what.kind == NAME_ELSEWHERE && strcmp(what.link, to) == 0)
        what = (struct name){.kind = NAME_NOTHING}; /* it is where it was */
    names_forget_below(&place_names, to);
    place_set_name(to, &what);
    names_move_below(&place_names, path, to);
    place_set_name(path, &gone);
}

static void exchange(const char *path, const char *with)
{
    move(path, ASIDE);
    move(with, path);
    move(ASIDE, with);
    place_set_name(ASIDE, &(struct name){.kind = NAME_NOTHING});
}

static void undo(size_t place, const struct renames_note *note, const struct renames_texts *texts)
{
    int from = find(&one, texts, RENAMES_DIRECTORY);
    bool is_one = note->kind == RENAMES_REMOVED || note->kind == RENAMES_MADE;
    int to = is_one ? 0 : find(&other, texts, RENAMES_OTHER_DIRECTORY);

    if (note->kind == RENAMES_REMOVED && from == 0)
        bring_back(one.path, place, note, texts);
    if (note->kind == RENAMES_MADE && from == 0)
        place_set_name(one.path, &gone);
    if (note->kind == RENAMES_LINKED && to == 0)
        place_set_name(other.path, &gone);
    if (note->kind == RENAMES_EXCHANGED && from == 0 && to == 0)
        exchange(one.path, other.path);
    if (note->kind != RENAMES_RENAMED || to < 0)
        return;
    if (from == 0)
        move(other.path, one.path);
    if (note->gone.mode != 0)
        bring_back(other.path, place, note, texts);
    else
        place_set_name(other.path, &gone);
}

static bool is_file(const struct place *place, const struct renames_file *file)
{
    return (place->kind == PLACE_REAL || place->kind == PLACE_PRIVATE) &&
           place->real.stx_ino == file->inode &&
           makedev(place->real.stx_dev_major, place->real.stx_dev_minor) == file->device;
}

/* The disk tells whether a call was done that the original was killed in: nothing came after it. */
static bool was_done(const struct renames_note *note, const struct renames_texts *texts)
{
    if (note->kind == RENAMES_MADE)
        return true;
    if (note->kind == RENAMES_REMOVED)
        return find(&one, texts, RENAMES_DIRECTORY) == 0 && !is_file(&one, &note->gone);
    return find(&other, texts, RENAMES_OTHER_DIRECTORY) == 0 && is_file(&other, &note->file);
}

static void undo_at_place(size_t place, bool is_sure)
{
    struct renames_texts texts;
    struct renames_note note;

    if (renames_at(place, &note, &texts) && (is_sure || was_done(&note, &texts)))
        undo(place, &note, &texts);
}

void moved_back(void)
{
    const size_t count = undo_count();
    size_t place;

    if (undo_is_full())
        notes_add_cause("more was done to files since the snapshot than can be undone");
    if (undo_is_full() || count == 0)
        return;
    place_undo_begins();
    for (place = count; (place = renames_find_unfinished(place)) != RENAMES_NONE;)
        undo_at_place(place, false);
    for (size_t end = count; end-- > 0;)
        if (renames_is_done_at(end, &place))
            undo_at_place(place, true);
    place_undo_ends();
}
