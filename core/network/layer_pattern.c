#include "core/network/layer_pattern.h"

#include "core/base/text.h"
#include "core/network/layer_kind.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const char by_operator[] = "op:";
enum { BY_OPERATOR_BYTES = sizeof by_operator - 1 };

/* ---- what fits ------------------------------------------------------------------------------ */

static int first_weighted(const struct network *network)
{
    int layer = 0;

    while (layer < network->layer_count && network->layers[layer].weight_count == 0)
        layer++;
    return layer;
}

static int last_weighted(const struct network *network)
{
    int layer = network->layer_count - 1;

    while (layer >= 0 && network->layers[layer].weight_count == 0)
        layer--;
    return layer;
}

static const char *operator_of(const struct layer *layer)
{
    return layer->op ? layer->op : "";
}

bool layer_pattern_fits(const char *pattern, const struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];

    if (strcmp(pattern, "first") == 0)
        return index == first_weighted(network);
    if (strcmp(pattern, "last") == 0)
        return index == last_weighted(network);
    if (strncmp(pattern, by_operator, BY_OPERATOR_BYTES) == 0)
        return fnmatch(pattern + BY_OPERATOR_BYTES, operator_of(layer), 0) == 0;
    return fnmatch(pattern, layer->name, 0) == 0;
}

bool layer_pattern_fits_a_tensor(const char *pattern, const struct network *network,
                                 int index)
{
    const struct layer *layer = &network->layers[index];

    for (int which = 0; which < layer->weight_count; which++)
        if (fnmatch(pattern, layer->weights[which].name, 0) == 0)
            return true;
    return fnmatch(pattern, network->tensors[layer->output].name, 0) == 0;
}

/* ---- slips of the pen ----------------------------------------------------------------------- */

/* The name nearest to what was asked for, if it is near enough to be meant. */
struct nearest {
    const char *asked, *prefix; /* what stands before every name */
    const char *name;           /* borrowed, or NULL */
    size_t distance;            /* of names that are nearer */
};

static void offer(struct nearest *nearest, const char *name)
{
    size_t distance = text_distance(nearest->asked, name);

    if (distance >= nearest->distance || distance >= strlen(name))
        return;
    nearest->distance = distance;
    nearest->name = name;
}

static void offer_names(struct nearest *nearest, const struct network *network,
                        const struct layer *layer)
{
    offer(nearest, layer->name);
    offer(nearest, network->tensors[layer->output].name);
    for (int which = 0; which < layer->weight_count; which++)
        offer(nearest, layer->weights[which].name);
}

static struct nearest nearest_to(const char *pattern, const struct network *network)
{
    bool asks_operator = strncmp(pattern, by_operator, BY_OPERATOR_BYTES) == 0;
    struct nearest nearest = {.asked = pattern, .prefix = ""};

    if (asks_operator) {
        nearest.asked += BY_OPERATOR_BYTES;
        nearest.prefix = by_operator;
    }
    nearest.distance = strlen(nearest.asked) / 4 + 2;
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (!layer_is_quantizable(layer))
            continue;
        if (asks_operator)
            offer(&nearest, operator_of(layer));
        else
            offer_names(&nearest, network, layer);
    }
    return nearest;
}

/* The same as an operator: `Gemm` for `op:Gemm`. */
static const struct layer *by_its_operator(const char *pattern,
                                           const struct network *network)
{
    for (int index = 0; index < network->layer_count; index++)
        if (layer_is_quantizable(&network->layers[index]) &&
            strcmp(operator_of(&network->layers[index]), pattern) == 0)
            return &network->layers[index];
    return NULL;
}

int layer_pattern_refuse(const char *setting, const char *pattern, const char *sought,
                         const struct network *network, struct error *err)
{
    enum { NAME_MOST = 100 };
    struct nearest nearest = nearest_to(pattern, network);
    const struct layer *meant = by_its_operator(pattern, network);
    char hint[NAME_MOST + 40] = "";

    if (meant) {
        nearest.prefix = by_operator;
        nearest.name = meant->op;
    }
    if (nearest.name)
        snprintf(hint, sizeof hint, "did you mean \"%s%.*s\"? ", nearest.prefix,
                 NAME_MOST, nearest.name);
    return error_set(err, EXIT_CONFIG,
                     "%s: \"%s\" fits no %s of %s; %s`calq inspect %s` lists their "
                     "names",
                     setting, pattern, sought, network->path, hint, network->path);
}
