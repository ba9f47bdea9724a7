#include "core/network/matmul.h"

#include <string.h>

/* Elements from one index of a dimension, as ONNX orders them, to the next: see layer.h. */
static void find_strides(const struct tensor *tensor, int strides[TENSOR_RANK_MAX])
{
    int stride = 1;

    if (tensor->rank == 3) {
        strides[0] = 1;
        strides[1] = tensor->width * tensor->channels;
        strides[2] = tensor->channels;
        return;
    }
    for (int i = tensor->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= tensor->dims[i];
    }
}

static struct matrices matrices_of(const struct tensor *tensor)
{
    struct matrices matrices = {.row = 0};
    int strides[TENSOR_RANK_MAX] = {0}, last = tensor->rank - 1;

    find_strides(tensor, strides);
    matrices.row = strides[last - 1];
    matrices.column = strides[last];
    for (int i = 0; i < last - 1; i++)
        matrices.apart[i] = tensor->dims[i] == 1 ? 0 : strides[i];
    return matrices;
}

struct matmul matmul_of(const struct tensor *left, const struct tensor *right,
                        const struct tensor *output, bool is_turned)
{
    int last = output->rank - 1;
    struct matmul matmul = {
        .rows = output->dims[last - 1],
        .depth = left->dims[last],
        .columns = output->dims[last],
        .rank = last - 1,
        .left = matrices_of(left),
        .right = matrices_of(right),
        .output = matrices_of(output),
    };

    for (int i = 0; i < matmul.rank; i++)
        matmul.dims[i] = output->dims[i];
    if (is_turned) {
        int row = matmul.right.row;

        matmul.right.row = matmul.right.column;
        matmul.right.column = row;
    }
    return matmul;
}

static bool lie_alike(const struct matrices *a, const struct matrices *b, int rank)
{
    return a->row == b->row && a->column == b->column &&
           memcmp(a->apart, b->apart, (size_t)rank * sizeof *a->apart) == 0;
}

bool matmul_are_equal(const struct matmul *a, const struct matmul *b)
{
    return a->rows == b->rows && a->depth == b->depth && a->columns == b->columns &&
           a->rank == b->rank &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0 &&
           lie_alike(&a->left, &b->left, a->rank) &&
           lie_alike(&a->right, &b->right, a->rank) &&
           lie_alike(&a->output, &b->output, a->rank);
}
