/* SPDX-License-Identifier: MIT */
/* See circumstances.h. The kernel tells what the process was started with: the simulator's own pointers to
 * that may lead anywhere by now. What is too long is left out, and the report says so. */
#define _GNU_SOURCE
#include "report/circumstances.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/build_id.h"
#include "base/clock.h"
#include "base/kernel.h"
#include "base/procfs.h"
#include "report/date.h"
#include "report/strings_json.h"
#include "run/run.h"
#include "version.h"

#define OWN            "/proc/thread-self/" /* the first thread may have ended */
#define COMMAND_READ   16384
#define LIST_BYTES     8192u
#define PATH_BYTES     6144u
#define NAME_BYTES     512u
#define VARIABLES_OURS "LIGHTSSS"

static void append_key(struct text *json, const char *key)
{
    text_format(json, ", \"%s\": ", key);
}

static void append_string(struct text *json, const char *key, const char *value, size_t most)
{
    append_key(json, key);
    strings_json_one(json, value, value == NULL ? 0 : strlen(value), most);
}

/* "" : it is not known. */
static void append_path(struct text *json, const char *key, const char *path)
{
    append_string(json, key, *path != '\0' ? path : NULL, PATH_BYTES);
}

static void append_command(struct text *json)
{
    static char words[COMMAND_READ];
    long length = procfs_read(OWN "cmdline", words, sizeof words);

    text_format(json, "{ \"command\": ");
    if (length <= 0)
        text_json(json, NULL, 0);
    else if (!strings_json_list(json, words, (size_t)length, LIST_BYTES))
        text_format(json, ", \"command_cut\": true");
}

static void append_build_id(struct text *json, const char *key, const uint8_t *id, size_t length)
{
    append_key(json, key);
    text_format(json, "%s", length > 0 ? "\"" : "null");
    for (size_t i = 0; i < length; i++)
        text_format(json, "%02x", id[i]);
    text_format(json, "%s", length > 0 ? "\"" : "");
}

static void append_program(struct text *json)
{
    uint8_t id[BUILD_ID_SIZE];
    char path[PATH_MAX];

    kernel_readlink(OWN "exe", path, sizeof path);
    append_path(json, "path", path);
    append_build_id(json, "build_id", id, build_id_read_program(id));
    if (run.object[0] == '\0')
        return;
    append_path(json, "object", run.object);
    append_build_id(json, "object_build_id", id, build_id_read_at(run.object_base, id));
}

static void append_variables(struct text *json)
{
    static struct strings_json_variables variables;
    char piece[1024];
    long length = 0;
    int fd = kernel_open(OWN "environ", O_RDONLY | O_CLOEXEC);

    append_key(json, "variables");
    strings_json_begin(&variables, json, VARIABLES_OURS, LIST_BYTES);
    while (fd >= 0 && (length = kernel_read(fd, piece, sizeof piece)) > 0)
        strings_json_feed(&variables, piece, (size_t)length);
    kernel_close(fd);
    if (!strings_json_end(&variables) || fd < 0)
        text_format(json, ", \"variables_cut\": true");
}

static void append_host(struct text *json)
{
    struct utsname host;

    append_string(json, "host", raw_syscall1(SYS_uname, &host) == 0 ? host.nodename : NULL, NAME_BYTES);
}

/* Of the end, and not of this report. */
static void append_date(struct text *json)
{
    const uint64_t end_ns = atomic_load(&run.page->end_ns);

    append_key(json, "date");
    text_format(json, "\"");
    date_append(json, clock_wall_ns(end_ns != 0 ? end_ns : clock_ns()) / SECOND_NS);
    text_format(json, "\"");
}

void circumstances_append(struct text *json)
{
    append_command(json);
    append_path(json, "directory", run.directory);
    append_program(json);
    append_variables(json);
    append_host(json);
    append_date(json);
    append_string(json, "library", LIGHTSSS_VERSION, NAME_BYTES);
    text_format(json, " }");
}
