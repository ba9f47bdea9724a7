#include "core/export/runtime_notes.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/export/onnx_runtime_kernels.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"
#include "core/rewrite/spread_codes.h"

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
    const struct file_codes
        *codes; /* [tensors of the file] or NULL: an exact file of signed types */
    int index;
    const struct layer *layer;
};

/* ---- layers of codes ---------------------------------------------------------------------- */

/* The largest sum of two of a channel's integers of one sign: products of each with a code are added in
 * 16 bits. */
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

static struct container container_of_item(const struct question *of, int item)
{
    const struct quantizer quantizer = choice_quantizer(of->choices[item]);

    return container_of(&quantizer, 8);
}

/* The largest integer that is multiplied: kernels read signed codes as unsigned ones around 128. */
static int largest_code(const struct question *of, int item)
{
    const struct container container = container_of_item(of, item);

    return container.highest + (container.least < 0 && container.zero_point == 0
                                    ? -INT8_MIN
                                    : container.zero_point);
}

static bool has_large_pairs(const struct question *of, int most)
{
    int item = placement_of_weights(of->placement, of->index, 0);
    const struct quantized_tensor *tensor = &of->placement->items[item];
    const struct quantizer quantizer = choice_quantizer(of->choices[item]);
    const struct weight_rules rules = placement_weight_rules(tensor, of->rules);
    size_t count = weights_per_output(of->layer->weights);
    struct coded_weights weights;
    bool found = false;

    coded_weights_init(&weights, of->layer->weights, &rules, &quantizer, 8);
    for (int i = 0; i < of->layer->weights->outputs && weights.container.bits == 8; i++)
        found =
            found || most * largest_pair(weights.integers + (size_t)i * count, count) >
                         INT16_MAX;
    coded_weights_clear(&weights);
    return found;
}

/* Without VNNI the instruction that multiplies 8 bits saturates; products with blocks are floats. */
static bool saturates_pairs(const struct question *of)
{
    int input = of->held[of->layer->inputs[0]];
    int item = placement_of_weights(of->placement, of->index, 0);

    return of->layer->kind == LAYER_CONV && input >= 0 && item >= 0 &&
           of->placement->items[item].block == 0 &&
           !layer_is_of_recurrence(of->network, of->layer) &&
           container_of_item(of, input).bits == 8 &&
           (choice_fills_8_bits(of->choices, input) ||
            runtime_kernels_may_give_floats(of->network, of->layer)) &&
           has_large_pairs(of, largest_code(of, input));
}

/* Whether the codes of one side are stored as int8. */
static bool has_int8(const struct question *of, int side)
{
    int item = of->held[of->layer->inputs[side]];

    return of->codes ? of->codes[of->file->layers[of->index].inputs[side]].is_int8
                     : container_of_item(of, item).least == INT8_MIN;
}

/* Two tensors of codes are multiplied as they are stored, or both as int8. */
static bool saturates_products(const struct question *of)
{
    int left, right, most;

    if (of->layer->kind != LAYER_MATMUL || of->layer->matmul.is_einsum)
        return false;
    left = of->held[of->layer->inputs[0]];
    right = of->held[of->layer->inputs[1]];
    if (left < 0 || right < 0 || (!has_int8(of, 0) && !has_int8(of, 1)))
        return false;
    most = has_int8(of, 1) ? -container_of_item(of, right).lowest : -INT8_MIN;
    return 2 * largest_code(of, left) * most > INT16_MAX;
}

/* A bias becomes an integer of 32 bits, in products of the steps of input and weights. */
static bool saturates_bias(const struct question *of)
{
    const struct layer *layer = &of->file->layers[of->index];
    int input = of->held[of->layer->inputs[0]];

    if (layer->kind != LAYER_CONV || !layer->weights->steps || input < 0 ||
        layer->weights->corrections || layer->weights->block > 0 ||
        layer_is_of_recurrence(of->network, of->layer))
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
           output >= 0 && !choice_fills_8_bits(of->choices, output) &&
           !runtime_kernels_may_give_floats(of->network, of->layer);
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
static bool rounds_states(const struct question *of)
{
    return layer_recurs(of->layer) && of->held[of->layer->output] >= 0 &&
           !of->placement->of_layers[of->index].keeps_states;
}

/* ---- sentences ---------------------------------------------------------------------------- */

static const struct kind {
    bool (*concerns)(const struct question *of);
    const char *sentence;
} kinds[] = {
    {saturates_products, /* the first: alone of exact files */
     "codes of two tensors are multiplied, one of them int8: sums of two products "
     "saturate at 16 bits on CPUs with AVX2 that have no VNNI, unless the session "
     "option session.disable_quant_qdq is 1"},
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
    {rounds_states,
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

static char *tell_all(const struct kind *told, size_t count, struct question of)
{
    int *held = early_codes(of.network, of.placement);
    char *text = NULL;
    size_t bytes;
    FILE *lines = open_memstream(&text, &bytes);

    assert(lines);
    of.held = held;
    for (size_t i = 0; i < count; i++)
        tell(&told[i], of, lines);
    fclose(lines);
    free(held);
    return text;
}

/* The codes of all tensors of a file; to be freed by the caller. */
static struct file_codes *codes_of(const struct network *file)
{
    size_t tensors = (size_t)file->tensor_count;
    struct file_codes *codes = memory_zeroed(tensors, sizeof *codes);

    for (size_t i = 0; i < tensors; i++)
        codes[i] = file->tensors[i].codes;
    spread_codes(file, codes);
    return codes;
}

char *runtime_notes(const struct network *network, const struct placement *placement,
                    const struct choice *choices, const struct weight_rules *rules,
                    const struct network *file)
{
    struct file_codes *codes = codes_of(file);
    char *text;

    assert(network->layer_count == file->layer_count);
    text = tell_all(kinds, sizeof kinds / sizeof *kinds,
                    (struct question){.network = network,
                                      .file = file,
                                      .placement = placement,
                                      .choices = choices,
                                      .rules = rules,
                                      .codes = codes});
    free(codes);
    return text;
}

char *runtime_notes_of_int8(const struct network *network,
                            const struct placement *placement,
                            const struct choice *choices)
{
    return tell_all(kinds, 1,
                    (struct question){.network = network,
                                      .placement = placement,
                                      .choices = choices});
}
