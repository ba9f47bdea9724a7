/* batchnorm.h - a batch norm that went into a layer's scale and shift, and whose statistics can be
 * replaced.
 *
 * Its input is what the layer computes before scale, shift, residual and clamp: the bare products
 * of a convolution, the input of an affine layer. So its statistics are in those units, and new
 * ones change nothing but the layer's scale and shift.
 */
#ifndef CORE_NETWORK_BATCHNORM_H
#define CORE_NETWORK_BATCHNORM_H

#include "core/network/layer.h"

struct batchnorm {
    int channels;
    int node;               /* number in the ONNX file */
    float epsilon;          /* added to a variance */
    float *mean, *variance; /* [channels] as they were trained; owned */
    float *
        bias; /* [channels] that the file adds to the input before; NULL: nothing; owned */
    float *scale, *shift; /* [channels] of the layer with the trained statistics;
                               NULL: they still are in force; owned */
    uint64_t signature;   /* of the layer's scale and shift; 0: those of the trained */
};

/* Copies `mean` and `variance` [channels], the trained statistics. */
struct batchnorm *batchnorm_create(int channels, float epsilon, const float *mean,
                                   const float *variance);
void batchnorm_destroy(struct batchnorm *batchnorm);

/* The input's standard deviation as it was trained: sqrt(variance + epsilon). */
double batchnorm_deviation(const struct batchnorm *batchnorm, int channel);

/* Puts other statistics in force: `layer` has a batch norm, mean and variance [channels] are
 * finite, variance + epsilon > 0. They are worked out from the trained ones, whatever is in force, so that
 * the trained statistics give back the very bits of scale and shift. */
void batchnorm_put(struct layer *layer, const float *mean, const float *variance);

/* Puts the trained statistics in force. */
void batchnorm_restore(struct layer *layer);

/* The signature of a layer's scale and shift: 0 as they were read, or with the trained statistics.
 */
uint64_t batchnorm_signature(const struct layer *layer);

#endif
