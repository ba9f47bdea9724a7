/* arena.h - room for a block's activation tensors; tensors that never live together share it. */
#ifndef CORE_EVALUATE_ARENA_H
#define CORE_EVALUATE_ARENA_H

#include "core/layer/value.h"

struct arena {
    size_t *offsets; /* [tensors] bytes; owned */
    unsigned char *memory;
    size_t bytes;
};

/* Room for every tensor of `samples` samples, as floats or as codes in `planes` [tensors]. A
 * tensor's room is its own from the layer that makes it to the last layer that reads it. */
void arena_init(struct arena *arena, const struct network *network,
                const struct plane *planes, int samples);
void arena_clear(struct arena *arena);

void *arena_tensor(const struct arena *arena, int tensor);

#endif
