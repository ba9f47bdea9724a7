/* output_shape.h - how a network's output falls into predictions.
 *
 * [N, classes] is one prediction a sample. Of more dimensions there is one at every place: of steps of
 * time, [N, steps, classes], the last dimension has the classes; of images, [N, classes, height, width], the
 * first has. As tensors are stored (core/network/layer.h) the outputs of a place lie together.
 */
#ifndef CORE_EVALUATE_OUTPUT_SHAPE_H
#define CORE_EVALUATE_OUTPUT_SHAPE_H

#include "core/network/network.h"

struct output_shape {
    size_t places;  /* predictions of a sample */
    size_t outputs; /* of a place */
    bool is_image;  /* places are pixels */
};

struct output_shape output_shape_of(const struct network *network);
struct output_shape output_shape_of_tensor(const struct tensor *tensor);

/* The dims of the places, without that of the outputs: how many; `dims` [TENSOR_RANK_MAX] out. */
int output_shape_places(const struct tensor *tensor, int *dims);

#endif
