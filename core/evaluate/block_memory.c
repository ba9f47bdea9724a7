#include "core/evaluate/block_memory.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* Bytes of the parts of a block's room, which is cut up in this order. */
struct sizes {
    size_t *tensors;    /* [tensors] */
    size_t all_tensors; /* each in a room of its own */
    size_t products;    /* of the largest output that may be finished again */
    size_t window_sums; /* of the same for a convolution */
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
        sizes.all_tensors += sizes.tensors[tensor];
        if (items[tensor] < 0 || network_is_input(network, tensor))
            continue;
        sizes.products = memory_larger(
            sizes.products, memory_in_lines(value_float_bytes(plane, samples)));
        sizes.window_sums =
            memory_larger(sizes.window_sums, memory_in_lines(pixels * sizeof(float)));
    }
    return sizes;
}

/* Rooms one behind the other. */
static struct rooms own_rooms(const struct sizes *sizes, int tensors)
{
    struct rooms rooms = {.bytes = sizes->all_tensors,
                          .offsets =
                              memory_zeroed((size_t)tensors, sizeof *rooms.offsets)};

    for (int tensor = 1; tensor < tensors; tensor++)
        rooms.offsets[tensor] = rooms.offsets[tensor - 1] + sizes->tensors[tensor - 1];
    return rooms;
}

static size_t block_bytes(const struct sizes *sizes, const struct rooms *rooms)
{
    return rooms->bytes + sizes->products + sizes->window_sums;
}

/* Cuts up the room of a block. */
static void lay_out(struct remembered_block *block, const struct sizes *sizes,
                    const struct rooms *rooms, const struct plane *planes, int tensors,
                    unsigned char *room)
{
    for (int tensor = 0; tensor < tensors; tensor++)
        block->tensors[tensor].value = (struct value){
            .data = room + rooms->offsets[tensor], .plane = &planes[tensor]};
    block->unfinished.values = room + rooms->bytes;
    block->unfinished.window_sums = (float *)(room + rooms->bytes + sizes->products);
}

static struct block_layout make_layout(const struct block_memory *memory,
                                       const struct sizes *sizes,
                                       const struct rooms *rooms,
                                       const struct plane *planes, size_t count)
{
    size_t tensors = (size_t)memory->tensor_count;
    struct block_layout layout = {
        .blocks = memory_zeroed(count, sizeof *layout.blocks),
        .count = count,
        .tensors = memory_zeroed(count * tensors, sizeof *layout.tensors),
    };

    for (size_t i = 0; i < count; i++) {
        layout.blocks[i].tensors = layout.tensors + i * tensors;
        layout.blocks[i].shared = rooms == &memory->shared ? rooms : NULL;
        lay_out(&layout.blocks[i], sizes, rooms, planes, memory->tensor_count,
                memory->bytes + i * block_bytes(sizes, rooms));
    }
    return layout;
}

/* How many of `blocks` blocks fit. */
static size_t blocks_in(size_t bytes, const struct sizes *sizes,
                        const struct rooms *rooms, size_t blocks)
{
    size_t one = block_bytes(sizes, rooms);
    size_t affordable = one > 0 ? bytes / one : 0;

    return blocks < affordable ? blocks : affordable;
}

void block_memory_init(struct block_memory *memory, const struct network *network,
                       const struct plane *planes, const int *items, int samples,
                       size_t blocks, size_t bytes)
{
    struct sizes sizes = sizes_of(network, planes, items, samples);
    struct rooms own = own_rooms(&sizes, network->tensor_count);
    struct rooms shared = rooms_share(network, NULL, sizes.tensors);
    size_t count = blocks_in(bytes, &sizes, &own, blocks);
    size_t more = count < blocks ? blocks_in(bytes, &sizes, &shared, blocks) : 0;

    *memory = (struct block_memory){
        .shared = shared,
        .tensor_count = network->tensor_count,
        .bytes = memory_aligned(memory_larger(count * block_bytes(&sizes, &own),
                                              more * block_bytes(&sizes, &shared)))};
    memory->layouts[LAYOUT_OWN_ROOMS] =
        make_layout(memory, &sizes, &own, planes, count);
    memory->layouts[LAYOUT_SHARED_ROOMS] =
        make_layout(memory, &sizes, &memory->shared, planes, more);
    free(own.offsets);
}

void block_memory_clear(struct block_memory *memory)
{
    for (int layout = 0; layout < BLOCK_LAYOUTS; layout++) {
        free(memory->layouts[layout].blocks);
        free(memory->layouts[layout].tensors);
    }
    rooms_clear(&memory->shared);
    free(memory->bytes);
    *memory = (struct block_memory){0};
}

static void forget(struct remembered *tensor)
{
    *tensor = (struct remembered){
        .value = {.data = tensor->value.data, .plane = tensor->value.plane}};
}

void block_memory_use(struct block_memory *memory, enum block_layout_kind layout)
{
    struct block_layout *next = &memory->layouts[layout];
    size_t tensors = (size_t)memory->tensor_count;

    if (layout == memory->now || memory->layouts[LAYOUT_SHARED_ROOMS].count <=
                                     memory->layouts[LAYOUT_OWN_ROOMS].count)
        return;
    memory->now = layout;
    for (size_t i = 0; i < next->count * tensors; i++)
        forget(&next->tensors[i]);
    for (size_t i = 0; i < next->count; i++)
        next->blocks[i].unfinished.signature = 0;
}

void remembered_block_make_room(struct remembered_block *block, int tensor, int tensors)
{
    if (!block->shared)
        return;
    for (int other = 0; other < tensors; other++)
        if (other != tensor && rooms_overlap(block->shared, tensor, other))
            forget(&block->tensors[other]);
}

struct remembered_block *block_memory_at(const struct block_memory *memory,
                                         size_t index)
{
    const struct block_layout *layout = &memory->layouts[memory->now];

    return index < layout->count ? &layout->blocks[index] : NULL;
}
