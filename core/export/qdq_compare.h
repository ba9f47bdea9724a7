/* qdq_compare.h - a quantized file, read back, beside the network that it was written from. */
#ifndef CORE_EXPORT_QDQ_COMPARE_H
#define CORE_EXPORT_QDQ_COMPARE_H

#include "core/network/placement.h"
#include "core/quant/weight_rules.h"

enum { OFF_BY_MOST = 4, DIFFERENCE_BYTES = 512 };

/* A quantized tensor, or one that the file alone quantizes. */
struct tensor_difference {
    const char *name; /* borrowed */
    bool is_weight;
    bool is_quantized_here, is_quantized_there; /* in the case, in the file */
    size_t integers;                            /* 0 for activations */
    /* Integers by how much they are off; [0]: equal; the last: more. */
    size_t off_by[OFF_BY_MOST + 1];
    size_t steps, corrections; /* channels in which they differ */
    bool has_other_range;      /* lowest or highest code */
};

struct qdq_comparison {
    struct tensor_difference *tensors; /* [tensor_count] owned */
    int tensor_count;
    int different;   /* how many of them are not the same */
    size_t integers; /* compared */
    char layer
        [DIFFERENCE_BYTES]; /* a sentence about the first layer that is another; "": none is */
};

/* Puts the layers of a file that has as many as the network in the order of the network's, as far as they compute
 * the same: roundings between them may have kept some from being joined early. */
void qdq_order_alike(const struct network *network, struct network *file);

/* Compares, bit by bit: layers, their constants, integers of weights, steps, corrections.
 *
 *   network, placement, choices  of the case, with the statistics of batch norms in force
 *   rules                      of all weights; ratios are those of the placement
 *   file                       onnx_read(), network_take_qdq(), network_fuse()
 *   comparison                 out; clear with qdq_comparison_clear()
 *
 * Where the layers are others there are no tensors. */
void qdq_compare(const struct network *network, const struct placement *placement,
                 const struct choice *choices, const struct weight_rules *rules,
                 const struct network *file, struct qdq_comparison *comparison);

/* Numbers the tensors of a file, whose layers are those of the network by qdq_compare(), as they are numbered in
 * the network: then a placement is that of both. */
void qdq_number_alike(const struct network *network, struct network *file);

void qdq_comparison_clear(struct qdq_comparison *comparison);

bool tensor_difference_is_none(const struct tensor_difference *difference);

#endif
