/* onnx_view.h - where each element of a sliced or padded tensor comes from. */
#ifndef CORE_ONNX_ONNX_VIEW_H
#define CORE_ONNX_ONNX_VIEW_H

#include "core/onnx/onnx_node.h"

/* Output index i of dimension d is index start[d] + i * step[d] of the input's
 * dimension axis[d]; outside the input it is the fill. */
struct onnx_view {
    struct onnx_shape shape; /* of the output */
    int axis[ONNX_RANK_MAX]; /* a permutation */
    int64_t start[ONNX_RANK_MAX], step[ONNX_RANK_MAX];
};

/* The view that changes nothing. */
struct onnx_view onnx_view_of(const struct onnx_shape *shape);

/* Gives the node's output: what `view` shows of `source`; a rearrangement or a
 * constant. Fails where the view moves, cuts or pads the batch. `fill` is for tensors;
 * of a constant the view must stay inside. */
int onnx_view_give(const struct onnx_node *node, const struct onnx_source *source,
                   const struct onnx_view *view, float fill, struct error *err);

/* The same of a tensor's samples: a view of the dimensions without the batch. */
int onnx_view_give_sample(const struct onnx_node *node, int input,
                          const struct onnx_view *view, float fill, struct error *err);

/* Gives the node's output: the elements of `source` in the same order with another
 * shape of the same count; the batch, where there is one, stays in front. */
int onnx_view_give_reshaped(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_shape *shape, struct error *err);

/* Gives the node's output: a tensor of shape [batch, `sample` ...] whose element `written` is element
 * source(context, written) of a sample of `input`, both in ONNX's row-major order; -1: the fill. */
typedef int64_t onnx_view_source_fn(const void *context, size_t written);
int onnx_view_give_mapped(const struct onnx_node *node, int input,
                          const struct onnx_shape *sample, float fill,
                          onnx_view_source_fn *source, const void *context,
                          struct error *err);

/* Where element `written` of a sample, in ONNX's row-major order, is stored: see
 * layer.h. */
size_t onnx_view_stored(const struct tensor *tensor, size_t written);

#endif
