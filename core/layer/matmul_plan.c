#include "core/layer/matmul_plan.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* A tensor as it is read: dimensions and the distances between their indices. */
struct view {
    int rank;
    int dims[TENSOR_RANK_MAX];
    ptrdiff_t strides[TENSOR_RANK_MAX];
    ptrdiff_t first, sample;
};

static struct view view_of(const struct tensor *tensor, const struct plane *plane,
                           enum matmul_elements elements)
{
    struct plane stored = elements == MATMUL_CODES ? *plane : plane_bare(plane);
    struct view view = {.rank = tensor->rank,
                        .first = plane_first(&stored),
                        .sample = (ptrdiff_t)plane_count(&stored)};

    for (int i = 0; i < tensor->rank; i++)
        view.dims[i] = tensor->dims[i];
    plane_dim_strides(&stored, tensor, view.strides);
    return view;
}

static void turn(struct view *view)
{
    int last = view->rank - 1, dim = view->dims[last];
    ptrdiff_t stride = view->strides[last];

    view->dims[last] = view->dims[last - 1];
    view->strides[last] = view->strides[last - 1];
    view->dims[last - 1] = dim;
    view->strides[last - 1] = stride;
}

/* Where matrix number `product` of the output's begins. A dimension of one serves all indices. */
static ptrdiff_t first_of(const struct view *view, const struct view *output,
                          int product)
{
    ptrdiff_t first = view->first;

    for (int i = output->rank - 3; i >= 0; i--) {
        int index = product % output->dims[i];

        if (view->dims[i] > 1)
            first += index * view->strides[i];
        product /= output->dims[i];
    }
    return first;
}

static struct matmul_side side_of(const struct view *view, const struct view *output,
                                  int products)
{
    int last = view->rank - 1;
    struct matmul_side side = {
        .rows = view->dims[last - 1],
        .columns = view->dims[last],
        .row = view->strides[last - 1],
        .column = view->strides[last],
        .sample = view->sample,
        .firsts = memory_get((size_t)products * sizeof *side.firsts),
    };

    for (int product = 0; product < products; product++)
        side.firsts[product] = first_of(view, output, product);
    return side;
}

void matmul_plan_init(struct matmul_plan *plan, const struct network *network,
                      const struct plane *planes, const struct layer *layer,
                      enum matmul_elements elements)
{
    const int tensors[] = {layer->inputs[0], layer->inputs[1], layer->output};
    struct view views[3];

    for (int i = 0; i < 3; i++)
        views[i] =
            view_of(&network->tensors[tensors[i]], &planes[tensors[i]], elements);
    if (layer->matmul.is_turned)
        turn(&views[1]);
    plan->products = 1;
    for (int i = 0; i < views[2].rank - 2; i++)
        plan->products *= views[2].dims[i];
    plan->left = side_of(&views[0], &views[2], plan->products);
    plan->right = side_of(&views[1], &views[2], plan->products);
    plan->output = side_of(&views[2], &views[2], plan->products);
}

void matmul_plan_clear(struct matmul_plan *plan)
{
    free(plan->left.firsts);
    free(plan->right.firsts);
    free(plan->output.firsts);
    *plan = (struct matmul_plan){0};
}
