/* code_tensors.h - which tensors have to be codes for a runtime to compute in integers throughout.
 *
 * Runtimes make an integer kernel of a layer where its inputs are codes and its output is rounded,
 * with one step, before anything reads it. So beside the tensors that feed quantized layers these
 * are rounded: what a quantized convolution gives, and what sums and average pools read whose own
 * output is rounded.
 */
#ifndef CORE_NETWORK_CODE_TENSORS_H
#define CORE_NETWORK_CODE_TENSORS_H

#include "core/network/network.h"

/* The layers that read a tensor; the network's output has one reader more. */
int code_tensors_readers(const struct network *network, int tensor);

/* Adds to the tensors that are rounded where they are made.
 *
 *   in_integers  [layers] convolutions whose weights and input are codes
 *   barred       [tensors] that are not to be rounded; NULL: none
 *   rounded      [tensors] in: those that feed quantized layers, and the network's output where it is
 *                to be rounded; out: all. Of tensors that are handed on from one to the next only the
 *                first is rounded, which the others have the codes of. */
void code_tensors_find(const struct network *network, const bool *in_integers,
                       const bool *barred, bool *rounded);

#endif
