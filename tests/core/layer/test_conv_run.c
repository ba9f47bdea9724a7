/* Convolutions of a network, with the fastest kernels and with the scalar ones: the same bits. */
#include "core/base/memory.h"
#include "core/kernel/winograd.h"
#include "core/layer/conv_integer.h"
#include "core/layer/conv_run.h"
#include "core/network/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3 };

struct geometry {
    const char *fact;
    int in, out, groups, height, width;
    struct window window;
};

/* Such that Winograd can do it, and such that look like it. */
static const struct geometry geometries[] = {
    {"3x3", 16, 20, 1, 8, 8, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3, many channels", 80, 40, 1, 4, 12, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"1x3", 32, 16, 1, 5, 8, {1, 3, 1, 1, 1, 1, 0, 1, 0, 1}},
    {"5x3", 16, 16, 1, 7, 4, {5, 3, 1, 1, 1, 1, 2, 1, 2, 1}},
    {"9x3", 16, 16, 1, 9, 4, {9, 3, 1, 1, 1, 1, 4, 1, 4, 1}},
    {"no padding", 16, 16, 1, 6, 10, {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}},
    {"padding on one side", 16, 16, 1, 6, 8, {3, 3, 1, 1, 1, 1, 2, 2, 0, 0}},
    {"windows that are all padding", 16, 16, 1, 4, 8, {3, 3, 1, 1, 1, 1, 3, 1, 3, 1}},
    {"1x3, windows that are all padding",
     16,
     16,
     1,
     4,
     8,
     {1, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"rows of the dilation", 16, 16, 1, 1, 8, {3, 3, 2, 1, 2, 1, 2, 1, 2, 1}},
    {"dilated", 16, 16, 1, 8, 8, {3, 3, 1, 1, 2, 2, 2, 2, 2, 2}},
    {"rows with a stride", 16, 16, 1, 8, 8, {3, 3, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"columns with a stride", 16, 16, 1, 8, 8, {3, 3, 1, 2, 1, 1, 1, 1, 1, 1}},
    {"six pixels wide with a stride of two",
     16,
     16,
     1,
     4,
     12,
     {1, 6, 1, 2, 1, 1, 0, 0, 0, 0}},
    {"runs that do not fill their bytes",
     1,
     16,
     1,
     1,
     100,
     {1, 47, 1, 16, 1, 1, 0, 0, 0, 0}},
    {"two channels of them", 2, 16, 1, 1, 47, {1, 23, 1, 8, 1, 1, 0, 0, 0, 0}},
    {"groups", 32, 32, 2, 8, 8, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"as a fully connected layer", 48, 16, 1, 1, 4, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}},
};

/* A convolution of a geometry. */
struct trial {
    struct network *network;
    struct plane *planes;
    struct conv_run run;
    struct scratch scratch;
};

static void make_network(struct trial *trial, const struct geometry *geometry)
{
    int rows = window_output_height(&geometry->window, geometry->height);
    int columns = window_output_width(&geometry->window, geometry->width);
    int in[3] = {geometry->in, geometry->height, geometry->width};
    int out[3] = {geometry->out, rows, columns};
    struct network *network = network_create("trial");
    int input = network_add_tensor(network, "input", 3, in);
    int output = network_add_tensor(network, "output", 3, out);
    struct layer *layer =
        network_add_layer(network, LAYER_CONV, "conv", &input, 1, output);
    size_t count;

    layer->window = geometry->window;
    layer->low = -INFINITY;
    layer->high = INFINITY;
    layer_add_weights(layer, (struct weights){.groups = geometry->groups,
                                              .outputs = geometry->out,
                                              .inputs = geometry->in / geometry->groups,
                                              .window = geometry->window.kernel_height *
                                                        geometry->window.kernel_width});
    count = weights_count(layer->weights);
    layer->weights->values = memory_get(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        layer->weights->values[i] = sinf(1.7f * (float)i);
    layer->conv.scale = memory_get((size_t)geometry->out * sizeof(float));
    layer->conv.shift = memory_zeroed((size_t)geometry->out, sizeof(float));
    for (int channel = 0; channel < geometry->out; channel++)
        layer->conv.scale[channel] = 1 + 0.1f * (float)channel;
    network_add_input(network, input, NULL);
    network->output = output;
    trial->network = network;
}

/* Of weights that are rounded by `rules`, in a network that is made. */
static void start_trial(struct trial *trial, const struct kernel_set *kernels,
                        const struct weight_rules *rules)
{
    trial->planes = planes_of(trial->network);
    conv_run_init(&trial->run, kernels, &trial->network->layers[0], &trial->planes[0],
                  rules);
    trial->scratch = conv_run_scratch(&trial->run, SAMPLES);
    free(trial->scratch.sums);
    trial->scratch.sums = memory_aligned(value_float_bytes(&trial->planes[1], SAMPLES));
}

static void make_trial(struct trial *trial, const struct geometry *geometry,
                       const struct kernel_set *kernels)
{
    make_network(trial, geometry);
    start_trial(trial, kernels, &(struct weight_rules){0});
}

static void clear_trial(struct trial *trial)
{
    conv_run_clear(&trial->run);
    conv_scratch_clear(&trial->scratch);
    free(trial->planes);
    network_destroy(trial->network);
}

static size_t outputs_of(const struct trial *trial)
{
    return SAMPLES * trial->network->tensors[trial->network->output].count;
}

/* The values of the input; to be freed. */
static float *input_of(const struct trial *trial)
{
    size_t count = SAMPLES * plane_inner_count(&trial->planes[0]);
    float *floats = memory_get(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = 1.5f * sinf(0.37f * (float)(i * i % 1001));
    return floats;
}

/* What the convolution gives for input under a quantizer, NULL: for floats; to be freed. */
static float *run_with(struct trial *trial, const struct quantizer *weights,
                       const struct quantizer *codes)
{
    const struct plane *plane = &trial->planes[0];
    float *floats = input_of(trial);
    float *results = memory_aligned(outputs_of(trial) * sizeof *results);
    struct value input = {.plane = plane,
                          .data = memory_aligned(value_float_bytes(plane, SAMPLES) +
                                                 value_code_bytes(plane, SAMPLES))};
    struct value output = {.plane = &trial->planes[1], .data = results};

    value_from_floats(floats, SAMPLES, codes, &input);
    conv_run_block(&trial->run, weights, &input, NULL, SAMPLES, NULL, &output,
                   &trial->scratch);
    free(floats);
    free(input.data);
    return results;
}

static void compare(const struct geometry *geometry, struct trial *fastest,
                    struct trial *scalar, const struct quantizer *weights,
                    const struct quantizer *codes)
{
    float *found = run_with(fastest, weights, codes);
    float *expected = run_with(scalar, weights, codes);

    if (memcmp(found, expected, outputs_of(fastest) * sizeof *found) != 0)
        fail_msg("%s: %d-bit weights, %d-bit codes on the grid %s: other values",
                 geometry->fact, weights->bits, codes->bits, grid_name(codes->grid));
    free(found);
    free(expected);
}

/* One after the other with the same weights' memory: small codes and large ones, whose zero is the code 0
 * or another. */
static void compare_all(const struct geometry *geometry, struct trial *fastest,
                        struct trial *scalar)
{
    static const enum grid grids[] = {GRID_UNSIGNED, GRID_MIDTREAD, GRID_ASYMMETRIC};

    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++)
        for (int bits = 3; bits <= BITS_MOST; bits++)
            for (int i = 0; i < 12; i++) {
                int code_bits = i % 4 == 3 ? 8 : 3 + i % 4;
                const struct quantizer weights = {grid, bits,
                                                  grid_step_of_clip(grid, bits, 1), 0};
                const struct quantizer codes = {
                    grids[i / 4], code_bits,
                    grid_step_of_clip(grids[i / 4], code_bits, 1),
                    i < 8 ? 0 : (37 * bits + 101 * i) % (1 << code_bits)};

                compare(geometry, fastest, scalar, &weights, &codes);
            }
}

static void all_geometries_give_the_bits_of_scalar_kernels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        struct trial fastest, scalar;

        make_trial(&fastest, &geometries[i], kernel_set_best());
        make_trial(&scalar, &geometries[i], kernel_set_named("scalar"));
        compare_all(&geometries[i], &fastest, &scalar);
        clear_trial(&fastest);
        clear_trial(&scalar);
    }
}

/* ---- zeros of all codes ----------------------------------------------------------------------- */

/* Convolutions with padding, in groups and by channels. */
static const struct geometry padded[] = {
    {"3x3", 16, 20, 1, 8, 8, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"dilated, with a stride", 7, 5, 1, 8, 9, {3, 3, 2, 2, 2, 2, 2, 2, 2, 2}},
    {"padding on one side", 16, 16, 1, 6, 8, {3, 3, 1, 1, 1, 1, 2, 2, 0, 0}},
    {"groups", 6, 9, 3, 8, 8, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"depthwise", 80, 80, 80, 6, 7, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"depthwise with a stride", 70, 70, 70, 6, 7, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}},
    {"fully connected", 48, 16, 1, 1, 1, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}},
};

/* A value of the input, NHWC, as its code stands for it; 0 in the padding. */
static double input_at(const struct geometry *geometry, const float *floats,
                       const struct quantizer *codes, int sample, int y, int x,
                       int channel)
{
    size_t at = (size_t)((sample * geometry->height + y) * geometry->width + x);

    if (y < 0 || y >= geometry->height || x < 0 || x >= geometry->width)
        return 0;
    return (double)quantizer_value(
        codes,
        quantizer_code(codes, floats[at * (size_t)geometry->in + (size_t)channel]));
}

/* An output, one product of values after the other: all of them whole multiples of one number, so the
 * sum is exact. */
static double defined(const struct geometry *geometry, const float *values,
                      const float *floats, const struct quantizer *weights,
                      const struct quantizer *codes, int sample, int row, int column,
                      int channel)
{
    const struct window *w = &geometry->window;
    int ins = geometry->in / geometry->groups;
    int first = channel / (geometry->out / geometry->groups) * ins;
    double sum = 0;

    for (int ky = 0; ky < w->kernel_height; ky++)
        for (int kx = 0; kx < w->kernel_width; kx++)
            for (int in = 0; in < ins; in++) {
                int y = row * w->stride_height - w->pad_top + ky * w->dilation_height;
                int x = column * w->stride_width - w->pad_left + kx * w->dilation_width;
                int at =
                    ((channel * w->kernel_height + ky) * w->kernel_width + kx) * ins +
                    in;

                sum += (double)quantizer_value(weights,
                                               quantizer_code(weights, values[at])) *
                       input_at(geometry, floats, codes, sample, y, x, first + in);
            }
    return sum;
}

static void assert_defined(struct trial *trial, const struct geometry *geometry,
                           const struct quantizer *weights,
                           const struct quantizer *codes)
{
    const struct plane *out = &trial->planes[1];
    const float *values = trial->network->layers[0].weights->values;
    float *floats = input_of(trial), *found = run_with(trial, weights, codes);
    size_t at = 0;

    for (int sample = 0; sample < SAMPLES; sample++)
        for (int row = 0; row < out->height; row++)
            for (int column = 0; column < out->width; column++)
                for (int channel = 0; channel < out->channels; channel++, at++)
                    if ((double)found[at] != defined(geometry, values, floats, weights,
                                                     codes, sample, row, column,
                                                     channel))
                        fail_msg("%s: zero %d: another value at %zu", geometry->fact,
                                 codes->zero, at);
    free(floats);
    free(found);
}

/* Steps are powers of two and sums small, so that all is exact. */
static void any_zero_gives_the_sums_of_values(void **state)
{
    static const struct quantizer weights[] = {{GRID_NARROW, 5, 0x1p-4f, 0},
                                               {GRID_MIDRISE, 4, 0x1p-3f, 0}};
    static const char *const sets[] = {"", "scalar"};

    (void)state;
    for (size_t i = 0; i < sizeof padded / sizeof *padded; i++)
        for (size_t set = 0; set < 2; set++) {
            struct trial trial;

            make_trial(&trial, &padded[i],
                       *sets[set] ? kernel_set_named(sets[set]) : kernel_set_best());
            for (int channel = 0; channel < padded[i].out; channel++)
                trial.network->layers[0].conv.scale[channel] = 1;
            for (int zero = 0; zero < 256; zero += zero % 7 ? 22 : 17)
                assert_defined(&trial, &padded[i], &weights[zero % 2],
                               &(struct quantizer){GRID_ASYMMETRIC, 8, 0x1p-6f, zero});
            assert_defined(&trial, &padded[i], &weights[0],
                           &(struct quantizer){GRID_ASYMMETRIC, 8, 0x1p-6f, 255});
            assert_defined(&trial, &padded[i], &weights[0],
                           &(struct quantizer){GRID_ASYMMETRIC, 4, 0x1p-2f, 5});
            clear_trial(&trial);
        }
}

/* ---- blocks ----------------------------------------------------------------------------------- */

/* Steps of blocks of a trial's weights. */
static struct step_layout make_blocks(const struct trial *trial, int block,
                                      float **ratios)
{
    const struct weights *weights = trial->network->layers[0].weights;
    struct step_layout layout = weights_layout(weights, block);

    *ratios = memory_get(step_layout_count(&layout) * sizeof **ratios);
    step_ratios(weights->values, &layout, GRID_NARROW, 4, RATIO_OF_MINMAX, *ratios);
    return layout;
}

/* The network's weights become what their codes stand for. */
static void round_blocks(struct trial *trial, const struct step_layout *layout,
                         const float *ratios, const struct quantizer *of_tensor)
{
    float *values = trial->network->layers[0].weights->values;

    for (size_t i = 0; i < layout->rows * layout->row; i++) {
        struct quantizer own =
            step_ratios_quantizer(of_tensor, ratios, step_layout_at(layout, i));

        values[i] = own.step * (float)quantizer_code(&own, values[i]);
    }
}

static void assert_near(const struct geometry *geometry, int block, const float *found,
                        const float *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(found[i] - expected[i]) <= 1e-5f * (20 + fabsf(expected[i]))))
            fail_msg("%s: blocks of %d: %g in place of %g at %zu", geometry->fact,
                     block, (double)found[i], (double)expected[i], i);
}

/* Products of codes with blocks, with the fastest kernels and plain ones; and what floats give of the values of
 * both. */
static void compare_blocks(const struct geometry *geometry, int block, int bits,
                           const struct quantizer *codes)
{
    const struct quantizer weights = {GRID_NARROW, bits,
                                      grid_step_of_clip(GRID_NARROW, bits, 1), 0};
    struct trial fastest, scalar, in_floats;
    struct weight_rules rules = {.block = block};
    struct step_layout layout;
    float *found, *again, *expected, *ratios;
    size_t count;

    make_network(&fastest, geometry);
    make_network(&scalar, geometry);
    make_network(&in_floats, geometry);
    layout = make_blocks(&fastest, block, &ratios);
    rules.ratios = ratios;
    round_blocks(&in_floats, &layout, ratios, &weights);
    start_trial(&fastest, kernel_set_best(), &rules);
    start_trial(&scalar, kernel_set_named("scalar"), &rules);
    start_trial(&in_floats, kernel_set_best(), &(struct weight_rules){0});
    count = outputs_of(&fastest);
    found = run_with(&fastest, &weights, codes);
    again = run_with(&scalar, &weights, codes);
    expected = run_with(&in_floats, NULL, codes);
    if (memcmp(found, again, count * sizeof *found) != 0)
        fail_msg("%s: blocks of %d: other bits with scalar kernels", geometry->fact,
                 block);
    assert_near(geometry, block, found, expected, count);
    clear_trial(&fastest);
    clear_trial(&scalar);
    clear_trial(&in_floats);
    free(found);
    free(again);
    free(expected);
    free(ratios);
}

static void blocks_give_the_products_of_their_values(void **state)
{
    static const int blocks[] = {2, 3, 5, 16, 32};
    static const struct quantizer codes[] = {{GRID_UNSIGNED, 8, 0x1p-7f, 0},
                                             {GRID_MIDTREAD, 5, 0x1p-4f, 0},
                                             {GRID_ASYMMETRIC, 8, 0x1p-6f, 77}};

    (void)state;
    for (size_t i = 0; i < sizeof padded / sizeof *padded; i++)
        for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
            for (int bits = 2; bits <= 8; bits += 2)
                compare_blocks(&padded[i], blocks[k], bits, &codes[(k + i) % 3]);
}

/* Sums that are kept are finished as at once, whole or some rows at a time, to floats and to codes. */
static void blocks_are_finished_again(void **state)
{
    static const struct quantizer weights = {GRID_NARROW, 4, 0.1f, 0};
    static const struct quantizer codes = {GRID_ASYMMETRIC, 8, 0x1p-6f, 77};
    const struct geometry *geometry = &padded[0];
    struct weight_rules rules = {.block = 5};
    struct trial trial;
    float *ratios, *floats, *expected, *found;
    struct value input, output;
    struct conv_sums sums = {0};
    size_t count, row;

    (void)state;
    make_network(&trial, geometry);
    make_blocks(&trial, rules.block, &ratios);
    rules.ratios = ratios;
    start_trial(&trial, kernel_set_best(), &rules);
    expected = run_with(&trial, &weights, &codes);
    count = outputs_of(&trial);
    row = (size_t)trial.planes[1].width * (size_t)geometry->out;
    floats = input_of(&trial);
    found = memory_aligned(count * sizeof *found);
    sums.products = memory_aligned(count * sizeof *sums.products);
    input = (struct value){
        .plane = &trial.planes[0],
        .data = memory_aligned(value_code_bytes(&trial.planes[0], SAMPLES))};
    output = (struct value){.plane = &trial.planes[1], .data = found};
    value_from_floats(floats, SAMPLES, &codes, &input);
    conv_integer_multiply(&trial.run, &weights, &input, SAMPLES, &sums, &trial.scratch);
    conv_integer_finish(&trial.run, &weights, &input, NULL, SAMPLES, &sums, NULL,
                        &output);
    assert_memory_equal(found, expected, count * sizeof *found);
    conv_integer_finish_rows(&trial.run, &weights, &input, NULL, &sums, 7, 3, &output);
    assert_memory_equal(found, expected + 7 * row, 3 * row * sizeof *found);
    clear_trial(&trial);
    free(sums.products);
    free(input.data);
    free(floats);
    free(expected);
    free(found);
    free(ratios);
}

/* ---- floats ----------------------------------------------------------------------------------- */

/* Such that half of the products suffice, and such that look like it; with rows that do not fit at
 * once. */
static const struct geometry of_floats[] = {
    {"3x3", 16, 32, 1, 8, 8, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"a rest of one column", 16, 16, 1, 5, 9, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"a rest of three columns", 32, 16, 1, 5, 7, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"no padding", 16, 48, 1, 6, 12, {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}},
    {"1x3", 16, 16, 1, 1, 10, {1, 3, 1, 1, 1, 1, 0, 1, 0, 1}},
    {"rows with a stride", 16, 16, 1, 9, 8, {3, 3, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"rows of a dilation", 16, 16, 1, 9, 8, {3, 3, 1, 1, 2, 1, 2, 1, 2, 1}},
    {"rows that do not fit at once", 64, 64, 1, 40, 40, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"many weights", 128, 128, 1, 4, 4, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"a row of channels", 20, 30, 1, 4, 5, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}},
    {"depthwise", 21, 21, 21, 6, 9, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"groups", 12, 34, 2, 6, 9, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
};

enum { OF_FLOATS = sizeof of_floats / sizeof *of_floats };

static void floats_have_the_same_bits_with_every_set(void **state)
{
    (void)state;
    for (int i = 0; i < OF_FLOATS; i++)
        for (const struct kernel_set *set = kernel_sets; set->name; set++) {
            struct trial trial, scalar;
            float *found, *expected;

            if (!set->runs_here())
                continue;
            make_trial(&trial, &of_floats[i], set);
            make_trial(&scalar, &of_floats[i], kernel_set_named("scalar"));
            found = run_with(&trial, NULL, NULL);
            expected = run_with(&scalar, NULL, NULL);
            if (memcmp(found, expected, outputs_of(&trial) * sizeof *found) != 0)
                fail_msg("%s: other values with %s", of_floats[i].fact, set->name);
            free(found);
            free(expected);
            clear_trial(&trial);
            clear_trial(&scalar);
        }
}

/* A sum of products in double, and that of their magnitudes. */
static double plain_sum(const struct geometry *geometry, const float *values,
                        const float *floats, const int at[4], double *magnitude)
{
    const struct window *w = &geometry->window;
    int ins = geometry->in / geometry->groups;
    int first = at[3] / (geometry->out / geometry->groups) * ins;
    double sum = *magnitude = 0;

    values += at[3] * w->kernel_height * w->kernel_width * ins;
    for (int ky = 0; ky < w->kernel_height; ky++)
        for (int kx = 0; kx < w->kernel_width; kx++)
            for (int in = 0; in < ins; in++, values++) {
                int y = at[1] * w->stride_height - w->pad_top + ky * w->dilation_height;
                int x = at[2] * w->stride_width - w->pad_left + kx * w->dilation_width;
                double product = 0;

                if (y >= 0 && y < geometry->height && x >= 0 && x < geometry->width)
                    product =
                        (double)*values *
                        (double)
                            floats[((at[0] * geometry->height + y) * geometry->width +
                                    x) *
                                       geometry->in +
                                   first + in];
                sum += product;
                *magnitude += fabs(product);
            }
    return sum;
}

/* The largest error of an output, in units of 2^-24 of the magnitudes of its products. */
static double largest_error(struct trial *trial, const struct geometry *geometry)
{
    const struct plane *out = &trial->planes[1];
    const struct layer *layer = &trial->network->layers[0];
    float *floats = input_of(trial), *found = run_with(trial, NULL, NULL);
    double largest = 0;
    size_t i = 0;

    for (int sample = 0; sample < SAMPLES; sample++)
        for (int row = 0; row < out->height; row++)
            for (int column = 0; column < out->width; column++)
                for (int channel = 0; channel < out->channels; channel++, i++) {
                    const int at[4] = {sample, row, column, channel};
                    double magnitude;
                    double sum = plain_sum(geometry, layer->weights->values, floats, at,
                                           &magnitude);
                    double scale = (double)layer->conv.scale[channel];
                    double error = fabs((double)found[i] - sum * scale);

                    largest = fmax(largest, error / (magnitude * scale) * 0x1p24);
                }
    free(floats);
    free(found);
    return largest;
}

/* A chain of K products may be wrong by about K units; it is much less, since errors cancel out. */
static void sums_of_floats_are_near_the_exact_ones(void **state)
{
    const double most = 4, most_of_winograd = 20;

    (void)state;
    for (int i = 0; i < OF_FLOATS; i++) {
        struct trial trial;
        double error;

        make_trial(&trial, &of_floats[i], kernel_set_best());
        error = largest_error(&trial, &of_floats[i]);
        assert_true(error <=
                    (trial.run.weights.floats_by_winograd ? most_of_winograd : most));
        clear_trial(&trial);
    }
}

static void codes_are_the_floats_rounded(void **state)
{
    static const struct quantizer quantizers[] = {{GRID_UNSIGNED, 8, 0.03f, 0},
                                                  {GRID_MIDTREAD, 4, 0.7f, 0},
                                                  {GRID_ASYMMETRIC, 8, 0.11f, 77}};

    (void)state;
    for (int i = 0; i < OF_FLOATS * 3; i++) {
        const struct quantizer *quantizer = &quantizers[i % 3];
        struct trial trial;
        float *floats, *results;
        struct value input, codes, expected;
        size_t bytes;

        make_trial(&trial, &of_floats[i / 3], kernel_set_best());
        bytes = value_code_bytes(&trial.planes[1], SAMPLES);
        floats = input_of(&trial);
        results = run_with(&trial, NULL, NULL);
        input = (struct value){.plane = &trial.planes[0], .data = floats};
        codes =
            (struct value){.plane = &trial.planes[1], .data = memory_aligned(bytes)};
        expected = codes;
        expected.data = memory_aligned(bytes);
        conv_run_block(&trial.run, NULL, &input, NULL, SAMPLES, quantizer, &codes,
                       &trial.scratch);
        value_from_floats(results, SAMPLES, quantizer, &expected);
        assert_memory_equal(codes.data, expected.data,
                            SAMPLES * plane_inner_count(&trial.planes[1]));
        free(codes.data);
        free(expected.data);
        free(results);
        free(floats);
        clear_trial(&trial);
    }
}

/* Which kernels are Winograd's, in some of the geometries. */
static void winograd_is_chosen_by_codes_and_set(void **state)
{
    static const struct quantizer weights[] = {{GRID_MIDRISE, 4, 1.0f / 8, 0},
                                               {GRID_NARROW, 8, 1.0f / 127, 0}};
    static const struct quantizer inputs[] = {{GRID_UNSIGNED, 4, 1.0f / 15, 0},
                                              {GRID_UNSIGNED, 8, 1.0f / 255, 0}};
    static const struct {
        const char *set;
        const struct winograd_form *forms[2][2]; /* by weights and inputs */
    } rows[] = {
        {"avx512vnni", {{&winograd_four_bytes, NULL}, {NULL, NULL}}},
        {"avxvnni", {{&winograd_four_bytes, NULL}, {NULL, NULL}}},
        {"avx512", {{NULL, &winograd_four_words}, {NULL, &winograd_four_words}}},
        {"avx2",
         {{&winograd_two_bytes, &winograd_four_words}, {NULL, &winograd_four_words}}},
        {"scalar", {{NULL, NULL}, {NULL, NULL}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kernel_set *set = kernel_set_named(rows[i].set);
        struct trial trial;

        if (!set)
            continue;
        make_trial(&trial, &geometries[0], set);
        for (int at = 0; at < 4; at++) {
            const struct winograd_kernel *kernel;

            free(run_with(&trial, &weights[at / 2], &inputs[at % 2]));
            kernel = trial.run.weights.now->parts[0].winograd;
            assert_ptr_equal(kernel ? kernel->form : NULL,
                             rows[i].forms[at / 2][at % 2]);
        }
        clear_trial(&trial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_geometries_give_the_bits_of_scalar_kernels),
        cmocka_unit_test(winograd_is_chosen_by_codes_and_set),
        cmocka_unit_test(floats_have_the_same_bits_with_every_set),
        cmocka_unit_test(sums_of_floats_are_near_the_exact_ones),
        cmocka_unit_test(codes_are_the_floats_rounded),
        cmocka_unit_test(blocks_give_the_products_of_their_values),
        cmocka_unit_test(blocks_are_finished_again),
        cmocka_unit_test(any_zero_gives_the_sums_of_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
