/* A curve of codes gives the bits of the curve of their values. */
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/layer/layer_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3 };

static const int dims[] = {5, 7, 9};

static const struct quantizer of_input = {
    .grid = GRID_MIDTREAD, .bits = 8, .step = 0.03f};

static const struct curve {
    struct unary unary;
    float low, high;
} curves[] = {
    {{.operation = UNARY_HARD_SWISH}, -INFINITY, INFINITY},
    {{.operation = UNARY_GELU}, -INFINITY, INFINITY},
    {{.operation = UNARY_SIGMOID}, 0.25f, 0.75f},
    {{.operation = UNARY_LEAKY_RELU, .alpha = 0.1f}, -0.125f, INFINITY},
};

static const struct quantizer of_outputs[] = {
    {.grid = GRID_MIDTREAD, .bits = 8, .step = 0.02f},
    {.grid = GRID_UNSIGNED, .bits = 8, .step = 0.004f},
    {.grid = GRID_MIDTREAD, .bits = 4, .step = 0.3f},
};

/* A network of one curve, its input as codes and as their values. */
struct trial {
    struct network *network;
    struct plane *planes;
    struct layer_setting setting;
    struct layer_run run;
    struct scratch scratch;
    struct value codes, floats;
};

static void add_border(struct plane *plane, int width)
{
    plane->top = plane->left = plane->bottom = plane->right = width;
}

static void make_input(struct trial *trial)
{
    struct random_stream random = {1};
    const struct plane *plane = &trial->planes[0];
    size_t count = SAMPLES * plane_inner_count(plane);
    float *values = memory_get(value_float_bytes(plane, SAMPLES));

    for (size_t i = 0; i < count; i++)
        values[i] = (float)(8 * random_fraction(&random) - 4);
    trial->codes = (struct value){.data = memory_get(value_code_bytes(plane, SAMPLES)),
                                  .plane = plane};
    value_from_floats(values, SAMPLES, &of_input, &trial->codes);
    value_to_floats(&trial->codes, SAMPLES, values);
    trial->floats = (struct value){.data = values, .plane = plane};
}

static void make_trial(struct trial *trial, const struct curve *curve,
                       const struct kernel_set *kernels)
{
    struct network *network = trial->network = network_create("trial");
    int input = network_add_tensor(network, "x", 3, dims);
    int output = network_add_tensor(network, "y", 3, dims);
    struct layer *layer =
        network_add_layer(network, LAYER_UNARY, "curve", &input, 1, output);

    layer->unary = curve->unary;
    layer->low = curve->low;
    layer->high = curve->high;
    trial->planes = planes_of(network);
    add_border(&trial->planes[0], 1);
    add_border(&trial->planes[1], 2);
    trial->setting = (struct layer_setting){
        .network = network, .planes = trial->planes, .kernels = kernels};
    trial->run = (struct layer_run){.setting = &trial->setting, .layer = layer};
    make_input(trial);
    trial->scratch = (struct scratch){
        .sums = memory_get(value_float_bytes(&trial->planes[1], SAMPLES))};
}

static void clear_trial(struct trial *trial)
{
    free(trial->scratch.sums);
    free(trial->codes.data);
    free(trial->floats.data);
    free(trial->planes);
    network_destroy(trial->network);
}

/* What the layer makes of an input: all bytes, with their border; the caller's. */
static struct value output_of(const struct trial *trial, const struct value *input,
                              const struct quantizer *quantizer)
{
    const struct plane *plane = &trial->planes[1];
    struct value output = {.data = memory_zeroed(value_float_bytes(plane, SAMPLES), 1),
                           .plane = plane};
    struct layer_task task = {.run = &trial->run,
                              .layer = trial->run.layer,
                              .inputs = &input,
                              .samples = SAMPLES,
                              .scratch = &trial->scratch};

    layer_run_block(&task, quantizer, &output);
    return output;
}

static void check(const struct trial *trial, const struct quantizer *quantizer)
{
    struct value of_codes = output_of(trial, &trial->codes, quantizer);
    struct value of_floats = output_of(trial, &trial->floats, quantizer);

    assert_true(of_codes.step == of_floats.step);
    assert_int_equal(of_codes.zero_code, of_floats.zero_code);
    assert_memory_equal(of_codes.data, of_floats.data,
                        value_float_bytes(&trial->planes[1], SAMPLES));
    free(of_codes.data);
    free(of_floats.data);
}

static void codes_give_the_bits_of_their_values(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < sizeof curves / sizeof *curves;
             i++) {
            struct trial trial;

            make_trial(&trial, &curves[i], set);
            check(&trial, NULL);
            for (size_t of = 0; of < sizeof of_outputs / sizeof *of_outputs; of++)
                check(&trial, &of_outputs[of]);
            clear_trial(&trial);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_give_the_bits_of_their_values),
    };

    return cmocka_run_group_tests_name("layer_unary", tests, NULL, NULL);
}
