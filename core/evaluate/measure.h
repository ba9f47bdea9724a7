/* measure.h - what is found out about tensors: sums and maxima of samples that merge exactly.
 *
 * A new measure is a name in `enum measure_kind` and a row in measure.c: how many numbers it has, how a
 * block of samples is added to them, and what they tell in the end.
 */
#ifndef CORE_EVALUATE_MEASURE_H
#define CORE_EVALUATE_MEASURE_H

#include "core/evaluate/executor.h"
#include "core/evaluate/tensor_error.h"
#include "core/quant/histogram.h"

enum measure_kind {
    MEASURE_RANGE,     /* of an activation: tells a struct range */
    MEASURE_HISTOGRAM, /* of an activation: a struct histogram */
    MEASURE_CHANNEL_MAXIMA, /* of an activation: float [channels + 1], as activation_split_look() */
    MEASURE_MOMENTS, /* of a batch norm's input: means and variances, float [2, channels] */
    MEASURE_PRODUCT_MEANS, /* of a convolution's products: double [out_channels] */
    MEASURE_LARGEST_INPUT, /* of what a layer's weights multiply: the largest magnitude, a double */
    MEASURE_LARGEST_PRODUCT, /* the same of their products */
    MEASURE_GRAM,  /* of a convolution or a recurrence: a struct gram_answer */
    MEASURE_ERROR, /* of an activation: a struct tensor_error */
    MEASURE_OUTPUT, /* of a tensor, as the quantized network has it, what it lost beside the
                       float one: a struct tensor_error without channels */
    MEASURE_COUNT
};

/* One question about one tensor. Without padding, so that it is sent and hashed as it is. */
struct measure {
    enum measure_kind kind;
    int subject; /* of an activation: its placement item; of an output the tensor; else
                    the layer */
    struct range
        range; /* of a histogram, as the bins; of a gram steps, of an error a step; else 0 */
    int bins;
};

/* Moments of a convolution, and what a number of its inputs stands for: input = step * (x - zero). */
struct gram_answer {
    double input_step, input_zero;
    int64_t *numbers; /* [layer_gram_count()] room of who asks, see layer_gram.h */
};

/* The moments of a convolution, with the steps of inputs that are floats and of targets. */
struct measure measure_of_gram(int layer, float input_step, float target_step);

/* What an activation loses when it is rounded as chosen, which is not float. */
struct measure measure_of_error(int item, struct choice choice);

/* How many numbers there are. */
struct measure_room {
    size_t sums, maxima;
};

/* A measure, and of what. Borrowed. */
struct measured {
    const struct network *network;
    const struct placement *placement;
    const struct measure *measure;
};

struct measure_row {
    const char *name;
    enum sight
        sees; /* SIGHTS: more than one, which evaluator_measure() brings together */
    bool
        is_kept; /* its answer goes to the journal; others are parts of answers that do */
    struct measure_room (*room)(const struct measured *of);
    /* Adds what is seen, so much at a time as its sight says: sums grow, maxima rise from -infinity.
     * NULL with SIGHTS. */
    void (*add)(const struct measured *of, const float *values, size_t count,
                int64_t *sums, double *maxima);
    /* What the numbers tell, of the type that the kind says. */
    void (*tell)(const struct measured *of, const int64_t *sums, const double *maxima,
                 void *answer);
};

const struct measure_row *measure_row(enum measure_kind kind);

/* The tensor or the layer that it looks at, as its row sees. */
int measure_index(const struct measured *of);

/* The room of several: their numbers stand one after the other. */
struct measure_room measures_room(const struct network *network,
                                  const struct placement *placement,
                                  const struct measure *measures, int count);

#endif
