#include "core/export/onnx_runtime_kernels.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING = -1, OTHERS = -2 };

/* ---- tensors that hold codes -------------------------------------------------------------- */

/* As onnx_carriers.h has them, of the layers. */
static bool hands_on(const struct choice *choices, const struct layer *layer, int item)
{
    bool cuts_as_codes =
        choice_is_unsigned(choices[item]) && layer->low == 0 && isinf(layer->high);

    return layer_hands_on(layer) && (layer_is_unclamped(layer) || cuts_as_codes);
}

static void want(int *wants, int tensor, int item)
{
    wants[tensor] = wants[tensor] == NOTHING || wants[tensor] == item ? item : OTHERS;
}

/* The item whose codes each tensor holds, or less than zero: [tensors], to be freed by the caller. */
static int *find_held(const struct network *network, const struct placement *placement,
                      const struct choice *choices)
{
    size_t tensors = (size_t)network->tensor_count;
    int *held = early_codes(network, placement);
    int *wants = memory_get(tensors * sizeof *wants);

    for (size_t i = 0; i < tensors; i++)
        wants[i] = NOTHING;
    want(wants, network->output, OTHERS);
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];
        int output = layer->output, item;

        if (held[output] < 0)
            held[output] = wants[output];
        item = held[output];
        if (item < 0 || !choice_fills_8_bits(choices, item) ||
            !hands_on(choices, layer, item))
            item = OTHERS;
        for (int i = 0; i < layer->input_count; i++)
            want(wants, layer->inputs[i], item);
    }
    free(wants);
    return held;
}

/* ---- what stands in the way ------------------------------------------------------------------ */

struct question {
    const struct network *network;
    const struct placement *placement;
    const struct choice *choices;
    const struct weight_rules *rules;
    int narrowest;
    const int *held; /* [tensors] */
    int index;       /* layer */
    const struct layer *layer;
};

static char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *say(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return memory_text(text);
}

static char *ask_input(const struct question *of)
{
    int tensor = of->layer->inputs[0], item = of->placement->of_tensor[tensor];

    if (of->held[tensor] >= 0)
        return NULL;
    return item >= 0 && bits_are_wide(of->choices[item].bits)
               ? say("its input has 16 bits")
               : say("its input stays in float");
}

static char *ask_operator(const struct question *of)
{
    if (layer_is_of_recurrence(of->network, of->layer))
        return say("its node steps through sequences, and has no integer kernel");
    return of->layer->weights->is_turned ? say("it is a ConvTranspose") : NULL;
}

static char *ask_weights(const struct question *of)
{
    int item = placement_of_weights(of->placement, of->index, 0);
    const struct quantized_tensor *tensor = &of->placement->items[item];
    struct quantizer quantizer = choice_quantizer(of->choices[item]);
    struct weight_rules rules = placement_weight_rules(tensor, of->rules);
    struct coded_weights weights;
    int bits;

    if (tensor->block > 0)
        return say("its weights have steps of blocks");
    if (rules.corrects_mean || rules.corrects_variance)
        return say("the bias correction of its weights is a sum that is added to its "
                   "products");
    coded_weights_init(&weights, of->layer->weights, &rules, &quantizer, of->narrowest);
    bits = weights.container.bits;
    coded_weights_clear(&weights);
    return bits == 8 ? NULL : say("its weights are integers of %d bits", bits);
}

static bool is_read_as_float(const struct question *of, const struct layer *reader)
{
    int output = of->held[reader->output];

    return !layer_reads(reader, of->layer->output) ? false
           : output < 0 || !choice_fills_8_bits(of->choices, output)
               ? true
               : !hands_on(of->choices, reader, output);
}

/* Why a layer's output is not rounded. */
static char *tell_reader(const struct question *of)
{
    if (of->layer->output == of->network->output)
        return say("it gives the network's output, in float");
    for (int index = 0; index < of->network->layer_count; index++) {
        const struct layer *reader = &of->network->layers[index];

        if (!is_read_as_float(of, reader))
            continue;
        if (reader->kind == LAYER_CONV && reader->inputs[0] != of->layer->output)
            return say("its output is read as float by the sum behind %s",
                       reader->name);
        return say("its output is read as float by %s %s", layer_kind_name(reader),
                   reader->name);
    }
    return say("its output is rounded with several steps");
}

bool runtime_kernels_take_as_gemm(const struct network *network,
                                  const struct layer *layer)
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];
    const struct tensor *output = &network->tensors[layer->output];

    return layer->kind == LAYER_CONV && layer->weights->groups == 1 &&
           layer->weights->axes % 2 == 0 && !layer->weights->is_turned &&
           input->height == 1 && input->width == 1 && output->height == 1 &&
           output->width == 1 && layer->window.kernel_height == 1 &&
           layer->window.kernel_width == 1;
}

bool runtime_kernels_may_give_floats(const struct network *network,
                                     const struct layer *layer)
{
    return network->tensors[layer->output].rank != 3 ||
           runtime_kernels_take_as_gemm(network, layer);
}

/* A sum behind a product of rows is a node of its own, which reads the floats that the product may give. */
static char *ask_sum(const struct question *of)
{
    return !of->layer->conv.has_residual ||
                   (runtime_kernels_may_give_floats(of->network, of->layer) &&
                    !runtime_kernels_take_as_gemm(of->network, of->layer))
               ? NULL
               : say("its output is read as float by the sum behind it");
}

static char *ask_codes(const struct question *of, int item)
{
    struct quantizer quantizer = choice_quantizer(of->choices[item]);
    float low = quantizer.step * (float)quantizer_lowest(&quantizer);
    float high = quantizer.step * (float)quantizer_highest(&quantizer);

    if (!choice_fills_8_bits(of->choices, item))
        return say("its output has codes of %d bits, cut by nodes of their own",
                   quantizer.bits);
    if (of->layer->low == 0 && quantizer_lowest(&quantizer) < 0)
        return say("its output has signed codes behind a ReLU");
    if (of->layer->low - low > FLT_EPSILON || high - of->layer->high > FLT_EPSILON)
        return say("its output is clamped within its codes");
    return NULL;
}

static char *ask_output(const struct question *of)
{
    int item = of->held[of->layer->output];

    if (item >= 0)
        return ask_codes(of, item);
    return runtime_kernels_may_give_floats(of->network, of->layer) ? NULL
                                                                   : tell_reader(of);
}

/* Whether the layer's node has its bias as an input, where it gives floats. */
static bool is_gemm(const struct question *of)
{
    const char *op = of->layer->op ? of->layer->op : "";

    return strcmp(op, "Gemm") == 0 ||
           (strcmp(op, "MatMul") == 0 &&
            of->network->tensors[of->layer->output].rank == 1) ||
           (strcmp(op, "Conv") == 0 &&
            runtime_kernels_take_as_gemm(of->network, of->layer));
}

/* A bias becomes integers beside inputs of 8 bits alone. */
static char *ask_bias(const struct question *of)
{
    const struct layer *layer = of->layer;
    int input = of->held[layer->inputs[0]];
    bool is_zero = true;

    for (int channel = 0; channel < layer->weights->outputs; channel++)
        is_zero = is_zero && layer->conv.shift[channel] == 0;
    if (is_zero || choice_fills_8_bits(of->choices, input) ||
        (of->held[layer->output] < 0 && !is_gemm(of)))
        return NULL;
    return say("its bias stays in float beside an input of %d bits",
               of->choices[input].bits);
}

static char *ask_letters(const struct question *of)
{
    return of->layer->matmul.is_einsum ? say("it is an Einsum") : NULL;
}

static char *ask_side(const struct question *of, int side)
{
    static const char *const names[] = {"left", "right"};

    return of->held[of->layer->inputs[side]] < 0
               ? say("its %s side stays in float", names[side])
               : NULL;
}

static char *ask_left(const struct question *of)
{
    return ask_side(of, 0);
}

static char *ask_right(const struct question *of)
{
    return ask_side(of, 1);
}

/* QLinearMatMul, or MatMulIntegerToFloat. */
static char *ask_codes_of_product(const struct question *of)
{
    int item = of->held[of->layer->output];

    return item >= 0 ? ask_codes(of, item) : NULL;
}

typedef char *question_fn(const struct question *of);

static char *ask_all(const struct question *of, question_fn *const *questions,
                     size_t count)
{
    char *why = NULL;

    for (size_t i = 0; !why && i < count; i++)
        why = questions[i](of);
    return why;
}

static char *ask(const struct question *of)
{
    static question_fn *const of_weights[] = {ask_operator, ask_input,  ask_weights,
                                              ask_sum,      ask_output, ask_bias};
    static question_fn *const of_tensors[] = {ask_letters, ask_left, ask_right,
                                              ask_codes_of_product};

    return of->layer->kind == LAYER_MATMUL
               ? ask_all(of, of_tensors, sizeof of_tensors / sizeof *of_tensors)
               : ask_all(of, of_weights, sizeof of_weights / sizeof *of_weights);
}

/* Whether the layer multiplies codes where the case runs: weights are quantized, or both sides. */
static bool is_quantized(const struct question *of)
{
    if (of->layer->kind == LAYER_MATMUL)
        return of->held[of->layer->inputs[0]] >= 0 &&
               of->held[of->layer->inputs[1]] >= 0;
    return placement_of_weights(of->placement, of->index, 0) >= 0 &&
           layer_multiplies(of->layer);
}

void runtime_kernels_foretell(const struct network *network,
                              const struct placement *placement,
                              const struct choice *choices,
                              const struct weight_rules *rules, int narrowest,
                              struct runtime_kernels *kernels)
{
    int *held = find_held(network, placement, choices);

    *kernels = (struct runtime_kernels){
        .why = memory_zeroed((size_t)network->layer_count, sizeof *kernels->why),
        .layer_count = network->layer_count,
    };
    for (int index = 0; index < network->layer_count; index++) {
        const struct question of = {
            network,   placement, choices, rules,
            narrowest, held,      index,   &network->layers[index]};

        if (!is_quantized(&of))
            continue;
        kernels->why[index] = ask(&of);
        kernels->quantized++;
        kernels->integer += !kernels->why[index];
    }
    free(held);
}

void runtime_kernels_clear(struct runtime_kernels *kernels)
{
    for (int index = 0; index < kernels->layer_count; index++)
        free(kernels->why[index]);
    free(kernels->why);
    *kernels = (struct runtime_kernels){0};
}
