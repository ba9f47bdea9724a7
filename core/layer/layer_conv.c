/* layer_conv.c - convolutions and fully connected layers; conv_run.h runs them. */
#include "core/layer/layer_kind.h"

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct weights *a = ours->weights, *b = theirs->weights;

    return a->groups == b->groups && a->inputs == b->inputs &&
           a->outputs == b->outputs &&
           ours->conv.has_residual == theirs->conv.has_residual;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs,
                                   bool has_codes)
{
    const struct weights *a = ours->weights, *b = theirs->weights;
    size_t channels = (size_t)a->outputs;

    (void)network;
    if (!has_codes && !layer_kind_same_floats(a->values, b->values, weights_count(a)))
        return "float weights";
    return layer_kind_same_floats(ours->conv.scale, theirs->conv.scale, channels) &&
                   layer_kind_same_floats(ours->conv.shift, theirs->conv.shift,
                                          channels)
               ? NULL
               : "bias or batch norm";
}

const struct layer_kind_row layer_conv = {
    .is_nonnegative = layer_kind_any_sign, /* whatever its weights are */
    .same_shape = same_shape,
    .other_constants = other_constants,
};
