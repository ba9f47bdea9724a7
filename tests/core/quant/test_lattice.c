#include "core/quant/lattice.h"

#include "core/base/random.h"
#include "core/quant/cholesky.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 40 };

/* A form of a few directions and a little of all, and a place that is partly out of the box. */
struct trial {
    struct lattice lattice;
    double form[MOST * MOST], factor[MOST * MOST], y[MOST];
};

static double uniform(struct random_stream *stream)
{
    return 2 * random_fraction(stream) - 1;
}

static void make_trial(struct trial *trial, size_t n, int bits, uint64_t seed)
{
    struct random_stream stream = {seed};
    double a[MOST * MOST];

    for (size_t i = 0; i < n * n; i++)
        a[i] = uniform(&stream) * (i % 3 == 0 ? 1 : 0.3);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            trial->form[i * n + j] = i == j ? 0.02 : 0;
            for (size_t k = 0; k < n; k++)
                trial->form[i * n + j] += a[i * n + k] * a[j * n + k];
        }
    memcpy(trial->factor, trial->form, n * n * sizeof *trial->form);
    assert_true(cholesky_factor(trial->factor, n));
    for (size_t i = 0; i < n; i++)
        trial->y[i] = uniform(&stream) * (double)(1 << (bits - 1)) * 1.3;
    trial->lattice = (struct lattice){n,
                                      trial->form,
                                      trial->factor,
                                      -(double)(1 << (bits - 1)),
                                      (double)(1 << (bits - 1)) - 1,
                                      NULL};
}

static double distance_of(const struct trial *trial, const double *v)
{
    size_t n = trial->lattice.inputs;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            sum += (v[i] - trial->y[i]) * trial->form[i * n + j] * (v[j] - trial->y[j]);
    return sum;
}

static void assert_in_box(const struct trial *trial, const double *v)
{
    for (size_t i = 0; i < trial->lattice.inputs; i++) {
        assert_true(v[i] == rint(v[i]));
        assert_true(v[i] >= trial->lattice.lowest && v[i] <= trial->lattice.highest);
    }
}

/* The least distance of all codes of the box. */
static double least_of_all(const struct trial *trial)
{
    size_t n = trial->lattice.inputs;
    double v[MOST], least = INFINITY;
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        v[i] = trial->lattice.lowest;
    while (at < n) {
        least = fmin(least, distance_of(trial, v));
        for (at = 0; at < n && v[at] == trial->lattice.highest; at++)
            v[at] = trial->lattice.lowest;
        if (at < n)
            v[at]++;
    }
    return least;
}

static bool are_close(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static void decoding_finds_the_nearest_of_all_codes(void **state)
{
    static const struct {
        size_t n;
        int bits;
    } sizes[] = {{1, 2}, {1, 8}, {2, 4}, {3, 4}, {4, 3}, {5, 2}, {7, 2}};

    (void)state;
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct trial trial;
            double v[MOST], distance;

            make_trial(&trial, sizes[size].n, sizes[size].bits, seed);
            lattice_nearest_plane(&trial.lattice, trial.y, 1, v, NULL);
            distance = lattice_descend(&trial.lattice, trial.y, v);
            distance = lattice_decode(&trial.lattice, trial.y, distance, v);
            assert_in_box(&trial, v);
            assert_true(are_close(distance, distance_of(&trial, v)));
            assert_true(are_close(distance, least_of_all(&trial)));
        }
}

static void no_single_code_is_better_after_a_descent(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct trial trial;
        double v[MOST], before, distance;

        make_trial(&trial, 3 + seed, 2 + (int)seed % 4, seed);
        lattice_nearest_plane(&trial.lattice, trial.y, 1, v, NULL);
        assert_in_box(&trial, v);
        before = distance_of(&trial, v);
        distance = lattice_descend(&trial.lattice, trial.y, v);
        assert_in_box(&trial, v);
        assert_true(are_close(distance, distance_of(&trial, v)));
        assert_true(distance <= before * (1 + 1e-12));
        for (size_t i = 0; i < trial.lattice.inputs; i++)
            for (int by = -1; by <= 1; by += 2) {
                v[i] += by;
                if (v[i] >= trial.lattice.lowest && v[i] <= trial.lattice.highest)
                    assert_true(distance_of(&trial, v) >= distance * (1 - 1e-9));
                v[i] -= by;
            }
    }
}

/* Where the form has no mixed terms, codes are the nearest ones each. */
static void a_plain_form_rounds_plainly(void **state)
{
    enum { N = 5, ROWS = 3 };
    double form[N * N] = {0}, factor[N * N] = {0}, y[N * ROWS], v[N * ROWS];
    const struct lattice lattice = {N, form, factor, -8, 7, NULL};

    (void)state;
    for (int i = 0; i < N; i++) {
        form[i * N + i] = 4 + i;
        factor[i * N + i] = sqrt(4 + i);
    }
    for (int i = 0; i < N * ROWS; i++)
        y[i] = 1.7 * i - 10;
    lattice_nearest_plane(&lattice, y, ROWS, v, NULL);
    for (int i = 0; i < N * ROWS; i++)
        assert_true(v[i] == fmin(fmax(rint(y[i]), -8), 7));
}

static void rows_are_rounded_each_by_itself(void **state)
{
    enum { N = 33, ROWS = 4 };
    struct trial trial;
    struct random_stream stream = {77};
    double y[N * ROWS], v[N * ROWS], alone[N], of_row[N];

    (void)state;
    make_trial(&trial, N, 3, 5);
    for (int i = 0; i < N * ROWS; i++)
        y[i] = 4 * uniform(&stream);
    lattice_nearest_plane(&trial.lattice, y, ROWS, v, NULL);
    for (int row = 0; row < ROWS; row++) {
        for (int i = 0; i < N; i++)
            of_row[i] = y[i * ROWS + row];
        lattice_nearest_plane(&trial.lattice, of_row, 1, alone, NULL);
        for (int i = 0; i < N; i++)
            assert_true(alone[i] == v[i * ROWS + row]);
    }
}

/* With steps v and y are codes times these: dividing inputs by them divides rows and columns of the form. All are
 * powers of two, so bits are the same. */
static void steps_scale_inputs(void **state)
{
    static const double steps_of_inputs[] = {1, 0.5, 4, 2, 0.25};

    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        size_t n = 2 + seed / 2;
        struct trial plain, scaled;
        double steps[MOST], codes[MOST], v[MOST], of_codes, of_values;

        make_trial(&plain, n, 2 + (int)seed % 3, seed);
        make_trial(&scaled, n, 2 + (int)seed % 3, seed);
        for (size_t i = 0; i < n; i++)
            steps[i] = steps_of_inputs[(i + seed) % 5];
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                scaled.form[i * n + j] /= steps[i] * steps[j];
                scaled.factor[i * n + j] /= steps[i];
            }
            scaled.y[i] *= steps[i];
        }
        scaled.lattice.steps = steps;
        lattice_nearest_plane(&plain.lattice, plain.y, 1, codes, NULL);
        lattice_nearest_plane(&scaled.lattice, scaled.y, 1, v, NULL);
        for (size_t i = 0; i < n; i++)
            assert_true(v[i] == steps[i] * codes[i]);
        of_codes = lattice_descend(&plain.lattice, plain.y, codes);
        of_values = lattice_descend(&scaled.lattice, scaled.y, v);
        assert_true(of_codes == of_values);
        if (n <= 7) {
            of_codes = lattice_decode(&plain.lattice, plain.y, of_codes, codes);
            of_values = lattice_decode(&scaled.lattice, scaled.y, of_values, v);
            assert_true(of_codes == of_values);
        }
        for (size_t i = 0; i < n; i++)
            assert_true(v[i] == steps[i] * codes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_finds_the_nearest_of_all_codes),
        cmocka_unit_test(no_single_code_is_better_after_a_descent),
        cmocka_unit_test(a_plain_form_rounds_plainly),
        cmocka_unit_test(rows_are_rounded_each_by_itself),
        cmocka_unit_test(steps_scale_inputs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
