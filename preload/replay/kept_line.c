/* SPDX-License-Identifier: MIT */
/* See kept_line.h. Whoever listens may be gone: nothing is waited for. */
#define _GNU_SOURCE
#include "replay/kept_line.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
#define STOP_SIZE   64u
#define NOT_WRITTEN "unwritten" /* no verdict: whoever asked has nothing of it */
#define DRAW_NS     (SECOND_NS / 5)

static int line_fd = -1;
static pid_t keeper; /* the kept copy, which listens to the command */

void kept_line_take(int connection, int error_output)
{
    line_fd = high_number_move(connection);
    keeper = kernel_getppid();
    if (!log_shows(LOG_INFO)) /* whoever asks wants to be told, be it that the run was quiet */
        log_set_level(LOG_INFO);
    log_set_fd(error_output < 0 ? -1 : high_number_move(error_output));
}

bool kept_line_is_there(void)
{
    return line_fd >= 0;
}

bool kept_line_is_alone(void)
{
    return line_fd >= 0 && kernel_getppid() != keeper;
}

uint32_t kept_line_asked(void)
{
    static uint32_t asked;

    if (asked == 0)
        asked = kept_line_stopped(line_fd);
    return asked;
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

void kept_line_answer(int connection, const struct text *packet)
{
    raw_syscall6(SYS_sendto, connection, packet->bytes, packet->length, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
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
    kept_line_answer(connection, &packet);
}

uint32_t kept_line_stopped(int connection)
{
    char bytes[STOP_SIZE];
    const long length = raw_syscall6(SYS_recvfrom, connection, bytes, sizeof bytes, MSG_DONTWAIT, NULL, NULL);
    const char *at = bytes, *word;

    if (length == -EAGAIN || length == -EINTR)
        return 0;
    if (length <= 0)
        return SIGHUP;
    word = kept_message_next(&at, bytes + length);
    if (word == NULL || strcmp(word, KEPT_STOP) != 0)
        return 0;
    word = kept_message_next(&at, bytes + length);
    const long signal = word != NULL ? strtol(word, NULL, 10) : 0;
    return signal > 0 && signal < NSIG ? (uint32_t)signal : SIGTERM;
}

void kept_line_send(const struct text *packet)
{
    kept_line_answer(line_fd, packet);
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
    append_string(&packet, run_directory_size("report.json") > 0
                               ? verdict_name((enum verdict)run.page->replay.verdict)
                               : NOT_WRITTEN);
    run_directory_name(&packet);
    text_append(&packet, "", 1);
    kept_line_answer(line_fd, &packet);
}
