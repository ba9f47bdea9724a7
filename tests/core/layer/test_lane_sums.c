#include "core/layer/lane_sums.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 200 };

static float x[MOST];

static void fill(void)
{
    for (int i = 0; i < MOST; i++)
        x[i] = sinf((float)i) * expf(.05f * (float)i);
}

/* The order of the header, said again: element i goes to sum i modulo 16, and the sums are added up
 * in halves. */
static double in_order(const double *terms, size_t count)
{
    double sums[16] = {0};

    for (size_t i = 0; i < count; i++)
        sums[i % 16] += terms[i];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sums[i] += sums[half + i];
    return sums[0];
}

static void sums_are_added_in_one_order(void **state)
{
    (void)state;
    fill();
    for (size_t count = 0; count <= MOST; count++) {
        double terms[MOST], squares[MOST];

        for (size_t i = 0; i < count; i++) {
            terms[i] = (double)x[i];
            squares[i] = ((double)x[i] - 0.3) * ((double)x[i] - 0.3);
        }
        assert_true(lane_sum(x, count) == in_order(terms, count));
        assert_true(lane_sum_of_squares(x, count, 0.3) == in_order(squares, count));
    }
}

static void the_largest_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 70; count++)
        for (size_t at = 0; at < count; at++) {
            fill();
            x[at] = 1e6f;
            assert_true(lane_largest(x, count) == 1e6f);
            x[at] = NAN;
            assert_true(count == 1 ? lane_largest(x, count) == -INFINITY
                                   : lane_largest(x, count) < 1e6f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_added_in_one_order),
        cmocka_unit_test(the_largest_is_found_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
