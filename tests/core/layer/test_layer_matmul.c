#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/layer/layer_run.h"
#include "core/network/matmul.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3, SIDES = 2 };

/* Samples of both inputs, and where the second one's last two dimensions change places. */
static const struct shape {
    const char *left, *right;
    bool is_turned;
} shapes[] = {
    {"5,7", "7,3", false},
    {"1,1", "1,1", false},
    {"5,7", "3,7", true},
    {"4,1", "4,1", true},
    {"1,9", "9,1", false},
    {"3,5,7", "3,7,4", false},
    {"3,5,7", "3,4,7", true},
    {"1,5,7", "1,7,4", false},
    {"3,1,7", "3,7,1", false},
    {"3,5,1", "3,1,4", false},
    {"1,5,7", "3,7,4", false},
    {"3,5,7", "1,7,4", false},
    {"2,3,5,7", "2,3,7,4", false},
    {"2,1,5,7", "1,3,4,7", true},
    {"2,3,1,5,6", "2,1,2,6,5", false},
    {"19,300", "300,37", false},
    {"12,31,10", "12,10,17", false},
    {"5,40,9", "5,300,9", true},
};

/* A network of one product, and its layer at work. */
struct trial {
    struct network *network;
    bool is_turned;
    struct plane *planes;
    struct layer_setting setting;
    struct layer_run run;
    struct scratch scratch;
    float *inputs[SIDES]; /* [SAMPLES, elements] as stored */
    float *out, *again;   /* likewise */
    bool rounds_like_kernel;
};

static void read_dims(const char *text, int dims[TENSOR_RANK_MAX], int *rank)
{
    int used;

    for (*rank = 0; sscanf(text, "%d%n", &dims[*rank], &used) == 1; (*rank)++) {
        text += used;
        if (*text == ',')
            text++;
    }
}

static int add_tensor(struct network *network, const char *name, const char *text)
{
    int dims[TENSOR_RANK_MAX], rank;

    read_dims(text, dims, &rank);
    return network_add_tensor(network, name, rank, dims);
}

static int add_output(struct network *network, const struct shape *shape)
{
    const struct tensor *left = &network->tensors[0], *right = &network->tensors[1];
    int dims[TENSOR_RANK_MAX], last = left->rank - 1;

    for (int i = 0; i < last - 1; i++)
        dims[i] = left->dims[i] > right->dims[i] ? left->dims[i] : right->dims[i];
    dims[last - 1] = left->dims[last - 1];
    dims[last] = right->dims[shape->is_turned ? last - 1 : last];
    return network_add_tensor(network, "y", left->rank, dims);
}

static void make_network(struct trial *trial, const struct shape *shape)
{
    struct network *network = trial->network = network_create("trial");
    int inputs[SIDES] = {add_tensor(network, "a", shape->left),
                         add_tensor(network, "b", shape->right)};
    struct layer *layer = network_add_layer(network, LAYER_MATMUL, "p", inputs, SIDES,
                                            add_output(network, shape));

    layer->matmul = matmul_of(&network->tensors[0], &network->tensors[1],
                              &network->tensors[2], shape->is_turned);
    trial->is_turned = shape->is_turned;
    trial->planes = planes_of(network);
}

static float *random_floats(size_t count, struct random_stream *random)
{
    float *values = memory_get(count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)(random_fraction(random) * 4 - 2);
    return values;
}

static size_t elements(const struct trial *trial, int tensor)
{
    return SAMPLES * trial->network->tensors[tensor].count;
}

/* What is done to the planes of the inputs. */
typedef void widen_fn(struct trial *trial, int side);

static void leave(struct trial *trial, int side)
{
    (void)trial;
    (void)side;
}

static void trial_make(struct trial *trial, const struct shape *shape,
                       const struct kernel_set *kernels, widen_fn *widen,
                       struct random_stream *random)
{
    struct scratch_sizes sizes = {0};

    make_network(trial, shape);
    for (int side = 0; side < SIDES; side++)
        widen(trial, side);
    trial->setting = (struct layer_setting){
        .network = trial->network, .planes = trial->planes, .kernels = kernels};
    layer_run_init(&trial->run, &trial->setting, 0);
    layer_run_need(&trial->run, SAMPLES, &sizes);
    for (int tensor = 0; tensor < 3; tensor++)
        sizes.floats =
            memory_larger(sizes.floats, elements(trial, tensor) * sizeof(float));
    trial->scratch = conv_scratch_make(&sizes);
    for (int side = 0; side < SIDES; side++)
        trial->inputs[side] = random_floats(elements(trial, side), random);
    trial->out = memory_zeroed(elements(trial, 2), sizeof *trial->out);
    trial->again = memory_zeroed(elements(trial, 2), sizeof *trial->again);
}

static void trial_clear(struct trial *trial)
{
    layer_run_clear(&trial->run);
    conv_scratch_clear(&trial->scratch);
    for (int side = 0; side < SIDES; side++)
        free(trial->inputs[side]);
    free(trial->out);
    free(trial->again);
    free(trial->planes);
    network_destroy(trial->network);
}

/* Runs `samples` samples from `first` on. */
static void run_floats(struct trial *trial, int first, int samples, float *out)
{
    struct value inputs[SIDES], output = {.plane = &trial->planes[2]};
    const struct value *of_task[SIDES] = {&inputs[0], &inputs[1]};
    struct layer_task task = {.run = &trial->run,
                              .layer = trial->run.layer,
                              .inputs = of_task,
                              .samples = samples,
                              .scratch = &trial->scratch};

    for (int side = 0; side < SIDES; side++)
        inputs[side] =
            (struct value){.data = trial->inputs[side] +
                                   (size_t)first * trial->network->tensors[side].count,
                           .plane = &trial->planes[side]};
    output.data = out + (size_t)first * trial->network->tensors[2].count;
    layer_run_block(&task, NULL, &output);
}

/* ---- as ONNX says it ------------------------------------------------------------------------ */

/* Where an element is stored, of which `indices` [rank] count in ONNX's order. */
static size_t stored(const struct tensor *tensor, const int *indices)
{
    size_t at = 0;

    if (tensor->rank == 3)
        return ((size_t)indices[1] * (size_t)tensor->dims[2] + (size_t)indices[2]) *
                   (size_t)tensor->dims[0] +
               (size_t)indices[0];
    for (int i = 0; i < tensor->rank; i++)
        at = at * (size_t)tensor->dims[i] + (size_t)indices[i];
    return at;
}

/* Where a sample's element of a side is stored, in the product of `output`'s indices, at place `k`
 * of the depth. */
static size_t at_side(const struct trial *trial, int side, const int *output, int k)
{
    const struct tensor *tensor = &trial->network->tensors[side];
    bool is_turned = side == 1 && trial->is_turned;
    int last = tensor->rank - 1, indices[TENSOR_RANK_MAX];

    for (int i = 0; i < last - 1; i++)
        indices[i] = tensor->dims[i] == 1 ? 0 : output[i];
    indices[last - 1] = side == 0 ? output[last - 1] : is_turned ? output[last] : k;
    indices[last] = side == 0 || is_turned ? k : output[last];
    return stored(tensor, indices);
}

typedef void visit_fn(const struct trial *trial, size_t at, double expected);

/* Every element of the output. */
static void visit(const struct trial *trial, visit_fn *see)
{
    const struct tensor *out = &trial->network->tensors[2];
    int indices[TENSOR_RANK_MAX] = {0};

    for (size_t i = 0; i < elements(trial, 2); i++) {
        int sample = (int)(i / out->count);
        const float *from[SIDES];
        size_t stride[SIDES];
        double sum = 0;

        for (int d = out->rank - 1, rest = (int)(i % out->count); d >= 0; d--) {
            indices[d] = rest % out->dims[d];
            rest /= out->dims[d];
        }
        for (int side = 0; side < SIDES; side++) {
            size_t first = at_side(trial, side, indices, 0);

            stride[side] = at_side(trial, side, indices, 1) - first;
            from[side] = &trial->inputs[side][(size_t)sample *
                                                  trial->network->tensors[side].count +
                                              first];
        }
        for (size_t k = 0; k < (size_t)trial->run.layer->matmul.depth; k++)
            sum += (double)from[0][k * stride[0]] * (double)from[1][k * stride[1]];
        see(trial, (size_t)sample * out->count + stored(out, indices), sum);
    }
}

/* ---- floats --------------------------------------------------------------------------------- */

static void is_near(const struct trial *trial, size_t at, double expected)
{
    double most = 4e-6 * (1 + trial->run.layer->matmul.depth);

    if (fabs((double)trial->out[at] - expected) > most)
        fail_msg("element %zu of %s is %g, not %g", at, trial->network->tensors[2].name,
                 (double)trial->out[at], expected);
}

static void every_product_is_what_onnx_says(void **state)
{
    struct random_stream random = {1};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct trial trial = {0};

        trial_make(&trial, &shapes[i], kernel_set_best(), leave, &random);
        run_floats(&trial, 0, SAMPLES, trial.out);
        visit(&trial, is_near);
        trial_clear(&trial);
    }
}

static void a_sample_is_the_same_in_any_block(void **state)
{
    struct random_stream random = {2};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct trial trial = {0};

        trial_make(&trial, &shapes[i], kernel_set_best(), leave, &random);
        run_floats(&trial, 0, SAMPLES, trial.out);
        for (int sample = 0; sample < SAMPLES; sample++)
            run_floats(&trial, sample, 1, trial.again);
        assert_memory_equal(trial.out, trial.again,
                            elements(&trial, 2) * sizeof *trial.out);
        trial_clear(&trial);
    }
}

/* ---- codes ---------------------------------------------------------------------------------- */

static const struct quantizer grids[] = {
    {GRID_UNSIGNED, 8, 0.5f, 0},     {GRID_MIDTREAD, 8, 0.3f, 0},
    {GRID_NARROW, 8, 0.7f, 0},       {GRID_UNSIGNED, 7, 0.11f, 0},
    {GRID_UNSIGNED, 4, 3, 0},        {GRID_MIDTREAD, 4, 0.9f, 0},
    {GRID_UNSIGNED, 2, 0.0625f, 0},  {GRID_ASYMMETRIC, 8, 0.3f, 19},
    {GRID_ASYMMETRIC, 8, 0.3f, 255}, {GRID_ASYMMETRIC, 4, 0.9f, 11},
};

enum { GRIDS = sizeof grids / sizeof *grids };

/* Values of codes in planes; the floats of the trial become what they stand for. */
static struct value make_codes(struct trial *trial, int side,
                               const struct quantizer *quantizer,
                               struct random_stream *random)
{
    const struct plane *plane = &trial->planes[side];
    struct value value = {.plane = plane,
                          .data = memory_aligned(value_code_bytes(plane, SAMPLES))};
    float *floats = trial->inputs[side];
    int lowest = quantizer_lowest(quantizer), highest = quantizer_highest(quantizer);

    for (size_t i = 0; i < elements(trial, side); i++) {
        double at = random_fraction(random) * 1.5 - 0.25; /* ends are frequent */
        int code = lowest + (int)(at * (highest - lowest + 1));

        floats[i] = (float)(code < lowest ? lowest : code > highest ? highest : code);
    }
    value_from_floats(
        floats, SAMPLES,
        &(struct quantizer){quantizer->grid, quantizer->bits, 1, quantizer->zero},
        &value);
    value.step = quantizer->step;
    return value;
}

static void run_values(struct trial *trial, const struct value *inputs,
                       const struct quantizer *quantizer, struct value *output)
{
    const struct value *of_task[SIDES] = {&inputs[0], &inputs[1]};
    struct layer_task task = {.run = &trial->run,
                              .layer = trial->run.layer,
                              .inputs = of_task,
                              .samples = SAMPLES,
                              .rounds_like_kernel = trial->rounds_like_kernel,
                              .scratch = &trial->scratch};

    layer_run_block(&task, quantizer, output);
}

static float steps_of_product;

static void is_exact(const struct trial *trial, size_t at, double expected)
{
    float value = steps_of_product * (float)(int)expected;

    if (trial->out[at] != value)
        fail_msg("element %zu is %g, not %g", at, (double)trial->out[at],
                 (double)value);
}

static void widen(struct trial *trial, int side)
{
    if (trial->network->tensors[side].rank == 3) {
        trial->planes[side].top = trial->planes[side].left = 1;
        trial->planes[side].bottom = trial->planes[side].right = 2;
    }
    trial->planes[side].gap = 64;
}

static void check_codes(const struct kernel_set *set, const struct shape *shape,
                        const struct quantizer *left, const struct quantizer *right,
                        struct random_stream *random)
{
    struct trial trial = {0};
    struct value inputs[SIDES], output;

    trial_make(&trial, shape, set, widen, random);
    inputs[0] = make_codes(&trial, 0, left, random);
    inputs[1] = make_codes(&trial, 1, right, random);
    output = (struct value){.data = trial.out, .plane = &trial.planes[2]};
    run_values(&trial, inputs, NULL, &output);
    assert_false(value_is_codes(&output));
    steps_of_product = left->step * right->step;
    visit(&trial, is_exact);
    free(inputs[0].data);
    free(inputs[1].data);
    trial_clear(&trial);
}

static void every_set_finds_the_exact_sums(void **state)
{
    struct random_stream random = {3};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < sizeof shapes / sizeof *shapes; i++)
            for (int grid = 0; grid < GRIDS * GRIDS; grid++)
                check_codes(set, &shapes[i], &grids[grid / GRIDS], &grids[grid % GRIDS],
                            &random);
}

/* Of all codes that are as far from zero as they can be. */
static void the_deepest_product_fits_its_sums(void **state)
{
    enum { DEPTH = MATMUL_DEPTH_MOST };
    static const struct quantizer wide = {GRID_UNSIGNED, 8, 1, 0};
    char left[32], right[32];
    const struct shape shape = {left, right, true};
    struct random_stream random = {4};
    struct value inputs[SIDES], output;
    struct trial trial = {0};

    (void)state;
    snprintf(left, sizeof left, "1,%d", DEPTH);
    snprintf(right, sizeof right, "1,%d", DEPTH);
    trial_make(&trial, &shape, kernel_set_best(), leave, &random);
    for (int side = 0; side < SIDES; side++) {
        inputs[side] = make_codes(&trial, side, &wide, &random);
        memset(inputs[side].data, UINT8_MAX, SAMPLES * DEPTH);
    }
    output = (struct value){.data = trial.out, .plane = &trial.planes[2]};
    run_values(&trial, inputs, NULL, &output);
    assert_true(trial.out[0] == (float)(255 * 255 * (long)DEPTH));
    free(inputs[0].data);
    free(inputs[1].data);
    trial_clear(&trial);
}

/* The product's float is rounded, or the sum times all steps, where runtimes do that. */
static void check_rounded(bool like_kernels)
{
    static const struct quantizer of_output = {GRID_MIDTREAD, 8, 0.35f, 0};
    struct random_stream random = {5};
    struct value inputs[SIDES], floats, codes;
    struct trial trial = {0};

    trial_make(&trial, &shapes[5], kernel_set_best(), leave, &random);
    trial.rounds_like_kernel = like_kernels;
    for (int side = 0; side < SIDES; side++)
        inputs[side] = make_codes(&trial, side, &grids[1 + side], &random);
    floats = (struct value){.data = trial.out, .plane = &trial.planes[2]};
    codes = floats;
    codes.data = trial.again;
    run_values(&trial, inputs, NULL, &floats);
    run_values(&trial, inputs, &of_output, &codes);
    assert_true(codes.step == of_output.step);
    for (size_t i = 0; i < elements(&trial, 2); i++) {
        float step = grids[1].step * grids[2].step, sum = rintf(trial.out[i] / step);
        float level = like_kernels ? sum * (step / of_output.step)
                                   : trial.out[i] / of_output.step;
        float code = fminf(fmaxf(rintf(level), -128), 127);

        assert_int_equal(value_codes(&codes)[i], (int)code + 128);
    }
    free(inputs[0].data);
    free(inputs[1].data);
    trial_clear(&trial);
}

static void an_output_is_rounded_as_the_task_says(void **state)
{
    (void)state;
    check_rounded(false);
    check_rounded(true);
}

static void codes_and_floats_meet_as_floats(void **state)
{
    struct random_stream random = {6};
    struct value inputs[SIDES], output;
    struct trial trial = {0};

    (void)state;
    trial_make(&trial, &shapes[5], kernel_set_best(), leave, &random);
    inputs[0] = make_codes(&trial, 0, &grids[6], &random);
    inputs[1] = (struct value){.data = trial.inputs[1], .plane = &trial.planes[1]};
    output = (struct value){.data = trial.out, .plane = &trial.planes[2]};
    inputs[0].step = 1;
    run_values(&trial, inputs, NULL, &output);
    visit(&trial, is_near);
    free(inputs[0].data);
    trial_clear(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_product_is_what_onnx_says),
        cmocka_unit_test(a_sample_is_the_same_in_any_block),
        cmocka_unit_test(every_set_finds_the_exact_sums),
        cmocka_unit_test(the_deepest_product_fits_its_sums),
        cmocka_unit_test(an_output_is_rounded_as_the_task_says),
        cmocka_unit_test(codes_and_floats_meet_as_floats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
