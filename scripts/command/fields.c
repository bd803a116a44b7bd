/* SPDX-License-Identifier: MIT */
/* Members of a report: see fields.h. */
#include "fields.h"

#include <string.h>

#define KEY_SIZE 64

const json_t *fields_find(const json_t *json, const char *path)
{
    char key[KEY_SIZE];

    while (json != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        if (length >= sizeof key)
            return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        json = json_object_get(json, key);
        path += length + (path[length] == '.');
    }
    return json;
}

const char *fields_text(const json_t *json, const char *path)
{
    return json_string_value(fields_find(json, path));
}

bool fields_number(const json_t *json, const char *path, uint64_t *value)
{
    const json_t *field = fields_find(json, path);

    if (!json_is_integer(field) || json_integer_value(field) < 0)
        return false;
    *value = (uint64_t)json_integer_value(field);
    return true;
}

bool fields_real(const json_t *json, const char *path, double *value)
{
    const json_t *field = fields_find(json, path);

    if (!json_is_number(field))
        return false;
    *value = json_number_value(field);
    return true;
}
