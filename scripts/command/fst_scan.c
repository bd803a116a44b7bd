/* SPDX-License-Identifier: MIT */
/* FST: see fst_scan.h. Of a file whose writer was killed, Verilator's fstapi takes the names from
 * `wave.fst.hier` beside it. */
#include "fst_scan.h"

#if __has_include(<fstapi.h>)

#include <fstapi.h>
#include <string.h>

#define HEAD_SIZE     9 /* of a block: its kind, and its length behind the kind */
#define HEADER_LENGTH 329
#define WRAPPED       254

/* --- is it whole? --- */

static uint64_t number_at(const unsigned char *at)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | at[i];
    return number;
}

const char *fst_scan_check(FILE *file, bool *is_open)
{
    unsigned char head[HEAD_SIZE];
    uint64_t at = 0;

    *is_open = false;
    if (fseeko(file, 0, SEEK_END) != 0)
        return "it cannot be looked through";
    const uint64_t bytes = (uint64_t)ftello(file);
    while (at < bytes) {
        if (fseeko(file, (off_t)at, SEEK_SET) != 0 || fread(head, sizeof head, 1, file) != 1)
            return "it is cut off";
        uint64_t length = number_at(head + 1);
        if (at == 0 && *head != WRAPPED && (*head != 0 || length != HEADER_LENGTH))
            return "it is no VCD and no FST";
        *is_open = length == 0; /* its writer was at this block */
        if (*is_open)
            return NULL;
        if (length < 8 || length > bytes - at - 1)
            return "it is cut off";
        at += 1 + length;
    }
    return NULL;
}

/* --- names --- */

const char *fst_scan_begin(struct fst_scan *scan, const char *path)
{
    scan->reader = fstReaderOpen(path);
    return scan->reader != NULL ? NULL : "it is no whole FST";
}

void fst_scan_end(struct fst_scan *scan)
{
    fstReaderClose(scan->reader);
    scan->reader = NULL;
}

static enum scan_kind kind_of(unsigned type)
{
    if (type == FST_VT_GEN_STRING)
        return SCAN_TEXT;
    bool is_real = type == FST_VT_VCD_REAL || type == FST_VT_VCD_REAL_PARAMETER ||
                   type == FST_VT_VCD_REALTIME || type == FST_VT_SV_SHORTREAL;
    return is_real ? SCAN_REAL : SCAN_BITS;
}

/* "pc [31:0]" */
static void declare(const struct scan *to, const char *scope, const struct fstHierVar *variable)
{
    char name[2 * SCAN_NAME_SIZE];

    snprintf(name, sizeof name, "%s%.*s", scope, SCAN_NAME_SIZE - 1, variable->name);
    char *blank = strchr(name + strlen(scope), ' ');
    if (blank != NULL)
        *blank = '\0';
    const struct scan_signal signal = {
        .name = name,
        .range = blank != NULL ? blank + 1 : "",
        .width = variable->length,
        .code = variable->handle,
        .kind = kind_of(variable->typ),
    };
    to->declare(to->context, &signal);
}

void fst_scan_names(struct fst_scan *scan, const struct scan *to)
{
    static struct scan_scope scope;
    const struct fstHier *hierarchy;

    scan_scope_begin(&scope);
    fstReaderIterateHierRewind(scan->reader);
    while ((hierarchy = fstReaderIterateHier(scan->reader)) != NULL) {
        if (hierarchy->htyp == FST_HT_SCOPE)
            scan_scope_enter(&scope, hierarchy->u.scope.name);
        else if (hierarchy->htyp == FST_HT_UPSCOPE)
            scan_scope_leave(&scope);
        else if (hierarchy->htyp == FST_HT_VAR)
            declare(to, scope.path, &hierarchy->u.var);
    }
}

/* --- values --- */

void fst_scan_want(struct fst_scan *scan, uint64_t code)
{
    fstReaderSetFacProcessMask(scan->reader, (fstHandle)code);
}

static void change(void *context, uint64_t time, fstHandle handle, const unsigned char *value)
{
    const struct scan *to = context;

    (void)time;
    to->change(to->context, handle, (const char *)value, strlen((const char *)value));
}

static void change_text(void *context, uint64_t time, fstHandle handle, const unsigned char *value,
                        uint32_t length)
{
    const struct scan *to = context;

    (void)time;
    to->change(to->context, handle, (const char *)value, length);
}

void fst_scan_values(struct fst_scan *scan, const struct scan *to)
{
    fstReaderIterBlocks2(scan->reader, change, change_text, (void *)to, NULL);
}

#else

/* The command is built beside no Verilator. */

const char *fst_scan_check(FILE *file, bool *is_open)
{
    (void)file;
    *is_open = false;
    return NULL;
}

const char *fst_scan_begin(struct fst_scan *scan, const char *path)
{
    (void)scan;
    (void)path;
    return "this command was built without Verilator's reader of FST; install verilator and build it again, "
           "or use fst2vcd";
}

void fst_scan_end(struct fst_scan *scan)
{
    (void)scan;
}

void fst_scan_names(struct fst_scan *scan, const struct scan *to)
{
    (void)scan;
    (void)to;
}

void fst_scan_want(struct fst_scan *scan, uint64_t code)
{
    (void)scan;
    (void)code;
}

void fst_scan_values(struct fst_scan *scan, const struct scan *to)
{
    (void)scan;
    (void)to;
}

#endif
