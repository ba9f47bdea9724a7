/* tensor_error.h - by how much a tensor's values change when they are rounded: sums and maxima that merge exactly.
 *
 *   SQNR = 10 log10(sum x^2 / sum (x - q)^2)    cosine = sum x q / sqrt(sum x^2  sum q^2)
 *
 * Sums of some values are doubles in their order, and sums of these are exact: values that come together in the same
 * pieces give the same digits, in whatever order the pieces come. */
#ifndef CORE_EVALUATE_TENSOR_ERROR_H
#define CORE_EVALUATE_TENSOR_ERROR_H

#include "core/quant/quantizer.h"

enum {
    TENSOR_ERROR_LIMBS = 22,
    TENSOR_ERROR_PRODUCTS =
        4, /* of values, errors, both, rounded values: each an exact sum */
    TENSOR_ERROR_SUMS = TENSOR_ERROR_PRODUCTS * TENSOR_ERROR_LIMBS + 2
};

/* How many maxima there are of a tensor with so many channels. */
size_t tensor_error_maxima(int channels);

/* What is told of the values. */
struct tensor_error {
    double sqnr;    /* dB; infinite where nothing is lost, NaN where all is zero */
    double cosine;  /* NaN where all is zero */
    double largest; /* error */
    double
        clipped; /* share that is farther than half a step from the end code it has */
    int channels,
        dead_channels; /* dead: one value after rounding, and several before */
};

/* Values [count] and what they are rounded to.
 *
 *   quantizer   whose end codes and step these are
 *   correction  is added to what codes stand for
 *   channel     of all of them; -1: value i is of channel i % channels
 *   sums        [TENSOR_ERROR_SUMS] grow
 *   maxima      [tensor_error_maxima()] rise from -infinity */
struct tensor_rounding {
    struct quantizer quantizer;
    float correction;
    int channel, channels;
};
void tensor_error_add(const struct tensor_rounding *rounding, const float *values,
                      const float *rounded, size_t count, int64_t *sums,
                      double *maxima);

/* The same without channels and clips, of two tensors of which none need be rounded: the four exact sums and the count,
 * [TENSOR_ERROR_SUMS] in all. */
void tensor_error_compare(const float *values, const float *others, size_t count,
                          int64_t *sums);

/* `maxima` NULL: of tensor_error_compare(), with SQNR and cosine alone. */
struct tensor_error tensor_error_of(const int64_t *sums, const double *maxima,
                                    int channels);

#endif
