#include "core/evaluate/arena.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* When a tensor is alive, in layers; both ends count. */
struct life {
    int first, last;
    size_t offset, bytes;
};

static struct life life_of(const struct network *network, int tensor, size_t bytes)
{
    struct life life = {.first = network->tensors[tensor].producer,
                        .last = network->tensors[tensor].producer,
                        .bytes = bytes};

    for (int layer = 0; layer < network->layer_count; layer++)
        for (int i = 0; i < network->layers[layer].input_count; i++)
            if (network->layers[layer].inputs[i] == tensor)
                life.last = layer;
    if (tensor == network->output)
        life.last = network->layer_count;
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

/* A tensor that a stretch gets or gives lives as long as that: it is read or written until the stretch ends. */
static void lengthen(struct life *life, const struct network *network,
                     const struct stretch *stretches)
{
    int first = life->first, last = life->last;

    if (first >= 0 && last >= stretches[first].end)
        life->first = stretches[first].first;
    if (last >= 0 && last < network->layer_count && first < stretches[last].first)
        life->last = stretches[last].end - 1;
}

struct rooms rooms_share(const struct network *network, const struct stretch *stretches,
                         size_t *sizes)
{
    size_t tensors = (size_t)network->tensor_count;
    struct life *lives = memory_zeroed(tensors, sizeof *lives);
    struct rooms rooms = {.offsets = memory_zeroed(tensors, sizeof *rooms.offsets),
                          .sizes = sizes};

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        lives[tensor] = life_of(network, tensor, sizes[tensor]);
        if (stretches)
            lengthen(&lives[tensor], network, stretches);
        settle(lives, tensor);
        rooms.offsets[tensor] = lives[tensor].offset;
        rooms.bytes = memory_larger(rooms.bytes, lives[tensor].offset + sizes[tensor]);
    }
    free(lives);
    return rooms;
}

void rooms_clear(struct rooms *rooms)
{
    free(rooms->offsets);
    free(rooms->sizes);
    *rooms = (struct rooms){0};
}

bool rooms_overlap(const struct rooms *rooms, int tensor, int other)
{
    return rooms->offsets[tensor] < rooms->offsets[other] + rooms->sizes[other] &&
           rooms->offsets[other] < rooms->offsets[tensor] + rooms->sizes[tensor];
}

static size_t bytes_of(const struct plane *plane, int samples)
{
    return memory_in_lines(memory_larger(value_float_bytes(plane, samples),
                                         value_code_bytes(plane, samples)));
}

void arena_init(struct arena *arena, const struct network *network,
                const struct plane *planes, int samples,
                const struct stretch *stretches)
{
    size_t *sizes = memory_zeroed((size_t)network->tensor_count, sizeof *sizes);

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        sizes[tensor] = bytes_of(&planes[tensor], samples);
    arena->rooms = rooms_share(network, stretches, sizes);
    arena->memory = memory_aligned(arena->rooms.bytes);
}

void arena_init_slices(struct arena *arena, const struct network *network,
                       const struct plane *planes, const struct stretch *stretches)
{
    size_t *sizes = memory_zeroed((size_t)network->tensor_count, sizeof *sizes);

    for (int index = 0; index < network->layer_count; index++) {
        int tensor = network->layers[index].output;

        if (stretches[index].samples > 0)
            sizes[tensor] = bytes_of(&planes[tensor], stretches[index].samples);
    }
    arena->rooms = rooms_share(network, NULL, sizes);
    arena->memory = memory_aligned(arena->rooms.bytes);
}

void arena_clear(struct arena *arena)
{
    rooms_clear(&arena->rooms);
    free(arena->memory);
    *arena = (struct arena){0};
}

void *arena_tensor(const struct arena *arena, int tensor)
{
    return arena->memory + arena->rooms.offsets[tensor];
}
