/* SPDX-License-Identifier: MIT */
/* See file_list.h. The replay may still be at work: a file is as large as it is now. */
#define _GNU_SOURCE
#include "report/file_list.h"

#include <inttypes.h>
#include <string.h>

#include "run/kept_list.h"
#include "run/run_directory.h"

#define ESCAPED 9u /* bytes that one takes at most, those of a second member included */
#define MEMBERS 160u

static void append_one(struct text *json, unsigned place, int64_t bytes, bool is_first)
{
    char name[KEPT_LIST_NAME_SIZE];
    const char *path = kept_list_path(place);

    kept_list_name(name, place);
    text_format(json, "%s{ \"name\": ", is_first ? " " : ",\n             ");
    text_json(json, name, strlen(name));
    text_json_bytes(json, "name", name, strlen(name));
    text_format(json, ", \"path\": ");
    text_json(json, path, strlen(path));
    text_json_bytes(json, "path", path, strlen(path));
    text_format(json, ", \"bytes\": %" PRId64 ", \"whole\": %s }", bytes,
                kept_list_kept(place) == KEPT_WHOLE ? "true" : "false");
}

static bool has_room(const struct text *json, size_t begin, unsigned place)
{
    size_t most = (KEPT_LIST_NAME_SIZE + strlen(kept_list_path(place))) * ESCAPED + MEMBERS;

    return json->length - begin + most <= FILE_LIST_SIZE;
}

void file_list_append(struct text *json)
{
    const size_t begin = json->length;
    bool is_first = true;

    text_format(json, "[");
    for (unsigned i = 0; i < kept_list_count(); i++) {
        char name[KEPT_LIST_NAME_SIZE];
        if (kept_list_kept(i) == KEPT_NOTHING || !has_room(json, begin, i))
            continue;
        kept_list_name(name, i);
        int64_t bytes = run_directory_size(name);
        if (bytes < 0)
            continue;
        append_one(json, i, bytes, is_first);
        is_first = false;
    }
    text_format(json, " ]");
}
