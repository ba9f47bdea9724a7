#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/layer/layer_run.h"
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
};

/* A network of one product, and its layer at work. */
struct trial {
    struct network *network;
    struct plane *planes;
    struct layer_setting setting;
    struct layer_run run;
    struct scratch scratch;
    float *inputs[SIDES]; /* [SAMPLES, elements] as stored */
    float *out, *again;   /* likewise */
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
    const struct tensor *left = &network->tensors[0];
    int depth = left->dims[left->rank - 1];
    struct layer *layer = network_add_layer(network, LAYER_MATMUL, "p", inputs, SIDES,
                                            add_output(network, shape));

    layer->matmul = (struct matmul){.depth = depth, .is_turned = shape->is_turned};
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

static void trial_make(struct trial *trial, const struct shape *shape,
                       const struct kernel_set *kernels, struct random_stream *random)
{
    struct scratch_sizes sizes = {0};

    make_network(trial, shape);
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

/* The element of a side in the product of `output`'s indices, at place `k` of the depth. */
static double at_side(const struct trial *trial, int sample, int side,
                      const int *output, int k)
{
    const struct tensor *tensor = &trial->network->tensors[side];
    bool is_turned = side == 1 && trial->run.layer->matmul.is_turned;
    int last = tensor->rank - 1, indices[TENSOR_RANK_MAX];

    for (int i = 0; i < last - 1; i++)
        indices[i] = tensor->dims[i] == 1 ? 0 : output[i];
    indices[last - 1] = side == 0 ? output[last - 1] : is_turned ? output[last] : k;
    indices[last] = side == 0 || is_turned ? k : output[last];
    return trial
        ->inputs[side][(size_t)sample * tensor->count + stored(tensor, indices)];
}

typedef void visit_fn(const struct trial *trial, size_t at, double expected);

/* Every element of the output. */
static void visit(const struct trial *trial, visit_fn *see)
{
    const struct tensor *out = &trial->network->tensors[2];
    int indices[TENSOR_RANK_MAX] = {0};

    for (size_t i = 0; i < elements(trial, 2); i++) {
        int sample = (int)(i / out->count);
        double sum = 0;

        for (int d = out->rank - 1, rest = (int)(i % out->count); d >= 0; d--) {
            indices[d] = rest % out->dims[d];
            rest /= out->dims[d];
        }
        for (int k = 0; k < trial->run.layer->matmul.depth; k++)
            sum += at_side(trial, sample, 0, indices, k) *
                   at_side(trial, sample, 1, indices, k);
        see(trial, (size_t)sample * out->count + stored(out, indices), sum);
    }
}

/* ---- floats --------------------------------------------------------------------------------- */

static void is_near(const struct trial *trial, size_t at, double expected)
{
    if (fabs((double)trial->out[at] - expected) > 1e-5 * (1 + fabs(expected)))
        fail_msg("element %zu of %s is %g, not %g", at, trial->network->tensors[2].name,
                 (double)trial->out[at], expected);
}

static void every_product_is_what_onnx_says(void **state)
{
    struct random_stream random = {1};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct trial trial;

        trial_make(&trial, &shapes[i], kernel_set_best(), &random);
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
        struct trial trial;

        trial_make(&trial, &shapes[i], kernel_set_best(), &random);
        run_floats(&trial, 0, SAMPLES, trial.out);
        for (int sample = 0; sample < SAMPLES; sample++)
            run_floats(&trial, sample, 1, trial.again);
        assert_memory_equal(trial.out, trial.again,
                            elements(&trial, 2) * sizeof *trial.out);
        trial_clear(&trial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_product_is_what_onnx_says),
        cmocka_unit_test(a_sample_is_the_same_in_any_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
