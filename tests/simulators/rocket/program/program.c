/* SPDX-License-Identifier: MIT */
/* What the Rocket core runs: rounds of sorting, checksums, matrix products and pointer chasing over more data
 * than its caches hold, each checked against another way of computing the same. Ends with the number of
 * rounds that went wrong. */
#include <stddef.h>
#include <stdint.h>

#define CONSOLE ((volatile uint8_t *)0x10001000)
#define ROUNDS  20
#define WORDS   32
#define SIDE    4
#define LINKS   64 /* of one ring, one in each cache line */
#define WINDOWS 16 /* rings have different places in each round; together they are larger than the cache */

static uint32_t words[WORDS];
static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];
static uint32_t links[WINDOWS][LINKS][16];
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void print(const char *text)
{
    while (*text)
        *CONSOLE = (uint8_t)*text++;
}

static void print_hex(uint64_t value, int digits)
{
    while (digits-- > 0)
        *CONSOLE = (uint8_t) "0123456789abcdef"[value >> (4 * digits) & 15];
}

static uint32_t crc32(uint32_t crc, uint32_t value)
{
    crc ^= value;
    for (int bit = 0; bit < 32; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    return crc;
}

/* Sorting may neither lose nor invent anything: the sum stays. */
static int check_sort(void)
{
    uint64_t before = 0, after = 0;
    for (size_t i = 0; i < WORDS; i++)
        before += words[i] = (uint32_t)next_random();

    for (size_t gap = WORDS / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < WORDS; i++) {
            uint32_t word = words[i];
            size_t j = i;
            for (; j >= gap && words[j - gap] > word; j -= gap)
                words[j] = words[j - gap];
            words[j] = word;
        }
    }
    for (size_t i = 0; i < WORDS; i++) {
        after += words[i];
        if (i > 0 && words[i - 1] > words[i])
            return 0;
    }
    return before == after;
}

/* (A B) x equals A (B x); the numbers are small integers, so that doubles are exact. */
static int check_matrix(void)
{
    double x[SIDE], bx[SIDE];
    for (int i = 0; i < SIDE; i++) {
        x[i] = (double)(next_random() % 100);
        for (int j = 0; j < SIDE; j++) {
            left[i][j] = (double)(next_random() % 1000);
            right[i][j] = (double)(next_random() % 1000);
        }
    }
    for (int i = 0; i < SIDE; i++) {
        bx[i] = 0;
        for (int j = 0; j < SIDE; j++) {
            bx[i] += right[i][j] * x[j];
            product[i][j] = 0;
            for (int k = 0; k < SIDE; k++)
                product[i][j] += left[i][k] * right[k][j];
        }
    }
    for (int i = 0; i < SIDE; i++) {
        double one = 0, other = 0;
        for (int j = 0; j < SIDE; j++) {
            one += product[i][j] * x[j];
            other += left[i][j] * bx[j];
        }
        if (one != other)
            return 0;
    }
    return 1;
}

/* The links form one ring that visits every cache line of its window. */
static int check_links(unsigned round)
{
    uint32_t(*ring)[16] = links[round % WINDOWS];
    const uint32_t stride = 2 * (uint32_t)(next_random() % (LINKS / 2)) + 1;
    for (uint32_t i = 0; i < LINKS; i++)
        ring[i][0] = (i + stride) % LINKS;

    uint32_t at = 0, steps = 0;
    do {
        at = ring[at][0];
        steps++;
    } while (at != 0 && steps <= LINKS);
    return steps == LINKS;
}

int main(void)
{
    uint32_t crc = 0xffffffffu;
    int wrong = 0;
    print("rocket: start\n");
    for (unsigned round = 0; round < ROUNDS; round++) {
        int good = check_sort() & check_matrix() & check_links(round);
        for (size_t i = 0; i < WORDS; i++)
            crc = crc32(crc, words[i]);
        wrong += !good;
        print("round ");
        print_hex(round, 3);
        print(good ? " good " : " WRONG ");
        print_hex(crc, 8);
        print("\n");
    }
    return wrong < 200 ? wrong : 200;
}
