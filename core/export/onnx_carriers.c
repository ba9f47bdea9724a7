#include "core/export/onnx_carriers.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { NOTHING = -1, OTHERS = -2 };

/* What a node makes. */
struct made {
    const char *name; /* borrowed */
    int node;
    int item; /* whose codes it carries, or NOTHING */
    int wants; /* the item to which all its readers hand it on; NOTHING: none reads it; OTHERS */
};

struct walk {
    const Onnx__GraphProto *graph;
    const struct network *network;
    const struct placement *placement;
    const struct choice *choices; /* [placement->count] */
    struct made *made;            /* [count] sorted by name; owned */
    size_t count;
    struct onnx_carriers *carriers;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct made *)a)->name, ((const struct made *)b)->name);
}

static struct made *find(const struct walk *walk, const char *name)
{
    return bsearch(&(struct made){.name = name}, walk->made, walk->count,
                   sizeof *walk->made, by_name);
}

static void list_what_is_made(struct walk *walk)
{
    const Onnx__GraphProto *graph = walk->graph;
    size_t most = 1;

    for (size_t i = 0; i < graph->n_node; i++)
        most += graph->node[i]->n_output;
    walk->made = memory_get(most * sizeof *walk->made);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_output; j++)
            walk->made[walk->count++] =
                (struct made){graph->node[i]->output[j], (int)i, NOTHING, NOTHING};
    qsort(walk->made, walk->count, sizeof *walk->made, by_name);
}

/* Other integers of the file's types are cut with a node of their own, which no integer kernel has. */
static bool can_carry(const struct walk *walk, int item)
{
    return choice_fills_8_bits(walk->choices, item) &&
           walk->placement->items[item].split.added == 0;
}

static void add_carrier(struct walk *walk, struct made *made, int item)
{
    struct onnx_carriers *carriers = walk->carriers;

    made->item = item;
    carriers->list =
        memory_resize(carriers->list, (carriers->count + 1) * sizeof *carriers->list);
    carriers->list[carriers->count++] =
        (struct onnx_carrier){memory_text(made->name), item, made->node};
}

static void mark_items(struct walk *walk)
{
    for (int item = 0; item < walk->placement->count; item++) {
        const struct quantized_tensor *tensor = &walk->placement->items[item];
        struct made *made = tensor->is_weight ? NULL : find(walk, tensor->name);

        if (made)
            made->item = item;
    }
}

/* From what a layer's node reads back to the item that the layer reads. */
static void mark_way_to(struct walk *walk, const char *name, int item)
{
    struct made *made = find(walk, name);

    while (made && made->item == NOTHING) {
        const Onnx__NodeProto *node = walk->graph->node[made->node];

        add_carrier(walk, made, item);
        made = node->n_input > 0 ? find(walk, node->input[0]) : NULL;
    }
}

/* Tensors that the evaluator has in codes already. */
static void mark_held(struct walk *walk, const int *held)
{
    const struct network *network = walk->network;

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        struct made *made = find(walk, network->tensors[tensor].name);

        if (made && made->item == NOTHING && held[tensor] >= 0 &&
            can_carry(walk, held[tensor]) &&
            !onnx_carriers_pool_floats(network, walk->placement, tensor))
            add_carrier(walk, made, held[tensor]);
    }
}

static void mark_ways_to_layers(struct walk *walk, const int *held)
{
    const struct network *network = walk->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        int item = layer->kind == LAYER_CONV &&
                           placement_of_weights(walk->placement, index, 0) >= 0
                       ? held[layer->inputs[0]]
                       : NOTHING;

        if (item >= 0 && can_carry(walk, item))
            mark_way_to(walk, walk->graph->node[layer->node]->input[0], item);
    }
}

static bool is_mover(const Onnx__NodeProto *node)
{
    static const char *const movers[] = {
        "Concat", "Dropout", "Flatten", "GlobalMaxPool", "Identity",  "MaxPool",
        "Pad",    "Reshape", "Slice",   "Squeeze",       "Transpose", "Unsqueeze"};

    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        if (strcmp(node->op_type, movers[i]) == 0)
            return true;
    return false;
}

/* Whether a node gives the same codes when its inputs are rounded before it. Where unsigned codes
 * cut what Relu cuts, Relu does, but behind a layer it is part of the integer kernel. */
static bool hands_on(const struct walk *walk, const Onnx__NodeProto *node, int item)
{
    const struct made *input;

    if (is_mover(node))
        return true;
    if (strcmp(node->op_type, "Relu") != 0 || node->n_input == 0 ||
        !choice_is_unsigned(walk->choices[item]))
        return false;
    input = find(walk, node->input[0]);
    return input && is_mover(walk->graph->node[input->node]);
}

/* What a mover reads beside its first input says where to: a shape, axes, pads; Concat reads values alone. */
static bool reads_values(const Onnx__NodeProto *node, size_t input)
{
    return input == 0 || strcmp(node->op_type, "Concat") == 0;
}

static void want(const struct walk *walk, const char *name, int item)
{
    struct made *made = find(walk, name);

    if (made)
        made->wants = made->wants == NOTHING || made->wants == item ? item : OTHERS;
}

static bool is_output(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_output; i++)
        if (strcmp(graph->output[i]->name, name) == 0)
            return true;
    return false;
}

static bool is_pool_of_floats(const struct walk *walk, const Onnx__NodeProto *node)
{
    int tensor;

    if (strcmp(node->op_type, "MaxPool") != 0 || node->n_input == 0)
        return false;
    tensor = network_find_tensor(walk->network, node->input[0]);
    return tensor >= 0 &&
           onnx_carriers_pool_floats(walk->network, walk->placement, tensor);
}

/* Whether a node gives all that it reads, in another shape or order. */
static bool is_view(const Onnx__NodeProto *node)
{
    static const char *const views[] = {"Dropout", "Flatten",   "Identity", "Reshape",
                                        "Squeeze", "Transpose", "Unsqueeze"};

    for (size_t i = 0; node->n_input > 0 && i < sizeof views / sizeof *views; i++)
        if (strcmp(node->op_type, views[i]) == 0)
            return true;
    return false;
}

static bool has_codes_of(const struct walk *walk, int item, int other)
{
    const struct choice *a = &walk->choices[item], *b = &walk->choices[other];

    return a->step == b->step && a->bits == b->bits && a->grid == b->grid &&
           a->zero == b->zero;
}

/* Whether a value is but another name of one that has codes of another item: rounding the name, too, would make
 * two tensors of what is one in the network. */
static bool is_name_of_other(const struct walk *walk, const struct made *made, int item)
{
    while (made && made->item == NOTHING &&
           network_find_tensor(walk->network, made->name) < 0) {
        const Onnx__NodeProto *node = walk->graph->node[made->node];

        made = is_view(node) ? find(walk, node->input[0]) : NULL;
    }
    return made && made->item != NOTHING && !has_codes_of(walk, made->item, item);
}

/* What a node reads is wanted as codes where it hands them on; all its readers come later in the
 * file, so by now it is known what its output carries. */
static void visit(struct walk *walk, const Onnx__NodeProto *node)
{
    struct made *made = node->n_output > 0 ? find(walk, node->output[0]) : NULL;
    int item;

    if (strcmp(node->op_type, "Shape") == 0) /* reads no values */
        return;
    if (made && made->item == NOTHING && made->wants >= 0 &&
        !is_name_of_other(walk, made, made->wants) &&
        !is_output(walk->graph, made->name))
        add_carrier(walk, made, made->wants);
    item = made ? made->item : NOTHING;
    if (item == NOTHING || !can_carry(walk, item) || !hands_on(walk, node, item) ||
        is_pool_of_floats(walk, node))
        item = OTHERS;
    for (size_t i = 0; i < node->n_input; i++)
        want(walk, node->input[i], reads_values(node, i) ? item : OTHERS);
}

void onnx_carriers_find(const Onnx__GraphProto *graph, const struct network *network,
                        const struct placement *placement, const struct choice *choices,
                        const int *held, struct onnx_carriers *carriers)
{
    struct walk walk = {.graph = graph,
                        .network = network,
                        .placement = placement,
                        .choices = choices,
                        .carriers = carriers};

    *carriers = (struct onnx_carriers){0};
    list_what_is_made(&walk);
    mark_items(&walk);
    mark_ways_to_layers(&walk, held);
    mark_held(&walk, held);
    for (size_t i = graph->n_node; i-- > 0;)
        visit(&walk, graph->node[i]);
    free(walk.made);
}

void onnx_carriers_clear(struct onnx_carriers *carriers)
{
    for (size_t i = 0; i < carriers->count; i++)
        free((char *)carriers->list[i].name);
    free(carriers->list);
    *carriers = (struct onnx_carriers){0};
}

bool onnx_carriers_pool_floats(const struct network *network,
                               const struct placement *placement, int tensor)
{
    const struct layer *layer = NULL;
    bool is_pooled = false;

    for (int index = 0; index < network->layer_count; index++)
        is_pooled = is_pooled || (network->layers[index].kind == LAYER_MAX_POOL &&
                                  network->layers[index].inputs[0] == tensor);
    for (int at = network->tensors[tensor].producer; is_pooled && at >= 0;
         at = network->tensors[layer->inputs[0]].producer) {
        layer = &network->layers[at];
        if (layer->kind != LAYER_MAX_POOL && layer->kind != LAYER_REARRANGE)
            return layer->kind == LAYER_CONV &&
                   placement_of_weights(placement, at, 0) < 0;
    }
    return is_pooled;
}
