/* onnx_view.h - where each element of a rearranged tensor comes from. */
#ifndef CORE_ONNX_ONNX_VIEW_H
#define CORE_ONNX_ONNX_VIEW_H

#include "core/onnx/onnx_node.h"

enum { ONNX_VIEW_RANK_MAX = ONNX_RANK_MAX + 1 };

/* Output index i of dimension d is index list[d][i] of the input's dimension axis[d], or start[d] + i *
 * step[d] where there is no list; outside the input it is the fill. */
struct onnx_view {
    struct onnx_shape shape;      /* of the output */
    int axis[ONNX_VIEW_RANK_MAX]; /* a permutation */
    int64_t start[ONNX_VIEW_RANK_MAX], step[ONNX_VIEW_RANK_MAX];
    const int64_t *list[ONNX_VIEW_RANK_MAX]; /* [dims[d]] or NULL; borrowed */
};

/* The view that changes nothing. */
struct onnx_view onnx_view_of(const struct onnx_shape *shape);

/* Gives the node's output: what `view` shows of `source`; a rearrangement or a
 * constant. Fails where the view cuts, repeats or pads the batch. `fill` is for tensors;
 * of a constant the view must stay inside. */
int onnx_view_give(const struct onnx_node *node, const struct onnx_source *source,
                   const struct onnx_view *view, float fill, struct error *err);

/* The same, of a dimension that gets other ones in its place: `view` has the dimension `axis` of `source`
 * in its place, and it becomes the dimensions of `in_place`, of as many elements; none where it is
 * one. */
int onnx_view_give_in_place(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_view *view, int axis,
                            const struct onnx_shape *in_place, struct error *err);

/* The same of a tensor's samples: a view of the dimensions without the batch.
 *
 *   from   the shape in which the view sees a sample; NULL: its own
 *   to     the shape that the elements of the view get; NULL: that of the view */
int onnx_view_give_sample(const struct onnx_node *node, int input,
                          const struct onnx_shape *from, const struct onnx_view *view,
                          const struct onnx_shape *to, float fill, struct error *err);

/* Gives the node's output: the elements of `source` in the same order with another
 * shape of the same count. The batch goes where it belongs: `shape` is as onnx_batch_follow() takes it. Fails
 * where it would be torn apart. */
int onnx_view_give_reshaped(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_shape *shape, struct error *err);

/* The same of a tensor's samples, whose batch stays where it is. */
int onnx_view_give_reshaped_sample(const struct onnx_node *node, int input,
                                   const struct onnx_shape *sample, struct error *err);

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
