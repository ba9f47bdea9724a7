/* onnx_carriers.h - tensors of a file that carry the codes of an activation that is quantized
 * elsewhere.
 *
 * Integer kernels want a rounding directly behind the layer and directly before it. A calibrated
 * network rounds once, where a layer reads; what only moves values or takes their maximum
 * (MaxPool, Concat, Reshape, ...) gives the same values when its inputs are rounded with the same
 * step already. So a tensor may be rounded early
 *
 *   behind a node   where all that reads it hands it on to codes of one item
 *   before a layer  where its node reads the item by another name, behind Flatten or the like */
#ifndef CORE_EXPORT_ONNX_CARRIERS_H
#define CORE_EXPORT_ONNX_CARRIERS_H

#include "core/network/placement.h"
#include "onnx.pb-c.h"

#include <stddef.h>

struct onnx_carrier {
    const char *name; /* borrowed from the carriers */
    int item;         /* of the placement */
    int node;         /* that makes it */
};

struct onnx_carriers {
    struct onnx_carrier *list; /* [count] owned, with the names */
    size_t count;
};

/* The carriers of items of 8 bits, other than the items' own tensors.
 *
 *   graph     of the file that the network was read from, before anything is changed
 *   choices   [placement->count] of the case
 *   held      [tensors] early_codes(): the evaluator's tensors that have the codes of an item
 *   carriers  out; clear with onnx_carriers_clear() */
void onnx_carriers_find(const Onnx__GraphProto *graph, const struct network *network,
                        const struct placement *placement, const struct choice *choices,
                        const int *held, struct onnx_carriers *carriers);

/* Whether a max pool reads the tensor, and it comes out of float: behind an integer kernel, where
 * channels are last, pools are fast on codes, else several times slower than on floats. */
bool onnx_carriers_pool_floats(const struct network *network,
                               const struct placement *placement, int tensor);

void onnx_carriers_clear(struct onnx_carriers *carriers);

#endif
