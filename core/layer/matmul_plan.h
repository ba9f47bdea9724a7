/* matmul_plan.h - where the products of matrices of two computed tensors find their elements.
 *
 * Of tensors [..., rows, depth] and [..., depth, columns], whose dimensions before the last two are
 * broadcast as ONNX does, every sample has one product for each index of those dimensions:
 * [rows, depth] times [depth, columns].
 */
#ifndef CORE_LAYER_MATMUL_PLAN_H
#define CORE_LAYER_MATMUL_PLAN_H

#include "core/layer/plane.h"

/* The matrices of one tensor: how they lie in its plane. All counts are of elements. */
struct matmul_side {
    int rows, columns;
    ptrdiff_t row, column; /* from one to the next */
    ptrdiff_t sample;
    ptrdiff_t *firsts; /* [products] where a matrix begins in a sample; owned */
};

struct matmul_plan {
    int products; /* of a sample */
    struct matmul_side left, right, output;
};

/* Whether the codes of planes are meant, with border and gap, or floats without. */
enum matmul_elements { MATMUL_FLOATS, MATMUL_CODES };

/* `planes` are those of the network's tensors. */
void matmul_plan_init(struct matmul_plan *plan, const struct plane *planes,
                      const struct layer *layer, enum matmul_elements elements);
void matmul_plan_clear(struct matmul_plan *plan);

static inline size_t matmul_side_count(const struct matmul_side *side)
{
    return (size_t)side->rows * (size_t)side->columns;
}

/* Where a product's matrix begins in the tensor. */
static inline ptrdiff_t matmul_side_at(const struct matmul_side *side, int sample,
                                       int product)
{
    return sample * side->sample + side->firsts[product];
}

/* Whether a matrix's rows are runs of elements. */
static inline bool matmul_side_has_rows(const struct matmul_side *side)
{
    return side->column == 1 || side->columns == 1;
}

#endif
