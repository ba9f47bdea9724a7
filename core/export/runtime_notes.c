#include "core/export/runtime_notes.h"

#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* All that is known of a layer. */
struct question {
    const struct network *network, *file;
    const struct placement *placement;
    const struct choice *choices;
    const struct weight_rules *rules;
    const int *held; /* [tensors] early_codes() */
    int index;
    const struct layer *layer;
};

/* ---- layers of codes ---------------------------------------------------------------------- */

/* The largest sum of two of a channel's integers of one sign: products with 255 of each are added in 16
 * bits. */
static int largest_pair(const int16_t *integers, size_t count)
{
    int most[2] = {0}, next[2] = {0}; /* above zero, below */

    for (size_t i = 0; i < count; i++) {
        int sign = integers[i] < 0, size = abs(integers[i]);

        if (size > most[sign]) {
            next[sign] = most[sign];
            most[sign] = size;
        } else if (size > next[sign]) {
            next[sign] = size;
        }
    }
    return most[0] + next[0] > most[1] + next[1] ? most[0] + next[0]
                                                 : most[1] + next[1];
}

static bool has_large_pairs(const struct question *of)
{
    int item = placement_of_weights(of->placement, of->index, 0);
    const struct quantized_tensor *tensor = &of->placement->items[item];
    const struct quantizer quantizer = choice_quantizer(of->choices[item]);
    const struct weight_rules rules =
        placement_weight_rules(of->placement, tensor, of->rules);
    size_t count = weights_per_output(of->layer->weights);
    struct coded_weights weights;
    bool found = false;

    coded_weights_init(&weights, of->layer->weights, &rules, &quantizer, false);
    for (int i = 0; i < of->layer->weights->outputs && weights.container.bits == 8; i++)
        found = found ||
                UINT8_MAX * largest_pair(weights.integers + (size_t)i * count, count) >
                    INT16_MAX;
    coded_weights_clear(&weights);
    return found;
}

/* Without VNNI the instruction that multiplies 8 bits saturates. */
static bool saturates_pairs(const struct question *of)
{
    return of->layer->kind == LAYER_CONV &&
           !layer_is_of_recurrence(of->network, of->layer) &&
           placement_of_weights(of->placement, of->index, 0) >= 0 &&
           choice_fills_8_bits(of->choices, of->held[of->layer->inputs[0]]) &&
           has_large_pairs(of);
}

/* A bias becomes an integer of 32 bits, in products of the steps of input and weights. */
static bool saturates_bias(const struct question *of)
{
    const struct layer *layer = &of->file->layers[of->index];
    int input = of->held[of->layer->inputs[0]];

    if (layer->kind != LAYER_CONV || !layer->weights->steps || input < 0 ||
        layer->weights->corrections || layer_is_of_recurrence(of->network, of->layer))
        return false;
    for (int i = 0; i < layer->weights->outputs; i++)
        if (layer->conv.scale[i] == 1 &&
            fabs((double)layer->conv.shift[i]) > (double)of->choices[input].step *
                                                     (double)layer->weights->steps[i] *
                                                     0x1p31)
            return true;
    return false;
}

/* Fewer codes than 8 bits have are cut by nodes of their own, which keep layer and rounding apart. */
static bool gives_few_bits(const struct question *of)
{
    int output = of->held[of->layer->output];

    return placement_of_weights(of->placement, of->index, 0) >= 0 &&
           layer_multiplies(of->layer) && of->held[of->layer->inputs[0]] >= 0 &&
           output >= 0 && !choice_fills_8_bits(of->choices, output);
}

/* Integers that meet floats in a product of rows. */
static bool rounds_input(const struct question *of)
{
    const struct layer *layer = &of->file->layers[of->index];

    return layer->kind == LAYER_CONV && layer->weights->steps &&
           !layer_is_of_recurrence(of->network, of->layer) &&
           of->held[of->layer->inputs[0]] < 0 &&
           of->network->tensors[of->layer->output].rank < 3;
}

/* ---- layers that hand on codes ------------------------------------------------------------ */

/* With equal steps on both sides many values lie in the middle between two codes. */
static bool has_ties(const struct question *of)
{
    int output = of->held[of->layer->output];

    if (layer_kind_of(of->layer)->codes != CODES_MAKE || output < 0)
        return false;
    for (int i = 0; i < of->layer->input_count; i++) {
        int input = of->held[of->layer->inputs[i]];

        if (input >= 0 && of->choices[input].step == of->choices[output].step)
            return true;
    }
    return false;
}

/* A Softmax between codes is a kernel of its own: QLinearSoftmax. */
static bool makes_tables(const struct question *of)
{
    int input = of->held[of->layer->inputs[0]], output = of->held[of->layer->output];

    return of->layer->kind == LAYER_SOFTMAX && !of->layer->softmax.is_log &&
           input >= 0 && output >= 0 && choice_fills_8_bits(of->choices, input) &&
           choice_fills_8_bits(of->choices, output);
}

/* What a node computes by itself cannot be rounded in a file. */
static bool keeps_states(const struct question *of)
{
    return layer_recurs(of->layer) && of->held[of->layer->output] >= 0;
}

/* ---- sentences ---------------------------------------------------------------------------- */

static const struct kind {
    bool (*concerns)(const struct question *of);
    const char *sentence;
} kinds[] = {
    {saturates_pairs, "sums of two products saturate at 16 bits on CPUs with AVX2 that "
                      "have no VNNI, unless the "
                      "session option session.x64quantprecision is 1"},
    {saturates_bias, "biases leave the 32 bits that it rounds them to, and saturate; "
                     "export the case again"},
    {gives_few_bits,
     "it is computed in float, since its output has fewer codes than 8 bits have"},
    {rounds_input, "floats that meet integers in a MatMul are rounded to 8 bits, "
                   "unless the session option "
                   "session.qdq_matmulnbits_accuracy_level is 1"},
    {makes_tables,
     "a Softmax between codes is computed with integers, and many of its codes "
     "are one too low"},
    {keeps_states,
     "it multiplies the hidden state as it is, which calq has rounded as the "
     "output: no node says that, and its values differ by that"},
    {has_ties, "equal steps before and behind it put values in the middle between two "
               "codes, which "
               "sessions with and without optimisations may round differently"},
};

static void tell(const struct kind *kind, struct question of, FILE *file)
{
    const char *first = NULL;
    int count = 0;

    for (of.index = 0; of.index < of.network->layer_count; of.index++) {
        of.layer = &of.network->layers[of.index];
        if (!kind->concerns(&of))
            continue;
        first = first ? first : of.layer->name;
        count++;
    }
    if (count > 0)
        fprintf(file, "ONNX Runtime, %d layer%s (%s%s): %s\n", count,
                count > 1 ? "s" : "", first, count > 1 ? " ..." : "", kind->sentence);
}

char *runtime_notes(const struct network *network, const struct placement *placement,
                    const struct choice *choices, const struct weight_rules *rules,
                    const struct network *file)
{
    int *held = early_codes(network, placement);
    const struct question of = {.network = network,
                                .file = file,
                                .placement = placement,
                                .choices = choices,
                                .rules = rules,
                                .held = held};
    char *text = NULL;
    size_t bytes;
    FILE *lines = open_memstream(&text, &bytes);

    assert(lines && network->layer_count == file->layer_count);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        tell(&kinds[i], of, lines);
    fclose(lines);
    free(held);
    return text;
}
