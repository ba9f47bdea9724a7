#include "core/quant/gram_rounding.h"

#include "core/base/memory.h"
#include "core/base/random.h"
#include "tests/core/quant/gram_rounding_numbers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS_MOST = 24, OUTPUTS_MOST = 4, POSITIONS_MOST = 82 };

/* ---- layers of a seed, as gram_rounding.py makes them ----------------------------------------- */

struct layer {
    int inputs, outputs, positions;
    int x[POSITIONS_MOST][INPUTS_MOST], t[POSITIONS_MOST][OUTPUTS_MOST];
    float w[OUTPUTS_MOST * INPUTS_MOST], steps[OUTPUTS_MOST];
    double shares[OUTPUTS_MOST * INPUTS_MOST];
    struct gram_weights weights;
    int64_t *numbers; /* owned, as the next three */
    int8_t *codes;
    double *lacking, *factors;
};

static int next(uint64_t *state, int count)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (int)((*state >> 33) % (uint64_t)count);
}

static void draw(struct layer *layer, uint64_t *state)
{
    for (int p = 0; p < layer->positions; p++) {
        int common = next(state, 100);

        for (int i = 0; i < layer->inputs; i++)
            layer->x[p][i] = i % 11 == 10 ? 7 : next(state, 156) + common;
    }
    for (int p = 0; p < layer->positions; p++)
        for (int o = 0; o < layer->outputs; o++)
            layer->t[p][o] = next(state, 20001) - 10000;
    for (int i = 0; i < layer->outputs * layer->inputs; i++)
        layer->w[i] = (float)(next(state, 2001) - 1000) / 1024;
}

/* What the layer gives, and some noise. */
static void mix(struct layer *layer)
{
    for (int p = 0; p < layer->positions; p++)
        for (int o = 0; o < layer->outputs; o++) {
            double sum = 0;

            for (int i = 0; i < layer->inputs; i++)
                sum += (double)layer->w[o * layer->inputs + i] * (layer->x[p][i] - 3);
            layer->t[p][o] = (int)floor(layer->t[p][o] / 8.0) + (int)floor(16 * sum);
        }
}

static void add_up(struct layer *layer)
{
    struct gram gram;

    layer->numbers =
        memory_zeroed(gram_count(layer->inputs, layer->outputs), sizeof(int64_t));
    gram = gram_at(layer->numbers, layer->inputs, layer->outputs);
    *gram.positions = layer->positions;
    for (int p = 0; p < layer->positions; p++) {
        const int *x = layer->x[p], *t = layer->t[p];

        for (int i = 0; i < layer->inputs; i++) {
            gram.x[i] += x[i];
            for (int j = i; j < layer->inputs; j++)
                gram.xx[gram_row(layer->inputs, i) + (size_t)j] += x[i] * x[j];
        }
        for (int o = 0; o < layer->outputs; o++) {
            gram.t[o] += t[o];
            for (int i = 0; i < layer->inputs; i++)
                gram.tx[o * layer->inputs + i] += t[o] * x[i];
        }
    }
}

static struct layer *make_layer(int index)
{
    struct layer *layer = memory_zeroed(1, sizeof *layer);
    uint64_t state = (uint64_t)index + 1;
    int bits, odd;

    layer->inputs = 1 + next(&state, INPUTS_MOST);
    layer->outputs = 1 + next(&state, OUTPUTS_MOST);
    layer->positions = 2 + next(&state, 80);
    bits = 2 + next(&state, 4);
    odd = next(&state, 2);
    for (int o = 0; o < layer->outputs; o++)
        layer->steps[o] = (1 + (float)o / 4) / (float)(1 << (bits - 1));
    layer->weights = (struct gram_weights){
        .values = layer->w,
        .steps = layer->steps,
        .lowest = -(1 << (bits - 1)),
        .highest = (1 << (bits - 1)) - 1,
        .centre = odd / 2.0,
        .input_step = 0.125,
        .input_zero = 3,
        .target_step = 0.125 / 16,
        .refits = index % 2 == 1,
        .keeps_bias = index % 5 == 4,
    };
    draw(layer, &state);
    mix(layer);
    add_up(layer);
    layer->codes = memory_get((size_t)(layer->inputs * layer->outputs));
    layer->lacking = memory_get((size_t)layer->outputs * sizeof(double));
    layer->factors = memory_get((size_t)layer->outputs * sizeof(double));
    return layer;
}

static void free_layer(struct layer *layer)
{
    free(layer->numbers);
    free(layer->codes);
    free(layer->lacking);
    free(layer->factors);
    free(layer);
}

static double round_layer(struct layer *layer)
{
    const struct gram gram = gram_at(layer->numbers, layer->inputs, layer->outputs);

    for (int o = 0; o < layer->outputs; o++)
        layer->factors[o] = 1;
    return gram_round(
        &gram, &layer->weights,
        &(struct gram_rounded){layer->codes, layer->lacking, layer->factors});
}

/* ---- the loss by its definition --------------------------------------------------------------- */

static double mean_of(const struct layer *layer, int input)
{
    double mean = 0;

    for (int p = 0; p < layer->positions; p++)
        mean += layer->x[p][input] / (double)layer->positions;
    return mean;
}

/* About the means where a bias is free, else about zero. */
static double ridge_of(const struct layer *layer)
{
    double sum = 0;

    for (int i = 0; i < layer->inputs; i++) {
        double mean =
            layer->weights.keeps_bias ? layer->weights.input_zero : mean_of(layer, i);

        for (int p = 0; p < layer->positions; p++)
            sum += (layer->x[p][i] - mean) * (layer->x[p][i] - mean);
    }
    return 0.01 * sum / layer->inputs;
}

/* A weight as it is in the end, or was, in units of t by x. */
static double share_of(const struct layer *layer, int at)
{
    return layer->weights.shares ? layer->weights.shares[at] : 1;
}

static double weight_of(const struct layer *layer, int output, int input,
                        bool is_rounded)
{
    const struct gram_weights *weights = &layer->weights;
    int at = output * layer->inputs + input;
    double value = is_rounded
                       ? layer->factors[output] * (double)layer->steps[output] *
                             share_of(layer, at) * (layer->codes[at] + weights->centre)
                       : (double)layer->w[at];

    return value * weights->input_step / weights->target_step;
}

static double loss_of(const struct layer *layer)
{
    double loss = 0, ridge = ridge_of(layer);

    for (int o = 0; o < layer->outputs; o++) {
        double bias = layer->lacking[o] / layer->weights.target_step;

        for (int p = 0; p < layer->positions; p++) {
            double off = layer->t[p][o] - bias;

            for (int i = 0; i < layer->inputs; i++)
                off -= weight_of(layer, o, i, true) *
                       (layer->x[p][i] - layer->weights.input_zero);
            loss += off * off;
        }
        for (int i = 0; i < layer->inputs; i++) {
            double moved = weight_of(layer, o, i, true) - weight_of(layer, o, i, false);

            loss += ridge * moved * moved;
        }
    }
    return loss;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void layers_are_rounded_as_another_program_rounds_them(void **state)
{
    (void)state;
    for (int index = 0; index < (int)(sizeof numbers / sizeof *numbers); index++) {
        struct layer *layer = make_layer(index);
        double lacking = 0;
        long codes = 0;

        assert_true(fabs(round_layer(layer) - 0.01) < 1e-12);
        for (int i = 0; i < layer->outputs * layer->inputs; i++)
            codes += (long)(i % layer->inputs + 1) * layer->codes[i];
        for (int o = 0; o < layer->outputs; o++)
            lacking += layer->lacking[o];
        if (codes != numbers[index].codes ||
            !(fabs(loss_of(layer) / numbers[index].loss - 1) < 1e-9) ||
            !(fabs(lacking - numbers[index].lacking) <
              1e-9 * (1 + fabs(numbers[index].lacking))))
            fail_msg("layer %d: loss %.17g, codes %ld, lacking %.17g", index,
                     loss_of(layer), codes, lacking);
        free_layer(layer);
    }
}

/* Codes as near as they can be to the weights, and the biases that go with them. */
static double nearest_loss(struct layer *layer)
{
    const struct gram_weights *weights = &layer->weights;
    const struct gram gram = gram_at(layer->numbers, layer->inputs, layer->outputs);

    for (int o = 0; o < layer->outputs; o++) {
        layer->factors[o] = 1;
        layer->lacking[o] = weights->keeps_bias
                                ? 0
                                : weights->target_step * gram_mean(&gram, gram.t[o]);
        for (int i = 0; i < layer->inputs; i++) {
            int at = o * layer->inputs + i;
            double code = rint((double)layer->w[at] /
                                   ((double)layer->steps[o] * share_of(layer, at)) -
                               weights->centre);

            layer->codes[at] =
                (int8_t)fmin(fmax(code, weights->lowest), weights->highest);
            if (!weights->keeps_bias)
                layer->lacking[o] -=
                    weight_of(layer, o, i, true) * weights->target_step *
                    (gram_mean(&gram, gram.x[i]) - weights->input_zero);
        }
    }
    return loss_of(layer);
}

static void no_layer_is_worse_than_with_the_nearest_codes(void **state)
{
    (void)state;
    for (int index = 0; index < 200; index++) {
        struct layer *layer = make_layer(index);
        double before = nearest_loss(layer);

        round_layer(layer);
        if (!(loss_of(layer) <= before * (1 + 1e-9)))
            fail_msg("layer %d: %.17g, nearest %.17g", index, loss_of(layer), before);
        free_layer(layer);
    }
}

/* Blocks of four inputs with steps of their own. */
static struct layer *layer_of_blocks(int index, bool all_are_one)
{
    struct layer *layer = make_layer(index);

    for (int i = 0; i < layer->outputs * layer->inputs; i++)
        layer->shares[i] =
            all_are_one ? 1 : 1 / (1 + 0.3 * (i % layer->inputs / 4 % 5));
    layer->weights.centre = 0;
    layer->weights.shares = layer->shares;
    return layer;
}

static void nor_is_one_with_steps_of_blocks(void **state)
{
    (void)state;
    for (int index = 0; index < 200; index++) {
        struct layer *layer = layer_of_blocks(index, false);
        double before = nearest_loss(layer);

        round_layer(layer);
        if (!(loss_of(layer) <= before * (1 + 1e-9)))
            fail_msg("layer %d: %.17g, nearest %.17g", index, loss_of(layer), before);
        free_layer(layer);
    }
}

static void blocks_of_equal_steps_are_none(void **state)
{
    (void)state;
    for (int index = 0; index < 50; index++) {
        struct layer *blocks = layer_of_blocks(index, true);
        struct layer *none = layer_of_blocks(index, true);

        none->weights.shares = NULL;
        round_layer(blocks);
        round_layer(none);
        assert_memory_equal(blocks->codes, none->codes,
                            (size_t)(none->inputs * none->outputs));
        assert_memory_equal(blocks->lacking, none->lacking,
                            (size_t)none->outputs * sizeof(double));
        free_layer(blocks);
        free_layer(none);
    }
}

static void a_bias_that_is_kept_lacks_nothing(void **state)
{
    (void)state;
    for (int index = 4; index < 50; index += 5) {
        struct layer *layer = make_layer(index);

        round_layer(layer);
        for (int o = 0; o < layer->outputs; o++)
            assert_true(layer->lacking[o] == 0);
        free_layer(layer);
    }
}

static void factors_never_raise_the_loss(void **state)
{
    (void)state;
    for (int index = 0; index < 100; index += 2) {
        struct layer *layer = make_layer(index);
        double strict;

        round_layer(layer);
        for (int o = 0; o < layer->outputs; o++)
            assert_true(layer->factors[o] == 1);
        strict = loss_of(layer);
        layer->weights.refits = true;
        round_layer(layer);
        if (!(loss_of(layer) <= strict * (1 + 1e-9)))
            fail_msg("layer %d: %.17g, strict %.17g", index, loss_of(layer), strict);
        free_layer(layer);
    }
}

static void try_steps(struct layer *layer, double *errors)
{
    const struct gram gram = gram_at(layer->numbers, layer->inputs, layer->outputs);

    gram_try_steps(&gram, &layer->weights, errors);
}

static void multiply_steps(struct layer *layer, double factor)
{
    for (int o = 0; o < layer->outputs; o++)
        layer->steps[o] = (float)((double)layer->steps[o] * factor);
}

static double sum_over_outputs(const struct layer *layer, const double *errors,
                               int tried)
{
    double sum = 0;

    for (int o = 0; o < layer->outputs; o++)
        sum += errors[o * GRAM_STEPS_TRIED + tried];
    return sum;
}

/* With one input error feedback finds the best code, so errors differ as losses do. */
static void errors_of_steps_differ_as_losses_do(void **state)
{
    int layers = 0;

    (void)state;
    for (int index = 0; layers < 8; index += 2) {
        struct layer *layer = make_layer(index), *other;
        double errors[OUTPUTS_MOST * GRAM_STEPS_TRIED], loss;

        if (layer->inputs == 1) {
            layers++;
            try_steps(layer, errors);
            round_layer(layer);
            loss = loss_of(layer);
            for (int tried = 0; tried < GRAM_STEPS_TRIED; tried++) {
                double more;

                other = make_layer(index);
                multiply_steps(other, gram_step_factor(tried));
                round_layer(other);
                more = loss_of(other) - loss;
                if (!(fabs(sum_over_outputs(layer, errors, tried) -
                           sum_over_outputs(layer, errors, GRAM_STEP_KEPT) - more) <
                      1e-5 * loss))
                    fail_msg("layer %d, step %d: loss rises by %g", index, tried, more);
                free_layer(other);
            }
        }
        free_layer(layer);
    }
}

static void errors_of_steps_are_those_of_layers_that_have_them(void **state)
{
    (void)state;
    assert_true(gram_step_factor(GRAM_STEP_KEPT) == 1);
    assert_true(gram_step_factor(0) == 0.5);
    for (int index = 0; index < 50; index++) {
        struct layer *layer = make_layer(index);
        double errors[OUTPUTS_MOST * GRAM_STEPS_TRIED];
        double of_other[OUTPUTS_MOST * GRAM_STEPS_TRIED];

        try_steps(layer, errors);
        multiply_steps(layer, 0.5); /* exact */
        try_steps(layer, of_other);
        for (int o = 0; o < layer->outputs; o++) {
            double half = errors[o * GRAM_STEPS_TRIED];
            double kept = of_other[o * GRAM_STEPS_TRIED + GRAM_STEP_KEPT];

            if (!(fabs(half - kept) <= 1e-9 * kept))
                fail_msg("layer %d: %g, with such steps %g", index, half, kept);
        }
        free_layer(layer);
    }
}

static void what_sees_nothing_keeps_the_nearest_codes(void **state)
{
    struct layer *layer = make_layer(3);
    int8_t nearest[OUTPUTS_MOST * INPUTS_MOST];
    size_t count = (size_t)(layer->inputs * layer->outputs);

    (void)state;
    nearest_loss(layer);
    memcpy(nearest, layer->codes, count);
    memset(layer->numbers, 0,
           gram_count(layer->inputs, layer->outputs) * sizeof *layer->numbers);
    assert_true(round_layer(layer) == 0);
    assert_memory_equal(layer->codes, nearest, count);
    for (int o = 0; o < layer->outputs; o++) {
        assert_true(layer->factors[o] == 1);
        assert_true(isfinite(layer->lacking[o]));
    }
    free_layer(layer);
}

/* One position tells nothing; two of 24 inputs tell little: there are codes, and they are finite. */
static void few_positions_do(void **state)
{
    (void)state;
    for (int index = 0; index < 40; index++) {
        struct layer *layer = make_layer(index);

        layer->positions = 1 + index % 3;
        free(layer->numbers);
        add_up(layer);
        round_layer(layer);
        assert_true(isfinite(loss_of(layer)));
        for (int i = 0; i < layer->outputs * layer->inputs; i++)
            assert_in_range(layer->codes[i] + 128, layer->weights.lowest + 128,
                            layer->weights.highest + 128);
        free_layer(layer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_rounded_as_another_program_rounds_them),
        cmocka_unit_test(no_layer_is_worse_than_with_the_nearest_codes),
        cmocka_unit_test(nor_is_one_with_steps_of_blocks),
        cmocka_unit_test(blocks_of_equal_steps_are_none),
        cmocka_unit_test(a_bias_that_is_kept_lacks_nothing),
        cmocka_unit_test(factors_never_raise_the_loss),
        cmocka_unit_test(errors_of_steps_differ_as_losses_do),
        cmocka_unit_test(errors_of_steps_are_those_of_layers_that_have_them),
        cmocka_unit_test(what_sees_nothing_keeps_the_nearest_codes),
        cmocka_unit_test(few_positions_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
