/* SPDX-License-Identifier: MIT */
/* A VCD file has its definitions and values at some time behind them. An FST file is a row of blocks, each
 * with its kind and its length in front; a closed one has them all and ends with the last. */
#include "wave_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum fst_block { /* of GTKWave's fstapi.h */
                 FST_HEADER = 0,
                 FST_VALUES = 1,
                 FST_GEOMETRY = 3,
                 FST_HIERARCHY = 4,
                 FST_VALUES_ALIAS = 5,
                 FST_HIERARCHY_LZ4 = 6,
                 FST_HIERARCHY_LZ4DUO = 7,
                 FST_VALUES_ALIAS2 = 8,
};

static const char *check_vcd(FILE *file)
{
    bool defined = false, timed = false, valued = false;
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) > 0) {
        if (strstr(line, "$enddefinitions") != NULL)
            defined = true;
        else if (defined && line[0] == '#')
            timed = true;
        else if (timed && strchr("01xzb", line[0]) != NULL && line[0] != '\0')
            valued = true;
    }
    free(line);
    return valued ? NULL : "it is a VCD file without values";
}

static const char *check_fst(FILE *file, uint64_t bytes)
{
    const unsigned values = 1u << FST_VALUES | 1u << FST_VALUES_ALIAS | 1u << FST_VALUES_ALIAS2;
    const unsigned hierarchy = 1u << FST_HIERARCHY | 1u << FST_HIERARCHY_LZ4 | 1u << FST_HIERARCHY_LZ4DUO;
    unsigned seen = 0;
    uint64_t at = 0;

    while (at < bytes) {
        unsigned char head[9];
        uint64_t length = 0;
        if (fseeko(file, (off_t)at, SEEK_SET) != 0 || fread(head, sizeof head, 1, file) != 1)
            return "it is cut off inside a block";
        for (size_t i = 1; i < sizeof head; i++)
            length = length << 8 | head[i];
        if (head[0] > FST_VALUES_ALIAS2 || length < 8 || length > bytes - at - 1)
            return "it was not closed";
        seen |= 1u << head[0];
        at += 1 + length;
    }
    if ((seen & 1u << FST_HEADER) == 0 || (seen & 1u << FST_GEOMETRY) == 0 || (seen & hierarchy) == 0)
        return "it was not closed";
    return (seen & values) != 0 ? NULL : "it is an FST file without values";
}

const char *wave_check(const char *path, uint64_t *bytes)
{
    struct stat status;
    FILE *file = fopen(path, "re");

    *bytes = 0;
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        if (file != NULL)
            fclose(file);
        return "it is not there";
    }
    *bytes = (uint64_t)status.st_size;
    int first = getc(file);
    rewind(file);
    const char *why = first == FST_HEADER ? check_fst(file, *bytes) : check_vcd(file);
    fclose(file);
    return why;
}
