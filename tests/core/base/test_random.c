#include "core/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* As published with the generator. */
static void bits_are_those_of_splitmix64(void **state)
{
    static const uint64_t from_0[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4,
                                      0x06c45d188009454f};
    static const uint64_t from_1234567[] = {6457827717110365317, 3203168211198807973,
                                            9817491932198370423u};
    struct random_stream zero = {0}, other = {1234567};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(random_bits(&zero) == from_0[i]);
        assert_true(random_bits(&other) == from_1234567[i]);
    }
}

static void fractions_fill_0_to_1_evenly(void **state)
{
    enum { COUNT = 64000, BINS = 16 };
    struct random_stream stream = {7};
    int counts[BINS] = {0};
    double sum = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        double fraction = random_fraction(&stream);

        assert_true(fraction > 0 && fraction < 1);
        counts[(int)(fraction * BINS)]++;
        sum += fraction;
    }
    for (int bin = 0; bin < BINS; bin++)
        assert_in_range(counts[bin], 3700, 4300); /* 5 standard deviations */
    assert_true(sum / COUNT > 0.494 && sum / COUNT < 0.506);
}

static void another_seed_gives_other_numbers(void **state)
{
    struct random_stream one = {1}, two = {2}, again = {1};

    (void)state;
    for (int i = 0; i < 10; i++) {
        double fraction = random_fraction(&one);

        assert_true(fraction != random_fraction(&two));
        assert_true(fraction == random_fraction(&again));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_splitmix64),
        cmocka_unit_test(fractions_fill_0_to_1_evenly),
        cmocka_unit_test(another_seed_gives_other_numbers),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
