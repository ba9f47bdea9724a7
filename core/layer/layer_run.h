/* layer_run.h - runs the layers that have no weights to quantize. */
#ifndef CORE_LAYER_LAYER_RUN_H
#define CORE_LAYER_LAYER_RUN_H

#include "core/layer/code_moves.h"
#include "core/layer/conv_run.h"
#include "core/layer/value.h"
#include "core/network/network.h"

/* Whether a layer's output holds codes, where its first input holds codes or not and its output's
 * quantizer is `quantizer`. */
bool layer_gives_codes(const struct layer *layer, bool from_codes,
                       const struct quantizer *quantizer);

/* What stays the same from block to block; all borrowed. */
struct layer_run {
    const struct network *network;
    const struct layer *layer; /* of any kind but LAYER_CONV */
    const struct code_moves
        *moves;               /* how a rearrangement is done to codes; else not used */
    bool rounds_like_kernels; /* as in struct placement */
};

/* Runs a layer on a block.
 *
 *   inputs     [layer->input_count] pointers to the values of its inputs
 *   quantizer  of the output, or NULL: codes pass through pools and rearrangements as they are,
 *              everything else gives floats
 *   output     data is where to write, plane its layout; step, zero_code and code_most are set
 *   scratch    floats[0], floats[1] and sums hold a block of the largest tensor each
 */
void layer_run_block(const struct layer_run *run, const struct value *const *inputs,
                     int samples, const struct quantizer *quantizer,
                     struct value *output, const struct scratch *scratch);

#endif
