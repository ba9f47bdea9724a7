/* What deals numbers out to other places, repeats them, and chooses among them. */
#include "tests/fuzz/operators.h"

#include <math.h>
#include <string.h>

/* Where element [dims] of a result comes from. */
typedef size_t source_fn(const struct node *node, const struct array *from,
                         const int64_t *at, const void *context);

static struct array *gathered(const struct node *node, const struct array *from,
                              const int64_t *dims, source_fn *source,
                              const void *context)
{
    struct array *result = array_create(from->type, from->rank, dims);
    int64_t at[ARRAY_RANK_MAX];

    for (size_t i = 0; i < result->count; i++) {
        size_t left = i, place;

        for (int d = result->rank - 1; d >= 0; d--) {
            at[d] = (int64_t)(left % (size_t)dims[d]);
            left /= (size_t)dims[d];
        }
        place = source(node, from, at, context);
        result->values[i] = from->values[place];
        result->errors[i] = from->errors[place];
    }
    return result;
}

static size_t place_of(const struct array *array, const int64_t *at)
{
    size_t place = 0;

    for (int d = 0; d < array->rank; d++)
        place = place * (size_t)array->dims[d] + (size_t)at[d];
    return place;
}

/* ---- blocks of pixels and channels ----------------------------------------------------------- */

static bool is_columns_first(const struct node *node)
{
    const Onnx__AttributeProto *mode = node_attribute(node, "mode");

    return mode && mode->s.len == 3 && memcmp(mode->s.data, "CRD", 3) == 0;
}

static size_t from_depth(const struct node *node, const struct array *from,
                         const int64_t *at, const void *context)
{
    int64_t block = *(const int64_t *)context, parts = block * block;
    int64_t part = at[2] % block * block + at[3] % block;
    int64_t channel = is_columns_first(node) ? at[1] * parts + part
                                             : part * (from->dims[1] / parts) + at[1];

    return place_of(from,
                    (const int64_t[]){at[0], channel, at[2] / block, at[3] / block});
}

struct array *op_depth_to_space(struct trial *trial, const struct node *node,
                                const struct array *const *inputs)
{
    const struct array *x = inputs[0];
    int64_t block = node_integer(node, "blocksize", 1);
    const int64_t dims[] = {x->dims[0], x->dims[1] / (block * block),
                            x->dims[2] * block, x->dims[3] * block};

    (void)trial;
    return gathered(node, x, dims, from_depth, &block);
}

static size_t from_space(const struct node *node, const struct array *from,
                         const int64_t *at, const void *context)
{
    int64_t block = *(const int64_t *)context, part = at[1] / from->dims[1];

    (void)node;
    return place_of(from, (const int64_t[]){at[0], at[1] % from->dims[1],
                                            at[2] * block + part / block,
                                            at[3] * block + part % block});
}

struct array *op_space_to_depth(struct trial *trial, const struct node *node,
                                const struct array *const *inputs)
{
    const struct array *x = inputs[0];
    int64_t block = node_integer(node, "blocksize", 1);
    const int64_t dims[] = {x->dims[0], x->dims[1] * block * block, x->dims[2] / block,
                            x->dims[3] / block};

    (void)trial;
    return gathered(node, x, dims, from_space, &block);
}

/* ---- parts and repeats ------------------------------------------------------------------------ */

/* The first part. */
static size_t same_place(const struct node *node, const struct array *from,
                         const int64_t *at, const void *context)
{
    (void)node;
    (void)context;
    return place_of(from, at);
}

struct array *op_split(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    int64_t sizes[ARRAY_RANK_MAX * 2], dims[ARRAY_RANK_MAX];
    const struct array *x = inputs[0];

    (void)trial;
    integers_of(node, inputs, 1, "split", sizes);
    memcpy(dims, x->dims, sizeof dims);
    dims[array_axis(x, node_integer(node, "axis", 0))] = sizes[0];
    return gathered(node, x, dims, same_place, NULL);
}

static size_t modulo(const struct node *node, const struct array *from,
                     const int64_t *at, const void *context)
{
    int64_t place[ARRAY_RANK_MAX];

    (void)node;
    (void)context;
    for (int d = 0; d < from->rank; d++)
        place[d] = at[d] % from->dims[d];
    return place_of(from, place);
}

struct array *op_tile(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    int64_t repeats[ARRAY_RANK_MAX * 2], dims[ARRAY_RANK_MAX];
    const struct array *x = inputs[0];

    (void)trial;
    integers_of(node, inputs, 1, "", repeats);
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d] * repeats[d];
    return gathered(node, x, dims, modulo, NULL);
}

/* The nearest pixel to the left and above, at whole scales. */
static size_t nearest(const struct node *node, const struct array *from,
                      const int64_t *at, const void *context)
{
    const struct array *scales = context;
    int64_t place[ARRAY_RANK_MAX];

    (void)node;
    for (int d = 0; d < from->rank; d++)
        place[d] = at[d] / (int64_t)scales->values[d];
    return place_of(from, place);
}

struct array *op_resize(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    const struct array *x = inputs[0], *scales = inputs[2];
    int64_t dims[ARRAY_RANK_MAX];

    (void)trial;
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d] * (int64_t)scales->values[d];
    return gathered(node, x, dims, nearest, scales);
}

/* ---- choices ---------------------------------------------------------------------------------- */

static struct array *compared(const struct array *left, const struct array *right,
                              bool is_greater)
{
    struct array *result = array_stretched(left, right);

    result->type = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    for (size_t i = 0; i < result->count; i++) {
        double a = left->values[array_stretched_index(left, result, i)];
        double b = right->values[array_stretched_index(right, result, i)];

        result->values[i] = is_greater ? a > b : a < b;
    }
    return result;
}

struct array *op_greater(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    (void)trial;
    (void)node;
    return compared(inputs[0], inputs[1], true);
}

struct array *op_less(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    (void)trial;
    (void)node;
    return compared(inputs[0], inputs[1], false);
}

/* Networks choose between a number and what it is compared with, so that it matters little where another program
 * chooses otherwise: as much as either is off. */
struct array *op_where(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    struct array *choices = array_stretched(inputs[1], inputs[2]);
    struct array *result = array_stretched(choices, inputs[0]);

    (void)trial;
    (void)node;
    result->type = inputs[1]->type;
    for (size_t i = 0; i < result->count; i++) {
        bool is_true =
            inputs[0]->values[array_stretched_index(inputs[0], result, i)] != 0;
        size_t a = array_stretched_index(inputs[1], result, i);
        size_t b = array_stretched_index(inputs[2], result, i);

        result->values[i] = is_true ? inputs[1]->values[a] : inputs[2]->values[b];
        result->errors[i] = fmax(inputs[1]->errors[a], inputs[2]->errors[b]);
    }
    array_destroy(choices);
    return result;
}
