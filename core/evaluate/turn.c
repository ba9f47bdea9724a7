#include "core/evaluate/turn.h"

#include <assert.h>

const struct turns turns_all = {.halvings = 0, .chosen = 1};

int turn_of_block(size_t block, int halvings)
{
    assert(halvings >= 0 && halvings <= TURN_HALVINGS_MOST);
    for (int zeros = 0; zeros < halvings; zeros++)
        if (block >> zeros & 1)
            return halvings - zeros;
    return 0;
}

size_t turn_blocks(size_t blocks, int halvings, int turn)
{
    size_t distance = (size_t)1 << (halvings - turn);

    return (blocks + distance - 1) / distance;
}
