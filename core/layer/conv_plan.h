/* conv_plan.h - where a convolution finds its input: the geometry, worked out once. */
#ifndef CORE_LAYER_CONV_PLAN_H
#define CORE_LAYER_CONV_PLAN_H

#include "core/layer/plane.h"

/* Each output pixel's window is a set of runs of consecutive elements in the plane of the input.
 * All offsets are in elements. */
struct conv_plan {
    struct plane plane;     /* of the input */
    ptrdiff_t first;        /* the window of the first output pixel */
    struct strides windows; /* from one output pixel's window to the next */
    int rows, columns;      /* of the output */
    int runs;
    int32_t *run_offsets; /* [runs] of group 0; owned */
    int run_length;
    struct span *row_runs;     /* [rows] as in struct conv_u8s8, or NULL; owned */
    struct span *column_bytes; /* [columns] as in struct conv_u8s8, or NULL; owned */
    int taps_high, taps_wide;
    int32_t *tap_offsets; /* [taps] in plane pixels; owned */
    int group_channels;   /* input channels of a group */
    int window_count;     /* runs * run_length: weights of one output channel */
};

/* `plane` is that of the layer's input: its border is at least the layer's padding. */
void conv_plan_init(struct conv_plan *plan, const struct layer *layer,
                    const struct plane *plane);
void conv_plan_clear(struct conv_plan *plan);

/* The run length as it is packed, a multiple of QUAD. */
static inline int conv_plan_run_bytes(const struct conv_plan *plan)
{
    return (plan->run_length + QUAD - 1) / QUAD * QUAD;
}

/* What a kernel is asked for: the geometry of one group, padding of code 0 skipped. Input, samples,
 * weights, channels and epilogue are still to be said. */
struct conv_u8s8 conv_plan_product(const struct conv_plan *plan);

static inline size_t conv_plan_pixels(const struct conv_plan *plan)
{
    return (size_t)plan->rows * (size_t)plan->columns;
}

#endif
