#include "core/export/qdq_compare.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"
#include "core/rewrite/rewrite.h"
#include "core/rewrite/spread_codes.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- layers ------------------------------------------------------------------------------- */

/* The tensor of the file that each of ours is, [tensors], -1: no layer makes it. A file may have its nodes, and so
 * its tensors, in another order: those of the same input, or of the same layer's output, belong together. What
 * they are called says nothing: a view is named after another tensor, and so is a product that something is added
 * to. */
static int *paired_tensors(const struct network *network, const struct network *file)
{
    int *theirs = memory_get((size_t)network->tensor_count * sizeof *theirs);

    for (int i = 0; i < network->tensor_count; i++)
        theirs[i] = -1;
    for (int i = 0; i < network->input_count; i++)
        theirs[network->inputs[i]] = file->inputs[i];
    for (int i = 0; i < network->layer_count; i++)
        theirs[network->layers[i].output] = file->layers[i].output;
    return theirs;
}

static bool same_tensors(const struct network *network, const struct network *file,
                         const int *theirs)
{
    for (int i = 0; i < network->tensor_count; i++)
        if (theirs[i] >= 0 &&
            network->tensors[i].count != file->tensors[theirs[i]].count)
            return false;
    return theirs[network->output] == file->output;
}

static bool same_name(const struct layer *ours, const struct layer *theirs)
{
    return ours->kind == LAYER_REARRANGE || strcmp(ours->name, theirs->name) == 0;
}

static bool same_place(const struct layer *ours, const struct layer *of_file,
                       const int *theirs)
{
    if (ours->kind != of_file->kind || !same_name(ours, of_file) ||
        ours->input_count != of_file->input_count)
        return false;
    for (int i = 0; i < ours->input_count; i++)
        if (theirs[ours->inputs[i]] != of_file->inputs[i])
            return false;
    return true;
}

static bool is_of_pixels(const struct window *window)
{
    return window->kernel_height == 1 && window->kernel_width == 1 &&
           window->pad_top == 0 && window->pad_left == 0;
}

/* Of single pixels, where tensors are equally large, strides and dilations mean nothing: a convolution may be
 * written as a product. */
static bool same_window(const struct window *ours, const struct window *theirs)
{
    return memcmp(ours, theirs, sizeof *ours) == 0 ||
           (is_of_pixels(ours) && is_of_pixels(theirs));
}

static bool same_weights(const struct layer *ours, const struct layer *theirs)
{
    if (ours->weight_count != theirs->weight_count)
        return false;
    for (int which = 0; which < ours->weight_count; which++) {
        const struct weights *a = &ours->weights[which], *b = &theirs->weights[which];

        if (a->groups != b->groups || a->outputs != b->outputs ||
            a->inputs != b->inputs || a->window != b->window)
            return false;
    }
    return true;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    return same_weights(ours, theirs) && same_window(&ours->window, &theirs->window) &&
           ours->low == theirs->low && ours->high == theirs->high &&
           layer_kind_of(ours)->same_shape(ours, theirs);
}

/* Which constants of a layer are others, as a noun, or NULL; weights that become codes are compared as
 * codes. */
static const char *other_constants(const struct network *network,
                                   const struct placement *placement, int layer,
                                   const struct layer *theirs)
{
    const struct layer *ours = &network->layers[layer];

    for (int which = 0; which < ours->weight_count; which++) {
        const struct weights *a = &ours->weights[which], *b = &theirs->weights[which];

        if (placement_of_weights(placement, layer, which) < 0 &&
            !layer_kind_same_floats(a->values, b->values, weights_count(a)))
            return "float weights";
    }
    return layer_kind_of(ours)->other_constants(network, ours, theirs);
}

/* Whether there may be pairs at all. */
static bool same_counts(const struct network *network, const struct network *file)
{
    return network->layer_count == file->layer_count &&
           network->tensor_count == file->tensor_count &&
           network->input_count == file->input_count;
}

static bool compare_layers(const struct network *network,
                           const struct placement *placement,
                           const struct network *file, const int *theirs,
                           char sentence[DIFFERENCE_BYTES])
{
    if (!theirs || !same_tensors(network, file, theirs)) {
        snprintf(sentence, DIFFERENCE_BYTES,
                 "the file has %d layers and %d tensors, the case's network has %d and "
                 "%d, or they have other shapes",
                 file->layer_count, file->tensor_count, network->layer_count,
                 network->tensor_count);
        return false;
    }
    for (int i = 0; i < network->layer_count; i++) {
        const struct layer *ours = &network->layers[i], *of_file = &file->layers[i];
        const char *what = NULL;

        if (!same_place(ours, of_file, theirs) || !same_shape(ours, of_file)) {
            snprintf(
                sentence, DIFFERENCE_BYTES,
                "layer %d is %s %s in the case's network and %s %s in the file, or "
                "reads or computes something else",
                i, layer_kind_name(ours), ours->name, layer_kind_name(of_file),
                of_file->name);
            return false;
        }
        what = other_constants(network, placement, i, of_file);
        if (what && !*sentence)
            snprintf(sentence, DIFFERENCE_BYTES, "layer %s: its %s is another",
                     ours->name, what);
    }
    return true;
}

/* ---- order -------------------------------------------------------------------------------- */

static bool is_counterpart(const struct network *network, int layer,
                           const struct network *file, int of_file, const int *theirs,
                           bool is_exact)
{
    const struct layer *ours = &network->layers[layer], *other = &file->layers[of_file];

    return same_place(ours, other, theirs) &&
           network->tensors[ours->output].count == file->tensors[other->output].count &&
           (!is_exact || (same_shape(ours, other) &&
                          !layer_kind_of(ours)->other_constants(network, ours, other)));
}

/* The layer of the file, from as far on as ours is, that computes the same, or else what seems the same; -1: none
 * does. */
static int counterpart(const struct network *network, int layer,
                       const struct network *file, const int *theirs)
{
    for (int exact = 1; exact >= 0; exact--)
        for (int i = layer; i < file->layer_count; i++)
            if (is_counterpart(network, layer, file, i, theirs, exact))
                return i;
    return -1;
}

static void move_layer(struct network *network, int from, int to)
{
    struct layer moved = network->layers[from];

    memmove(&network->layers[to + 1], &network->layers[to],
            (size_t)(from - to) * sizeof moved);
    network->layers[to] = moved;
}

void qdq_order_alike(const struct network *network, struct network *file)
{
    int *theirs = memory_get((size_t)network->tensor_count * sizeof *theirs);
    int at = same_counts(network, file) ? 0 : -1;

    for (int i = 0; i < network->tensor_count; i++)
        theirs[i] = -1;
    for (int i = 0; at >= 0 && i < network->input_count; i++)
        theirs[network->inputs[i]] = file->inputs[i];
    for (int i = 0; at >= 0 && i < network->layer_count; i++) {
        at = counterpart(network, i, file, theirs);
        if (at < 0)
            continue;
        move_layer(file, at, i);
        theirs[network->layers[i].output] = file->layers[i].output;
    }
    rewrite_point_at_producers(file, 0);
    free(theirs);
}

/* ---- codes of activations ------------------------------------------------------------------ */

/* [tensors] each, spread; as our tensors are numbered. */
struct both_codes {
    struct file_codes *ours, *theirs; /* owned */
};

static struct both_codes both_codes_of(const struct network *network,
                                       const struct placement *placement,
                                       const struct choice *choices,
                                       const struct network *file, const int *theirs)
{
    size_t tensors = (size_t)network->tensor_count;
    struct file_codes *of_file = memory_zeroed(tensors, sizeof *of_file);
    struct both_codes codes = {memory_zeroed(tensors, sizeof *codes.ours),
                               memory_zeroed(tensors, sizeof *codes.theirs)};

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        const struct quantizer quantizer = choice_quantizer(choices[item]);
        const struct container container = container_of(&quantizer, 8);

        if (!tensor->is_weight)
            codes.ours[tensor->index] =
                (struct file_codes){.step = container_step(&container, quantizer.step),
                                    .lowest = container.lowest,
                                    .highest = container.highest};
    }
    for (size_t i = 0; i < tensors; i++)
        of_file[i] = file->tensors[i].codes;
    spread_codes(network, codes.ours);
    spread_codes(file, of_file);
    for (size_t i = 0; i < tensors; i++)
        if (theirs[i] >= 0)
            codes.theirs[i] = of_file[theirs[i]];
    free(of_file);
    return codes;
}

static void both_codes_clear(struct both_codes *codes)
{
    free(codes->ours);
    free(codes->theirs);
}

/* ---- tensors ------------------------------------------------------------------------------ */

static void compare_integers(const struct coded_weights *ours,
                             const struct weights *theirs, struct tensor_difference *to)
{
    to->integers = weights_count(theirs);
    for (size_t i = 0; i < to->integers; i++) {
        float step = theirs->steps[step_layout_at(&ours->layout, i)];
        long integer = lrintf(theirs->values[i] / step);
        long off = labs(integer - ours->integers[i]);

        to->off_by[off < OFF_BY_MOST ? off : OFF_BY_MOST]++;
    }
}

static float at_or_zero(const float *values, size_t at)
{
    return values ? values[at] : 0;
}

/* Whether other weights share a step; of the same shape. */
static bool has_other_layout(const struct coded_weights *ours,
                             const struct weights *theirs)
{
    struct step_layout layout = weights_layout(theirs, theirs->block);

    return step_layout_of_row(&layout) != step_layout_of_row(&ours->layout) ||
           layout.rows != ours->layout.rows ||
           (step_layout_of_row(&layout) > 1 && layout.block != ours->layout.block);
}

static void compare_weights(const struct weights *ours, const struct weights *theirs,
                            const struct weight_rules *rules,
                            const struct quantizer *quantizer,
                            struct tensor_difference *to)
{
    struct coded_weights weights;
    size_t steps;

    to->is_quantized_there = theirs->steps != NULL;
    if (!to->is_quantized_there)
        return;
    coded_weights_init(&weights, ours, rules, quantizer, 8);
    steps = step_layout_count(&weights.layout);
    if (has_other_layout(&weights, theirs)) {
        to->steps = steps;
    } else {
        compare_integers(&weights, theirs, to);
        for (size_t i = 0; i < steps; i++)
            to->steps += weights.steps[i] != theirs->steps[i];
    }
    for (size_t i = 0; i < (size_t)ours->outputs; i++)
        to->corrections +=
            at_or_zero(weights.corrections, i) != at_or_zero(theirs->corrections, i);
    coded_weights_clear(&weights);
}

static void compare_activation(const struct file_codes *ours,
                               const struct file_codes *theirs,
                               struct tensor_difference *to)
{
    to->is_quantized_here = ours->step > 0;
    to->is_quantized_there = theirs->step > 0;
    if (!to->is_quantized_here || !to->is_quantized_there)
        return;
    to->steps = theirs->step != ours->step;
    to->has_other_range =
        theirs->lowest != ours->lowest || theirs->highest != ours->highest;
}

static void add(struct qdq_comparison *comparison, struct tensor_difference difference)
{
    comparison->tensors[comparison->tensor_count++] = difference;
    comparison->integers += difference.integers;
    comparison->different += !tensor_difference_is_none(&difference);
}

static void compare_items(const struct network *network,
                          const struct placement *placement,
                          const struct choice *choices,
                          const struct weight_rules *rules, const struct network *file,
                          const struct both_codes *codes,
                          struct qdq_comparison *comparison)
{
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        struct quantizer quantizer = choice_quantizer(choices[item]);
        struct tensor_difference difference = {.name = tensor->name,
                                               .is_weight = tensor->is_weight,
                                               .is_quantized_here = true};

        if (tensor->is_weight) {
            const struct weight_rules of_layer = placement_weight_rules(tensor, rules);

            compare_weights(placement_weights(network, tensor),
                            placement_weights(file, tensor), &of_layer, &quantizer,
                            &difference);
        } else {
            compare_activation(&codes->ours[tensor->index],
                               &codes->theirs[tensor->index], &difference);
        }
        add(comparison, difference);
    }
}

static void find_more_weights(const struct placement *placement,
                              const struct network *file, int layer,
                              struct qdq_comparison *comparison)
{
    for (int which = 0; which < file->layers[layer].weight_count; which++) {
        const struct weights *weights = &file->layers[layer].weights[which];

        if (placement_of_weights(placement, layer, which) < 0 && weights->steps)
            add(comparison, (struct tensor_difference){.name = weights->name,
                                                       .is_weight = true,
                                                       .is_quantized_there = true});
    }
}

/* What the file quantizes and the case does not, or to other codes. */
static void find_more(const struct placement *placement, const struct network *file,
                      const int *theirs, const struct both_codes *codes,
                      struct qdq_comparison *comparison)
{
    bool is_same = comparison->different == 0;

    for (int layer = 0; layer < file->layer_count; layer++)
        find_more_weights(placement, file, layer, comparison);
    for (int i = 0; i < file->tensor_count; i++) {
        struct tensor_difference difference = {
            .name = theirs[i] < 0 ? NULL : file->tensors[theirs[i]].name};

        compare_activation(&codes->ours[i], &codes->theirs[i], &difference);
        if (placement->of_tensor[i] < 0 && difference.is_quantized_there &&
            !tensor_difference_is_none(&difference) &&
            (is_same || !difference.is_quantized_here))
            add(comparison, difference);
    }
}

bool tensor_difference_is_none(const struct tensor_difference *difference)
{
    return difference->is_quantized_here && difference->is_quantized_there &&
           difference->off_by[0] == difference->integers && difference->steps == 0 &&
           difference->corrections == 0 && !difference->has_other_range;
}

void qdq_compare(const struct network *network, const struct placement *placement,
                 const struct choice *choices, const struct weight_rules *rules,
                 const struct network *file, struct qdq_comparison *comparison)
{
    size_t most = (size_t)placement->count + (size_t)file->tensor_count;
    struct both_codes codes;
    int *theirs;

    for (int layer = 0; layer < file->layer_count; layer++)
        most += (size_t)file->layers[layer].weight_count;

    *comparison = (struct qdq_comparison){
        .tensors = memory_zeroed(most, sizeof *comparison->tensors)};
    theirs = same_counts(network, file) ? paired_tensors(network, file) : NULL;
    if (compare_layers(network, placement, file, theirs, comparison->layer)) {
        codes = both_codes_of(network, placement, choices, file, theirs);
        compare_items(network, placement, choices, rules, file, &codes, comparison);
        find_more(placement, file, theirs, &codes, comparison);
        both_codes_clear(&codes);
    }
    free(theirs);
}

void qdq_number_alike(const struct network *network, struct network *file)
{
    size_t tensors = (size_t)file->tensor_count;
    int *theirs = paired_tensors(network, file);
    int *numbers = memory_get(tensors * sizeof *numbers);
    struct tensor *moved = memory_get(tensors * sizeof *moved);

    assert(network->tensor_count == file->tensor_count);
    for (size_t i = 0; i < tensors; i++) {
        assert(theirs[i] >= 0);
        numbers[theirs[i]] = (int)i;
        moved[i] = file->tensors[theirs[i]];
    }
    memcpy(file->tensors, moved, tensors * sizeof *moved);
    network_renumber(file, numbers);
    free(theirs);
    free(numbers);
    free(moved);
}

void qdq_comparison_clear(struct qdq_comparison *comparison)
{
    free(comparison->tensors);
    *comparison = (struct qdq_comparison){0};
}
