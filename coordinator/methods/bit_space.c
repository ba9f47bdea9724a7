#include "coordinator/methods/bit_space.h"

#include "coordinator/methods/layerwise.h"
#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- widths --------------------------------------------------------------------------------- */

static int check_list(const int *widths, int count, const char *what, struct error *err)
{
    for (int i = 0; i < count; i++) {
        if (i > 0 && widths[i] <= widths[i - 1])
            return error_set(
                err, EXIT_CONFIG,
                "%s: bits are listed in rising order, and %d stands behind "
                "%d",
                what, widths[i], widths[i - 1]);
        if (widths[i] > BITS_MOST && widths[i] != BITS_FLOAT && count > 1)
            return error_set(err, EXIT_CONFIG,
                             "%s: bits are 2 to %d, or %d for float, not %d", what,
                             BITS_MOST, BITS_FLOAT, widths[i]);
    }
    return 0;
}

int bit_widths_check(const struct bit_widths *widths, const char *what,
                     struct error *err)
{
    if (check_list(widths->weights, widths->weight_count, what, err) < 0)
        return -1;
    return check_list(widths->activations, widths->activation_count, what, err);
}

/* ---- groups --------------------------------------------------------------------------------- */

/* The first item of the group that an item is in. */
static int first_of(const int *joined, int item)
{
    while (joined[item] != item)
        item = joined[item];
    return item;
}

static void join(int *joined, int one, int other)
{
    int first = first_of(joined, one), second = first_of(joined, other);

    joined[first < second ? second : first] = first < second ? first : second;
}

/* Whether a layer's inputs are to be codes of one width. */
static bool joins_inputs(const struct layer *layer)
{
    return layer->kind == LAYER_ADD || layer->kind == LAYER_BINARY ||
           layer->kind == LAYER_CONCAT || layer->kind == LAYER_MATMUL;
}

static void join_inputs(const struct placement *placement, const struct layer *layer,
                        int *joined)
{
    int first = -1;

    for (int i = 0; joins_inputs(layer) && i < layer->input_count; i++) {
        int item = placement->of_tensor[layer->inputs[i]];

        if (item >= 0 && first >= 0)
            join(joined, first, item);
        if (first < 0)
            first = item;
    }
}

/* Whether layers are in integers or in floats as a whole. */
static bool joins_layers(const struct method_task *task,
                         const struct bit_widths *widths)
{
    return task->one->target == TARGET_ONNX &&
           widths->weight_count == widths->activation_count &&
           widths->weights[widths->weight_count - 1] == BITS_FLOAT &&
           widths->activations[widths->activation_count - 1] == BITS_FLOAT;
}

static void join_layer(const struct placement *placement, const struct network *network,
                       int index, int *joined)
{
    const struct layer *layer = &network->layers[index];
    int item = layer->weight_count > 0 ? placement->of_tensor[layer->inputs[0]] : -1;

    for (int which = 0; item >= 0 && which < layer->weight_count; which++) {
        int weights = placement_of_weights(placement, index, which);

        if (weights >= 0)
            join(joined, item, weights);
    }
}

static void find_groups(struct bit_space *space, const struct method_task *task,
                        const struct bit_widths *widths)
{
    const struct network *network = team_network(task->team);
    int items = space->placement->count;
    int *joined = memory_get((size_t)items * sizeof *joined);

    for (int item = 0; item < items; item++)
        joined[item] = item;
    for (int layer = 0; layer < network->layer_count; layer++) {
        join_inputs(space->placement, &network->layers[layer], joined);
        if (joins_layers(task, widths))
            join_layer(space->placement, network, layer, joined);
    }
    for (int item = 0; item < items; item++) {
        int first = first_of(joined, item);

        space->group_of[item] =
            first == item ? space->groups++ : space->group_of[first];
    }
    free(joined);
}

/* ---- choices -------------------------------------------------------------------------------- */

/* The widths of an item: its own alone, where an override has set them. */
static const int *widths_of(const struct bit_widths *widths,
                            const struct quantized_tensor *item, int *count)
{
    int of_case =
        item->is_weight ? widths->of_case.weights : widths->of_case.activations;
    bool is_set = item->why || item->bits != of_case;

    *count = is_set            ? 1
             : item->is_weight ? widths->weight_count
                               : widths->activation_count;
    return is_set            ? &item->bits
           : item->is_weight ? widths->weights
                             : widths->activations;
}

/* The width that is `below` places under the widest. */
static int width_below(const struct bit_widths *widths,
                       const struct quantized_tensor *item, int below)
{
    int count;
    const int *list = widths_of(widths, item, &count);

    return list[below < count ? count - 1 - below : 0];
}

/* Steps of all items, each so many widths under its widest. */
static int find_steps(struct layerwise *layerwise, const struct bit_space *space,
                      const struct bit_widths *widths, int below,
                      const struct clip_rule *rule, struct choice *choices,
                      struct result *result, struct error *err)
{
    const struct placement *placement = space->placement;
    uint8_t *bits = memory_get((size_t)placement->count);
    int status;

    for (int item = 0; item < placement->count; item++)
        bits[item] = (uint8_t)width_below(widths, &placement->items[item], below);
    layerwise_set_bits(layerwise, bits);
    status = layerwise_steps(layerwise, rule, choices, result, err);
    free(bits);
    return status;
}

/* An item's last choice is its widest, which is the first that was found. */
static void take(struct bit_space *space, const struct bit_widths *widths, int below,
                 const struct choice *choices)
{
    size_t items = (size_t)space->placement->count;

    for (size_t item = 0; item < items; item++) {
        int *of_group = &space->counts[space->group_of[item]], count;

        widths_of(widths, &space->placement->items[item], &count);
        if (below == 0)
            *of_group = *of_group == 0 || count < *of_group ? count : *of_group;
        if (below == 0)
            for (int i = 0; i < space->most; i++)
                space->at[(size_t)i * items + item] = choices[item];
        else if (below < count)
            space->at[(size_t)(count - 1 - below) * items + item] = choices[item];
    }
    if (below == 0)
        memcpy(space->base, choices, items * sizeof *choices);
}

static int find_choices(struct bit_space *space, const struct method_task *task,
                        const struct bit_widths *widths, const struct clip_rule *rule,
                        struct result *result, struct error *err)
{
    struct choice *choices =
        memory_zeroed((size_t)space->placement->count, sizeof *choices);
    struct layerwise layerwise;
    int status = 0;

    layerwise_init(&layerwise, task->team, task->one->method, rule->kind);
    for (int below = 0; status == 0 && below < space->most; below++) {
        status =
            find_steps(&layerwise, space, widths, below, rule, choices, result, err);
        if (status == 0)
            take(space, widths, below, choices);
    }
    layerwise_clear(&layerwise);
    free(choices);
    return status;
}

int bit_space_find(struct bit_space *space, const struct method_task *task,
                   const struct bit_widths *widths, const struct clip_rule *rule,
                   struct result *result, struct error *err)
{
    const struct placement *placement = team_placement(task->team);
    size_t items = (size_t)placement->count;
    int most = widths->weight_count > widths->activation_count
                   ? widths->weight_count
                   : widths->activation_count;

    *space = (struct bit_space){
        .placement = placement,
        .most = most,
        .counts = memory_zeroed(items, sizeof *space->counts),
        .group_of = memory_zeroed(items, sizeof *space->group_of),
        .at = memory_zeroed((size_t)most * items, sizeof *space->at),
        .base = memory_zeroed(items, sizeof *space->base),
    };
    find_groups(space, task, widths);
    return find_choices(space, task, widths, rule, result, err);
}

void bit_space_clear(struct bit_space *space)
{
    free(space->counts);
    free(space->group_of);
    free(space->at);
    free(space->base);
    *space = (struct bit_space){0};
}

size_t bit_space_place(const struct bit_space *space, int group, int choice)
{
    return (size_t)group * (size_t)space->most + (size_t)choice;
}

void bit_space_put(const struct bit_space *space, int group, int choice,
                   struct choice *choices)
{
    int items = space->placement->count;

    for (int item = 0; item < items; item++)
        if (space->group_of[item] == group)
            choices[item] = space->at[(size_t)choice * (size_t)items + (size_t)item];
}

static void put_step(const struct bit_space *space, int item, int bits, float step,
                     struct choice *choice)
{
    if (choice->step > 0 && choice->bits == bits)
        *choice = placement_put_step(&space->placement->items[item], *choice, step);
}

void bit_space_put_step(struct bit_space *space, int item, int bits, float step)
{
    size_t items = (size_t)space->placement->count;

    put_step(space, item, bits, step, &space->base[item]);
    for (int choice = 0; choice < space->most; choice++)
        put_step(space, item, bits, step,
                 &space->at[(size_t)choice * items + (size_t)item]);
}

static int first_item(const struct bit_space *space, int group)
{
    int item = 0;

    while (space->group_of[item] != group)
        item++;
    return item;
}

const char *bit_space_name(const struct bit_space *space, int group)
{
    return space->placement->items[first_item(space, group)].name;
}

int bit_space_bits(const struct bit_space *space, int group, int choice)
{
    int items = space->placement->count, item = first_item(space, group);

    return choice_bits(space->at[(size_t)choice * (size_t)items + (size_t)item]);
}
