#include "core/evaluate/output_shape.h"

/* Which dimension has the outputs of a place. */
static int axis_of(const struct tensor *tensor)
{
    return tensor->rank == 3 ? 0 : tensor->rank - 1;
}

struct output_shape output_shape_of_tensor(const struct tensor *tensor)
{
    size_t outputs = tensor->rank > 0 ? (size_t)tensor->dims[axis_of(tensor)] : 1;

    return (struct output_shape){
        .places = tensor->count / outputs,
        .outputs = outputs,
        .is_image = tensor->rank == 3 && tensor->count > outputs,
    };
}

struct output_shape output_shape_of(const struct network *network)
{
    return output_shape_of_tensor(&network->tensors[network->output]);
}

int output_shape_places(const struct tensor *tensor, int *dims)
{
    int count = 0;

    for (int i = 0; i < tensor->rank; i++)
        if (i != axis_of(tensor))
            dims[count++] = tensor->dims[i];
    return count;
}
