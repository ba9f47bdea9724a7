#include "coordinator/search/parabola.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/golden.h"

static struct error err;

static void assert_close(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected)))
        fail_msg("%.17g, expected %.17g", found, expected);
}

static void the_fit_is_that_of_numpy(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    double p[10], losses[10], coefficients[3], vertex;
    struct parabola found;

    (void)state;
    if (golden == NULL)
        skip();
    assert_int_equal(golden_numbers(golden_at(golden, "polyfit.p"), p, 10), 10);
    golden_numbers(golden_at(golden, "polyfit.loss"), losses, 10);
    golden_numbers(golden_at(golden, "polyfit.coef"), coefficients, 3);

    assert_int_equal(parabola_fit(p, losses, 10, &found, &err), 0);
    assert_close(found.curvature, coefficients[0], 1e-12);
    assert_close(found.slope, coefficients[1], 1e-12);
    assert_close(found.constant, coefficients[2], 1e-12);
    assert_int_equal(parabola_minimum(&found, 2, 4, PARABOLA_MARGIN, &vertex),
                     PARABOLA_MINIMUM);
    assert_close(vertex, json_number_value(golden_at(golden, "polyfit.pstar")), 1e-12);
    json_decref(golden);
}

static void a_parabola_is_found_exactly_wherever_it_lies(void **state)
{
    static const struct {
        double first, stride, curvature, slope, constant, relative;
        int count;
    } parabolas[] = {
        {-1, 1, 2, -3, 5, 1e-15, 3},       {2, 0.25, 0.5, -3, 5, 1e-13, 9},
        {1000, 1, 1, -2010, 4, 1e-6, 10},  {-4, 1e-3, 1e6, 7, 1, 1e-3, 20},
        {2, 0.25, -0.5, 3, 1e9, 1e-6, 10}, {0, 1e4, 1e-8, 1e-4, 1, 1e-13, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof parabolas / sizeof *parabolas; i++) {
        double p[20], losses[20];
        struct parabola found;

        for (int k = 0; k < parabolas[i].count; k++) {
            p[k] = parabolas[i].first + k * parabolas[i].stride;
            losses[k] = (parabolas[i].curvature * p[k] + parabolas[i].slope) * p[k] +
                        parabolas[i].constant;
        }
        assert_int_equal(parabola_fit(p, losses, parabolas[i].count, &found, &err), 0);
        assert_close(found.curvature, parabolas[i].curvature, parabolas[i].relative);
        assert_close(found.slope, parabolas[i].slope, parabolas[i].relative);
    }
}

static void repeated_and_unsorted_p_are_averaged(void **state)
{
    const double p[] = {3, 1, 2, 3, 1, 2};
    const double losses[] = {4, 1, 0, 6, 3, 2}; /* means 2, 1, 5 at 1, 2, 3 */
    struct parabola found;

    (void)state;
    assert_int_equal(parabola_fit(p, losses, 6, &found, &err), 0);
    assert_close(found.curvature, 2.5, 1e-13);
    assert_close(found.slope, -8.5, 1e-13);
    assert_close(found.constant, 8, 1e-13);
}

static void a_vertex_is_believed_only_within_the_margin(void **state)
{
    static const struct {
        struct parabola parabola;
        enum parabola_verdict verdict;
        double vertex;
    } cases[] = {
        {{1, -6, 0}, PARABOLA_MINIMUM, 3},
        {{1, -3, 0}, PARABOLA_MINIMUM, 1.5},
        {{1, -9, 0}, PARABOLA_MINIMUM, 4.5},
        {{1, -2.98, 0}, PARABOLA_OUT_OF_RANGE, 1.49},
        {{1, -9.02, 0}, PARABOLA_OUT_OF_RANGE, 4.51},
        {{1, 1.328, 0}, PARABOLA_OUT_OF_RANGE, -0.664},
        {{-1, 6, 0}, PARABOLA_CONCAVE, 3},
        {{0, 1, 0}, PARABOLA_CONCAVE, -INFINITY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double vertex;

        assert_int_equal(parabola_minimum(&cases[i].parabola, 2, 4, 0.5, &vertex),
                         cases[i].verdict);
        assert_true(vertex == cases[i].vertex);
    }
}

static void points_without_a_parabola_are_refused_by_name(void **state)
{
    static const struct {
        double p[4], losses[4];
        int count;
        const char *sentence;
    } cases[] = {
        {{2, 3}, {1, 1}, 2, "three different p, and there are 2"},
        {{2, 2, 3, 3}, {1, 2, 3, 4}, 4, "three different p, and there are 2"},
        {{2, 2, 2, 2}, {1, 2, 3, 4}, 4, "three different p, and there are 1"},
        {{2, 3, 4}, {1, NAN, 1}, 3, "the loss at p = 3 is "},
        {{2, 3, 4}, {1, 1, INFINITY}, 3, "the loss at p = 4 is inf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parabola untouched = {1, 2, 3};

        assert_int_equal(
            parabola_fit(cases[i].p, cases[i].losses, cases[i].count, &untouched, &err),
            -1);
        assert_non_null(strstr(err.text, cases[i].sentence));
        assert_true(untouched.curvature == 1 && untouched.slope == 2);
    }
}

static void every_verdict_has_words(void **state)
{
    (void)state;
    assert_string_equal(parabola_verdict_name(PARABOLA_CONCAVE), "opens downwards");
    assert_non_null(parabola_verdict_name(PARABOLA_MINIMUM));
    assert_non_null(parabola_verdict_name(PARABOLA_OUT_OF_RANGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fit_is_that_of_numpy),
        cmocka_unit_test(a_parabola_is_found_exactly_wherever_it_lies),
        cmocka_unit_test(repeated_and_unsorted_p_are_averaged),
        cmocka_unit_test(a_vertex_is_believed_only_within_the_margin),
        cmocka_unit_test(points_without_a_parabola_are_refused_by_name),
        cmocka_unit_test(every_verdict_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
