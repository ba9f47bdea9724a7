#include "core/evaluate/block_memory.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* Bytes of the parts of a block's room, which is cut up in this order. */
struct sizes {
    size_t *tensors;    /* [tensors] */
    size_t products;    /* of the largest output that may be finished again */
    size_t window_sums; /* of the same for a convolution */
    size_t all;
};

/* Bytes of a tensor; the network's inputs are at hand anyway. Where codes pass through it may hold
 * either kind. */
static size_t tensor_bytes(const struct network *network, const struct plane *planes,
                           const int *items, int tensor, int samples)
{
    size_t codes = value_code_bytes(&planes[tensor], samples);
    size_t floats = value_float_bytes(&planes[tensor], samples);

    if (network_is_input(network, tensor))
        return 0;
    return memory_in_lines(items[tensor] >= 0 ? codes : memory_larger(codes, floats));
}

static struct sizes sizes_of(const struct network *network, const struct plane *planes,
                             const int *items, int samples)
{
    struct sizes sizes = {
        .tensors = memory_zeroed((size_t)network->tensor_count, sizeof *sizes.tensors)};

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        const struct plane *plane = &planes[tensor];
        size_t pixels = (size_t)samples * (size_t)plane->height * (size_t)plane->width;

        sizes.tensors[tensor] = tensor_bytes(network, planes, items, tensor, samples);
        sizes.all += sizes.tensors[tensor];
        if (items[tensor] < 0 || network_is_input(network, tensor))
            continue;
        sizes.products = memory_larger(
            sizes.products, memory_in_lines(value_float_bytes(plane, samples)));
        sizes.window_sums =
            memory_larger(sizes.window_sums, memory_in_lines(pixels * sizeof(float)));
    }
    sizes.all += sizes.products + sizes.window_sums;
    return sizes;
}

/* Cuts up the room of a block. */
static void lay_out(struct remembered_block *block, const struct sizes *sizes,
                    const struct plane *planes, int tensors, unsigned char *room)
{
    for (int tensor = 0; tensor < tensors; tensor++) {
        block->tensors[tensor].value =
            (struct value){.data = room, .plane = &planes[tensor]};
        room += sizes->tensors[tensor];
    }
    block->unfinished.values = room;
    block->unfinished.window_sums = (float *)(room + sizes->products);
}

void block_memory_init(struct block_memory *memory, const struct network *network,
                       const struct plane *planes, const int *items, int samples,
                       size_t blocks, size_t bytes)
{
    size_t tensors = (size_t)network->tensor_count;
    struct sizes sizes = sizes_of(network, planes, items, samples);
    size_t affordable = sizes.all > 0 ? bytes / sizes.all : 0;
    size_t count = blocks < affordable ? blocks : affordable;

    *memory = (struct block_memory){
        .blocks = memory_zeroed(count, sizeof *memory->blocks),
        .count = count,
        .tensors = memory_zeroed(count * tensors, sizeof *memory->tensors),
        .bytes = memory_aligned(count * sizes.all),
    };
    for (size_t i = 0; i < count; i++) {
        memory->blocks[i].tensors = memory->tensors + i * tensors;
        lay_out(&memory->blocks[i], &sizes, planes, (int)tensors,
                memory->bytes + i * sizes.all);
    }
    free(sizes.tensors);
}

void block_memory_clear(struct block_memory *memory)
{
    free(memory->blocks);
    free(memory->tensors);
    free(memory->bytes);
    *memory = (struct block_memory){0};
}

struct remembered_block *block_memory_at(const struct block_memory *memory,
                                         size_t index)
{
    return index < memory->count ? &memory->blocks[index] : NULL;
}
