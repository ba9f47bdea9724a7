#include "core/evaluate/arena.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* When a tensor is alive, in layers; both ends count. */
struct life {
    int first, last;
    size_t offset, bytes;
};

static struct life life_of(const struct network *network, const struct plane *planes,
                           int tensor, int samples)
{
    struct life life = {.first = network->tensors[tensor].producer,
                        .last = network->tensors[tensor].producer};

    for (int layer = 0; layer < network->layer_count; layer++)
        for (int i = 0; i < network->layers[layer].input_count; i++)
            if (network->layers[layer].inputs[i] == tensor)
                life.last = layer;
    if (tensor == network->output)
        life.last = network->layer_count;
    life.bytes =
        memory_in_lines(memory_larger(value_float_bytes(&planes[tensor], samples),
                                      value_code_bytes(&planes[tensor], samples)));
    return life;
}

static bool in_each_others_way(const struct life *a, const struct life *b)
{
    return a->first <= b->last && b->first <= a->last &&
           a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* The lowest offset where `lives[tensor]` is in nobody's way among those before it. */
static void settle(struct life *lives, int tensor)
{
    for (int other = 0; other < tensor;)
        if (in_each_others_way(&lives[tensor], &lives[other])) {
            lives[tensor].offset = lives[other].offset + lives[other].bytes;
            other = 0;
        } else {
            other++;
        }
}

void arena_init(struct arena *arena, const struct network *network,
                const struct plane *planes, int samples)
{
    struct life *lives = memory_zeroed((size_t)network->tensor_count, sizeof *lives);

    *arena = (struct arena){.offsets = memory_zeroed((size_t)network->tensor_count,
                                                     sizeof *arena->offsets)};
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        lives[tensor] = life_of(network, planes, tensor, samples);
        settle(lives, tensor);
        arena->offsets[tensor] = lives[tensor].offset;
        if (lives[tensor].offset + lives[tensor].bytes > arena->bytes)
            arena->bytes = lives[tensor].offset + lives[tensor].bytes;
    }
    arena->memory = memory_aligned(arena->bytes);
    free(lives);
}

void arena_clear(struct arena *arena)
{
    free(arena->offsets);
    free(arena->memory);
    *arena = (struct arena){0};
}

void *arena_tensor(const struct arena *arena, int tensor)
{
    return arena->memory + arena->offsets[tensor];
}
