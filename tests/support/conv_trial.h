/* conv_trial.h - convolutions of random codes for the kernels, against the scalar definition. */
#ifndef TESTS_SUPPORT_CONV_TRIAL_H
#define TESTS_SUPPORT_CONV_TRIAL_H

#include "core/kernel/kernel.h"

/* A convolution of a plane; everything that it reads is random, and extreme codes are frequent
 * enough to overflow 16-bit sums. On all sides the plane has `padding` zeros. */
struct conv_shape {
    int channels, height, width, kernel, stride, padding, outputs, samples;
};

enum residual_kind { RESIDUAL_NONE, RESIDUAL_F32, RESIDUAL_U8 };
enum out_kind { OUT_F32, OUT_U8, OUT_S32 };

/* A way to finish the sums. */
struct conv_finish {
    bool corrects;
    enum out_kind out;
    enum residual_kind residual;
    float low, high;
    int zero_code;
    bool is_tame;
};

enum { CONV_FINISHES = 10 };
extern const struct conv_finish conv_finishes[CONV_FINISHES];

/* Memory of one test case. */
struct conv_parts {
    const struct conv_shape *shape;
    uint8_t *input;
    int8_t *codes, *packed;
    int32_t *run_offsets;
    struct span *row_runs, *column_bytes; /* column_bytes: or NULL */
    int32_t *bias;
    float *scale, *shift, *correction, *residual_f32, *window_sums;
    uint8_t *residual_u8;
    size_t rows, elements;  /* output pixels; elements between first and last output */
    struct strides outputs; /* with gaps, so that canaries can stand in them */
};

/* Elements of a row of the input, with its padding; and of a run, as it is packed. */
ptrdiff_t conv_shape_row(const struct conv_shape *shape);
int conv_shape_run_bytes(const struct conv_shape *shape);

/* `parts` is to be cleared; weights and epilogue of the convolution are still to be said. */
struct conv_u8s8 conv_parts_make(struct conv_parts *parts,
                                 const struct conv_shape *shape, int weight_most);
void conv_parts_clear(struct conv_parts *parts);

/* An epilogue that writes to `out`. */
struct epilogue conv_parts_epilogue(const struct conv_parts *parts,
                                    const struct conv_finish *finish, void *out);

/* A way to run the convolution with the kernels of a set. */
typedef void (*conv_run_fn)(const struct kernel_set *set, struct conv_parts *parts,
                            struct conv_u8s8 *conv);

void conv_parts_run(const struct kernel_set *set, struct conv_parts *parts,
                    struct conv_u8s8 *conv);

/* The same convolution in two: sums, and the epilogue on them. */
void conv_parts_run_in_two(conv_run_fn run, const struct kernel_set *set,
                           struct conv_parts *parts, struct conv_u8s8 conv);

/* Sums that were stored are the plain ones of the unpacked codes. */
void conv_parts_check_sums(const struct conv_parts *parts, const struct conv_u8s8 *conv,
                           const int32_t *out);

/* One shape and one way to finish, against the definition, at once and in two, padding skipped or
 * not; what lies between the outputs must stay as it was. */
void conv_compare(conv_run_fn run, const struct kernel_set *set,
                  const struct conv_shape *shape, const struct conv_finish *finish,
                  struct conv_most most);

#endif
