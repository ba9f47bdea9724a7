#include "core/network/placement.h"

#include "core/base/memory.h"
#include "core/network/code_tensors.h"
#include "core/network/layer_kind.h"
#include "core/quant/outlier_splitting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct placement *placement, struct quantized_tensor item)
{
    placement->items[placement->count++] = item;
}

/* Whether a layer reads a tensor of which no channel can be doubled. */
static bool feeds_groups(const struct network *network, int tensor)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer_multiplied_inputs(layer) > 1 && layer_reads(layer, tensor))
            return true;
        for (int which = 0; which < layer->weight_count; which++)
            if (layer->weights[which].groups > 1 && layer_multiplied(layer) == tensor)
                return true;
    }
    return false;
}

/* Whether layers that can hand on codes made the tensor from one that is quantized. */
static bool comes_from_codes(const struct placement *placement,
                             const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;

    while (producer >= 0 && layer_kind_of(&network->layers[producer])->pass) {
        tensor = network->layers[producer].inputs[0];
        if (placement->of_tensor[tensor] >= 0)
            return true;
        producer = network->tensors[tensor].producer;
    }
    return false;
}

static struct activation_split activation_split_of(const struct placement *placement,
                                                   const struct network *network,
                                                   const struct placement_rules *rules,
                                                   int tensor, int bits)
{
    const struct activation_splitting_rules *splitting = &rules->activation_splitting;
    size_t channels = (size_t)network->tensors[tensor].channels;

    if (placement->all_activations || tensor == network->output ||
        bits_are_wide(bits) || feeds_groups(network, tensor) ||
        comes_from_codes(placement, network, tensor))
        return (struct activation_split){0};
    return (struct activation_split){
        .added = (int)outlier_splitting_count(splitting->ratio, channels),
        .by_block = splitting->by_block,
    };
}

static void add_activation(struct placement *placement, const struct network *network,
                           const struct placement_rules *rules,
                           const struct tensor_rule *rule, int tensor)
{
    bool is_nonnegative = network->tensors[tensor].nonnegative;
    enum grid grid = is_nonnegative ? rules->grids.nonnegative : rules->grids.signed_;

    if (rule->bits == BITS_FLOAT)
        return;
    placement->of_tensor[tensor] = placement->count;
    add(placement,
        (struct quantized_tensor){
            .index = tensor,
            .name = network->tensors[tensor].name,
            .grid = grid_of_bits(grid, rule->bits),
            .bits = rule->bits,
            .why = rule->why,
            .clamp = rules->codes_clamp ? clamped_steps_clamp(network, tensor)
                                        : (struct clamp){0},
            .split =
                activation_split_of(placement, network, rules, tensor, rule->bits)});
}

static struct wide_rules wide_rules_of(const struct layer *layer,
                                       const struct weights *weights,
                                       const struct placement_rules *rules)
{
    const struct splitting_rules *splitting = &rules->splitting;

    if (weights->groups > 1 || !layer_multiplies(layer))
        return (struct wide_rules){0};
    return (struct wide_rules){
        .added =
            (int)outlier_splitting_count(splitting->ratio, (size_t)weights->inputs),
        .halves_plainly = splitting->halves_plainly,
        .second_above = rules->second_above,
    };
}

/* Whether a group has several outputs, beside other groups. */
static bool has_wide_groups(const struct weights *weights)
{
    return weights->groups > 1 && weights->outputs > weights->groups;
}

/* Inputs that share a step; 0: a whole output does. */
static int block_of(const struct weights *weights, const struct placement_rules *rules,
                    enum weight_steps steps)
{
    int run = weights->inputs / (weights->slices > 1 ? weights->slices : 1);

    return steps == WEIGHT_STEPS_PER_BLOCK && run >= rules->block_size
               ? rules->block_size
               : 0;
}

static void add_weights(struct placement *placement, const struct network *network,
                        const struct placement_rules *rules,
                        const struct tensor_rules *said, int layer)
{
    const struct layer *of = &network->layers[layer];

    for (int which = 0; which < of->weight_count; which++) {
        const struct weights *weights = &of->weights[which];
        const struct tensor_rule *rule = tensor_rules_weights(said, layer, which);

        if (rule->bits == BITS_FLOAT)
            continue;
        placement->of_layers[layer].items[which] = placement->count;
        add(placement,
            (struct quantized_tensor){.is_weight = true,
                                      .index = layer,
                                      .which = which,
                                      .name = weights->name,
                                      .grid = rules->grids.weights,
                                      .bits = rule->bits,
                                      .why = rule->why,
                                      .steps = rules->groups_share_steps &&
                                                       has_wide_groups(weights)
                                                   ? WEIGHT_STEPS_PER_TENSOR
                                                   : rule->steps,
                                      .block = block_of(weights, rules, rule->steps),
                                      .is_looked_up = !layer_multiplies(of),
                                      .wide = wide_rules_of(of, weights, rules)});
    }
}

/* Whether a layer multiplies states that are rounded as its output is. */
static bool rounds_states(const struct layer *layer,
                          const struct placement_rules *rules, const char *kept)
{
    return layer_recurs(layer) && !kept && !rules->keeps_states;
}

/* What hands on the codes of a recurrence is not rounded again. */
static void forget_handed_on(const struct network *network,
                             const struct placement_rules *rules,
                             const char *const *kept, bool *rounded)
{
    bool *codes = memory_zeroed((size_t)network->tensor_count, sizeof *codes);

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (rounds_states(layer, rules, kept[index]))
            codes[layer->output] = true;
        if (!layer_passes_codes(layer) || layer->input_count > 1 ||
            !codes[layer->inputs[0]])
            continue;
        codes[layer->output] = true;
        rounded[layer->output] = false;
    }
    free(codes);
}

/* The tensor of which another is a view that has its name; -1: it is none. */
static int viewed(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;
    const struct layer *layer = producer < 0 ? NULL : &network->layers[producer];

    return layer && layer_passes_codes(layer) && layer->input_count == 1 &&
                   strcmp(network->tensors[tensor].name,
                          network->tensors[layer->inputs[0]].name) == 0
               ? layer->inputs[0]
               : -1;
}

/* Of several views of a tensor, or of one beside it, none is rounded but the tensor: a file knows them by one
 * name. */
static void share_views(const struct network *network, bool *rounded)
{
    int *times = memory_zeroed((size_t)network->tensor_count, sizeof *times);

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        int from = viewed(network, tensor);

        times[tensor] += rounded[tensor];
        if (from >= 0)
            times[from] += rounded[tensor];
    }
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        int from = viewed(network, tensor);

        if (from < 0 || !rounded[tensor] || times[from] < 2)
            continue;
        rounded[from] = true;
        rounded[tensor] = false;
    }
    free(times);
}

/* Whether an override leaves the weights of a layer in float although those of others are not. */
static bool has_float_weights(const struct tensor_rules *said, int layer)
{
    const struct tensor_rule *rule = tensor_rules_weights(said, layer, 0);

    return rule->why && rule->bits == BITS_FLOAT;
}

/* The layers whose outputs integer kernels make. What two tensors give together may stay float: runtimes have
 * a kernel for that. What gates get of the input is inside of a node. */
static bool *find_in_integers(const struct network *network,
                              const struct tensor_rules *said)
{
    bool *in_integers =
        memory_zeroed((size_t)network->layer_count, sizeof *in_integers);

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        in_integers[index] =
            layer->weight_count > 0 && !said->kept[index] && layer_multiplies(layer) &&
            !has_float_weights(said, index) &&
            (layer_recurs(layer) || !layer_is_of_recurrence(network, layer));
    }
    return in_integers;
}

/* The tensors that overrides keep in float: [tensors], to be freed. */
static bool *find_barred(const struct network *network, const struct tensor_rules *said)
{
    bool *barred = memory_zeroed((size_t)network->tensor_count, sizeof *barred);

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        barred[tensor] = said->activations[tensor].why &&
                         said->activations[tensor].bits == BITS_FLOAT;
    return barred;
}

static void drop_barred(const bool *barred, int count, bool *rounded)
{
    for (int tensor = 0; barred && tensor < count; tensor++)
        rounded[tensor] &= !barred[tensor];
}

/* The tensors that feed a layer that is not kept in float, and all others that are rounded.
 *
 *   barred  [tensors] those that stay in float though they would be rounded; NULL: none */
static void find_rounded(const struct network *network,
                         const struct placement_rules *rules,
                         const struct tensor_rules *said, const bool *barred,
                         bool *rounded)
{
    const char *const *kept = said->kept;
    bool *in_integers = find_in_integers(network, said);

    memset(rounded, 0, (size_t)network->tensor_count * sizeof *rounded);
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        for (int i = 0; !kept[index] && i < layer_multiplied_inputs(layer); i++)
            rounded[layer->inputs[i]] = true;
        rounded[layer->output] |= rounds_states(layer, rules, kept[index]);
    }
    rounded[network->output] |= rules->quantize_output;
    drop_barred(barred, network->tensor_count, rounded);
    if (rules->all_activations)
        code_tensors_find(network, in_integers, barred, rounded);
    forget_handed_on(network, rules, kept, rounded);
    share_views(network, rounded);
    free(in_integers);
}

/* Where an override keeps a tensor in float, others need not be rounded either. */
static void decide_activations(const struct network *network,
                               const struct placement_rules *rules,
                               const struct override_list *list,
                               struct tensor_rules *said, bool *rounded)
{
    bool *barred;

    find_rounded(network, rules, said, NULL, rounded);
    if (!tensor_rules_say_activations(said, network, list, rounded))
        return;
    barred = find_barred(network, said);
    find_rounded(network, rules, said, barred, rounded);
    free(barred);
}

/* Integer sums of u8 x s8 products are 32 bits wide; winograd.h counts on this limit too. */
enum { PRODUCTS_MOST = INT32_MAX / (UINT8_MAX * -INT8_MIN) };

/* Of one output element, with the channels that are added: what folded codes add up to in magnitude
 * is at most what those of the split layer do. Without a zero among the levels they are doubled. */
static size_t products_of(const struct layer *layer, const struct weights *weights,
                          const struct placement_rules *rules)
{
    size_t products = weights_per_output(weights);
    size_t added = (size_t)wide_rules_of(layer, weights, rules).added;

    if (weights->groups > 1 || rules->splitting.ratio == 0)
        return products;
    products += products / (size_t)weights->inputs * added;
    return rules->grids.weights == GRID_MIDRISE ? 2 * products : products;
}

static int check_layer(const struct network *network,
                       const struct placement_rules *rules, const struct layer *layer,
                       struct error *err)
{
    if (layer->kind == LAYER_MATMUL && layer->matmul.depth > MATMUL_DEPTH_MOST)
        return error_set(
            err, EXIT_INPUT,
            "%s: layer %s sums %d products of two tensors, and 32-bit sums "
            "hold %d; name it in keep_float",
            network->path, layer->name, layer->matmul.depth, MATMUL_DEPTH_MOST);
    for (int which = 0; layer_multiplies(layer) && which < layer->weight_count;
         which++) {
        size_t products = products_of(layer, &layer->weights[which], rules);

        if (products > PRODUCTS_MOST)
            return error_set(err, EXIT_INPUT,
                             "%s: layer %s sums %zu products, and 32-bit sums hold %d; "
                             "name it in keep_float",
                             network->path, layer->name, products, PRODUCTS_MOST);
    }
    return 0;
}

static int check_sums(const struct network *network,
                      const struct placement_rules *rules, const char *const *kept,
                      struct error *err)
{
    for (int index = 0; index < network->layer_count; index++)
        if (!kept[index] &&
            check_layer(network, rules, &network->layers[index], err) < 0)
            return -1;
    return 0;
}

static void add_in_order(struct placement *placement, const struct network *network,
                         const struct placement_rules *rules,
                         const struct tensor_rules *said, const bool *rounded)
{
    const struct tensor_rule *activations = said->activations;

    for (int i = 0; i < network->input_count; i++) {
        int input = network->inputs[i];

        if (rounded[input])
            add_activation(placement, network, rules, &activations[input], input);
    }
    for (int index = 0; index < network->layer_count; index++) {
        int output = network->layers[index].output;

        placement->kept[index] = said->kept[index];
        placement->of_layers[index].keeps_states =
            rules->keeps_states || said->kept[index] != NULL;
        if (!said->kept[index])
            add_weights(placement, network, rules, said, index);
        if (rounded[output])
            add_activation(placement, network, rules, &activations[output], output);
    }
}

static int *all_minus_one(int count)
{
    int *numbers = memory_get((size_t)count * sizeof *numbers);

    for (int i = 0; i < count; i++)
        numbers[i] = -1;
    return numbers;
}

static struct weight_items *no_items(const struct network *network)
{
    struct weight_items *of_layers =
        memory_zeroed((size_t)network->layer_count, sizeof *of_layers);

    for (int layer = 0; layer < network->layer_count; layer++) {
        int count = network->layers[layer].weight_count;

        of_layers[layer] =
            (struct weight_items){.items = all_minus_one(count), .count = count};
    }
    return of_layers;
}

/* The names of layers that have weights, quoted; none where they are more than a few. */
static const char *few_names(const struct network *network, size_t count, char *text,
                             size_t bytes)
{
    enum { FEW = 4, NAME_MOST = 100 };
    size_t used = 0;

    *text = '\0';
    for (int index = 0; count <= FEW && index < network->layer_count; index++)
        if (layer_is_quantizable(&network->layers[index]))
            used += (size_t)snprintf(text + used, bytes - used, "%s\"%.*s\"",
                                     used ? ", " : ": ", NAME_MOST,
                                     network->layers[index].name);
    return text;
}

static int check_weights(const struct network *network, struct error *err)
{
    for (int index = 0; index < network->layer_count; index++)
        if (layer_is_quantizable(&network->layers[index]))
            return 0;
    return error_set(
        err, EXIT_INPUT,
        "there is nothing in %s to quantize: it has no layer with constant "
        "weights, as a convolution or a fully connected layer",
        network->path);
}

static int nothing_left(const struct network *network, const char *const *kept,
                        struct error *err)
{
    char names[512];
    size_t count = 0, count_kept = 0;

    for (int index = 0; index < network->layer_count; index++) {
        count += layer_is_quantizable(&network->layers[index]);
        count_kept += kept[index] != NULL;
    }
    if (count_kept < count)
        return error_set(err, EXIT_CONFIG,
                         "nothing of %s is left to quantize: both weights and "
                         "activations have %d bits, which is float",
                         network->path, BITS_FLOAT);
    return error_set(err, EXIT_CONFIG,
                     "nothing of %s is left to quantize: keep_float keeps all of its "
                     "layers with weights (%zu%s) in float; "
                     "`keep_float: []` keeps none",
                     network->path, count,
                     few_names(network, count, names, sizeof names));
}

/* The network's output is rounded to 8 bits, if at all. */
static int say_all(struct tensor_rules *said, const struct network *network,
                   const struct override_list *list,
                   const struct placement_rules *rules, struct error *err)
{
    const struct tensor_rule weights = {.bits = rules->weight_bits,
                                        .steps = rules->weight_steps};
    const struct tensor_rule activations = {.bits = rules->activation_bits};
    const struct tensor_rule output = {
        .bits = rules->quantize_output ? BITS_MOST : rules->activation_bits};

    return tensor_rules_init(said, network, list, weights, activations, output, err);
}

static void make_room(struct placement *placement, const struct network *network,
                      const struct placement_rules *rules)
{
    int most = network->tensor_count;

    for (int layer = 0; layer < network->layer_count; layer++)
        most += network->layers[layer].weight_count;
    *placement = (struct placement){
        .items = memory_get((size_t)most * sizeof *placement->items),
        .of_layers = no_items(network),
        .layer_count = network->layer_count,
        .kept = memory_zeroed((size_t)network->layer_count, sizeof *placement->kept),
        .of_tensor = all_minus_one(network->tensor_count),
        .tensor_count = network->tensor_count,
        .all_activations = rules->all_activations,
        .rounds_like_kernels = rules->rounds_like_kernels,
        .rounds_like_xnnpack = rules->rounds_like_xnnpack,
    };
}

int placement_init(struct placement *placement, const struct network *network,
                   const struct placement_rules *rules, struct error *err)
{
    const struct override_list list = {rules->keep_float, rules->keep_float_count,
                                       rules->overrides, rules->override_count};
    bool *rounded = memory_zeroed((size_t)network->tensor_count, sizeof *rounded);
    struct tensor_rules said = {0};
    int status = -1;

    make_room(placement, network, rules);
    if (check_weights(network, err) < 0 ||
        say_all(&said, network, &list, rules, err) < 0 ||
        check_sums(network, rules, said.kept, err) < 0)
        goto done;
    decide_activations(network, rules, &list, &said, rounded);
    add_in_order(placement, network, rules, &said, rounded);
    if (placement->count == 0) {
        nothing_left(network, said.kept, err);
        goto done;
    }
    status = 0;
done:
    tensor_rules_clear(&said);
    free(rounded);
    return status;
}

void quantized_tensor_clear(struct quantized_tensor *tensor)
{
    free(tensor->ratios);
    for (int bits = 0; bits < GIVEN_CODES; bits++) {
        free(tensor->given[bits].codes);
        free(tensor->given[bits].shifts);
    }
    activation_split_clear(&tensor->split);
}

void placement_clear(struct placement *placement)
{
    for (int item = 0; item < placement->count; item++)
        quantized_tensor_clear(&placement->items[item]);
    free(placement->items);
    for (int layer = 0; layer < placement->layer_count; layer++)
        free(placement->of_layers[layer].items);
    free(placement->of_layers);
    free(placement->kept);
    free(placement->of_tensor);
    *placement = (struct placement){0};
}

int placement_of_weights(const struct placement *placement, int layer, int which)
{
    const struct weight_items *of = &placement->of_layers[layer];

    return which < of->count ? of->items[which] : -1;
}

const struct weights *placement_weights(const struct network *network,
                                        const struct quantized_tensor *item)
{
    return &network->layers[item->index].weights[item->which];
}

struct step_layout placement_layout(const struct network *network,
                                    const struct quantized_tensor *item)
{
    return weights_layout(placement_weights(network, item), item->block);
}

size_t placement_step_count(const struct network *network,
                            const struct quantized_tensor *item)
{
    const struct step_layout layout = placement_layout(network, item);

    return item->ratios ? step_layout_count(&layout) : 1;
}
