/* kernel.h - the inner loops on integers: their arguments, and the table of variants.
 *
 * A convolution reads an NHWC plane of u8 codes whose padding is materialised, so that every
 * row of the window is one run of consecutive bytes: im2col is never built. Fully connected
 * layers are convolutions with a window of one. The `scalar` variant is the definition; every
 * other one equals it bit for bit. Kernels allocate nothing and cannot fail.
 */
#ifndef CORE_KERNEL_KERNEL_H
#define CORE_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PANEL = 16,      /* output channels that are packed together */
    QUAD = 4,        /* consecutive input bytes that one 32-bit lane multiplies */
    INPUT_SLACK = 64 /* bytes that must be readable behind every input */
};

/* What becomes of the sums: with acc the sum of products and S the sum of the input codes
 * under the window (when `correction` is not NULL),
 *
 *   v = fma(S, correction[c], shift[c])     or shift[c]
 *   v = fma(acc, scale[c], v)
 *   v = fma(residual, residual_scale, v)    when there is a residual
 *   v = min(max(v, low), high)
 *
 * stored as float, or as u8: round half to even, plus zero_code. Everything is float; the step
 * of the output is already divided out of scale, shift, correction, residual_scale and the clamp.
 */
struct epilogue {
    const float *scale;      /* [channels] */
    const float *shift;      /* [channels] */
    const float *correction; /* [channels] or NULL */
    const int32_t
        *window_sums; /* conv: [pixels of all samples]; not used by depthwise */
    const float *residual_f32;  /* [pixels, stride] or NULL */
    const uint8_t *residual_u8; /* [pixels, stride] or NULL; at most one of the two */
    float residual_scale;
    float low, high;
    int zero_code;
    float *out_f32;  /* [pixels, stride] or NULL */
    uint8_t *out_u8; /* [pixels, stride] or NULL; exactly one of the two */
    size_t stride;   /* elements from one pixel to the next, outputs and residual */
};

/* acc[pixel, channel] = sum over runs and bytes of input * weight, a group of channels. */
struct conv_u8s8 {
    const uint8_t *input; /* first sample's plane */
    size_t sample_bytes;  /* from one sample's plane to the next */
    int samples;
    const int32_t *pixel_offsets; /* [pixels] where each output pixel's window begins */
    int pixels;                   /* output pixels of one sample */
    const int32_t *run_offsets;   /* [runs] from the window's begin to each run */
    int runs;
    int run_bytes;         /* a multiple of QUAD; surplus bytes have weight zero */
    const int8_t *weights; /* packed by conv_u8s8_pack */
    int channels;          /* output channels */
    struct epilogue epilogue;
};

/* acc[pixel, channel] = sum over taps of input[.., channel] * weight[tap, channel]. */
struct depthwise_u8s8 {
    const uint8_t *input;
    size_t sample_bytes;
    int samples;
    const int32_t *pixel_offsets; /* [pixels] */
    int pixels;
    const int32_t *tap_offsets; /* [taps] */
    int taps;
    const int8_t *weights; /* [taps, channels] */
    int channels;
    struct epilogue epilogue;
};

typedef void (*conv_u8s8_fn)(const struct conv_u8s8 *conv);
typedef void (*depthwise_u8s8_fn)(const struct depthwise_u8s8 *depthwise);

struct kernel_set {
    const char *name;
    bool (*runs_here)(void);
    conv_u8s8_fn conv_u8s8;
    depthwise_u8s8_fn depthwise_u8s8;
};

/* Every variant that was compiled, fastest first; ends with a row without a name. */
extern const struct kernel_set kernel_sets[];

/* The fastest set that runs on this CPU. */
const struct kernel_set *kernel_set_best(void);

/* The set of that name ("auto" is the best one), or NULL when it is unknown or does not run
 * on this CPU. */
const struct kernel_set *kernel_set_named(const char *name);

/* Bytes of the packed weights, and the packing: [channels / PANEL][runs * run_bytes / QUAD]
 * [PANEL][QUAD], zero where a channel or a byte is surplus.
 *
 *   codes   [channels, runs, run_length]   run_length <= run_bytes
 *   packed  out, conv_u8s8_packed_bytes() bytes, 64-byte aligned
 */
size_t conv_u8s8_packed_bytes(int channels, int runs, int run_bytes);
void conv_u8s8_pack(const int8_t *codes, int channels, int runs, int run_length,
                    int run_bytes, int8_t *packed);

#endif
