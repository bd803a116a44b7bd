/* SPDX-License-Identifier: MIT */
/* See annotation_words.h. A workflow command is one line: what would end it or begin an escape is escaped
 * (%0A); its runner takes that back. */
#include "report/annotation_words.h"

#include <stdbool.h>
#include <string.h>

#define NAME_SIZE 128u

/* %0A; the runner knows it so, and not %0a. */
static void append_hex(struct text *text, char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    text_format(text, "%%%c%c", digits[(unsigned char)byte >> 4], digits[byte & 15]);
}

static void append_escaped(struct text *line, const char *words)
{
    for (; *words != '\0'; words++)
        if (*words == '%' || *words == '\r' || *words == '\n')
            append_hex(line, *words);
        else
            text_append(line, words, 1);
}

void annotation_words_github(struct text *line, const char *what, const char *where)
{
    text_format(line, "::error title=lightsss::");
    append_escaped(line, what);
    append_escaped(line, "\n");
    append_escaped(line, where);
}

static bool is_plain_in_url(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("-._~/", byte) != NULL);
}

/* Nothing of it has to be escaped in a JSON string. */
static void append_as_url(struct text *json, const char *path)
{
    for (; *path != '\0'; path++)
        if (is_plain_in_url(*path))
            text_append(json, path, 1);
        else
            append_hex(json, *path);
}

/* The part of it below the directory; NULL: it is not there. */
static const char *below(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    while (length > 0 && directory[length - 1] == '/')
        length--;
    return length > 0 && strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1
                                                                                      : NULL;
}

/* GitLab takes each name of a job once: it is that of the run directory, in which the file lies. */
static void append_name(struct text *json, const char *path)
{
    char bytes[NAME_SIZE];
    struct text name = text_in(bytes, sizeof bytes);
    const char *end = strrchr(path, '/'), *start = end;

    while (start != NULL && start > path && start[-1] != '/')
        start--;
    text_format(&name, "lightsss");
    if (start != end)
        text_format(&name, " %.*s", (int)(end - start), start);
    text_json(json, bytes, name.length);
}

void annotation_words_gitlab(struct text *json, const char *what, const char *path, const char *job_url,
                             const char *project)
{
    const char *artifact = below(path, project);

    text_format(json, "{ ");
    append_name(json, path);
    text_format(json, ": [ { \"external_link\": { \"label\": ");
    text_json(json, what, strlen(what));
    text_format(json, ", \"url\": ");
    text_json(json, job_url, strlen(job_url));
    if (artifact != NULL && !json->cut) {
        json->bytes[--json->length] = '\0'; /* the quote at its end */
        text_format(json, "/artifacts/file/");
        append_as_url(json, artifact);
        text_format(json, "\"");
    }
    text_format(json, " } } ] }\n");
}
