/* ncnn_match.h - which layer of a network of ncnn is which of a case's. */
#ifndef CORE_EXPORT_NCNN_MATCH_H
#define CORE_EXPORT_NCNN_MATCH_H

#include "core/export/ncnn_bin.h"
#include "core/network/placement.h"

/* Fails with EXIT_INPUT, and the layer's name, where batch norms are not folded, as ncnnoptimize does; and where
 * ncnn2int8 would leave a layer in float because of its name, or quantize one by rules of its own. */
int ncnn_check_layers(const struct ncnn_param *param, struct error *err);

/* Finds the layers that have the same type, size, weights and biases, in the order of both; names say
 * nothing: converters give others.
 *
 *   layers  [network->layer_count] out: the layer of `param`, or -1: none is needed
 *
 * Fails with EXIT_INPUT, and the layer's name, where a quantized layer has no counterpart, or a convolution or
 * fully connected layer of `param` none. */
int ncnn_match(const struct network *network, const struct placement *placement,
               const struct ncnn_param *param, const struct ncnn_bin *bin, int *layers,
               struct error *err);

#endif
