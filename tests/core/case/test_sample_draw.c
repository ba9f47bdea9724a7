#include "core/case/sample_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OF = 40, DRAWN = 10, SEEDS = 4000 };

static void samples_rise_and_are_of_the_set(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        size_t *samples = sample_draw_find((struct sample_draw){DRAWN, seed}, OF);

        for (int i = 0; i < DRAWN; i++) {
            assert_true(samples[i] < OF);
            assert_true(i == 0 || samples[i] > samples[i - 1]);
        }
        free(samples);
    }
}

static void all_samples_are_all_samples(void **state)
{
    size_t *samples = sample_draw_find((struct sample_draw){OF, 3}, OF);

    (void)state;
    for (size_t i = 0; i < OF; i++)
        assert_true(samples[i] == i);
    free(samples);
}

/* Each is drawn as often as any other: 1000 times, give or take five standard deviations. */
static void no_sample_is_preferred(void **state)
{
    int times[OF] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t *samples = sample_draw_find((struct sample_draw){DRAWN, seed}, OF);

        for (int i = 0; i < DRAWN; i++)
            times[samples[i]]++;
        free(samples);
    }
    for (int i = 0; i < OF; i++)
        assert_in_range(times[i], 1000 - 137, 1000 + 137);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_rise_and_are_of_the_set),
        cmocka_unit_test(all_samples_are_all_samples),
        cmocka_unit_test(no_sample_is_preferred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
