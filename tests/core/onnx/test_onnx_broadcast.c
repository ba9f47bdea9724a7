#include "core/onnx/onnx_broadcast.h"

#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 4, RANK_MOST = 8, ELEMENTS_MOST = 2048, TEXT_BYTES = 1024 };

/* A tensor in ONNX's order, with the batch. */
struct array {
    int rank, dims[RANK_MOST];
    size_t count;
    float values[ELEMENTS_MOST];
};

static void set_count(struct array *array)
{
    array->count = 1;
    for (int i = 0; i < array->rank; i++)
        array->count *= (size_t)array->dims[i];
    assert_true(array->count <= ELEMENTS_MOST);
}

/* Values that are the same for each index of a batch of `samples`. */
static void fill(struct array *array, int samples, float first)
{
    size_t sample;

    set_count(array);
    sample = array->count / (size_t)samples;
    for (size_t i = 0; i < array->count; i++)
        array->values[i] = first + 0.25f * (float)(i % sample);
}

static int dim_of(const struct array *array, int rank, int axis)
{
    int own = axis - (rank - array->rank);

    return own < 0 ? 1 : array->dims[own];
}

static float at(const struct array *array, int rank, const int *index)
{
    size_t flat = 0;

    for (int axis = rank - array->rank; axis < rank; axis++) {
        int dim = dim_of(array, rank, axis);

        flat = flat * (size_t)dim + (size_t)(dim == 1 ? 0 : index[axis]);
    }
    return array->values[flat];
}

static void step(int *index, const int *dims, int rank)
{
    for (int axis = rank - 1; axis >= 0; axis--) {
        if (++index[axis] < dims[axis])
            return;
        index[axis] = 0;
    }
}

static float apply(const char *operation, float a, float b)
{
    if (strcmp(operation, "Add") == 0)
        return a + b;
    if (strcmp(operation, "Sub") == 0)
        return a - b;
    return strcmp(operation, "Mul") == 0 ? a * b : a / b;
}

/* What ONNX says: numpy's rule, over all of the batch. */
static void broadcast(const char *operation, const struct array *a,
                      const struct array *b, struct array *result)
{
    int index[RANK_MOST] = {0};

    result->rank = a->rank > b->rank ? a->rank : b->rank;
    for (int axis = 0; axis < result->rank; axis++) {
        int first = dim_of(a, result->rank, axis);

        result->dims[axis] = first == 1 ? dim_of(b, result->rank, axis) : first;
    }
    set_count(result);
    for (size_t i = 0; i < result->count; i++) {
        result->values[i] =
            apply(operation, at(a, result->rank, index), at(b, result->rank, index));
        step(index, result->dims, result->rank);
    }
}

/* x [..., rows, inner] times w [(1, ...) inner, columns]. */
static void multiply(const struct array *x, const struct array *w, struct array *result)
{
    int inner = w->dims[w->rank - 2], columns = w->dims[w->rank - 1];

    *result = (struct array){.rank = x->rank > w->rank ? x->rank : w->rank};
    for (int axis = 0; axis < result->rank; axis++)
        result->dims[axis] = dim_of(x, result->rank, axis);
    result->dims[result->rank - 1] = columns;
    set_count(result);
    for (size_t i = 0; i < result->count; i++)
        for (int k = 0; k < inner; k++)
            result->values[i] +=
                x->values[i / (size_t)columns * (size_t)inner + (size_t)k] *
                w->values[(size_t)(k * columns) + i % (size_t)columns];
}

/* ---- models ---- */

static char *add_dims(char *end, const struct array *array, int first)
{
    for (int i = first; i < array->rank; i++)
        end += sprintf(end, "%s%d", i == first ? "" : ",", array->dims[i]);
    return array->rank == 0 ? end + sprintf(end, "-") : end;
}

static char *add_constant(char *end, const struct array *constant)
{
    end += sprintf(end, "floats c ");
    end = add_dims(end, constant, 0);
    end += sprintf(end, " =");
    for (size_t i = 0; i < constant->count; i++)
        end += sprintf(end, " %g", (double)constant->values[i]);
    return end + sprintf(end, "\n");
}

/* The network's values of one sample are those of all samples, in number and place. */
static void compare(const char *model, const struct network *network,
                    const struct array *x, const struct array *expected)
{
    float **values = plain_network_run(network, x->values);
    size_t sample = network->tensors[network->output].count;

    if (expected->rank != x->rank || expected->dims[0] != BATCH ||
        expected->count != BATCH * sample)
        fail_msg("its output would have another batch:\n%s", model);
    for (size_t i = 0; i < expected->count; i++) {
        float value = plain_network_at(network, values, network->output, i % sample);

        if (fabsf(value - expected->values[i]) > 1e-4f * (1 + fabsf(value)))
            fail_msg("value %zu is %g, not %g:\n%s", i, (double)value,
                     (double)expected->values[i], model);
    }
    plain_network_free(network, values);
}

/* Reads a model that makes y; true where it is not refused. */
static bool is_right(const char *model, const struct array *x,
                     const struct array *expected)
{
    char text[TEXT_BYTES * 16];
    struct error err = {0};
    struct network *network;

    snprintf(text, sizeof text, "%snode Flatten y -> end\noutput end", model);
    network = onnx_builder_read(text, &err);
    if (!network) {
        assert_int_equal(err.code, EXIT_INPUT);
        return false;
    }
    compare(text, network, x, expected);
    network_destroy(network);
    return true;
}

/* ---- constants of every shape ---- */

/* Samples whose dimensions, and the batch, are easily taken for one another. */
static const struct sample {
    int rank, dims[RANK_MOST];
} samples[] = {
    {1, {4}},          {1, {1}},          {2, {4, 4}},
    {2, {3, 4}},       {2, {4, 3}},       {2, {1, 4}},
    {2, {4, 1}},       {3, {4, 4, 4}},    {3, {4, 2, 3}},
    {3, {2, 4, 3}},    {3, {2, 3, 4}},    {3, {1, 4, 4}},
    {3, {4, 1, 4}},    {3, {4, 4, 1}},    {4, {2, 4, 2, 4}},
    {4, {4, 2, 2, 3}}, {4, {1, 4, 1, 4}}, {5, {2, 1, 4, 2, 2}},
};

enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };

static struct array input_of(const struct sample *sample)
{
    struct array x = {.rank = sample->rank + 1, .dims = {BATCH}};

    memcpy(x.dims + 1, sample->dims, (size_t)sample->rank * sizeof *sample->dims);
    fill(&x, BATCH, 1);
    return x;
}

/* The last `rank` dimensions of x where `kept` has a bit, one elsewhere. */
static struct array constant_of(const struct array *x, int rank, unsigned kept)
{
    struct array constant = {.rank = rank};

    for (int i = 0; i < rank; i++)
        constant.dims[i] = kept >> i & 1 ? dim_of(x, rank, i) : 1;
    fill(&constant, 1, 2);
    return constant;
}

/* All but what is another for each sample, or has more dimensions. */
static bool must_be_read(const struct array *x, const struct array *constant)
{
    return constant->rank <= x->rank && dim_of(constant, x->rank, 0) == 1;
}

static void try_constant(const struct array *x, const struct array *constant,
                         const char *operation, bool is_first)
{
    static const char *const dims[] = {"N", "4"};
    char model[TEXT_BYTES * 8];
    struct array expected;
    bool was_read;

    broadcast(operation, is_first ? constant : x, is_first ? x : constant, &expected);
    for (int i = 0; i < 2; i++) {
        char *end = model + sprintf(model, "input x %s,", dims[i]);

        end = add_dims(end, x, 1);
        end = add_constant(end + sprintf(end, "\n"), constant);
        sprintf(end, "node %s %s -> y\n", operation, is_first ? "c x" : "x c");
        was_read = is_right(model, x, &expected);
        if (was_read != must_be_read(x, constant))
            fail_msg("it was %s:\n%s", was_read ? "read" : "refused", model);
    }
}

static void constants_meet_tensors_as_onnx_says_or_are_refused(void **state)
{
    static const char *const operations[] = {"Add", "Sub", "Mul", "Div"};

    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        struct array x = input_of(&samples[i]);

        for (int rank = 0; rank <= x.rank + 1; rank++)
            for (unsigned kept = 0; kept < 1u << rank; kept++) {
                struct array constant = constant_of(&x, rank, kept);

                for (int of = 0; of < 4; of++) {
                    try_constant(&x, &constant, operations[of], false);
                    try_constant(&x, &constant, operations[of], true);
                }
            }
    }
}

/* ---- the C of Gemm ---- */

static void try_gemm(const struct array *x, const struct array *w,
                     const struct array *c, bool must_be_read)
{
    char model[TEXT_BYTES * 8], *end;
    struct array product, expected;

    multiply(x, w, &product);
    broadcast("Add", &product, c, &expected);
    end = model + sprintf(model, "input x 4,%d\nfloats w ", x->dims[1]);
    end = add_dims(end, w, 0);
    end += sprintf(end, " =");
    for (size_t i = 0; i < w->count; i++)
        end += sprintf(end, " %g", (double)w->values[i]);
    end = add_constant(end + sprintf(end, "\n"), c);
    sprintf(end, "node Gemm x w c -> y\n");
    if (is_right(model, x, &expected) != must_be_read)
        fail_msg("it was %s:\n%s", must_be_read ? "refused" : "read", model);
}

static void a_gemm_adds_rows_only(void **state)
{
    static const struct shape_of_c {
        int rank, dims[3];
        bool must_be_read;
    } shapes[] = {
        {0, {0}, true},     {1, {1}, true},        {1, {4}, true},
        {2, {1, 1}, true},  {2, {1, 4}, true},     {2, {4, 1}, false},
        {2, {4, 4}, false}, {3, {1, 1, 4}, false}, {3, {4, 1, 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct array x = {.rank = 2, .dims = {BATCH, 3}};
        struct array w = {.rank = 2, .dims = {3, 4}};
        struct array c = {.rank = shapes[i].rank};

        memcpy(c.dims, shapes[i].dims, (size_t)c.rank * sizeof *c.dims);
        fill(&x, BATCH, 1);
        fill(&w, 1, -1);
        fill(&c, 1, 2);
        try_gemm(&x, &w, &c, shapes[i].must_be_read);
    }
}

/* ---- products ---- */

/* Weights of `rank` dimensions for samples of all ranks; with more than x they move its batch. */
static void products_run_along_the_last_dimension(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++)
        for (int rank = 2; rank <= samples[i].rank + 2; rank++) {
            struct array x = input_of(&samples[i]), w = {.rank = rank}, expected;
            char model[TEXT_BYTES * 8];
            char *end = model + sprintf(model, "input x N,");

            for (int axis = 0; axis < rank; axis++)
                w.dims[axis] = 1;
            w.dims[rank - 2] = x.dims[x.rank - 1];
            w.dims[rank - 1] = 3;
            fill(&w, 1, -2);
            multiply(&x, &w, &expected);
            end = add_dims(end, &x, 1);
            end = add_constant(end + sprintf(end, "\n"), &w);
            sprintf(end, "node MatMul x c -> y\n");
            if (is_right(model, &x, &expected) != (rank <= x.rank))
                fail_msg("read or refused:\n%s", model);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_meet_tensors_as_onnx_says_or_are_refused),
        cmocka_unit_test(a_gemm_adds_rows_only),
        cmocka_unit_test(products_run_along_the_last_dimension),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
