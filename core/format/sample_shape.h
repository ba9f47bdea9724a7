/* sample_shape.h - how the samples of a file lie, and how a network's input is stored.
 *
 * Files hold samples as ONNX orders them: [N, C, H, W], [N, H, W, C], [N, T, F], whatever the network's
 * input is. core/network/layer.h says how a network stores its tensors.
 */
#ifndef CORE_FORMAT_SAMPLE_SHAPE_H
#define CORE_FORMAT_SAMPLE_SHAPE_H

#include "core/network/network.h"

#include <stdbool.h>

/* Whether a dataset of these sizes [rank] holds samples for an input: [N, dims], where dimensions of one
 * may be missing or more, or [N, all values]; a network that takes flat samples takes any shape
 * with as many values. */
bool sample_shape_fits(const struct tensor *input, int rank,
                       const unsigned long long *sizes);

/* "2, 2, 3": the dims of an input. */
enum { SAMPLE_SHAPE_TEXT_BYTES = 96 };
const char *sample_shape_text(const struct tensor *input,
                              char text[SAMPLE_SHAPE_TEXT_BYTES]);

/* Along which dimension of the input so many constants of channels lie: of [C, H, W] along the first or,
 * where that has another size and the last has this, as in [H, W, C], along the last; of all else
 * along the last. */
int sample_shape_axis_of(const struct tensor *input, int constants);

/* Puts a sample [count], ordered as ONNX does, into the network's order: [C, H, W] becomes [H, W, C], all
 * else stays. */
void sample_shape_store(const struct tensor *input, const void *sample, void *values);

#endif
