/* SPDX-License-Identifier: MIT */
/* Names of the waveform and the GTKWave save file beside it. */
#define _GNU_SOURCE
#include "report/wave_file.h"

#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/text.h"
#include "report/point_words.h"
#include "report/wave_end.h"
#include "report/wave_names.h"
#include "report/wave_view.h"
#include "run/run.h"
#include "run/run_directory.h"

#define WINDOW          "[size] 1200 700\n[pos] -1 -1\n[sst_width] 280\n[signals_width] 220\n[sst_expanded] 1\n"
#define ROW_BIT         "@28"
#define ROW_VECTOR      "@22"
#define READ_BYTES      65536u
#define HEAD_BYTES      (64 << 20) /* of a VCD, at most */
#define VIEW_BYTES      12800u
#define POINT_NAME_SIZE (SHARED_LINE_SIZE + 1)
/* Blocks of an FST: the length is that of what follows; of the hierarchy there is its length when unpacked.
 */
#define FST_HIERARCHY     6 /* packed by LZ4 once */
#define FST_HIERARCHY_ALL 8u
#define FST_BLOCKS_MAX    100000u

const char *wave_file_format(void)
{
    return run.hooks->format() == HOOKS_FORMAT_FST ? "fst" : "vcd";
}

const char *wave_file_name(void)
{
    return run.hooks->format() == HOOKS_FORMAT_FST ? "wave.fst" : "wave.vcd";
}

const char *wave_file_draft_name(void)
{
    return run.hooks->format() == HOOKS_FORMAT_FST ? "wave.new.fst" : "wave.new.vcd";
}

static size_t read_at(int fd, void *to, size_t size, uint64_t offset)
{
    size_t done = 0;
    long r;

    while (done < size && (r = kernel_pread(fd, (char *)to + done, size - done, (off_t)(offset + done))) > 0)
        done += (size_t)r;
    return done;
}

/* The hierarchy stands behind the values. */
static void names_of_fst(int fd, struct wave_names *names)
{
    static char packed[READ_BYTES], bytes[READ_BYTES];
    struct __attribute__((packed)) {
        uint8_t kind;
        uint64_t length; /* the highest byte first */
    } head;
    uint64_t at = 0;

    for (unsigned i = 0; i < FST_BLOCKS_MAX && read_at(fd, &head, sizeof head, at) == sizeof head; i++) {
        uint64_t length = be64toh(head.length);
        if (head.kind == FST_HIERARCHY) {
            size_t size = length < sizeof packed ? (size_t)length : sizeof packed;
            size = read_at(fd, packed, size, at + sizeof head + FST_HIERARCHY_ALL);
            wave_names_of_fst(names, bytes, wave_names_unpack(bytes, sizeof bytes, packed, size));
        }
        if (head.kind == FST_HIERARCHY || length < sizeof length)
            return;
        at += 1 + length;
    }
}

static void names_of_vcd(int fd, struct wave_names *names)
{
    static char tail[READ_BYTES];
    int64_t size = kernel_lseek(fd, 0, SEEK_END);

    if (size <= 0)
        return;
    size_t head_size = size < HEAD_BYTES ? (size_t)size : HEAD_BYTES;
    void *head = mmap(NULL, head_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (head == MAP_FAILED)
        return;
    wave_names_of_vcd(names, head, head_size);
    uint64_t at = size > READ_BYTES ? (uint64_t)size - READ_BYTES : 0;
    wave_names_add_changed(names, head, head_size, tail, read_at(fd, tail, sizeof tail, at));
    munmap(head, head_size);
}

static int open_wave(int flags)
{
    return run_directory_open(wave_file_name(), flags | O_NOFOLLOW | O_NONBLOCK);
}

static void names_of_wave(struct wave_names *names)
{
    int fd = open_wave(O_RDONLY);

    names->count = 0;
    if (fd < 0)
        return;
    if (run.found.format == HOOKS_FORMAT_FST)
        names_of_fst(fd, names);
    else
        names_of_vcd(fd, names);
    kernel_close(fd);
}

static void append_names(struct text *text)
{
    static struct wave_names names;

    names_of_wave(&names);
    for (size_t i = 0; i < names.count; i++)
        text_format(text, "%s\n%s\n", names.list[i].width == 1 ? ROW_BIT : ROW_VECTOR, names.list[i].path);
}

/* What comes after a point is shown, too. */
static void choose(struct wave_view *view)
{
    const struct shared_replay *replay = &run.page->replay;
    bool is_point = end_is_point(run.page->end.kind);

    wave_view_choose(view, replay->wave_first_time, replay->wave_last_time,
                     replay->wave_last_eval - replay->wave_first_eval + 1,
                     is_point ? run.page->point.after_evals : replay->after_evals);
}

/* A marker of its own, with a name, and the same words above the signals. */
static void append_point(struct text *text, const char *name)
{
    if (*name != '\0')
        text_format(text, "[markername] A%s\n@200\n-%s\n", name, name);
}

bool wave_file_make_room(void)
{
    struct wave_view view;
    uint64_t last_time = run.page->replay.wave_last_time;

    choose(&view);
    if (view.end == last_time)
        return true;
    int fd = open_wave(O_RDWR);
    if (fd < 0)
        return false;
    int r = wave_end_move(fd, run.found.format == HOOKS_FORMAT_FST, last_time, view.end);
    kernel_close(fd);
    return r == 0;
}

int wave_file_save_view(bool has_room)
{
    static char buffer[VIEW_BYTES];
    char name_bytes[POINT_NAME_SIZE];
    struct wave_view view;

    choose(&view);
    struct text name = text_in(name_bytes, sizeof name_bytes);
    point_words_name(&name);
    text_hide_controls(name_bytes, name.length);
    const uint64_t marked_time = point_words_time();
    struct text text = text_in(buffer, sizeof buffer);
    text_format(&text, "[*] the end of the %s\n[dumpfile] \"%s\"\n" WINDOW,
                name.length > 0 ? "stretch that was asked for" : "failing run", wave_file_name());
    text_format(&text, "[timestart] %" PRIu64 "\n*", has_room ? view.start : view.start_now);
    wave_view_zoom(&text, view.frame);
    text_format(&text, " %" PRIu64, marked_time);
    if (name.length > 0)
        text_format(&text, " %" PRIu64, marked_time);
    for (int marker = name.length > 0 ? 'B' : 'A'; marker <= 'Z'; marker++)
        text_format(&text, " -1");
    text_format(&text, "\n[treeopen] TOP.\n");
    append_point(&text, name_bytes);
    append_names(&text);
    return run_directory_write("wave.gtkw", &text);
}
