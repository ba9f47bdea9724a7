/* network_peer.h - ONNX Runtime beside us, on the file that `calq export` writes. */
#ifndef BENCH_NETWORK_PEER_H
#define BENCH_NETWORK_PEER_H

#include "bench/network_trial.h"
#include "bench/peer.h"

/* Writes the network with its quantized tensors in QDQ form, with steps that fit random samples, and starts
 * ONNX Runtime on it.
 *
 *   placed  W8A8 for the target onnx; its batch norms are not folded
 *   block   samples that it evaluates together
 *   peer    out; NULL: it is not installed
 *
 * Fails with EXIT_MACHINE where it cannot be started or written for. */
int network_peer_start(struct placed_network placed, int block, struct peer **peer,
                       struct error *err);

#endif
