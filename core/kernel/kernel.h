/* kernel.h - the inner loops: their arguments, and the table of variants.
 *
 * A convolution reads NHWC planes of u8 codes whose padding is materialised, so that every
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
    PANEL = 16, /* output channels that are packed together */
    QUAD = 4,   /* consecutive input bytes that one 32-bit lane multiplies */
    CHANNEL_SLACK =
        PANEL,       /* elements that must be readable behind those of the channels */
    INPUT_SLACK = 64 /* bytes that must be readable behind input and residual */
};

/* Elements from one sample, row or column of a plane to the next. */
struct strides {
    ptrdiff_t sample, row, column;
};

/* What becomes of the sums: with acc the sum of products and S the sum of the input codes
 * under the window (when `correction` is not NULL),
 *
 *   v = fma(S, correction[c], shift[c])     or shift[c]
 *   v = fma(acc + bias[c], scale[c], v)
 *   v = fma(residual, residual_scale, v)    when there is a residual
 *   v = min(max(v, low), high)              NaN becomes low
 *
 * stored as float, or as u8: round half to even, plus zero_code, which must lie within 0..255
 * for both ends of the clamp. Everything is float; the step of the output is already divided
 * out of scale, shift, correction, residual_scale and the clamp. With `out_s32` the sums are
 * stored as they are and nothing else of this counts.
 */
struct epilogue {
    const int32_t *bias;      /* [channels], as the next three with CHANNEL_SLACK */
    const float *scale;       /* [channels] */
    const float *shift;       /* [channels] */
    const float *correction;  /* [channels] or NULL */
    const float *window_sums; /* [samples, rows, columns] of S; not used by depthwise */
    const float *residual_f32;  /* first pixel, or NULL */
    const uint8_t *residual_u8; /* first pixel, or NULL; at most one of the two */
    struct strides residual;    /* of either */
    float residual_scale;
    float low, high;
    float step; /* of conv_f32 to u8 alone */
    /* |v| < 2^30 before the clamp whatever sums and codes are, and no NaN: the caller knows, and
     * kernels are faster then. Does not count with residual_f32. */
    bool is_tame;
    int zero_code;
    int32_t *out_s32;   /* first pixel, or NULL */
    float *out_f32;     /* first pixel, or NULL */
    uint8_t *out_u8;    /* first pixel, or NULL; exactly one of the three */
    struct strides out; /* of any */
};

/* Moves what an epilogue reads and writes by so many window sums, and elements of residual and output. */
void epilogue_move(struct epilogue *epilogue, ptrdiff_t sums, ptrdiff_t residual,
                   ptrdiff_t out);

/* [first, end) */
struct span {
    int first, end;
};

/* What codes that are multiplied do not exceed. */
struct conv_most {
    int weight; /* 1..128, in magnitude */
    int input;  /* 1..255 */
};

/* acc[pixel, channel] = sum over runs and bytes of input * weight. */
struct conv_u8s8 {
    const uint8_t *input;       /* the window of the first output pixel */
    struct strides windows;     /* bytes from one output pixel's window to the next */
    int samples, rows, columns; /* of the output */
    const int32_t *run_offsets; /* [runs] bytes from a window to each of its runs */
    int runs;
    int run_bytes; /* a multiple of QUAD; surplus bytes have weight zero */
    /* What is not all padding of code 0, or NULL: everything everywhere. */
    const struct span *row_runs;     /* [rows] runs that count in an output row */
    const struct span *column_bytes; /* [columns] bytes of every run that count in an
                                        output column, whole quads */
    const int8_t *weights; /* packed by conv_u8s8_pack for the set that runs, or by
                              winograd_pack */
    struct conv_most most;
    int channels;         /* output channels */
    uint8_t *transformed; /* winograd_scratch() bytes; not used by conv_u8s8 */
    struct epilogue epilogue;
};

/* The same of floats. Every sum is one chain of fused multiply-adds from zero, run after run and
 * element after element: acc = fma(input, weight, acc). So neither rows and blocks nor tiles and
 * instruction sets change a bit. Of the epilogue count
 *
 *   v = fma(acc, scale[c], shift[c])        or acc, where `scale` is NULL
 *   v = v + residual_f32                    when there is one
 *   v = min(max(v, low), high)              NaN becomes low
 *
 * stored as float, or as u8: v / step rounded half to even, plus zero_code; |v / step| <= 255 for both
 * ends of the clamp. */
struct conv_f32 {
    const float *input;         /* the window of the first output pixel */
    struct strides windows;     /* floats from one output pixel's window to the next */
    int samples, rows, columns; /* of the output */
    const int32_t *run_offsets; /* [runs] floats from a window to each of its runs */
    int runs, run_length;
    const struct span *row_runs; /* as in struct conv_u8s8 */
    const float *weights;        /* packed as conv_f32_at() says, 64-byte aligned */
    int channels;                /* output channels */
    struct epilogue epilogue;
};

/* acc[pixel, channel] = sum over taps of input[.., channel] * weight[tap, channel]. */
struct depthwise_u8s8 {
    const uint8_t *input;       /* the window of the first output pixel */
    struct strides windows;     /* bytes from one output pixel's window to the next */
    int samples, rows, columns; /* of the output */
    const int32_t *tap_offsets; /* [taps] bytes, row after row of the window */
    int taps_high, taps_wide;   /* the window */
    const int8_t *weights;      /* [taps, channels] */
    int channels;
    struct epilogue epilogue;
};

/* The epilogue alone, on sums that a convolution stored as they are: the same bits. */
struct finish_s32 {
    const int32_t *sums; /* [samples, rows, columns, channels] and PANEL more */
    int samples, rows, columns;
    int channels;
    struct epilogue epilogue; /* to u8 or float */
};

/* Sums of two codes each, rounded: v is, where `step` is 0,
 *
 *   v = fma(left, left_scale, fma(right, right_scale, shift))
 *
 * and else what floats would give that are added, clamped and rounded one after the other:
 *
 *   v = left_scale * (left - left_zero) + right_scale * (right - right_zero)
 *   v = min(max(v, low), high) / step
 *
 * and the code is min(max(v, least), most), rounded half to even, plus zero_code. NaN becomes the low end. */
struct add_u8 {
    const uint8_t *left, *right; /* [count] */
    size_t count;
    float left_scale, right_scale;
    float shift;               /* where `step` is 0 */
    float step, low, high;     /* elsewhere, as the next two */
    int left_zero, right_zero; /* codes */
    float least, most;         /* with zero_code both lie within 0..255 */
    int zero_code;
    uint8_t *out; /* [count] */
};

/* sums[sample, row, column] = sum of the codes under an output pixel's window. */
struct window_sums_u8 {
    const uint8_t *input;       /* the window of the first output pixel */
    struct strides windows;     /* bytes from one output pixel's window to the next */
    int samples, rows, columns; /* of the output */
    int taps_high, taps_wide;   /* the window */
    ptrdiff_t tap_row, tap_column; /* bytes from one tap to the next */
    ptrdiff_t input_row;           /* bytes from one input row to the next */
    int input_channels;            /* bytes from one input pixel to the next */
    int channels;                  /* that are summed */
    int32_t *scratch;              /* window_sums_scratch() elements */
    float *sums;                   /* [samples, rows, columns] out */
};

/* Elements of scratch that window sums need: a sum for every input pixel under a window. */
size_t window_sums_scratch(const struct window_sums_u8 *window_sums);

typedef void (*conv_u8s8_fn)(const struct conv_u8s8 *conv);
typedef void (*conv_f32_fn)(const struct conv_f32 *conv);
typedef void (*depthwise_u8s8_fn)(const struct depthwise_u8s8 *depthwise);
typedef void (*finish_s32_fn)(const struct finish_s32 *finish);
typedef void (*add_u8_fn)(const struct add_u8 *add);
typedef void (*window_sums_u8_fn)(const struct window_sums_u8 *window_sums);

/* to[i] = table[codes[i]], of a table of 256 codes and `count` codes that do not overlap `to`. */
typedef void (*look_up_u8_fn)(const uint8_t *table, const uint8_t *codes, size_t count,
                              uint8_t *to);

/* Multiplies in registers, as fast as the core can, and returns the number of multiply-adds. */
typedef size_t (*peak_fn)(size_t rounds);

struct winograd_kernel;

struct kernel_set {
    const char *name;
    bool (*runs_here)(void);
    int wide_above; /* where products can be larger, weights are packed as 16 bits */
    conv_u8s8_fn conv_u8s8;
    /* The same sums for the convolutions that winograd.h tells; NULL: there are no such kernels. */
    const struct winograd_kernel *winograd;
    depthwise_u8s8_fn depthwise_u8s8;
    finish_s32_fn finish_s32;
    window_sums_u8_fn window_sums_u8;
    add_u8_fn add_u8;
    look_up_u8_fn look_up_u8;
    conv_f32_fn conv_f32;
    /* Each channel by itself: runs are the taps, weights [taps, channels], run_length and row_runs do
     * not count. */
    conv_f32_fn depthwise_f32;
    peak_fn peak_u8s8, peak_f32; /* NULL: there is no such thing */
};

/* Every variant that was compiled, fastest first; ends with a row without a name. */
extern const struct kernel_set kernel_sets[];

/* The fastest set that runs on this CPU. */
const struct kernel_set *kernel_set_best(void);

/* The set of that name ("auto" is the best one), or NULL when it is unknown or does not run
 * on this CPU. */
const struct kernel_set *kernel_set_named(const char *name);

/* Bytes of the packed weights, and the packing: [channels / PANEL][runs * run_bytes / QUAD]
 * [PANEL][QUAD], zero where a channel or a byte is surplus; int8, or int16 where a product
 * of the largest codes is above the set's `wide_above`.
 *
 *   codes   [channels, runs, run_length]   run_length <= run_bytes
 *   packed  out, conv_u8s8_packed_bytes() bytes, 64-byte aligned
 */
size_t conv_u8s8_packed_bytes(const struct kernel_set *set, struct conv_most most,
                              int channels, int runs, int run_bytes);
void conv_u8s8_pack(const struct kernel_set *set, struct conv_most most,
                    const int8_t *codes, int channels, int runs, int run_length,
                    int run_bytes, void *packed);

/* Floats of packed weights of `count` elements for each channel. */
static inline size_t conv_f32_packed_count(int channels, int count)
{
    return ((size_t)channels + PANEL - 1) / PANEL * PANEL * (size_t)count;
}

/* Where element `k` of a channel's weights stands, [channels / PANEL][count][PANEL]; surplus channels
 * hold any finite number. */
static inline size_t conv_f32_at(int count, int channel, int k)
{
    return ((size_t)(channel / PANEL) * (size_t)count + (size_t)k) * PANEL +
           (size_t)(channel % PANEL);
}

#endif
