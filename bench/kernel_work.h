/* kernel_work.h - one layer with random codes or floats, for timing a kernel set. */
#ifndef BENCH_KERNEL_WORK_H
#define BENCH_KERNEL_WORK_H

#include "core/kernel/kernel.h"

/* A convolution of square planes; fully connected: planes of one pixel, `samples` rows. */
struct kernel_shape {
    const char *name;
    int samples, size, in, out, kernel, stride;
    bool is_depthwise; /* then out == in */
    int border;        /* of the output: the padding of the layer that comes next */
};

/* Padding as nets have it: output size = size / stride. */
int kernel_shape_padding(const struct kernel_shape *shape);
int kernel_shape_outputs(const struct kernel_shape *shape);

/* Operations of one execution: two a multiply-add, products with the padding counted. */
double kernel_shape_operations(const struct kernel_shape *shape);

struct kernel_work;

struct kernel_work_options {
    const struct kernel_set *kernels;
    int weight_bits, activation_bits; /* 2..8 */
    bool is_midrise;                  /* weights without a zero level */
    bool is_float;                    /* nothing has codes; bits do not count */
};

struct kernel_work *kernel_work_create(const struct kernel_shape *shape,
                                       const struct kernel_work_options *options);
void kernel_work_destroy(struct kernel_work *work);

/* Runs the layer once, from u8 codes to u8 codes or from floats to floats, with everything that an evaluation does for it:
 * the border of the output is written and window sums are made. */
void kernel_work_run(void *work);

/* How many values the layer gives, and these, as floats: what codes stand for, without the border. */
size_t kernel_work_count(const struct kernel_work *work);
void kernel_work_values(const struct kernel_work *work, float *values);

#endif
