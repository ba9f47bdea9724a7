#include "core/quant/clip_look.h"

#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/quant/clip_cosine.h"
#include "core/quant/clip_lp.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BODY_MOST = 6000, BODY_LEAST = 4000, OUTLIERS_MOST = 4, TRIALS = 42 };

/* Values, the far outliers among them, and the rest. */
struct tensor {
    float values[BODY_MOST + OUTLIERS_MOST], body[BODY_MOST];
    size_t count, body_count;
    bool nonnegative;
};

static struct tensor tensor;
static struct error err;

/* ---- tensors ------------------------------------------------------------------------------ */

static double normal(struct random_stream *stream)
{
    double a = random_fraction(stream), b = random_fraction(stream);

    return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

static double laplace(struct random_stream *stream)
{
    double a = random_fraction(stream) - 0.5;

    return copysign(log(1 - 2 * fabs(a)), a);
}

static double uniform(struct random_stream *stream)
{
    return 4 * random_fraction(stream) - 2;
}

static double (*const bodies[])(struct random_stream *) = {normal, laplace, uniform};

static double between(struct random_stream *stream, double low, double high)
{
    return low + (high - low) * random_fraction(stream);
}

/* Adds a value in a random place. */
static void add_value(struct random_stream *stream, float value)
{
    size_t place = random_bits(stream) % (tensor.count + 1);

    tensor.values[tensor.count++] = tensor.values[place];
    tensor.values[place] = value;
}

/* A body anywhere in the range of floats, and outliers of 10^2 to 10^30 times that. These are equal
 * or far apart: others would have the least error where levels happen to meet them. */
static void make_tensor(uint64_t seed)
{
    struct random_stream stream = {seed};
    double farthest = between(&stream, 2, 30);
    double scale = pow(10, between(&stream, -36, 37.5 - farthest));
    size_t outliers = 1 + random_bits(&stream) % OUTLIERS_MOST;

    tensor.nonnegative = seed % 2;
    tensor.body_count = BODY_MOST - random_bits(&stream) % (BODY_MOST - BODY_LEAST);
    for (size_t i = 0; i < tensor.body_count; i++) {
        double value = scale * bodies[seed / 2 % 3](&stream);

        tensor.body[i] = (float)(tensor.nonnegative ? fmax(value, 0) : value);
    }
    memcpy(tensor.values, tensor.body, sizeof tensor.body);
    tensor.count = tensor.body_count;
    for (size_t i = 0; i < outliers; i++) {
        bool nearer = i > 0 && farthest > 5;
        double distance = nearer ? between(&stream, 2, farthest - 3) : farthest;
        double value = scale * pow(10, distance);

        if (!tensor.nonnegative && random_bits(&stream) % 2)
            value = -value;
        add_value(&stream, (float)value);
    }
}

/* ---- views -------------------------------------------------------------------------------- */

static struct clip_view empty_view(const float *values, size_t count)
{
    struct clip_view view = {.nonnegative = tensor.nonnegative};

    view.range = range_empty();
    range_add(&view.range, values, count);
    return view;
}

/* As ranks do: each counts its part, and all counts are added. */
static void count_in_parts(struct histogram *sum, const float *values, size_t count,
                           size_t parts)
{
    struct histogram *part = memory_get(sizeof *part);

    for (size_t i = 0; i < parts; i++) {
        size_t first = count * i / parts;

        histogram_init(part, sum->range, sum->bins);
        histogram_add(part, values + first, count * (i + 1) / parts - first);
        sum->zeros += part->zeros;
        sum->below += part->below;
        sum->above += part->above;
        sum->inner.low = fminf(sum->inner.low, part->inner.low);
        sum->inner.high = fmaxf(sum->inner.high, part->inner.high);
        for (int bin = 0; bin < sum->bins; bin++)
            sum->counts[bin] += part->counts[bin];
    }
    free(part);
}

static struct clip_view look_at(const struct clip_sight *sight, size_t parts)
{
    struct clip_view view = empty_view(tensor.values, tensor.count);
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct clip_look look;

    clip_look_begin(&look, sight, &view);
    for (int looks = 0; look.bins > 0; looks++) {
        assert_in_range(looks, 0, 2 * OUTLIERS_MOST + 2);
        histogram_init(histogram, look.range, look.bins);
        count_in_parts(histogram, tensor.values, tensor.count, parts);
        clip_look_take(&look, histogram);
    }
    clip_look_clear(&look);
    free(histogram);
    return view;
}

/* The values themselves; for a rule of bins those of the body, in a single histogram. */
static struct clip_view exact_view(const struct clip_sight *sight)
{
    bool all = sight->bins == 0;
    const float *values = all ? tensor.values : tensor.body;
    size_t count = all ? tensor.count : tensor.body_count;
    struct clip_view view = empty_view(values, count);

    if (sight->distribution)
        view.distribution = distribution_of_values(values, count);
    if (all)
        return view;
    view.histogram = memory_get(sizeof *view.histogram);
    histogram_init(view.histogram, clip_histogram_range(sight, view.range),
                   sight->bins);
    histogram_add(view.histogram, values, count);
    return view;
}

/* ---- clips -------------------------------------------------------------------------------- */

/* 2 to 8 bits. */
static int bits_of(uint64_t seed)
{
    return 2 + (int)(seed / 6 % 7);
}

static enum grid grid_of_tensor(void)
{
    return tensor.nonnegative ? GRID_UNSIGNED : GRID_MIDTREAD;
}

static double clip_in(const struct clip_rule *rule, const struct clip_sight *sight,
                      struct clip_view view, int bits)
{
    double clip;

    view.bits = bits;
    view.grid = grid_of_tensor();
    if (view.histogram && !sight->skips_zeros)
        histogram_put_zeros_in_their_bin(view.histogram);
    if (clip_find(rule, &view, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

/* What a rule minimises on the values themselves; 0 of rules that minimise nothing there. */
static double cost_of(const struct clip_rule *rule, int bits, double clip)
{
    struct distribution values = distribution_of_values(tensor.values, tensor.count);
    double cost = 0;

    if (rule->kind == CLIP_LP)
        cost = clip_lp_error(&values, levels_of(grid_of_tensor(), bits), rule->number,
                             clip);
    if (rule->kind == CLIP_COSINE)
        cost = 1 - clip_cosine_of(&values, levels_of(grid_of_tensor(), bits), clip);
    distribution_clear(&values);
    return cost;
}

static const struct clip_rule rules[] = {
    {.kind = CLIP_PERCENTILE, .number = 90},
    {.kind = CLIP_PERCENTILE, .number = 99},
    {.kind = CLIP_PERCENTILE, .number = 99.9},
    {.kind = CLIP_PERCENTILE, .number = 100},
    {.kind = CLIP_LP, .number = 0.5},
    {.kind = CLIP_LP, .number = 1},
    {.kind = CLIP_LP, .number = 2},
    {.kind = CLIP_LP, .number = 3.5},
    {.kind = CLIP_COSINE},
    {.kind = CLIP_ACIQ, .density = ACIQ_GAUSS},
    {.kind = CLIP_ACIQ, .density = ACIQ_LAPLACE},
    {.kind = CLIP_ACIQ, .density = ACIQ_AUTO},
    {.kind = CLIP_KLD},
    {.kind = CLIP_KLD_SYMMETRIC},
    {.kind = CLIP_OCS_MSE},
    {.kind = CLIP_OCS_ACIQ},
    {.kind = CLIP_OCS_KL},
};

enum { RULES = sizeof rules / sizeof *rules };

/* Within 1 % of the exact clip, or, where minima vie, hardly worse. */
static void assert_near(const struct clip_rule *rule, uint64_t seed, double clip,
                        double exact)
{
    double cost, least;

    if (fabs(clip - exact) < 0.01 * exact)
        return;
    cost = cost_of(rule, bits_of(seed), clip);
    least = cost_of(rule, bits_of(seed), exact);
    if (!(least > 0 && cost < 1.001 * least))
        fail_msg("rule %d (%g), tensor %d: %.9g, not %.9g", (int)rule->kind,
                 rule->number, (int)seed, clip, exact);
}

static void a_rule_finds_the_clip_of_the_values(const struct clip_rule *rule,
                                                uint64_t seed)
{
    struct clip_sight sight = clip_sight(rule, tensor.nonnegative);
    struct clip_view view = look_at(&sight, 1), exact = exact_view(&sight);
    double clip = clip_in(rule, &sight, view, bits_of(seed));

    assert_near(rule, seed, clip, clip_in(rule, &sight, exact, bits_of(seed)));
    clip_view_clear(&view);
    clip_view_clear(&exact);
}

static void far_outliers_leave_every_rule_its_clip(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        make_tensor(seed);
        for (int i = 0; i < RULES; i++)
            a_rule_finds_the_clip_of_the_values(&rules[i], seed);
    }
}

/* KLD and the rules of the variant `ocs` have what they would have without far outliers. */
static void far_outliers_are_not_in_views_of_bins(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        make_tensor(seed);
        for (int i = 0; i < RULES; i++) {
            struct clip_sight sight = clip_sight(&rules[i], tensor.nonnegative);
            struct clip_view view, exact;

            if (sight.bins == 0)
                continue;
            view = look_at(&sight, 1);
            exact = exact_view(&sight);
            assert_memory_equal(&view.range, &exact.range, sizeof view.range);
            assert_int_equal(view.histogram->zeros, exact.histogram->zeros);
            assert_memory_equal(view.histogram->counts, exact.histogram->counts,
                                sizeof view.histogram->counts);
            clip_view_clear(&view);
            clip_view_clear(&exact);
        }
    }
}

static const struct clip_sight distribution_sight = {.distribution = true};

static void every_value_is_in_one_point(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        struct clip_view view;
        double weight = 0;

        make_tensor(seed);
        view = look_at(&distribution_sight, 1);
        for (size_t i = 0; i < view.distribution.count; i++)
            weight += view.distribution.weights[i];
        assert_true(weight == (double)tensor.count);
        clip_view_clear(&view);
    }
}

static void assert_same_bits(const struct clip_view *one, const struct clip_view *other)
{
    size_t count = one->distribution.count;

    assert_int_equal(other->distribution.count, count);
    assert_memory_equal(one->distribution.values, other->distribution.values,
                        count * sizeof(double));
    assert_memory_equal(one->distribution.weights, other->distribution.weights,
                        count * sizeof(double));
    assert_memory_equal(&one->range, &other->range, sizeof one->range);
    assert_memory_equal(one->histogram, other->histogram, sizeof *one->histogram);
}

static void parts_of_a_tensor_show_what_the_whole_does(void **state)
{
    static const size_t parts[] = {2, 3, 7, 64};
    const struct clip_sight sight = {
        .distribution = true, .bins = 101, .symmetric = true};

    (void)state;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        struct clip_view whole, merged;

        make_tensor(seed);
        whole = look_at(&sight, 1);
        merged = look_at(&sight, parts[seed % 4]);
        assert_same_bits(&whole, &merged);
        clip_view_clear(&whole);
        clip_view_clear(&merged);
        whole = look_at(&distribution_sight, 1);
        merged = look_at(&distribution_sight, parts[seed % 4]);
        assert_int_equal(whole.distribution.count, merged.distribution.count);
        assert_memory_equal(whole.distribution.values, merged.distribution.values,
                            whole.distribution.count * sizeof(double));
        clip_view_clear(&whole);
        clip_view_clear(&merged);
    }
}

/* So the digits of ordinary tensors are those of a single histogram. */
static void a_tensor_without_far_outliers_is_looked_at_once(void **state)
{
    struct histogram *histogram = memory_get(sizeof *histogram);

    (void)state;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        struct clip_view view;
        struct clip_look look;

        make_tensor(seed);
        view = empty_view(tensor.body, tensor.body_count);
        clip_look_begin(&look, &distribution_sight, &view);
        histogram_init(histogram, view.range, HISTOGRAM_BINS);
        assert_memory_equal(&look.range, &view.range, sizeof look.range);
        assert_int_equal(look.bins, HISTOGRAM_BINS);
        histogram_add(histogram, tensor.body, tensor.body_count);
        clip_look_take(&look, histogram);
        assert_int_equal(look.bins, 0);
        clip_look_clear(&look);
        clip_view_clear(&view);
    }
    free(histogram);
}

static void zeros_are_not_looked_at(void **state)
{
    static const struct clip_sight sights[] = {{.distribution = true}, {.bins = 101}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct clip_view view = {.range = {0, 0}};
        struct clip_look look;

        clip_look_begin(&look, &sights[i], &view);
        assert_int_equal(look.bins, 0);
        clip_look_clear(&look);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_outliers_leave_every_rule_its_clip),
        cmocka_unit_test(far_outliers_are_not_in_views_of_bins),
        cmocka_unit_test(every_value_is_in_one_point),
        cmocka_unit_test(parts_of_a_tensor_show_what_the_whole_does),
        cmocka_unit_test(a_tensor_without_far_outliers_is_looked_at_once),
        cmocka_unit_test(zeros_are_not_looked_at),
    };

    return cmocka_run_group_tests_name("clip_look", tests, NULL, NULL);
}
