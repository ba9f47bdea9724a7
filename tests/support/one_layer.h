/* one_layer.h - a layer that is run alone on tensors of any shape, for tests. */
#ifndef TESTS_SUPPORT_ONE_LAYER_H
#define TESTS_SUPPORT_ONE_LAYER_H

#include "core/network/network.h"

/* Computes y of x [samples, elements as stored], by a layer of the kind and constants of `like`,
 * unclamped; of the tensors rank and dims count. */
void one_layer_run(const struct layer *like, const struct tensor *from,
                   const struct tensor *to, const float *x, int samples, float *y);

/* The same tensor with all that follows from rank and dims. */
struct tensor one_layer_tensor(int rank, const int *dims);

#endif
