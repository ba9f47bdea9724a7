/* layer_conv.c - convolutions and fully connected layers; conv_run.h runs them. */
#include "core/layer/layer_kind.h"

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct conv *a = &ours->conv, *b = &theirs->conv;

    return a->groups == b->groups && a->in_channels == b->in_channels &&
           a->out_channels == b->out_channels && a->has_residual == b->has_residual;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs,
                                   bool has_codes)
{
    const struct conv *a = &ours->conv, *b = &theirs->conv;
    size_t channels = (size_t)a->out_channels;

    (void)network;
    if (!has_codes && !layer_kind_same_floats(a->weights, b->weights,
                                              channels * layer_window_count(ours)))
        return "float weights";
    return layer_kind_same_floats(a->scale, b->scale, channels) &&
                   layer_kind_same_floats(a->shift, b->shift, channels)
               ? NULL
               : "bias or batch norm";
}

const struct layer_kind_row layer_conv = {
    .is_nonnegative = layer_kind_any_sign, /* whatever its weights are */
    .same_shape = same_shape,
    .other_constants = other_constants,
};
