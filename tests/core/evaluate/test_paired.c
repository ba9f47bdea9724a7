#include "core/evaluate/paired.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Differences with the mean `mean` and the standard deviation `spread`. */
static struct paired alternating(int count, double mean, double spread)
{
    struct paired paired = {0};

    for (int i = 0; i < count; i++)
        paired_add(&paired, 3 + mean + (i % 2 ? spread : -spread), 3);
    return paired;
}

static void one_that_is_worse_by_more_than_the_spread_allows_is_hopeless(void **state)
{
    /* Of 64 samples of very many, the mean has a standard error of 0.5 / 8 = 0.0625 or hardly more. */
    static const struct {
        double mean, errors;
        bool is_hopeless;
    } cases[] = {
        {0.07, 1, true},   {0.06, 1, false},   {0.13, 2, true},  {0.12, 2, false},
        {-0.07, 1, false}, {-0.001, 0, false}, {0.001, 0, true}, {0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct paired paired = alternating(64, cases[i].mean, 0.5);

        if (paired_is_hopeless(&paired, 1000000, cases[i].errors) !=
            cases[i].is_hopeless)
            fail_msg("case %zu", i);
    }
}

static void the_fewer_samples_are_left_the_surer_it_is(void **state)
{
    struct paired paired = alternating(64, 0.05, 0.5); /* 0.8 errors of very many */

    (void)state;
    assert_false(paired_is_hopeless(&paired, 1000000, 1));
    assert_false(paired_is_hopeless(&paired, 256, 1));
    assert_true(paired_is_hopeless(&paired, 128, 1)); /* sqrt(1/2) of the error */
    assert_true(paired_is_hopeless(&paired, 65, 5));
}

static void few_samples_say_nothing(void **state)
{
    struct paired few = alternating(PAIRED_LEAST_SAMPLES - 1, 10, 0.1);
    struct paired enough = alternating(PAIRED_LEAST_SAMPLES, 10, 0.1);

    (void)state;
    assert_false(paired_is_hopeless(&few, 1000, 1));
    assert_true(paired_is_hopeless(&enough, 1000, 1));
}

static void sums_do_not_depend_on_the_order(void **state)
{
    struct paired forwards = {0}, parts[3] = {{0}};

    (void)state;
    for (int i = 0; i < 90; i++)
        paired_add(&forwards, exp(i - 45), 0.1 * i);
    for (int i = 90; i-- > 0;)
        paired_add(&parts[i % 3], exp(i - 45), 0.1 * i);
    paired_merge(&parts[0], &parts[1]);
    paired_merge(&parts[0], &parts[2]);
    assert_memory_equal(&parts[0], &forwards, sizeof forwards);
}

static void what_is_not_finite_does_not_count(void **state)
{
    struct paired paired = {0};

    (void)state;
    paired_add(&paired, NAN, 1);
    paired_add(&paired, 1, NAN);
    assert_int_equal(paired.samples, 0);
    paired_add(&paired, 1, 2);
    assert_int_equal(paired.samples, 1);
    assert_true(paired_sum(&paired) == -1);
}

/* Mean squares of floats lie between 2^-298 and 2^258. */
static void differences_of_any_size_have_room(void **state)
{
    struct paired paired = {0};

    (void)state;
    for (int i = 0; i < 64; i++)
        paired_add(&paired, ldexp(1, 258), 0);
    assert_true(paired_sum(&paired) == ldexp(64, 190));
    assert_true(paired_is_hopeless(&paired, 1000, 100));
    paired = (struct paired){0};
    for (int i = 0; i < 64; i++)
        paired_add(&paired, ldexp(i % 8 ? -1 : 6, -280), 0);
    assert_true(paired_sum(&paired) == -ldexp(8, -280));
    assert_false(paired_is_hopeless(&paired, 1000, 0));
    for (int i = 0; i < 64; i++)
        paired_add(&paired, ldexp(1, -280), 0);
    assert_true(paired_is_hopeless(&paired, 1000, 0));
    assert_false(paired_is_hopeless(&paired, 1000, 4)); /* 0.44 a sample, spread 2 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_worse_by_more_than_the_spread_allows_is_hopeless),
        cmocka_unit_test(the_fewer_samples_are_left_the_surer_it_is),
        cmocka_unit_test(few_samples_say_nothing),
        cmocka_unit_test(sums_do_not_depend_on_the_order),
        cmocka_unit_test(what_is_not_finite_does_not_count),
        cmocka_unit_test(differences_of_any_size_have_room),
    };

    return cmocka_run_group_tests_name("paired", tests, NULL, NULL);
}
