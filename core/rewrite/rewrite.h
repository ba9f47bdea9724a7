/* rewrite.h - what the rewriting of a network is made of. */
#ifndef CORE_REWRITE_REWRITE_H
#define CORE_REWRITE_REWRITE_H

#include "core/network/network.h"

/* The layer that makes a tensor; NULL: none does. */
struct layer *rewrite_producer(const struct network *network, int tensor);

/* The only layer that reads `tensor`, or -1 when it has more or fewer readers, is the network's
 * output, or holds codes in the file that the reader sees: it does not round to the same again. */
int rewrite_only_reader(const struct network *network, int tensor);

/* The producers of the outputs of layers from `first` on, after layers have moved. */
void rewrite_point_at_producers(struct network *network, int first);

/* Takes a layer out; its output has no producer any more. */
void rewrite_remove_layer(struct network *network, int index);

/* Makes `layer` produce what its only reader produced, with its clamp, and removes the reader. */
void rewrite_take_output(struct network *network, struct layer *layer, int reader);

/* Whether elements [count] come from 0, 1, 2 ... */
bool rewrite_is_in_order(const int32_t *from, size_t count);

/* All readers of a tensor read another one instead. */
void rewrite_read_instead(struct network *network, int tensor, int instead);

#endif
