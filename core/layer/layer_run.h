/* layer_run.h - runs layers of any kind on blocks of samples. */
#ifndef CORE_LAYER_LAYER_RUN_H
#define CORE_LAYER_LAYER_RUN_H

#include "core/layer/conv_run.h"
#include "core/layer/value.h"
#include "core/network/layer_kind.h"
#include "core/network/placement.h"

/* Whether a layer's output holds codes, where its first input holds codes or not and its output's
 * quantizer is `quantizer`. */
bool layer_gives_codes(const struct layer *layer, bool from_codes,
                       const struct quantizer *quantizer);

/* What all layers of a network run with; all borrowed. */
struct layer_setting {
    const struct network *network;
    const struct placement *placement;
    const struct plane *planes; /* [tensors] */
    const struct kernel_set *kernels;
    struct weight_rules rules; /* of all weights */
};

/* What stays the same of a layer from block to block. */
struct layer_run {
    const struct layer_setting *setting; /* borrowed */
    const struct layer *layer;           /* borrowed */
    void *own;                           /* of its kind; NULL: it needs nothing */
};

void layer_run_init(struct layer_run *run, const struct layer_setting *setting,
                    int layer);
void layer_run_clear(struct layer_run *run);

/* Raises `sizes` to what the layer needs, but for `floats`. */
void layer_run_need(const struct layer_run *run, int samples,
                    struct scratch_sizes *sizes);

/* What a layer works on. */
struct layer_task {
    const struct layer_run *run;
    const struct layer *layer;              /* run's */
    const struct quantizer *const *weights; /* [weight_count] NULL: float */
    const struct value *const *inputs;      /* [input_count] */
    int samples;
    bool rounds_like_kernel; /* kernel_rounding_has() */
    const struct scratch
        *scratch; /* its floats and sums hold a block of the largest tensor */
    float *out;   /* [samples, elements] room for the output as floats */
};

const struct tensor *layer_task_input(const struct layer_task *task, int input);
const struct tensor *layer_task_output(const struct layer_task *task);
size_t layer_task_elements(const struct layer_task *task, const struct tensor *tensor);
/* An input as floats, perhaps in floats[0] of the scratch. */
const float *layer_task_floats(const struct layer_task *task, int input);

/* Clamps values [count] as the layer does, in place; NaN becomes the lower end, where there is one. */
void layer_clamp(const struct layer *layer, size_t count, float *values);

/* Runs a layer on a block; the task's `out` is found here.
 *
 *   quantizer  of the output, or NULL: codes pass through pools and rearrangements as they are,
 *              everything else gives floats
 *   output     data is where to write, plane its layout; step, zero_code and code_most are set
 */
void layer_run_block(struct layer_task *task, const struct quantizer *quantizer,
                     struct value *output);

#endif
