#include "core/layer/matmul_plan.h"

#include "core/base/memory.h"

#include <stdlib.h>

static int count_products(const struct matmul *matmul)
{
    int products = 1;

    for (int i = 0; i < matmul->rank; i++)
        products *= matmul->dims[i];
    return products;
}

/* Where matrix number `product` of the output's begins. */
static ptrdiff_t first_of(const struct matmul *matmul, const struct matrices *matrices,
                          const struct plane *plane, int product)
{
    ptrdiff_t first = plane_first(plane);

    for (int i = matmul->rank - 1; i >= 0; i--) {
        first += product % matmul->dims[i] * plane_stride(plane, matrices->apart[i]);
        product /= matmul->dims[i];
    }
    return first;
}

static struct matmul_side side_of(const struct matmul *matmul,
                                  const struct matrices *matrices,
                                  const struct plane *of_tensor,
                                  enum matmul_elements elements)
{
    const struct plane plane =
        elements == MATMUL_CODES ? *of_tensor : plane_bare(of_tensor);
    int products = count_products(matmul);
    struct matmul_side side = {
        .row = plane_stride(&plane, matrices->row),
        .column = plane_stride(&plane, matrices->column),
        .sample = (ptrdiff_t)plane_count(&plane),
        .firsts = memory_get((size_t)products * sizeof *side.firsts),
    };

    for (int product = 0; product < products; product++)
        side.firsts[product] = first_of(matmul, matrices, &plane, product);
    return side;
}

static void set_size(struct matmul_side *side, int rows, int columns)
{
    side->rows = rows;
    side->columns = columns;
}

void matmul_plan_init(struct matmul_plan *plan, const struct plane *planes,
                      const struct layer *layer, enum matmul_elements elements)
{
    const struct matmul *matmul = &layer->matmul;

    *plan = (struct matmul_plan){
        .products = count_products(matmul),
        .left = side_of(matmul, &matmul->left, &planes[layer->inputs[0]], elements),
        .right = side_of(matmul, &matmul->right, &planes[layer->inputs[1]], elements),
        .output = side_of(matmul, &matmul->output, &planes[layer->output], elements),
    };
    set_size(&plan->left, matmul->rows, matmul->depth);
    set_size(&plan->right, matmul->depth, matmul->columns);
    set_size(&plan->output, matmul->rows, matmul->columns);
}

void matmul_plan_clear(struct matmul_plan *plan)
{
    free(plan->left.firsts);
    free(plan->right.firsts);
    free(plan->output.firsts);
    *plan = (struct matmul_plan){0};
}
