#include "core/onnx/onnx_constant.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct onnx_constant *onnx_constant_create(const char *name, bool is_integer,
                                           const struct onnx_shape *shape)
{
    struct onnx_constant *constant = memory_zeroed(1, sizeof *constant);
    bool fits = onnx_shape_count(shape, &constant->count);

    assert(fits);
    (void)fits;
    constant->name = name;
    constant->shape = *shape;
    constant->is_integer = is_integer;
    if (is_integer)
        constant->integers = memory_zeroed(constant->count, sizeof(int64_t));
    else
        constant->reals = memory_zeroed(constant->count, sizeof(float));
    return constant;
}

void onnx_constant_destroy(struct onnx_constant *constant)
{
    if (!constant)
        return;
    free(constant->integers);
    free(constant->reals);
    free(constant->steps);
    free(constant);
}

void onnx_constant_copy(struct onnx_constant *to, size_t to_index,
                        const struct onnx_constant *from, size_t from_index)
{
    assert(to->is_integer == from->is_integer);
    assert(to_index < to->count && from_index < from->count);
    if (to->is_integer)
        to->integers[to_index] = from->integers[from_index];
    else
        to->reals[to_index] = from->reals[from_index];
}

const float *onnx_constant_blocks(const struct onnx_constant *constant, int axis)
{
    return constant->block > 0 && constant->step_axis == axis ? constant->steps : NULL;
}

void onnx_constant_copy_steps(struct onnx_constant *to,
                              const struct onnx_constant *from)
{
    if (!from->steps)
        return;
    to->steps = memory_copy(from->steps, from->step_count * sizeof *to->steps);
    to->step_count = from->step_count;
    to->step_axis = from->step_axis;
    to->block = from->block;
}

float *onnx_constant_steps(const struct onnx_constant *constant, int axis,
                           size_t outputs)
{
    float *steps;

    if (!constant->steps || constant->block > 0 ||
        (constant->step_count != 1 && constant->step_axis != axis))
        return NULL;
    steps = memory_get(outputs * sizeof *steps);
    for (size_t i = 0; i < outputs; i++)
        steps[i] = constant->steps[i % constant->step_count];
    return steps;
}
