#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/layer/layer_run.h"
#include "core/layer/recurrence_cells.h"
#include "tests/support/plain_recurrence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 37 };

static const struct shape {
    const char *fact;
    struct recurrence as;
    int steps;
    bool has_bias, has_peepholes, has_states;
} shapes[] = {
    {"an LSTM", {CELL_LSTM, 1, 16, .clip = INFINITY}, 7, false, false, false},
    {"an LSTM that begins somewhere",
     {CELL_LSTM, 1, 5, .clip = INFINITY},
     4,
     false,
     false,
     true},
    {"an LSTM that goes back",
     {CELL_LSTM, 1, 3, .goes_back = true, .clip = INFINITY},
     5,
     false,
     false,
     true},
    {"an LSTM of two directions",
     {CELL_LSTM, 2, 9, .clip = INFINITY},
     6,
     false,
     true,
     true},
    {"an LSTM with peepholes and clip",
     {CELL_LSTM, 1, 21, .clip = 0.75f},
     3,
     false,
     true,
     false},
    {"a GRU", {CELL_GRU, 1, 16, .clip = INFINITY}, 7, false, false, false},
    {"a GRU that resets after its product",
     {CELL_GRU, 1, 11, .resets_after = true, .clip = INFINITY},
     5,
     true,
     false,
     true},
    {"a GRU of two directions, clipped",
     {CELL_GRU, 2, 6, .clip = 0.5f},
     5,
     false,
     false,
     true},
    {"a GRU of two directions that resets after",
     {CELL_GRU, 2, 33, .resets_after = true, .clip = 1},
     4,
     true,
     false,
     false},
    {"an RNN", {CELL_RNN, 1, 8, .clip = INFINITY}, 6, false, false, true},
    {"an RNN of one element and two directions",
     {CELL_RNN, 2, 1, .clip = INFINITY},
     3,
     false,
     false,
     false},
    {"an RNN that rectifies",
     {CELL_RNN, 1, 7, .is_relu = true, .clip = 3},
     4,
     false,
     false,
     true},
    {"one step", {CELL_LSTM, 1, 4, .clip = INFINITY}, 1, false, false, true},
};
enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

/* A network of one recurrence, which is at work. */
struct trial {
    struct network *network;
    struct layer *layer;
    struct placement placement;
    struct weight_items of_layer;
    struct plane *planes;
    struct layer_setting setting;
    struct layer_run run;
    struct scratch scratch;
    struct random_stream random;
    float *input;       /* [SAMPLES, steps, directions, gates, hidden] */
    float *out, *again; /* [SAMPLES, steps, directions, hidden] */
};

static float *random_floats(struct trial *trial, size_t count, double most)
{
    float *values = memory_get(count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)((random_fraction(&trial->random) * 2 - 1) * most);
    return values;
}

static void make_constants(struct trial *trial, const struct shape *shape)
{
    struct recurrence *as = &trial->layer->recurrence;
    int gates = recurrence_gates(&shape->as);
    size_t states = (size_t)shape->as.directions * (size_t)shape->as.hidden;
    size_t rows = states * (size_t)gates;

    *as = shape->as;
    layer_add_weights(trial->layer,
                      (struct weights){
                          .name = memory_text("r"),
                          .values = random_floats(trial, rows * (size_t)as->hidden, 1),
                          .groups = as->directions,
                          .outputs = (int)rows,
                          .inputs = as->hidden,
                          .window = 1,
                      });
    as->bias = shape->has_bias ? random_floats(trial, rows, 1) : NULL;
    as->peepholes = shape->has_peepholes ? random_floats(trial, 3 * states, 1) : NULL;
    as->first_hidden = shape->has_states ? random_floats(trial, states, 1) : NULL;
    as->first_cell = shape->has_states ? random_floats(trial, states, 1) : NULL;
}

static void make_network(struct trial *trial, const struct shape *shape)
{
    int row = shape->as.directions * shape->as.hidden;
    int gates = recurrence_gates(&shape->as);
    int input, output;

    trial->network = network_create("trial");
    input =
        network_add_tensor(trial->network, "x", 2, (int[]){shape->steps, row * gates});
    output = network_add_tensor(trial->network, "y", 2, (int[]){shape->steps, row});
    trial->layer =
        network_add_layer(trial->network, LAYER_RECURRENCE, "p", &input, 1, output);
    make_constants(trial, shape);
}

static size_t elements(const struct trial *trial, int tensor)
{
    return SAMPLES * trial->network->tensors[tensor].count;
}

/* Its weights are item 0, its output item 1. */
static void trial_make(struct trial *trial, const struct shape *shape,
                       const struct kernel_set *kernels)
{
    static struct quantized_tensor items[2];
    static int of_weights[] = {0};
    struct scratch_sizes sizes = {0};

    *trial = (struct trial){.random = {(uint64_t)(shape - shapes)}};
    make_network(trial, shape);
    trial->of_layer = (struct weight_items){.items = of_weights, .count = 1};
    trial->placement = (struct placement){
        .items = items, .count = 2, .of_layers = &trial->of_layer, .layer_count = 1};
    trial->planes = planes_of(trial->network);
    trial->setting = (struct layer_setting){.network = trial->network,
                                            .placement = &trial->placement,
                                            .planes = trial->planes,
                                            .kernels = kernels};
    layer_run_init(&trial->run, &trial->setting, 0);
    layer_run_need(&trial->run, SAMPLES, &sizes);
    sizes.floats = elements(trial, 0) * sizeof(float);
    trial->scratch = conv_scratch_make(&sizes);
    trial->input = random_floats(trial, elements(trial, 0), 2);
    trial->out = memory_zeroed(elements(trial, 1), sizeof *trial->out);
    trial->again = memory_zeroed(elements(trial, 1), sizeof *trial->again);
}

static void trial_clear(struct trial *trial)
{
    layer_run_clear(&trial->run);
    conv_scratch_clear(&trial->scratch);
    free(trial->input);
    free(trial->out);
    free(trial->again);
    free(trial->planes);
    network_destroy(trial->network);
}

struct quantizers {
    const struct quantizer *weights, *output; /* or NULL */
};

/* Runs `samples` samples from `first` on; what is rounded comes back as floats. */
static void run_some(struct trial *trial, struct quantizers with, int first,
                     int samples, float *out)
{
    const struct tensor *tensors = trial->network->tensors;
    struct value input = {.data = trial->input + (size_t)first * tensors[0].count,
                          .plane = &trial->planes[0]};
    struct value output = {.data =
                               memory_aligned(elements(trial, 1) * sizeof *out + 64),
                           .plane = &trial->planes[1]};
    struct layer_task task = {.run = &trial->run,
                              .layer = trial->layer,
                              .weights = &with.weights,
                              .inputs = (const struct value *[]){&input},
                              .samples = samples,
                              .scratch = &trial->scratch};

    layer_run_block(&task, with.output, &output);
    assert_int_equal(value_is_codes(&output), with.output != NULL);
    value_to_floats(&output, samples, out + (size_t)first * tensors[1].count);
    free(output.data);
}

static void run_all(struct trial *trial, struct quantizers with)
{
    run_some(trial, with, 0, SAMPLES, trial->out);
}

/* All hidden states as plain loops have them. */
static double *plain(const struct trial *trial, plain_round_fn *round,
                     const void *context)
{
    const struct tensor *tensors = trial->network->tensors;
    double *states = memory_get(elements(trial, 1) * sizeof *states);

    for (size_t sample = 0; sample < SAMPLES; sample++)
        plain_recurrence_run(trial->layer, trial->input + sample * tensors[0].count,
                             tensors[1].width, round, context,
                             states + sample * tensors[1].count);
    return states;
}

/* ---- floats --------------------------------------------------------------------------------- */

static void every_state_is_what_onnx_says(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPE_COUNT; i++) {
        struct trial trial;
        double *expected;

        trial_make(&trial, &shapes[i], kernel_set_best());
        expected = plain(&trial, NULL, NULL);
        run_all(&trial, (struct quantizers){NULL, NULL});
        for (size_t at = 0; at < elements(&trial, 1); at++)
            if (fabs((double)trial.out[at] - expected[at]) > 2e-6)
                fail_msg("%s: element %zu is %g, not %g", shapes[i].fact, at,
                         (double)trial.out[at], expected[at]);
        free(expected);
        trial_clear(&trial);
    }
}

static void a_sample_is_the_same_in_any_block(void **state)
{
    static const struct quantizer weights = {GRID_NARROW, 8, 0.01f, 0};
    static const struct quantizer output = {GRID_MIDTREAD, 8, 0.01f, 0};
    static const struct quantizers all[] = {
        {NULL, NULL}, {&weights, NULL}, {NULL, &output}, {&weights, &output}};

    (void)state;
    for (int i = 0; i < 4 * SHAPE_COUNT; i++) {
        struct trial trial;

        trial_make(&trial, &shapes[i / 4], kernel_set_best());
        run_all(&trial, all[i % 4]);
        for (int sample = 0; sample < SAMPLES; sample++)
            run_some(&trial, all[i % 4], sample, 1, trial.again);
        for (size_t at = 0; at < elements(&trial, 1); at++)
            if (trial.out[at] != trial.again[at])
                fail_msg("%s: sample %zu is another in a block", shapes[i / 4].fact,
                         at / trial.network->tensors[1].count);
        trial_clear(&trial);
    }
}

/* ---- codes ---------------------------------------------------------------------------------- */

static double rounded(const void *context, double value)
{
    const struct quantizer *quantizer = context;

    return quantizer_value(quantizer, quantizer_code(quantizer, (float)value));
}

/* Puts the values of their codes in the place of the weights. */
static void round_weights(const struct trial *trial, const struct quantizer *quantizer)
{
    struct weights *weights = trial->layer->weights;

    for (size_t i = 0; i < weights_count(weights); i++)
        weights->values[i] = (float)rounded(quantizer, weights->values[i]);
}

/* The states that are multiplied are rounded; where a sum lies at the edge of two codes either may
 * come out, so few may be off by one. */
static void states_are_rounded_before_they_are_multiplied(void **state)
{
    static const struct quantizer weights = {GRID_MIDRISE, 4, 0.125f, 0};
    static const struct quantizer signed_ = {GRID_MIDTREAD, 6, 0.0625f, 0};
    static const struct quantizer unsigned_ = {GRID_UNSIGNED, 6, 0.0625f, 0};

    (void)state;
    for (int i = 0; i < SHAPE_COUNT; i++) {
        const struct quantizer *output = shapes[i].as.is_relu ? &unsigned_ : &signed_;
        struct trial trial;
        double *expected;
        size_t off = 0;

        trial_make(&trial, &shapes[i], kernel_set_best());
        run_all(&trial, (struct quantizers){&weights, output});
        round_weights(&trial, &weights);
        expected = plain(&trial, rounded, output);
        for (size_t at = 0; at < elements(&trial, 1); at++)
            off += fabs((double)trial.out[at] - rounded(output, expected[at])) > 1e-6;
        if (off > elements(&trial, 1) / 100)
            fail_msg("%s: %zu of %zu codes are others", shapes[i].fact, off,
                     elements(&trial, 1));
        free(expected);
        trial_clear(&trial);
    }
}

static void every_kernel_gives_the_same_bits(void **state)
{
    static const struct quantizer weights = {GRID_NARROW, 8, 0.008f, 0};
    static const struct quantizer output = {GRID_MIDTREAD, 8, 0.008f, 0};

    (void)state;
    for (int i = 0; i < SHAPE_COUNT; i++)
        for (const struct kernel_set *set = kernel_sets; set->name; set++) {
            struct trial here, scalar;

            if (!set->runs_here())
                continue;
            trial_make(&here, &shapes[i], set);
            trial_make(&scalar, &shapes[i], kernel_set_named("scalar"));
            run_all(&here, (struct quantizers){&weights, &output});
            run_all(&scalar, (struct quantizers){&weights, &output});
            assert_memory_equal(here.out, scalar.out,
                                elements(&here, 1) * sizeof *here.out);
            trial_clear(&here);
            trial_clear(&scalar);
        }
}

static void what_is_kept_in_float_multiplies_floats(void **state)
{
    static const struct quantizer output = {GRID_MIDTREAD, 3, 0.25f, 0};
    struct trial trial;
    double *expected;

    (void)state;
    trial_make(&trial, &shapes[0], kernel_set_best());
    layer_run_clear(&trial.run);
    trial.of_layer.keeps_states = true;
    layer_run_init(&trial.run, &trial.setting, 0);
    run_all(&trial, (struct quantizers){NULL, &output});
    expected = plain(&trial, NULL, NULL);
    for (size_t at = 0; at < elements(&trial, 1); at++)
        assert_true(trial.out[at] == (float)rounded(&output, (float)expected[at]));
    free(expected);
    trial_clear(&trial);
}

static void multiply_adds_are_those_of_all_steps(void **state)
{
    struct trial trial;

    (void)state;
    trial_make(&trial, &shapes[0], kernel_set_best());
    assert_int_equal(layer_macs(trial.layer, 7 * 16), 7 * 4 * 16 * 16);
    trial_clear(&trial);
    trial_make(&trial, &shapes[5], kernel_set_best());
    assert_int_equal(layer_macs(trial.layer, 7 * 16), 2 * 7 * 3 * 16 * 16);
    trial_clear(&trial);
    trial_make(&trial, &shapes[6], kernel_set_best());
    assert_int_equal(layer_macs(trial.layer, 5 * 11), 5 * 3 * 11 * 11);
    trial_clear(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_is_what_onnx_says),
        cmocka_unit_test(a_sample_is_the_same_in_any_block),
        cmocka_unit_test(states_are_rounded_before_they_are_multiplied),
        cmocka_unit_test(every_kernel_gives_the_same_bits),
        cmocka_unit_test(what_is_kept_in_float_multiplies_floats),
        cmocka_unit_test(multiply_adds_are_those_of_all_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
