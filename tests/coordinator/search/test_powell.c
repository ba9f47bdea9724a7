#include "coordinator/search/powell.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/coordinator/search/traced.h"
#include "tests/support/golden.h"

static struct traced traced;
static struct error err;

/* ---- the functions of the reference traces ---- */

static double square(double x)
{
    return x * x;
}

static double rosenbrock(const double *x, int dimension)
{
    (void)dimension;
    return 100 * square(x[1] - square(x[0])) + square(1 - x[0]);
}

/* numpy adds eight or more numbers in this order. */
static double numpy_sum(const double *v, int count)
{
    double sum;

    assert(count >= 8 && count < 16);
    sum = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
    for (int i = 8; i < count; i++)
        sum += v[i];
    return sum;
}

static double nonseparable(const double *x, int dimension)
{
    double weighted[10];
    double products[9];

    assert(dimension == 10);
    for (int i = 0; i < 10; i++)
        weighted[i] = (i + 1) * square(x[i] - 0.1 * i);
    for (int i = 0; i < 9; i++)
        products[i] = square(x[i] * x[i + 1] - 0.25);
    return numpy_sum(weighted, 10) + 0.5 * square(numpy_sum(x, 10)) +
           2 * numpy_sum(products, 9);
}

static double golden_hessian[6][6];
static double golden_centre[6];

/* One row of H d in the order of OpenBLAS on AVX2: the last bit decides how long Brent
 * goes on where the loss is flat. */
static double openblas_row(int row, const double *d)
{
    const double *h = golden_hessian[row];
    double even = h[0] * d[0];
    double odd = h[1] * d[1];

    if (row < 4)
        return (fma(h[2], d[2], even) + fma(h[3], d[3], odd)) +
               (h[4] * d[4] + h[5] * d[5]);
    return even + odd + h[2] * d[2] + h[3] * d[3] + h[4] * d[4] + h[5] * d[5];
}

static double rotated_quadratic(const double *x, int dimension)
{
    double d[6];
    double sum = 0;

    assert(dimension == 6);
    for (int i = 0; i < 6; i++)
        d[i] = x[i] - golden_centre[i];
    for (int i = 0; i < 6; i++)
        sum += d[i] * openblas_row(i, d);
    return 0.5 * sum + 0.25;
}

/* ---- against the recorded runs of scipy ---- */

#define GOLDEN_MAX_DIMENSION 10
#define GOLDEN_MAX_SWEEPS 40

static struct sweeps {
    int count;
    double points[GOLDEN_MAX_SWEEPS][GOLDEN_MAX_DIMENSION];
    double losses[GOLDEN_MAX_SWEEPS];
} told;

static int note_sweep(void *context, const struct powell_sweep *sweep, bool *enough,
                      struct error *error)
{
    struct sweeps *noted = context;

    (void)error;
    assert_false(*enough);
    assert_int_equal(sweep->sweeps, noted->count + 1);
    assert_true(sweep->evaluations > 0);
    assert_true(noted->count < GOLDEN_MAX_SWEEPS);
    memcpy(noted->points[noted->count], sweep->point,
           (size_t)traced.dimension * sizeof *sweep->point);
    noted->losses[noted->count++] = sweep->loss;
    return 0;
}

static traced_fn golden_function(const char *name)
{
    static const struct {
        const char *name;
        traced_fn function;
    } functions[] = {{"rosen", rosenbrock},
                     {"quad6", rotated_quadratic},
                     {"nonsep10", nonseparable}};

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0)
            return functions[i].function;
    fail_msg("no function \"%s\"", name);
    return NULL;
}

static struct powell_options golden_options(json_t *expected)
{
    struct powell_options options = powell_default_options();
    json_t *x_tolerance = json_object_get(expected, "xtol");
    json_t *loss_tolerance = json_object_get(expected, "ftol");

    options.line_search.kind = LINE_SEARCH_REFERENCE;
    options.sweeps = (int)json_integer_value(json_object_get(expected, "maxiter"));
    if (x_tolerance != NULL)
        options.line_search.tolerance = 100 * json_number_value(x_tolerance);
    if (loss_tolerance != NULL)
        options.loss_tolerance = json_number_value(loss_tolerance);
    return options;
}

/* Bit for bit. */
static void assert_numbers_are(const char *what, const double *found, json_t *expected)
{
    double numbers[GOLDEN_MAX_DIMENSION * GOLDEN_MAX_DIMENSION];
    size_t count = golden_numbers(expected, numbers, sizeof numbers / sizeof *numbers);

    for (size_t i = 0; i < count; i++)
        if (found[i] != numbers[i])
            fail_msg("%s %zu: %.17g, expected %.17g", what, i, found[i], numbers[i]);
}

static void assert_run_is(json_t *expected)
{
    static const enum stop_reason reasons[] = {STOP_CONVERGED, STOP_EVALUATIONS_SPENT,
                                               STOP_SWEEPS_DONE}; /* scipy's status */
    json_t *asked = golden_at(expected, "options");
    struct powell_options options = golden_options(asked);
    long max_evaluations = json_integer_value(json_object_get(asked, "maxfev"));
    double point[GOLDEN_MAX_DIMENSION];
    double directions[GOLDEN_MAX_DIMENSION * GOLDEN_MAX_DIMENSION];
    int dimension =
        (int)golden_numbers(golden_at(expected, "x0"), point, GOLDEN_MAX_DIMENSION);
    const char *name = json_string_value(golden_at(expected, "function"));
    struct objective objective;
    struct powell_result result;
    size_t index;
    json_t *step;

    told.count = 0;
    options.sweep_done = note_sweep;
    options.context = &told;
    options.directions = directions;
    assert_int_equal(traced_objective(&objective, &traced, golden_function(name),
                                      dimension, max_evaluations, &err),
                     0);
    assert_int_equal(powell_minimise(&objective, point, &options, &result, &err), 0);

    assert_int_equal(result.evaluations,
                     json_integer_value(golden_at(expected, "nfev")));
    assert_int_equal(result.sweeps, json_integer_value(golden_at(expected, "nit")));
    assert_int_equal(result.reason,
                     reasons[json_integer_value(golden_at(expected, "status"))]);
    json_array_foreach(golden_at(expected, "first_evals"), index, step)
    {
        assert_numbers_are("evaluated", traced.points[index], golden_at(step, "x"));
        assert_true(traced.losses[index] == json_number_value(golden_at(step, "f")));
    }
    assert_int_equal(told.count, result.sweeps);
    json_array_foreach(golden_at(expected, "x_after_each_iteration"), index, step)
        assert_numbers_are("after a sweep", told.points[index], step);
    assert_numbers_are("direction", directions, golden_at(expected, "direc"));
    assert_numbers_are("end", point, golden_at(expected, "x"));
    assert_true(result.loss == json_number_value(golden_at(expected, "f")));
    objective_clear(&objective);
}

static void the_reference_repeats_every_run_of_scipy_bit_for_bit(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    json_t *expected;
    size_t index;

    (void)state;
    if (golden == NULL)
        skip();
    golden_numbers(golden_at(golden, "e_powell.H6"), &golden_hessian[0][0], 36);
    golden_numbers(golden_at(golden, "e_powell.c6"), golden_centre, 6);
    json_array_foreach(golden_at(golden, "e_powell.powell"), index, expected)
        assert_run_is(expected);
    assert_int_equal(index, 25);
    json_decref(golden);
}

/* ---- the default line search on functions with known minima ---- */

static struct powell_result minimise(traced_fn function, double *point, int dimension,
                                     long max_evaluations,
                                     const struct powell_options *options)
{
    struct objective objective;
    struct powell_result result;

    assert_int_equal(traced_objective(&objective, &traced, function, dimension,
                                      max_evaluations, &err),
                     0);
    err.text[0] = '\0';
    assert_int_equal(powell_minimise(&objective, point, options, &result, &err), 0);
    assert_string_equal(err.text, "");
    assert_int_equal(result.evaluations, traced.count);
    objective_clear(&objective);
    return result;
}

static double bowl(const double *x, int dimension)
{
    double sum = 1;

    for (int i = 0; i < dimension; i++)
        sum += (1 + i) * square(x[i] - 0.1 * i);
    return sum;
}

/* Condition number 100, no axis of it along a coordinate. */
static double rotated_bowl(const double *x, int dimension)
{
    double along = 0;
    double squares = 0;

    for (int i = 0; i < dimension; i++) {
        along += (x[i] - 0.3) / sqrt(dimension);
        squares += square(x[i] - 0.3);
    }
    return 1 + squares + 99 * square(along);
}

static double separable(const double *x, int dimension)
{
    double sum = 1;

    for (int i = 0; i < dimension; i++)
        sum += exp(x[i] - 0.2 * i) - (x[i] - 0.2 * i) - 1;
    return sum;
}

static const struct {
    const char *name;
    traced_fn function;
    int dimension;
    double start[10];
    double lowest, excess; /* the loss there, and how much more is accepted */
    double tolerance, loss_tolerance;
    double most_evaluations; /* in those of the reference */
} cases[] = {
    {"bowl", bowl, 10, {0}, 1, 1e-4, 1e-2, 1e-4, 0.25},
    {"separable", separable, 8, {0}, 1, 1e-3, 1e-2, 1e-4, 0.6},
    {"rotated bowl", rotated_bowl, 5, {0, 1, -1, 0.5, 0}, 1, 1e-2, 3e-3, 1e-4, 0.75},
    {"nonseparable", nonseparable, 10, {0.5, 0.5}, 4.704434, 5e-3, 1e-2, 1e-4, 0.7},
    {"Rosenbrock", rosenbrock, 2, {-1.2, 1}, 0, 1e-6, 1e-4, 1e-6, 0.75},
};

static void the_default_finds_known_minima_with_fewer_evaluations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct powell_options options = powell_default_options();
        struct powell_result of_default, of_reference;
        double point[10];

        options.sweeps = 0;
        options.line_search.kind = LINE_SEARCH_REFERENCE;
        memcpy(point, cases[i].start, sizeof point);
        of_reference =
            minimise(cases[i].function, point, cases[i].dimension, 0, &options);

        options.line_search.kind = LINE_SEARCH_DEFAULT;
        options.line_search.refinements = 4; /* each pays on a smooth loss */
        options.line_search.tolerance = cases[i].tolerance;
        options.loss_tolerance = cases[i].loss_tolerance;
        memcpy(point, cases[i].start, sizeof point);
        of_default =
            minimise(cases[i].function, point, cases[i].dimension, 0, &options);

        print_message("  %s: %ld evaluations and %g too high; reference %ld and %g\n",
                      cases[i].name, of_default.evaluations,
                      of_default.loss - cases[i].lowest, of_reference.evaluations,
                      of_reference.loss - cases[i].lowest);
        assert_int_equal(of_default.reason, STOP_CONVERGED);
        assert_true(of_default.loss - cases[i].lowest <= cases[i].excess);
        assert_true((double)of_default.evaluations <=
                    cases[i].most_evaluations * (double)of_reference.evaluations);
    }
}

/* Who is worse than the lowest trial may be told to be so by twice as much, or half. */
static void
the_default_finds_known_minima_where_what_is_worse_is_estimated(void **state)
{
    static const double estimates[] = {0.5, 1, 2};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int e = 0; e < 3; e++) {
            struct powell_options options = powell_default_options();
            struct powell_result result;
            struct objective objective;
            double point[10];

            options.sweeps = 0;
            options.line_search.refinements = 4;
            options.line_search.tolerance = cases[i].tolerance;
            options.loss_tolerance = cases[i].loss_tolerance;
            memcpy(point, cases[i].start, sizeof point);
            traced_objective(&objective, &traced, cases[i].function, cases[i].dimension,
                             0, &err);
            objective.contest = traced_contest;
            traced.estimates = estimates[e];
            assert_int_equal(
                powell_minimise(&objective, point, &options, &result, &err), 0);
            print_message("  %s: %ld evaluations, %ld of them estimates, %g too high\n",
                          cases[i].name, result.evaluations, objective.estimated,
                          result.loss - cases[i].lowest);
            assert_int_equal(result.reason, STOP_CONVERGED);
            assert_true(result.loss == cases[i].function(point, cases[i].dimension));
            assert_true(result.loss - cases[i].lowest <= 5e-3);
            assert_true(objective.estimated > result.evaluations / 4);
            objective_clear(&objective);
        }
}

/* ---- coordinate descent --------------------------------------------------------------------- */

static struct powell_options axes_only(enum line_search_kind kind)
{
    struct powell_options options = powell_default_options();

    options.keeps_axes = true;
    options.sweeps = 0;
    options.line_search.kind = kind;
    options.line_search.refinements = 4;
    options.line_search.tolerance = 1e-3;
    return options;
}

static void coordinate_descent_keeps_the_axes(void **state)
{
    static const enum line_search_kind kinds[] = {LINE_SEARCH_REFERENCE,
                                                  LINE_SEARCH_DEFAULT};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct powell_options options = axes_only(kinds[i]);
        double point[5] = {0, 1, -1, 0.5, 0}, directions[5][5];

        options.sweeps = 4;
        options.directions = directions[0];
        minimise(rotated_bowl, point, 5, 0, &options);
        for (int row = 0; row < 5; row++)
            for (int column = 0; column < 5; column++)
                assert_true(directions[row][column] == (row == column));
        for (int step = 1; step < traced.count; step++) {
            int moved = 0; /* coordinates that differ from both ends of a line */

            for (int k = 0; k < 5; k++)
                moved += traced.points[step][k] != traced.points[step - 1][k];
            assert_true(moved <= 2); /* the end of one line, and the next */
        }
    }
}

/* A sum over the coordinates needs one sweep, and one more to see that it is the last. */
static void coordinate_descent_finds_the_minimum_of_a_sum_at_once(void **state)
{
    struct powell_options options = axes_only(LINE_SEARCH_REFERENCE);
    double point[10] = {0};
    struct powell_result result = minimise(bowl, point, 10, 0, &options);

    (void)state;
    assert_int_equal(result.reason, STOP_CONVERGED);
    assert_int_equal(result.sweeps, 2);
    for (int i = 0; i < 10; i++)
        assert_true(fabs(point[i] - 0.1 * i) < 1e-2);
    assert_true(result.loss < 1 + 1e-4);
}

static void coordinate_descent_is_slow_where_coordinates_couple(void **state)
{
    static const struct {
        const char *name;
        traced_fn function;
        int dimension;
        double start[5];
        double lowest;
    } cases[] = {
        {"rotated bowl", rotated_bowl, 5, {0, 1, -1, 0.5, 0}, 1},
        {"Rosenbrock", rosenbrock, 2, {-1.2, 1}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct powell_options options = axes_only(LINE_SEARCH_REFERENCE);
        double at_axes[5], at_powell[5];
        struct powell_result of_axes, of_powell;

        options.loss_tolerance = 1e-7;
        memcpy(at_axes, cases[i].start, sizeof at_axes);
        of_axes =
            minimise(cases[i].function, at_axes, cases[i].dimension, 3000, &options);
        options.keeps_axes = false;
        memcpy(at_powell, cases[i].start, sizeof at_powell);
        of_powell =
            minimise(cases[i].function, at_powell, cases[i].dimension, 0, &options);

        print_message("  %s: %ld evaluations and %g too high; Powell %ld and %g\n",
                      cases[i].name, of_axes.evaluations,
                      of_axes.loss - cases[i].lowest, of_powell.evaluations,
                      of_powell.loss - cases[i].lowest);
        assert_true(of_axes.loss - cases[i].lowest < 0.1);
        assert_true(of_axes.evaluations > 4 * of_powell.evaluations);
        assert_true(of_axes.loss > of_powell.loss);
    }
}

/* A stand-in for a quantized network: each clip trades rounding against clipping, the
 * tensors compound, and rounding that flips downstream makes the loss jagged in all
 * clips. */
static double network_of_clips(const double *clips, int dimension)
{
    double noise = 0;
    double phase = 0;

    for (int i = 0; i < dimension; i++) {
        double clip = fmax(clips[i], 1e-9) / (0.1 + 0.05 * i);

        noise += 2 * exp(-clip) + square(clip) / (3 * 256);
        phase += (100 + 10 * (i * 37 % 29)) * log(clip);
    }
    noise /= dimension;
    return (0.35 + 4 * noise + 3 * square(noise)) *
           (1 + 0.02 * (sin(phase) + sin(1.618 * phase + 1)));
}

static double network_of_logarithms(const double *logarithms, int dimension)
{
    double clips[TRACED_MAX_DIMENSION];

    for (int i = 0; i < dimension; i++)
        clips[i] = exp(logarithms[i]);
    return network_of_clips(clips, dimension);
}

static void start_of_jagged(int start, double *logarithms)
{
    for (int i = 0; i < 36; i++)
        logarithms[i] = log((0.1 + 0.05 * i) * 5) +
                        0.5 * sin(3.7 * i + 1 + start * (1.3 + 0.37 * i));
}

static void jagged_losses_get_as_low_with_half_the_evaluations(void **state)
{
    double of_default = 0, of_reference = 0; /* losses, summed over the starts */
    long evaluations_of_default = 0, evaluations_of_reference = 0;

    (void)state;
    for (int start = 0; start < 12; start++) {
        struct powell_options options = powell_default_options();
        double logarithms[36];
        double clips[36];
        struct powell_result result;

        options.sweeps = 3;
        start_of_jagged(start, logarithms);
        for (int i = 0; i < 36; i++)
            clips[i] = exp(logarithms[i]);
        result = minimise(network_of_logarithms, logarithms, 36, 0, &options);
        of_default += result.loss;
        evaluations_of_default += result.evaluations;

        options.line_search.kind = LINE_SEARCH_REFERENCE;
        options.sweeps = 1;
        result = minimise(network_of_clips, clips, 36, 0, &options);
        of_reference += result.loss;
        evaluations_of_reference += result.evaluations;
    }
    print_message("  three sweeps: %.4f after %ld evaluations; a sweep of the "
                  "reference: %.4f after %ld\n",
                  of_default / 12, evaluations_of_default / 12, of_reference / 12,
                  evaluations_of_reference / 12);
    assert_true(of_default < of_reference);
    assert_true(2 * evaluations_of_default <= evaluations_of_reference);
}

static uint64_t mixed(uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

/* As ResNet-20 was measured at W4A4: a step changed by a few thousandths changes the loss by 4 %
 * when it is among the first, since everything downstream is rounded anew, and by ever less the
 * further downstream it is. */
static double network_that_rounds(const double *logarithms, int dimension)
{
    double loss = 0.35, luck = 0;
    uint64_t upstream = 1;

    for (int i = 0; i < dimension; i++) {
        int64_t place = (int64_t)floor(logarithms[i] / 0.0015);

        loss += 0.05 * square(logarithms[i] - 0.3 * sin(7 * i));
        upstream =
            mixed(upstream + (uint64_t)place * 0x9e3779b97f4a7c15u + (uint64_t)i);
        luck += ldexp((double)(upstream >> 11), -53) - 0.5;
    }
    return loss * (1 + 0.02 * luck);
}

/* Where every loss around is higher by chance, the minimum may still be elsewhere. */
static void steps_aside_leave_the_dents_of_a_jagged_loss(void **state)
{
    double mean[2] = {0}, worst[2] = {0}; /* without, with */

    (void)state;
    for (int start = 0; start < 12; start++)
        for (int with = 0; with < 2; with++) {
            struct powell_options options = powell_default_options();
            double logarithms[36];
            struct powell_result result;

            options.sweeps = 0;
            if (!with)
                options.asides = 0;
            for (int i = 0; i < 36; i++)
                logarithms[i] = 0.1 * sin(start + i);
            result = minimise(network_that_rounds, logarithms, 36, 750, &options);
            mean[with] += result.loss / 12;
            worst[with] = fmax(worst[with], result.loss);
        }
    print_message(
        "  750 evaluations with steps aside: %.4f, worst start %.4f; without: "
        "%.4f, worst %.4f\n",
        mean[1], worst[1], mean[0], worst[0]);
    assert_true(mean[1] < mean[0] && worst[1] < worst[0]);
}

static void a_smooth_loss_is_not_stepped_aside_from(void **state)
{
    static const traced_fn functions[] = {bowl, separable, nonseparable};

    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct powell_options options = powell_default_options();
        struct powell_result with, without;
        double point[10] = {0.5, 0.5}, point_without[10] = {0.5, 0.5};

        options.sweeps = 0;
        with = minimise(functions[i], point, 10, 0, &options);
        options.asides = 0;
        without = minimise(functions[i], point_without, 10, 0, &options);
        assert_int_equal(with.evaluations, without.evaluations);
        assert_memory_equal(point, point_without, sizeof point);
    }
}

static void steps_aside_in_vain_end_the_search(void **state)
{
    struct powell_options options = powell_default_options();
    double logarithms[36];
    struct powell_result result;

    (void)state;
    options.sweeps = 0;
    start_of_jagged(0, logarithms);
    result = minimise(network_of_logarithms, logarithms, 36, 0, &options);
    assert_int_equal(result.reason, STOP_CONVERGED);
    print_message("  converged after %ld evaluations\n", result.evaluations);
}

/* ---- every search ends, and ends well ---- */

static const enum line_search_kind both[] = {LINE_SEARCH_REFERENCE,
                                             LINE_SEARCH_DEFAULT};

static double lowest_of_trace(const double **where)
{
    int lowest = 0;

    for (int k = 1; k < traced.count; k++)
        if (traced.losses[k] < traced.losses[lowest])
            lowest = k;
    *where = traced.points[lowest];
    return traced.losses[lowest];
}

static void the_default_hands_back_the_best_point_evaluated(void **state)
{
    struct powell_options options = powell_default_options();

    (void)state;
    for (long max_evaluations = 1; max_evaluations < 150; max_evaluations++) {
        double point[10] = {0.5, 0.5, 0.5};
        struct powell_result result =
            minimise(nonseparable, point, 10, max_evaluations, &options);
        const double *best;

        assert_true(result.loss == lowest_of_trace(&best));
        assert_memory_equal(point, best, sizeof point);
    }
}

static void spent_evaluations_end_any_search_without_an_error(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct powell_options options = powell_default_options();

        options.line_search.kind = both[i];
        options.sweeps = 0;
        for (long max_evaluations = 1; max_evaluations < 150; max_evaluations++) {
            double point[2] = {-1.2, 1};
            struct powell_result result;

            options.loss_tolerance = 0;
            result = minimise(rosenbrock, point, 2, max_evaluations, &options);
            if (result.reason == STOP_CONVERGED)
                break;
            assert_int_equal(result.reason, STOP_EVALUATIONS_SPENT);
            assert_int_equal(result.evaluations, max_evaluations);
            assert_true(result.loss == rosenbrock(point, 2));
        }
    }
}

static void evaluations_spent_before_leave_the_best_known_point(void **state)
{
    const struct powell_options options = powell_default_options();
    const double seen[2] = {0.5, 0.5};
    double point[2] = {-1.2, 1};
    struct objective objective;
    struct powell_result result;
    double loss;

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, rosenbrock, 2, 1, &err), 0);
    assert_int_equal(objective_loss(&objective, seen, &loss, &err), 0);
    assert_int_equal(powell_minimise(&objective, point, &options, &result, &err), 0);
    assert_int_equal(result.reason, STOP_EVALUATIONS_SPENT);
    assert_int_equal(result.evaluations, 0);
    assert_int_equal(result.sweeps, 0);
    assert_true(result.loss == loss && point[0] == 0.5 && point[1] == 0.5);
    objective_clear(&objective);
}

/* One evaluation less, and the same way. */
static void a_known_start_is_not_evaluated_again(void **state)
{
    struct powell_options options = powell_default_options();
    double points[2][2] = {{-1.2, 1}, {-1.2, 1}};
    struct powell_result results[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct objective objective;

        options.start_loss = i == 0 ? NAN : rosenbrock(points[1], 2);
        assert_int_equal(traced_objective(&objective, &traced, rosenbrock, 2, 0, &err),
                         0);
        assert_int_equal(
            powell_minimise(&objective, points[i], &options, &results[i], &err), 0);
        objective_clear(&objective);
    }
    assert_int_equal(results[1].evaluations, results[0].evaluations - 1);
    assert_true(results[1].loss == results[0].loss);
    assert_memory_equal(points[1], points[0], sizeof points[0]);
}

static double flat(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return 0.7;
}

static double not_a_number(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return NAN;
}

static double infinite(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return INFINITY;
}

static double falling(const double *x, int dimension)
{
    double sum = 0;

    for (int i = 0; i < dimension; i++)
        sum += exp(-x[i]);
    return sum;
}

static double minus_infinity_ahead(const double *x, int dimension)
{
    (void)dimension;
    return -x[0];
}

static double huge_around(const double *x, int dimension)
{
    return bowl(x, dimension) < 3 ? bowl(x, dimension) : 1e300;
}

static double undefined_around(const double *x, int dimension)
{
    return bowl(x, dimension) < 3 ? bowl(x, dimension) : NAN;
}

static void no_loss_makes_a_search_hang(void **state)
{
    static const struct {
        traced_fn function;
        enum stop_reason with_default;
    } cases[] = {
        {flat, STOP_CONVERGED},
        {not_a_number, STOP_NOT_FINITE},
        {infinite, STOP_NOT_FINITE},
        {falling, STOP_SWEEPS_DONE},
        {minus_infinity_ahead, STOP_SWEEPS_DONE},
        {huge_around, STOP_CONVERGED},
        {undefined_around, STOP_CONVERGED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 2; k++) {
            struct powell_options options = powell_default_options();
            double point[3] = {0.1, 0.3, 0};
            struct powell_result result;

            options.line_search.kind = both[k];
            options.sweeps = 4;
            result = minimise(cases[i].function, point, 3, 3500, &options);
            if (both[k] == LINE_SEARCH_DEFAULT)
                assert_int_equal(result.reason, cases[i].with_default);
            else
                assert_int_not_equal(result.reason, STOP_NOT_YET);
        }
}

static void a_flat_loss_costs_one_batch_a_direction(void **state)
{
    const struct powell_options options = powell_default_options();
    double point[10] = {1, 2, 3};
    struct powell_result result = minimise(flat, point, 10, 0, &options);

    (void)state;
    assert_int_equal(result.evaluations, 1 + 10 * options.line_search.probes);
    assert_int_equal(result.sweeps, 1);
    assert_int_equal(result.reason, STOP_CONVERGED);
    assert_true(point[0] == 1 && point[1] == 2 && point[2] == 3 && point[9] == 0);
}

static void a_start_that_is_not_finite_is_left(void **state)
{
    struct powell_options options = powell_default_options();
    double point[3] = {0.1, 0.3, 1.18};
    struct powell_result result;

    (void)state;
    options.sweeps = 0;
    assert_true(isnan(undefined_around(point, 3)));
    result = minimise(undefined_around, point, 3, 0, &options);
    assert_true(result.loss < 1.01);
}

static void each_sweep_is_told(void **state)
{
    struct powell_options options = powell_default_options();
    double point[2] = {-1.2, 1};
    struct powell_result result;

    (void)state;
    told.count = 0;
    options.sweep_done = note_sweep;
    options.context = &told;
    options.sweeps = 5;
    options.line_search.tolerance = 1e-4;
    options.loss_tolerance = 1e-6;
    result = minimise(rosenbrock, point, 2, 0, &options);
    assert_int_equal(result.sweeps, 5);
    assert_int_equal(result.reason, STOP_SWEEPS_DONE);
    assert_int_equal(told.count, 5);
    assert_memory_equal(point, told.points[4], sizeof point);
    for (int sweep = 1; sweep < 5; sweep++)
        assert_true(told.losses[sweep] <= told.losses[sweep - 1]);
}

static int stop_after_two(void *context, const struct powell_sweep *sweep, bool *enough,
                          struct error *error)
{
    (void)context;
    (void)error;
    *enough = sweep->sweeps == 2;
    return 0;
}

static void whoever_watches_the_sweeps_may_end_them(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct powell_options options = powell_default_options();
        double point[2] = {-1.2, 1};
        struct powell_result result;

        options.line_search.kind = both[i];
        options.sweep_done = stop_after_two;
        options.sweeps = 10;
        result = minimise(rosenbrock, point, 2, 0, &options);
        assert_int_equal(result.reason, STOP_TOLD);
        assert_int_equal(result.sweeps, 2);
    }
}

static int cannot_judge(void *context, const struct powell_sweep *sweep, bool *enough,
                        struct error *error)
{
    (void)context;
    (void)sweep;
    (void)enough;
    return error_set(error, EXIT_MACHINE, "rank 2 is gone");
}

static void a_watcher_that_fails_ends_the_search_with_its_sentence(void **state)
{
    struct powell_options options = powell_default_options();
    double point[2] = {-1.2, 1};
    struct objective objective;
    struct powell_result result = {.loss = 7};

    (void)state;
    options.sweep_done = cannot_judge;
    assert_int_equal(traced_objective(&objective, &traced, rosenbrock, 2, 0, &err), 0);
    assert_int_equal(powell_minimise(&objective, point, &options, &result, &err), -1);
    assert_string_equal(err.text, "rank 2 is gone");
    assert_true(point[0] == -1.2 && result.loss == 7);
    objective_clear(&objective);
}

/* ---- what a direction learns from sweep to sweep ---- */

/* Only every second coordinate matters. */
static double half_flat(const double *x, int dimension)
{
    double sum = 1;

    for (int i = 0; i < dimension; i += 2)
        sum += square(x[i] - 1.7) + 0.01 * square(square(x[i] - 1.7));
    return sum;
}

static struct lines {
    int count;
    int axes[200];
    long evaluations;
    double gains[8]; /* of each axis */
} lines;

static void note_line(void *context, int axis, const struct line_search_result *found)
{
    struct lines *noted = context;

    assert_true(noted->count < 200);
    noted->axes[noted->count++] = axis;
    noted->evaluations += found->evaluations;
    if (axis >= 0)
        noted->gains[axis] += found->gain;
}

static int count_of_axis(int axis, int from, int to)
{
    int count = 0;

    for (int i = from; i < to; i++)
        count += lines.axes[i] == axis;
    return count;
}

static void a_direction_that_gains_nothing_rests_every_second_sweep(void **state)
{
    struct powell_options options = powell_default_options();
    double point[8] = {0};
    struct powell_result result;

    (void)state;
    memset(&lines, 0, sizeof lines);
    options.line_done = note_line;
    options.context = &lines;
    options.sweeps = 2;
    result = minimise(half_flat, point, 8, 0, &options);
    for (int axis = 1; axis < 8; axis += 2) {
        assert_int_equal(count_of_axis(axis, 0, lines.count), 1);
        assert_true(lines.gains[axis] == 0);
    }
    for (int axis = 0; axis < 8; axis += 2) {
        assert_true(lines.gains[axis] > 2);
    }
    assert_true(lines.count > 8 && lines.count <= 13);
    /* All but the start and the look beyond the first sweep belong to a line. */
    assert_int_equal(result.evaluations, lines.evaluations + 2);
}

static void nothing_has_converged_while_directions_rest(void **state)
{
    struct powell_options options = powell_default_options();
    double point[8] = {1.7, 0, 1.7, 0, 1.7, 0, 1.7, 0}; /* the minimum */
    struct powell_result result;

    (void)state;
    options.sweeps = 0;
    result = minimise(half_flat, point, 8, 0, &options);
    assert_int_equal(result.reason, STOP_CONVERGED);
    assert_int_equal(result.sweeps, 1); /* none has rested in the first */

    memset(&lines, 0, sizeof lines);
    options.line_done = note_line;
    options.context = &lines;
    point[0] = 0.2;
    result = minimise(half_flat, point, 8, 0, &options);
    assert_int_equal(result.reason, STOP_CONVERGED);
    for (int axis = 0; axis < 8; axis++) /* the last sweep tried them all */
        assert_int_equal(count_of_axis(axis, lines.count - 8, lines.count), 1);
}

static void strides_shrink_from_sweep_to_sweep(void **state)
{
    struct powell_options options = powell_default_options();
    const double point_before[1] = {0.3};
    double point[1] = {0.3}, expected = options.line_search.stride;

    (void)state;
    options.sweeps = 3;
    options.loss_tolerance = -1; /* never converged */
    options.least_gain = 0;      /* nothing rests */
    minimise(flat, point, 1, 0, &options);
    /* The start, then two probes a sweep and the look beyond it, which is the start. */
    for (int sweep = 0; sweep < 3; sweep++) {
        const double probe = traced.points[1 + 3 * sweep][0];

        assert_true(fabs(fabs(probe - point_before[0]) - expected) < 1e-12);
        expected *= options.stride_shrinks;
    }
}

static int fail_after_ten(void *context, const double *points, int count,
                          double *losses, struct error *error)
{
    if (traced.count >= 10)
        return error_set(error, EXIT_MACHINE, "rank 3 is gone");
    return traced_losses(context, points, count, losses, error);
}

static void a_failed_evaluation_ends_the_search_with_its_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct powell_options options = powell_default_options();
        double point[2] = {-1.2, 1};
        struct objective objective;
        struct powell_result result = {.loss = 7};

        options.line_search.kind = both[i];
        assert_int_equal(traced_objective(&objective, &traced, rosenbrock, 2, 0, &err),
                         0);
        objective.evaluate = fail_after_ten;
        assert_int_equal(powell_minimise(&objective, point, &options, &result, &err),
                         -1);
        assert_string_equal(err.text, "rank 3 is gone");
        assert_true(point[0] == -1.2 && point[1] == 1 && result.loss == 7);
        objective_clear(&objective);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_repeats_every_run_of_scipy_bit_for_bit),
        cmocka_unit_test(the_default_finds_known_minima_with_fewer_evaluations),
        cmocka_unit_test(
            the_default_finds_known_minima_where_what_is_worse_is_estimated),
        cmocka_unit_test(coordinate_descent_keeps_the_axes),
        cmocka_unit_test(coordinate_descent_finds_the_minimum_of_a_sum_at_once),
        cmocka_unit_test(coordinate_descent_is_slow_where_coordinates_couple),
        cmocka_unit_test(jagged_losses_get_as_low_with_half_the_evaluations),
        cmocka_unit_test(steps_aside_leave_the_dents_of_a_jagged_loss),
        cmocka_unit_test(a_smooth_loss_is_not_stepped_aside_from),
        cmocka_unit_test(steps_aside_in_vain_end_the_search),
        cmocka_unit_test(the_default_hands_back_the_best_point_evaluated),
        cmocka_unit_test(spent_evaluations_end_any_search_without_an_error),
        cmocka_unit_test(evaluations_spent_before_leave_the_best_known_point),
        cmocka_unit_test(a_known_start_is_not_evaluated_again),
        cmocka_unit_test(no_loss_makes_a_search_hang),
        cmocka_unit_test(a_flat_loss_costs_one_batch_a_direction),
        cmocka_unit_test(a_start_that_is_not_finite_is_left),
        cmocka_unit_test(each_sweep_is_told),
        cmocka_unit_test(whoever_watches_the_sweeps_may_end_them),
        cmocka_unit_test(a_watcher_that_fails_ends_the_search_with_its_sentence),
        cmocka_unit_test(a_direction_that_gains_nothing_rests_every_second_sweep),
        cmocka_unit_test(nothing_has_converged_while_directions_rest),
        cmocka_unit_test(strides_shrink_from_sweep_to_sweep),
        cmocka_unit_test(a_failed_evaluation_ends_the_search_with_its_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
