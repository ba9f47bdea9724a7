/* conv_weights.h - the weights of one convolution under the steps that are being tried. */
#ifndef CORE_LAYER_CONV_WEIGHTS_H
#define CORE_LAYER_CONV_WEIGHTS_H

#include "core/kernel/kernel.h"
#include "core/layer/conv_plan.h"
#include "core/layer/weight_codes.h"

/* Quantized weights of a convolution that are kept at hand. */
enum { WEIGHT_VARIANTS = 8 };

/* Codes as the kernels multiply them. */
struct weight_part {
    struct conv_most most;
    const struct winograd_kernel *winograd; /* that it is packed for; NULL: none */
    int8_t *packed; /* per group as conv_u8s8_pack or winograd_pack; depthwise [taps,
                         channels] */
    size_t group_bytes;
    size_t room; /* bytes of `packed` */
};

/* Two parts: codes beyond 8 bits, WIDE_BASE * the second + the first (wide_codes.h). */
enum { WEIGHT_PARTS = 2 };

/* Codes of blocks that have steps of their own, see conv_blocks.h. */
struct conv_blocks {
    size_t count;       /* of an output */
    int8_t *packed;     /* [groups, count], `bytes` each, as conv_u8s8_pack(); owned */
    size_t bytes, room; /* of a block; of all */
    float *steps;       /* [count, out_channels] owned */
    int32_t *code_sums; /* [count, out_channels] owned */
    struct conv_most most;
};

/* The weights under one quantizer. */
struct weight_variant {
    struct quantizer quantizer; /* step 0: the weights are float */
    int input_most; /* no code that they are multiplied with is larger; 0: floats are */
    uint64_t given; /* signature of codes that are given; 0: there are none */
    uint64_t last_used; /* when; 0: never */
    int32_t *code_sums; /* [out_channels] */
    float *steps;       /* [weight_codes_layout()] from one code to the next */
    float *corrections; /* [out_channels] added to each quantized weight */
    struct weight_codes meaning;
    int code_most; /* no code is larger in magnitude */
    struct weight_part parts[WEIGHT_PARTS];
    int part_count;
    struct conv_blocks
        blocks; /* in place of parts and code_sums, of weights with `has_blocks` */
    bool has_floats;
    float *floats; /* the same weights for the float path, per group as
                      conv_f32_packed_count() says; depthwise [taps, channels];
                      or as winograd_float_pack() has them */
};

struct conv_weights {
    const struct weights *of;         /* borrowed */
    const struct kernel_set *kernels; /* that the weights are packed for; borrowed */
    int window_count;                 /* weights of one output channel */
    bool is_depthwise;                /* one input and one output channel a group */
    bool floats_by_winograd;          /* as winograd_float.h has them */
    struct weight_rules rules;
    bool has_blocks;              /* with steps of their own */
    int16_t *codes;               /* [out_channels, window_count] scratch */
    int8_t *narrow[WEIGHT_PARTS]; /* likewise: the parts of the codes */
    struct weight_variant
        variants[WEIGHT_VARIANTS]; /* owned, made as they are needed */
    uint64_t uses;                 /* so far */
    struct weight_variant *now;    /* the present one */
};

/* `kernels` and `of` are borrowed. The weights begin in float. */
void conv_weights_init(struct conv_weights *weights, const struct kernel_set *kernels,
                       const struct conv_plan *plan, const struct weights *of,
                       const struct weight_rules *rules);
void conv_weights_clear(struct conv_weights *weights);

/* Makes `now` the weights under that quantizer, NULL: float, for products with input codes up to
 * `input_most`, 0: with floats. They are quantized unless they are among the last WEIGHT_VARIANTS that were asked
 * for. Blocks of codes without a zero in the middle are for floats alone. */
void conv_weights_set(struct conv_weights *weights, const struct conv_plan *plan,
                      const struct quantizer *quantizer, int input_most);

/* Makes the floats of `now`; the float path asks for them. `plan` is that of floats. */
void conv_weights_need_floats(struct conv_weights *weights,
                              const struct conv_plan *plan);

/* What is added to the shifts of a layer under the present weights, [outputs] borrowed; NULL: nothing. */
const float *conv_weights_shifts(const struct conv_weights *weights);

/* value = steps[channel or block] * (code + conv_weights_offset()) + corrections[channel]. */
double conv_weights_offset(const struct conv_weights *weights);

/* Whether there are quantizers under which the weights have two parts; convolutions with several
 * groups never do. */
bool conv_weights_may_be_wide(const struct conv_weights *weights);

#endif
