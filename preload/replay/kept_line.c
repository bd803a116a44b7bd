/* SPDX-License-Identifier: MIT */
/* See kept_line.h. Whoever listens may be gone: nothing is waited for. */
#define _GNU_SOURCE
#include "replay/kept_line.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vdso.h"
#include "report/progress_line.h"
#include "run/kept_message.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "run/verdict.h"

#define ANSWER_SIZE 1024u
#define DRAW_NS     (SECOND_NS / 5)

static int line_fd = -1;

void kept_line_take(int connection, int error_output)
{
    line_fd = high_number_move(connection);
    if (!log_shows(LOG_INFO)) /* whoever asks wants to be told, be it that the run was quiet */
        log_set_level(LOG_INFO);
    log_set_fd(error_output < 0 ? -1 : high_number_move(error_output));
}

bool kept_line_is_there(void)
{
    return line_fd >= 0;
}

void kept_line_draw(void)
{
    static uint64_t next_ns;
    static bool has_begun;

    if (line_fd < 0)
        return;
    const uint64_t now_ns = vdso_clock_ns();
    if (now_ns < next_ns)
        return;
    next_ns = now_ns + DRAW_NS;
    if (!has_begun)
        progress_line_begin(shared_page_slot(run.page, run.pid));
    has_begun = true;
    progress_line_draw();
}

void kept_line_clear(void)
{
    if (line_fd >= 0)
        progress_line_end();
}

static void send_packet(int fd, const struct text *packet)
{
    raw_syscall6(SYS_sendto, fd, packet->bytes, packet->length, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

static void append_string(struct text *packet, const char *string)
{
    text_format(packet, "%s", string);
    text_append(packet, "", 1);
}

void kept_line_refuse(int connection, const char *why)
{
    char bytes[ANSWER_SIZE];
    struct text packet = text_in(bytes, sizeof bytes);

    append_string(&packet, KEPT_REFUSED);
    append_string(&packet, why);
    send_packet(connection, &packet);
}

void kept_line_send(const struct text *packet)
{
    send_packet(line_fd, packet);
}

void kept_line_say_refused(const char *why)
{
    kept_line_refuse(line_fd, why);
}

void kept_line_say_done(void)
{
    char bytes[ANSWER_SIZE];
    struct text packet = text_in(bytes, sizeof bytes);

    if (line_fd < 0)
        return;
    append_string(&packet, KEPT_DONE);
    append_string(&packet, verdict_name((enum verdict)run.page->replay.verdict));
    run_directory_name(&packet);
    text_append(&packet, "", 1);
    send_packet(line_fd, &packet);
}
