#include "core/evaluate/float_twin.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/state.h"

#include <stdlib.h>
#include <string.h>

struct float_twin {
    struct network network; /* whose layers are copies, with constants of their own */
    struct placement none;  /* quantizes nothing */
    int *items;             /* [tensors] all -1 */
    struct executor *executor;
    struct block_memory memory;
    struct candidate candidate;
    bool *wants[SIGHTS];
};

/* ---- layers --------------------------------------------------------------------------------- */

static float *copy_floats(const float *floats, int count)
{
    return floats ? memory_copy(floats, (size_t)count * sizeof *floats) : NULL;
}

static void copy_batchnorm(struct layer *layer)
{
    struct batchnorm *copy = memory_copy(layer->batchnorm, sizeof *copy);

    copy->scale = copy_floats(copy->scale, copy->channels);
    copy->shift = copy_floats(copy->shift, copy->channels);
    layer->batchnorm = copy;
}

/* Gives a copied layer whatever a state may change as its own. */
static void own_constants(struct layer *layer)
{
    if (layer->kind == LAYER_CONV) {
        struct conv *conv = &layer->conv;
        int outputs = layer->weights->outputs;

        conv->scale = copy_floats(conv->scale, outputs);
        conv->shift = copy_floats(conv->shift, outputs);
        conv->bare_shift = copy_floats(conv->bare_shift, outputs);
    } else if (layer->batchnorm) {
        struct affine *affine = &layer->affine;

        affine->scale = copy_floats(affine->scale, layer->batchnorm->channels);
        affine->shift = copy_floats(affine->shift, layer->batchnorm->channels);
    }
    if (layer->batchnorm)
        copy_batchnorm(layer);
}

static void free_constants(struct layer *layer)
{
    if (layer->kind == LAYER_CONV) {
        free(layer->conv.scale);
        free(layer->conv.shift);
        free(layer->conv.bare_shift);
    } else if (layer->batchnorm) {
        free(layer->affine.scale);
        free(layer->affine.shift);
    }
    if (layer->batchnorm) {
        free(layer->batchnorm->scale);
        free(layer->batchnorm->shift);
        free(layer->batchnorm);
    }
}

/* ---- the twin ------------------------------------------------------------------------------- */

static void copy_network(struct float_twin *twin, const struct network *network)
{
    size_t layers = (size_t)network->layer_count;

    twin->network = *network;
    twin->network.layers =
        memory_copy(network->layers, layers * sizeof *network->layers);
    for (size_t layer = 0; layer < layers; layer++)
        own_constants(&twin->network.layers[layer]);
    state_restore(&twin->network);
}

/* No tensor is an item, no weights are. */
static void place_nothing(struct float_twin *twin, const struct placement *placement)
{
    size_t tensors = (size_t)twin->network.tensor_count;

    twin->none = *placement;
    twin->none.of_tensor = twin->items =
        memory_get((tensors + 1) * sizeof *twin->items);
    for (size_t tensor = 0; tensor < tensors; tensor++)
        twin->items[tensor] = -1;
}

struct float_twin *float_twin_create(const struct network *network,
                                     const struct plane *planes,
                                     const struct executor_options *options,
                                     size_t blocks, size_t memory_bytes)
{
    struct float_twin *twin = memory_zeroed(1, sizeof *twin);
    struct executor_options own = *options;

    copy_network(twin, network);
    place_nothing(twin, options->placement);
    own.times_layers = false;
    twin->executor = executor_create(&twin->network, planes, &own);
    block_memory_init(&twin->memory, &twin->network, planes, twin->items,
                      options->block, blocks, memory_bytes);
    block_memory_use(&twin->memory, LAYOUT_SHARED_ROOMS);
    candidate_init(&twin->candidate, &twin->network, &twin->none, twin->items);
    candidate_set(&twin->candidate, NULL, -1);
    candidate_keep_all(&twin->candidate);
    for (int sight = 0; sight < SIGHTS; sight++)
        twin->wants[sight] =
            memory_zeroed((size_t)(sight == SEE_PRODUCTS ? network->layer_count
                                                         : network->tensor_count),
                          sizeof *twin->wants[sight]);
    return twin;
}

void float_twin_destroy(struct float_twin *twin)
{
    if (!twin)
        return;
    executor_destroy(twin->executor);
    block_memory_clear(&twin->memory);
    candidate_clear(&twin->candidate);
    for (int layer = 0; layer < twin->network.layer_count; layer++)
        free_constants(&twin->network.layers[layer]);
    free(twin->network.layers);
    free(twin->items);
    for (int sight = 0; sight < SIGHTS; sight++)
        free(twin->wants[sight]);
    free(twin);
}

/* ---- seeing --------------------------------------------------------------------------------- */

/* Where what is seen goes. */
struct seen {
    const struct network *network;
    float *products, *values;
};

static void copy_seen(void *context, enum sight sight, int index, const float *values,
                      size_t samples)
{
    const struct seen *seen = context;
    size_t count =
        samples * (sight == SEE_PRODUCTS ? network_products(seen->network, index)
                                         : seen->network->tensors[index].count);

    memcpy(sight == SEE_PRODUCTS ? seen->products : seen->values, values,
           count * sizeof *values);
}

void float_twin_see(struct float_twin *twin, const struct block *block, size_t index,
                    int layer, int tensor, float *products, float *values)
{
    struct seen seen = {&twin->network, products, values};
    struct observer observer = {.see = copy_seen, .context = &seen};
    struct block own = *block;

    for (int sight = 0; sight < SIGHTS; sight++)
        observer.wants[sight] = twin->wants[sight];
    own.remembered = block_memory_at(&twin->memory, index);
    if (layer >= 0)
        twin->wants[SEE_PRODUCTS][layer] = true;
    if (tensor >= 0)
        twin->wants[SEE_TENSOR][tensor] = true;
    executor_observe(twin->executor, &twin->candidate, &own, &observer);
    if (layer >= 0)
        twin->wants[SEE_PRODUCTS][layer] = false;
    if (tensor >= 0)
        twin->wants[SEE_TENSOR][tensor] = false;
}
