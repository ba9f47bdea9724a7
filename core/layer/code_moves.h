/* code_moves.h - a rearrangement as it is done to codes: runs of bytes that stay together, or blocks
 * that are turned. */
#ifndef CORE_LAYER_CODE_MOVES_H
#define CORE_LAYER_CODE_MOVES_H

#include "core/layer/turned_blocks.h"
#include "core/layer/value.h"

/* `count` bytes from one place of a sample's plane to one of another. */
struct code_move {
    int32_t from, to, count;
};

struct code_moves {
    struct turned_blocks blocks; /* between planes without border; else the list */
    struct code_move *list;      /* [count] owned */
    int count;
    bool fills; /* some of the output is filled, not moved */
};

/* `from` and `to` are the planes of the layer's input and output. */
void code_moves_init(struct code_moves *moves, const struct rearrange *rearrange,
                     const struct plane *from, const struct plane *to);
void code_moves_clear(struct code_moves *moves);

/* Moves the codes of `samples` samples; what is filled becomes the code of zero. `to` holds
 * codes already, but for its pixels (value_become_codes). */
void code_moves_run(const struct code_moves *moves, const struct value *from,
                    int samples, struct value *to);

#endif
