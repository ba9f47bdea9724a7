/* arena.h - room for a block's activation tensors; tensors that never live together share it. */
#ifndef CORE_EVALUATE_ARENA_H
#define CORE_EVALUATE_ARENA_H

#include "core/evaluate/slices.h"
#include "core/layer/value.h"

/* Where each tensor's room lies. */
struct rooms {
    size_t *offsets; /* [tensors] bytes; owned */
    size_t *sizes;   /* [tensors] bytes; owned */
    size_t bytes;    /* of all */
};

/* Rooms of `sizes` [tensors] bytes, whose owner the rooms become. A tensor's room is its own from the layer
 * that makes it to the last layer that reads it; where these are not of one stretch, for as long as either's
 * stretch goes on. `stretches` [layers] may be NULL: there are none. */
struct rooms rooms_share(const struct network *network, const struct stretch *stretches,
                         size_t *sizes);
void rooms_clear(struct rooms *rooms);

/* Whether what is written to one is written over the other. */
bool rooms_overlap(const struct rooms *rooms, int tensor, int other);

struct arena {
    struct rooms rooms;
    unsigned char *memory;
};

/* Shared room for every tensor of `samples` samples, as floats or as codes in `planes` [tensors]. */
void arena_init(struct arena *arena, const struct network *network,
                const struct plane *planes, int samples,
                const struct stretch *stretches);

/* The same for what layers of stretches make, of as many samples as their stretch takes at once. */
void arena_init_slices(struct arena *arena, const struct network *network,
                       const struct plane *planes, const struct stretch *stretches);
void arena_clear(struct arena *arena);

void *arena_tensor(const struct arena *arena, int tensor);

#endif
