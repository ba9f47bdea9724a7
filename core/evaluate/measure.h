/* measure.h - what is found out about tensors: sums and maxima of samples that merge exactly.
 *
 * A new measure is a name in `enum measure_kind` and a row in measure.c: how many numbers it has, how a
 * block of samples is added to them, and what they tell in the end.
 */
#ifndef CORE_EVALUATE_MEASURE_H
#define CORE_EVALUATE_MEASURE_H

#include "core/evaluate/executor.h"
#include "core/quant/histogram.h"

enum measure_kind {
    MEASURE_RANGE,     /* of an activation: tells a struct range */
    MEASURE_HISTOGRAM, /* of an activation: a struct histogram */
    MEASURE_CHANNEL_MAXIMA, /* of an activation: float [channels + 1], as activation_split_look() */
    MEASURE_MOMENTS, /* of a batch norm's input: means and variances, float [2, channels] */
    MEASURE_PRODUCT_MEANS, /* of a convolution's products: double [out_channels] */
    MEASURE_COUNT
};

/* One question about one tensor. Without padding, so that it is sent and hashed as it is. */
struct measure {
    enum measure_kind kind;
    int subject;        /* of an activation: its placement item; else the layer */
    struct range range; /* of a histogram, as the bins; else 0 */
    int bins;
};

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
    enum sight sees;
    bool
        is_kept; /* its answer goes to the journal; others are parts of answers that do */
    struct measure_room (*room)(const struct measured *of);
    /* Adds what is seen, so much at a time as its sight says: sums grow, maxima rise from -infinity. */
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
