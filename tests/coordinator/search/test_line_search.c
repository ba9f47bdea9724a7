#include "coordinator/search/line_search.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/coordinator/search/golden_lines.h"

static struct traced traced;
static struct error err;

/* Searches the line through `origin` along `direction`, both [dimension]. */
static struct line_search_result search_from(traced_fn function, const double *origin,
                                             const double *direction, int dimension,
                                             const struct line_search_options *options)
{
    static double probes[LINE_POINTS * TRACED_MAX_DIMENSION];
    struct objective objective;
    struct line line = {&objective, origin, direction, probes};
    double loss_here = function(origin, dimension);
    struct line_search_result found;

    assert_int_equal(
        traced_objective(&objective, &traced, function, dimension, 0, &err), 0);
    assert_int_equal(line_search(&line, loss_here, options, &found, &err), 0);
    assert_int_equal(found.evaluations, objective.evaluations);
    objective_clear(&objective);
    return found;
}

static struct line_search_result search(traced_fn function, double origin)
{
    const struct line_search_options options = line_search_default_options();
    const double direction = 1;

    return search_from(function, &origin, &direction, 1, &options);
}

/* With as many moves of Brent's as the tolerance asks for. */
static struct line_search_result search_finely(traced_fn function, double origin)
{
    struct line_search_options options = line_search_default_options();
    const double direction = 1;

    options.refinements = options.max_evaluations;
    return search_from(function, &origin, &direction, 1, &options);
}

/* ---- functions of the logarithm of a step ---- */

static double valley(const double *x, int dimension)
{
    (void)dimension;
    return 1 + x[0] * x[0];
}

static double rounding_and_clipping(const double *x, int dimension)
{
    double step = exp(x[0]);

    (void)dimension;
    return 2 * exp(-8 * step) + step * step / 12;
}

static double hill(const double *x, int dimension)
{
    (void)dimension;
    return 2 - x[0] * x[0];
}

static double flat(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return 0.7;
}

static double falling(const double *x, int dimension)
{
    (void)dimension;
    return -x[0];
}

static double not_a_number(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return NAN;
}

static double defined_above_zero(const double *x, int dimension)
{
    (void)dimension;
    return sqrt(x[0] - 0.1) + 1 / (x[0] - 0.1); /* lowest at 0.1 + 2^(2/3) */
}

static double huge_but_here(const double *x, int dimension)
{
    (void)dimension;
    return x[0] == 0 ? 1 : 1e300;
}

static double jagged(const double *x, int dimension)
{
    (void)dimension;
    return 1 + x[0] * x[0] + 0.02 * sin(400 * x[0]);
}

/* ---- what the default search promises ---- */

static void the_default_finds_the_minimum_from_near_and_far(void **state)
{
    static const struct {
        traced_fn function;
        double origin, minimum;
        int most_evaluations;
    } cases[] = {
        {valley, 0, 0, 2},
        {valley, 0.004, 0, 2},
        {valley, 0.03, 0, 3},
        {valley, -0.1, 0, 3},
        {valley, 0.3, 0, 4},
        {valley, -1, 0, 6},
        {valley, 3.9, 0, 6},
        {rounding_and_clipping, -2.4, -0.4643, 11},
        {rounding_and_clipping, -0.5, -0.4643, 4},
        {rounding_and_clipping, 1.5, -0.4643, 12},
        {line_kink, 0.5, 0, 12},
        {defined_above_zero, 0.8, 1.6874, 12},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line_search_result found =
            search_finely(cases[i].function, cases[i].origin);

        if (fabs(cases[i].origin + found.position - cases[i].minimum) > 0.02)
            fail_msg("case %zu: minimum at %g", i, cases[i].origin + found.position);
        if (found.evaluations > cases[i].most_evaluations)
            fail_msg("case %zu: %ld evaluations", i, found.evaluations);
    }
}

static void the_result_is_the_lowest_trial_and_never_above_the_start(void **state)
{
    static const traced_fn functions[] = {
        valley, rounding_and_clipping, hill,          flat,         falling,
        jagged, defined_above_zero,    huge_but_here, line_quartic, line_kink};

    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        for (double origin = -0.9; origin < 2; origin += 0.17) {
            struct line_search_result found = search(functions[i], origin);
            double lowest = functions[i](&origin, 1);
            double loss_here = lowest;

            for (int k = 0; k < traced.count; k++)
                if (traced.losses[k] < lowest || isnan(lowest))
                    lowest = traced.losses[k];
            assert_true(found.loss == lowest || isnan(lowest));
            assert_true(found.gain >= 0);
            assert_true(isnan(loss_here) || found.gain == loss_here - found.loss);
        }
}

/* Of each trial the lowest before it is the rival, and the lowest of all is exact. */
static void an_estimate_is_never_the_lowest(void **state)
{
    static const traced_fn functions[] = {valley, rounding_and_clipping, hill,
                                          jagged, line_quartic,          line_kink};

    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        for (double origin = -0.9; origin < 2; origin += 0.17) {
            static double probes[LINE_POINTS];
            const struct line_search_options options = line_search_default_options();
            const double direction = 1;
            struct objective objective;
            struct line line = {&objective, &origin, &direction, probes};
            double lowest = functions[i](&origin, 1), end;
            struct line_search_result found;

            traced_objective(&objective, &traced, functions[i], 1, 0, &err);
            objective.contest = traced_contest;
            traced.estimates = 0.3;
            assert_int_equal(line_search(&line, lowest, &options, &found, &err), 0);
            for (int k = 0; k < traced.count; k++)
                lowest = fmin(lowest, traced.losses[k]);
            end = origin + found.position;
            assert_true(found.loss == lowest && functions[i](&end, 1) == lowest);
            objective_clear(&objective);
        }
}

static void the_start_is_never_evaluated_again(void **state)
{
    (void)state;
    for (double origin = -1; origin < 1; origin += 0.13) {
        search(jagged, origin);
        for (int k = 0; k < traced.count; k++)
            assert_true(traced.points[k][0] != origin);
    }
}

static void the_first_probes_are_one_batch_to_both_sides(void **state)
{
    static const double lengths[] = {0.2, 0.4, 0.8, 1.6};
    struct line_search_options options = line_search_default_options();
    const double origin = 0;
    const double direction = 1;

    (void)state;
    for (options.probes = 2; options.probes <= LINE_MAX_PROBES; options.probes += 2) {
        search_from(flat, &origin, &direction, 1, &options);
        assert_int_equal(traced.calls, 1);
        assert_int_equal(traced.count, options.probes);
        for (int k = 0; k < options.probes; k++) {
            int from_middle = k < options.probes / 2 ? options.probes / 2 - 1 - k
                                                     : k - options.probes / 2;

            assert_true(fabs(fabs(traced.points[k][0]) - lengths[from_middle]) < 1e-15);
        }
    }
}

static void a_flat_line_ends_with_its_first_batch(void **state)
{
    struct line_search_result found = search(flat, 0.4);

    (void)state;
    assert_int_equal(found.evaluations, 2);
    assert_true(found.position == 0 && found.loss == 0.7 && found.gain == 0);
}

static void a_line_without_finite_losses_ends_where_it_began(void **state)
{
    struct line_search_result found = search(not_a_number, 0.4);

    (void)state;
    assert_int_equal(found.evaluations, 2);
    assert_true(found.position == 0 && isnan(found.loss) && found.gain == 0);
}

static void a_finite_loss_beside_a_start_that_is_none_is_found(void **state)
{
    struct line_search_result found = search(defined_above_zero, 0.05);

    (void)state;
    assert_true(isfinite(found.loss));
    assert_true(isinf(found.gain));
}

static void no_probe_goes_beyond_reach_or_after_the_last_evaluation(void **state)
{
    struct line_search_options options = line_search_default_options();
    struct line_search_result found = search(falling, 0);
    const double origin = 0;
    const double direction = 1;

    (void)state;
    assert_true(found.position == options.reach);
    for (options.max_evaluations = 6; options.max_evaluations < 12;
         options.max_evaluations++) {
        found = search_from(jagged, &origin, &direction, 1, &options);
        assert_true(found.evaluations <= options.max_evaluations);
        for (int k = 0; k < traced.count; k++)
            assert_true(fabs(traced.points[k][0]) <= options.reach);
    }
}

static void the_parabola_through_the_probes_is_followed_once(void **state)
{
    struct line_search_options options = line_search_default_options();
    const double direction = 1;

    (void)state;
    for (double origin = -0.095; origin < 0.1; origin += 0.02) {
        struct line_search_result found =
            search_from(valley, &origin, &direction, 1, &options);

        /* None where it says that the origin is the minimum. */
        assert_int_equal(found.evaluations,
                         options.probes + (fabs(origin) > options.tolerance));
        assert_true(fabs(origin + found.position) < options.tolerance);
    }
}

/* Lower at 0 than anywhere around, by chance. */
static double dent(const double *x, int dimension)
{
    (void)dimension;
    return x[0] == 0 ? 1 : 1.5 + x[0];
}

static void only_a_jagged_loss_disappoints_the_parabola(void **state)
{
    (void)state;
    for (double origin = -1; origin < 1; origin += 0.07) {
        assert_false(search(valley, origin).disappointed);
        assert_false(search(rounding_and_clipping, origin).disappointed);
    }
    assert_false(search(flat, 0).disappointed);
    assert_true(search(dent, 0).disappointed);
}

static void the_stride_is_the_length_of_the_first_probes(void **state)
{
    struct line_search_options options = line_search_default_options();
    const double origin = 0;
    const double direction = -4;

    (void)state;
    options.stride = 0.03;
    search_from(flat, &origin, &direction, 1, &options);
    for (int k = 0; k < options.probes; k++)
        assert_true(fabs(fabs(traced.points[k][0]) - 0.03) < 1e-15);
}

static double slanted_valley(const double *x, int dimension)
{
    (void)dimension;
    return 1 + (x[0] - 0.3) * (x[0] - 0.3) + 4 * (x[1] + 0.15) * (x[1] + 0.15);
}

static void the_length_of_the_direction_does_not_matter(void **state)
{
    static const double lengths[] = {1, 1e-3, -40, 1e9};
    const struct line_search_options options = line_search_default_options();
    const double origin[2] = {0, 0};
    long evaluations = 0;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const double direction[2] = {lengths[i], -lengths[i] / 2};
        struct line_search_result found =
            search_from(slanted_valley, origin, direction, 2, &options);

        assert_true(fabs(found.position * lengths[i] - 0.3) < 0.01);
        assert_true(i == 0 || found.evaluations == evaluations);
        evaluations = found.evaluations;
    }
}

/* ---- the reference search ---- */

static void the_reference_evaluates_the_start_again_and_a_whole_step_away(void **state)
{
    struct line_search_options options = line_search_default_options();
    const double origin = 0.25;
    const double direction = 2;
    struct line_search_result found;

    (void)state;
    options.kind = LINE_SEARCH_REFERENCE;
    found = search_from(line_parabola, &origin, &direction, 1, &options);
    assert_true(traced.points[0][0] == 0.25);
    assert_true(traced.points[1][0] == 2.25);
    assert_true(fabs(0.25 + 2 * found.position - 0.3) < 1e-3);
    assert_int_equal(found.evaluations, found.iterations + 3);
    assert_int_equal(traced.calls, traced.count);
    assert_true(found.gain == line_parabola(&origin, 1) - found.loss);
}

static void the_reference_ends_whatever_the_losses(void **state)
{
    static const traced_fn functions[] = {flat,    not_a_number,  hill,
                                          falling, huge_but_here, defined_above_zero};
    struct line_search_options options = line_search_default_options();
    const double origin = 0;
    const double direction = 1;

    (void)state;
    options.kind = LINE_SEARCH_REFERENCE;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        search_from(functions[i], &origin, &direction, 1, &options);
        assert_true(traced.count <= 2600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_finds_the_minimum_from_near_and_far),
        cmocka_unit_test(the_result_is_the_lowest_trial_and_never_above_the_start),
        cmocka_unit_test(an_estimate_is_never_the_lowest),
        cmocka_unit_test(the_start_is_never_evaluated_again),
        cmocka_unit_test(the_first_probes_are_one_batch_to_both_sides),
        cmocka_unit_test(a_flat_line_ends_with_its_first_batch),
        cmocka_unit_test(a_line_without_finite_losses_ends_where_it_began),
        cmocka_unit_test(a_finite_loss_beside_a_start_that_is_none_is_found),
        cmocka_unit_test(no_probe_goes_beyond_reach_or_after_the_last_evaluation),
        cmocka_unit_test(the_parabola_through_the_probes_is_followed_once),
        cmocka_unit_test(only_a_jagged_loss_disappoints_the_parabola),
        cmocka_unit_test(the_stride_is_the_length_of_the_first_probes),
        cmocka_unit_test(the_length_of_the_direction_does_not_matter),
        cmocka_unit_test(the_reference_evaluates_the_start_again_and_a_whole_step_away),
        cmocka_unit_test(the_reference_ends_whatever_the_losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
