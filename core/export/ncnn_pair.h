/* ncnn_pair.h - a case as the pair of files that ncnn runs in integers, and as a table for ncnn2int8.
 *
 * The pair is the one that pnnx or onnx2ncnn made of the float network, as ncnn2int8 changes it: layers
 * that the case quantizes have its codes, scales (1 / step) and biases, and those that give codes to
 * the next one its scale (`int8_scale_term` of 100 more). All else stays as it was.
 *
 *   weights in int8, biases, scales of the weights (one for each output channel, or each group), that of
 *   the input, that of the output
 *
 * Source: ncnn's documentation, "quantized int8 inference", and what ncnn2int8 writes.
 */
#ifndef CORE_EXPORT_NCNN_PAIR_H
#define CORE_EXPORT_NCNN_PAIR_H

#include "core/export/ncnn_bin.h"
#include "core/network/placement.h"

struct ncnn_case {
    const struct network *network; /* of the case, with its state in force */
    const struct placement *placement;
    const struct choice *choices; /* [placement->count] */
    struct weight_rules rules; /* of all weights; ratios are those of the placement */
};

/* Of a layer; all owned. */
struct ncnn_integers {
    const struct layer *of; /* the layer of the case; NULL: none; borrowed */
    int8_t *codes;          /* [outputs, inputs, window]; NULL: it stays in float */
    float *scales;          /* [scale_count] of the codes */
    size_t scale_count;
    float *biases;                   /* [outputs]; NULL: those of the file */
    float input_scale, output_scale; /* the latter 0: floats come out */
    double sum_most; /* magnitude that a sum of products of codes may reach */
};

struct ncnn_pair {
    struct ncnn_param param;
    struct ncnn_bin bin;
    struct ncnn_integers *of_layers; /* [param.count] owned */
};

/* Sums of products above this wrap in ncnn where it computes 3 x 3 convolutions of stride 1 by Winograd's
 * F(4,3) in integers: its transforms make them 576 times as large. */
#define NCNN_WINOGRAD_SUM_MOST (0x1p31 / 576)

/* Reads the pair of the float network, and finds what its layers become.
 *
 *   of    borrowed
 *   pair  out; clear with ncnn_pair_clear() whether or not this fails
 *
 * Fails as ncnn_match(), and with EXIT_INPUT where ncnn cannot represent a tensor; the sentence names the
 * layer. */
int ncnn_pair_open(struct ncnn_pair *pair, const struct ncnn_case *of,
                   const char *param, const char *bin, struct error *err);
void ncnn_pair_clear(struct ncnn_pair *pair);

/* Whether ncnn might compute the layer by Winograd, and some channel's sums might be too large for it. */
bool ncnn_may_wrap(const struct ncnn_pair *pair, int layer);

/* How many codes of a layer ncnn2int8 would make others from the table: it knows no width but 8 bits, and no rounding
 * but the nearest. */
size_t ncnn_codes_beside_table(const struct ncnn_pair *pair, int layer);

/* Writes into a folder, for a pair <name>.param and .bin, <name>-int8.param, <name>-int8.bin and <name>.table.
 *
 *   in_halves  weights of layers in float have 16 bits; else what they had
 *
 * Fails with EXIT_MACHINE. */
int ncnn_pair_write(const struct ncnn_pair *pair, const char *folder, bool in_halves,
                    struct error *err);

#endif
