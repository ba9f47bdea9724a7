/* conv_run.h - runs one convolution on a block: in integers where input and weights are
 * quantized, in float otherwise. */
#ifndef CORE_LAYER_CONV_RUN_H
#define CORE_LAYER_CONV_RUN_H

#include "core/kernel/kernel.h"
#include "core/layer/conv_weights.h"
#include "core/layer/value.h"

/* Everything that stays the same from block to block. */
struct conv_run {
    const struct layer *layer;   /* borrowed */
    struct conv_plan plan;       /* of codes */
    struct conv_plan float_plan; /* of floats */
    struct conv_weights weights;
    const struct kernel_set *kernels;  /* borrowed */
    int32_t *bias;                     /* [out_channels, and slack] the epilogue for */
    float *scale, *shift, *correction; /* `made_for` */
    float *row;              /* of weights with blocks: two rows of an output */
    bool is_tame;            /* as in struct epilogue */
    bool rounds_like_kernel; /* conv_run_round_like_kernel() */
    bool
        is_bare; /* gives products: no scale, shift, residual and clamp for the time being */
    struct conv_steps {
        float weights, input, output, residual;
        int input_zero, residual_zero;
        uint64_t
            constants; /* signature of the layer's scale and shift, and of codes that are given */
    } made_for; /* what the epilogue was worked out for */
};

/* Memory that is used while a layer runs and means nothing afterwards. */
struct scratch {
    float *planes;                   /* padded input of some samples */
    int32_t *pixel_sums;             /* of one sample's input */
    float *window_sums;              /* [samples, pixels] */
    uint8_t *transformed;            /* of a few samples' input, for winograd_u8s8 */
    int32_t *products[WEIGHT_PARTS]; /* [samples, pixels, out_channels] of weights of
                                        several parts, part by part, or with blocks */
    float *
        windows; /* matrices of a product of two tensors, or the room of winograd_float.h */
    float *sums;      /* a row of products, or an output as floats */
    float *floats[2]; /* an input, a residual or an output as floats */
    float *states;    /* of a recurrence, and what it makes of them */
};

/* What one layer needs at most for `samples` samples, in bytes, field by field. */
struct scratch_sizes {
    size_t planes, pixel_sums, window_sums, transformed, products, windows, states;
    size_t floats; /* of the largest tensor: `sums` and each of `floats` */
};

struct scratch conv_scratch_make(const struct scratch_sizes *sizes);
void conv_scratch_clear(struct scratch *scratch);

/* `kernels` and `layer` are borrowed; `input` is the plane of the layer's input. */
void conv_run_init(struct conv_run *run, const struct kernel_set *kernels,
                   const struct layer *layer, const struct plane *input,
                   const struct weight_rules *rules);
void conv_run_clear(struct conv_run *run);

/* Whether outputs beside codes are rounded as a runtime's integer kernel does it (channel_epilogue.h): from now on;
 * at first they are not. */
void conv_run_round_like_kernel(struct conv_run *run, bool does);

/* What this convolution alone needs, but for `sums` and `floats`; to be cleared. */
struct scratch conv_run_scratch(const struct conv_run *run, int samples);

/* Raises `sizes` to what this convolution needs, but for `floats`. */
void conv_run_sizes(const struct conv_run *run, int samples,
                    struct scratch_sizes *sizes);

/* output = clamp(scale * conv(input) + shift + residual), as stored codes where `quantizer`
 * is not NULL.
 *
 *   weights    the weights' quantizer, or NULL: float
 *   residual   or NULL
 *   output     data is where to write, plane its layout; step, zero_code and code_most are set
 */
void conv_run_block(struct conv_run *run, const struct quantizer *weights,
                    const struct value *input, const struct value *residual,
                    int samples, const struct quantizer *quantizer,
                    struct value *output, const struct scratch *scratch);

/* The sums of a convolution in integers before its epilogue. */
struct conv_sums {
    int32_t
        *products; /* [samples, pixels, out_channels]; of weights with blocks floats */
    float *window_sums; /* [samples, pixels] of the codes, where they count */
};

/* products [samples, pixels, out_channels] = conv(input): without scale, shift, residual and
 * clamp. They may be scratch->sums. */
void conv_run_products(struct conv_run *run, const struct quantizer *weights,
                       const struct value *input, int samples, float *products,
                       const struct scratch *scratch);

#endif
