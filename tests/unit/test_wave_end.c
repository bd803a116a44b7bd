/* SPDX-License-Identifier: MIT */
/* The time that is put behind the end of a waveform. */
#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/wave_end.h"

#define NOTE "$comment the last dump was at the time before; what follows is room for the view $end "

static int file_of(const void *bytes, size_t size)
{
    int fd = memfd_create("wave", 0);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    return fd;
}

static void check(const char *before, uint64_t last, int result, const char *added)
{
    size_t size = strlen(before);
    int fd = file_of(before, size);
    char *after = calloc(1, size + 256);

    for (int i = 0; i < 2; i++) /* it is there once, however often it is written */
        assert_int_equal(wave_end_move(fd, false, last, 107), result);
    assert_true(pread(fd, after, size + 255, 0) >= (ssize_t)size);
    assert_memory_equal(after, before, size);
    assert_string_equal(after + size, added);
    free(after);
    close(fd);
}

static void of_a_vcd(void **state)
{
    (void)state;
    check("$enddefinitions $end\n#0\n1!\n#99\n0!\n", 99, 0, NOTE "#107\n");
    check("$enddefinitions $end\n#0\n1!\n#99\n1#\nb10 #99\n", 99, 0, NOTE "#107\n");
    check("$enddefinitions $end\n#99\n", 99, 0, NOTE "#107\n");
    check("$enddefinitions $end\n#0\n1!\n#98\n0!\n", 99, -EINVAL, "");
    check("$enddefinitions $end\n#0\n1!\n#99\n#100\n", 99, -EINVAL, "");
    check("$enddefinitions $end\n#0\n1!\n#99\n0", 99, -EINVAL, "");
    check("$enddefinitions $end\n#0\n1!\n#99", 99, -EINVAL, "");
    check("$enddefinitions $end\n", 99, -EINVAL, "");
    check("", 99, -EINVAL, "");
}

/* The time stands before what is read at once, and across the border of it. */
static void of_a_large_vcd(void **state)
{
    (void)state;
    for (size_t values = 65530; values < 65545; values++) {
        char *text = malloc(values + 64), *at = stpcpy(text, "$enddefinitions $end\n#7\n1!\n#99\n");
        memset(at, '1', values);
        for (size_t i = 2; i < values; i += 3)
            at[i] = '\n';
        memcpy(at + values, "1#\n", sizeof "1#\n");
        check(text, 99, 0, NOTE "#107\n");
        check(text, 7, -EINVAL, "");
        free(text);
    }
}

static void of_an_fst(void **state)
{
    unsigned char head[64] = {0, 0, 0, 0, 0, 0, 0, 1, 73}, after[64];

    (void)state;
    head[23] = 1; /* 256 + 5 */
    head[24] = 5;
    int fd = file_of(head, sizeof head);
    assert_int_equal(wave_end_move(fd, true, 260, 300), -EINVAL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(wave_end_move(fd, true, 261, UINT64_C(0x0102030405060708)), 0);
    assert_int_equal(pread(fd, after, sizeof after, 0), sizeof after);
    for (unsigned char i = 0; i < 8; i++)
        head[17 + i] = i + 1;
    assert_memory_equal(after, head, sizeof head);
    close(fd);
    head[0] = 254; /* packed as a whole */
    fd = file_of(head, sizeof head);
    assert_int_equal(wave_end_move(fd, true, UINT64_C(0x0102030405060708), 300), -EINVAL);
    close(fd);
    fd = file_of(head, 20);
    assert_int_equal(wave_end_move(fd, true, 261, 300), -EINVAL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_vcd),
        cmocka_unit_test(of_a_large_vcd),
        cmocka_unit_test(of_an_fst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
