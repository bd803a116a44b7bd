/* SPDX-License-Identifier: MIT */
/* Whatever a program is called and wherever it runs, a workflow command is one line, and a report is JSON. */
#include "unit.h"

#include "report/annotation_words.h"

static void expect_github(const char *what, const char *where, const char *wanted)
{
    char bytes[400];
    struct text line = text_in(bytes, sizeof bytes);

    annotation_words_github(&line, what, where);
    assert_string_equal(bytes, wanted);
}

static void github(void **state)
{
    (void)state;
    expect_github("emu (pid 7) ends with SIGABRT at eval 3, time 2", "waveform: /a/wave.vcd",
                  "::error title=lightsss::emu (pid 7) ends with SIGABRT at eval 3, time 2%0Awaveform: "
                  "/a/wave.vcd");
}

/* The runner takes back %25, %0D and %0A in this order of its own, so that %250A is a text. */
static void github_escapes(void **state)
{
    (void)state;
    expect_github("100%\r\n::warning::", "%0A", "::error title=lightsss::100%25%0D%0A::warning::%0A%250A");
}

static void expect_gitlab(const char *path, const char *project, const char *name, const char *url)
{
    char bytes[800], wanted[800];
    struct text json = text_in(bytes, sizeof bytes);

    annotation_words_gitlab(&json, "emu \"x\" ends", path, "https://git.example/g/p/-/jobs/12", project);
    text_print(wanted, sizeof wanted,
               "{ \"lightsss%s\": [ { \"external_link\": { \"label\": \"emu \\\"x\\\" ends\", \"url\": "
               "\"https://git.example/g/p/-/jobs/12%s\" } } ] }\n",
               name, url);
    assert_string_equal(bytes, wanted);
}

static void gitlab(void **state)
{
    (void)state;
    expect_gitlab("/builds/g/p/lightsss/emu.7/wave.vcd", "/builds/g/p", " emu.7",
                  "/artifacts/file/lightsss/emu.7/wave.vcd");
    expect_gitlab("/builds/g/p/lightsss/emu.7/wave.vcd", "/builds/g/p/", " emu.7",
                  "/artifacts/file/lightsss/emu.7/wave.vcd");
    expect_gitlab("/builds/a b\"\n%/\xc3\xa4", "/builds", " a b\\\"\\n%",
                  "/artifacts/file/a%20b%22%0A%25/%C3%A4");
}

static void gitlab_elsewhere(void **state)
{
    (void)state;
    expect_gitlab("/tmp/emu.7/wave.vcd", "/builds/g/p", " emu.7", "");
    expect_gitlab("/builds/g/p2/wave.vcd", "/builds/g/p", " p2", "");
    expect_gitlab("/builds/g/p/wave.vcd", "", " p", "");
    expect_gitlab("/wave.vcd", "/", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(github),
        cmocka_unit_test(github_escapes),
        cmocka_unit_test(gitlab),
        cmocka_unit_test(gitlab_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
