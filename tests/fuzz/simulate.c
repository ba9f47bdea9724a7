/* simulate.c - what a run of calq gave, held against plain interpreters in double.
 *
 * Usage: simulate FOLDER, which holds
 *
 *   net.onnx, calibration.h5, validation.h5      what calq was given
 *   facts                                        what the data are (make_network.c)
 *   case/result.json                             what calq found
 *   samples/float.f32, samples/logits.f32        its logits of the validation samples
 *   exported.onnx                                what it exported, if it did
 *   *.off, *.on                                  what ONNX Runtime made of the files, if it did
 *
 * simulate --overflows FOLDER, without a result: exit status 0 where calibration samples make numbers of the float
 * network that no float holds, else 3.
 *
 * Prints a line for each difference that rounding does not explain, and at the end how many samples were
 * compared. Exit status 1: there are differences; 2: something is missing. */
#include "core/base/memory.h"
#include "tests/fuzz/comparison.h"
#include "tests/fuzz/grid.h"
#include "tests/fuzz/recurrent.h"
#include "tests/fuzz/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a runtime that adds integers and multiplies by rounded scales. */
static const double loose_unit = 0x1p-18;

/* ---- the quantized network ---------------------------------------------------------------------- */

/* What the codes of a value are, and where values below zero were seen that no code is for. */
struct coded {
    const struct graph *graph;
    struct layers layers;
    struct array **tables;    /* as tables_round() has them; owned */
    struct plain_grid *grids; /* [values] step 0: it has no codes; owned */
    bool *is_unsigned;        /* [values] owned */
    int negative;             /* value, or -1 */
    const struct found *found;
    struct plain_grid
        *states; /* [nodes] of states that are multiplied; step 0: none; owned */
    int (*shapes)[ARRAY_RANK_MAX + 1]; /* where they are noted down, or NULL */
};

static struct array *recurrent_coded(const struct coded *coded, struct trial *trial,
                                     int node, const struct array *const *inputs)
{
    const struct layers *layers = &coded->layers;
    const struct layer_of_sums *one = &layers->list[layers->of_node[node]];
    const struct layer_of_sums *states = &layers->list[one->of_states];
    struct array *of_input = layer_compute(layers, one, trial, inputs[0]);
    struct array *result = recurrent_run(
        trial, &coded->graph->nodes[node], inputs,
        &(struct gate_sums){
            .of_input = of_input,
            .weights = states->rounded ? states->rounded : states->weights,
            .bias = states->shift,
            .magnitudes = states->magnitudes,
            .grid = coded->states[node].step > 0 ? &coded->states[node] : NULL,
        });

    array_destroy(of_input);
    return result;
}

static struct array *compute_coded(void *context, struct trial *trial, int node,
                                   const struct array *const *inputs)
{
    struct coded *coded = context;
    const struct node *one = &coded->graph->nodes[node];

    if (coded->tables[node]) {
        const struct array *looked_up[] = {coded->tables[node], inputs[1]};

        return op_gather(trial, one, looked_up);
    }
    if (node_recurs(one))
        return recurrent_coded(coded, trial, node, inputs);
    if (coded->layers.of_node[node] >= 0)
        return layer_compute(&coded->layers,
                             &coded->layers.list[coded->layers.of_node[node]], trial,
                             inputs[0]);
    if (coded->layers.is_inside[node])
        return array_copy(
            inputs[coded->graph->values[one->inputs[0]].constant ? 1 : 0]);
    return NULL;
}

/* Operators that hand on the codes of their first input. */
static bool hands_on(const struct node *node)
{
    static const char *const names[] = {
        "Concat",  "Dropout", "Flatten", "Identity",     "MaxPool",     "Pad",
        "Reshape", "Slice",   "Squeeze", "Transpose",    "Unsqueeze",   "GlobalMaxPool",
        "Resize",  "Split",   "Tile",    "DepthToSpace", "SpaceToDepth"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->op, names[i]) == 0)
            return true;
    return false;
}

/* The grid of the codes that a value has, its own or those of a value that is handed on to it. */
static const struct plain_grid *held_grid(const struct coded *coded, int value)
{
    int producer;

    while (coded->grids[value].step == 0 &&
           (producer = coded->graph->values[value].producer) >= 0 &&
           hands_on(&coded->graph->nodes[producer]))
        value = coded->graph->nodes[producer].inputs[0];
    return &coded->grids[value];
}

/* How far below zero the lowest code lies, in values. */
static double depth_of(const struct plain_grid *grid)
{
    return -grid->least * grid->step;
}

/* Sums of codes are worked out from the lowest codes on, in floats, what that adds is taken away. */
static void add_errors_of_sum(const struct coded *coded, const struct trial *trial,
                              int value, struct array *array)
{
    int producer = coded->graph->values[value].producer;
    const struct node *node = producer < 0 ? NULL : &coded->graph->nodes[producer];
    double depth;

    if (!node || strcmp(node->op, "Add") != 0 || node->inputs[0] < 0 ||
        node->inputs[1] < 0)
        return;
    depth = depth_of(held_grid(coded, node->inputs[0])) +
            depth_of(held_grid(coded, node->inputs[1])) +
            depth_of(&coded->grids[value]);
    for (size_t i = 0; i < array->count; i++)
        array->errors[i] += 4 * trial->unit * depth;
}

static void treat_coded(void *context, struct trial *trial, int value,
                        struct array *array)
{
    struct coded *coded = context;
    const struct plain_grid *grid = &coded->grids[value];

    add_errors_of_sum(coded, trial, value, array);
    for (size_t i = 0; grid->step > 0 && i < array->count; i++) {
        double number = array->values[i], error = array->errors[i];

        if (coded->is_unsigned[value] && number < -error)
            coded->negative = value;
        array->values[i] =
            grid_value(grid, grid_code(trial, grid, number, error + 1e-300));
        array->errors[i] = trial->unit * fabs(array->values[i]);
    }
    if (grid->step > 0)
        array->step = grid->step;
}

static struct array *compute_plainly(void *context, struct trial *trial, int node,
                                     const struct array *const *inputs)
{
    (void)context;
    (void)trial;
    (void)node;
    (void)inputs;
    return NULL;
}

static void note_shape(void *context, struct trial *trial, int value,
                       struct array *array)
{
    struct coded *coded = context;

    (void)trial;
    coded->shapes[value][0] = array->rank;
    for (int i = 0; i < array->rank; i++)
        coded->shapes[value][1 + i] = (int)array->dims[i];
}

/* A batch norm that no layer took has its statistics measured, too. */
static void put_statistics(struct graph *graph, const struct found *found,
                           const struct layers *layers)
{
    for (int i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        size_t count;
        double *numbers[2];

        if (strcmp(node->op, "BatchNormalization") != 0 || layers->is_inside[i])
            continue;
        numbers[0] = found_numbers(found, "batchnorms", node->name, "mean_hex", &count);
        numbers[1] =
            found_numbers(found, "batchnorms", node->name, "variance_hex", &count);
        for (int k = 0; k < 2; k++) {
            if (numbers[k])
                memcpy(graph->values[node->inputs[3 + k]].constant->values, numbers[k],
                       count * sizeof(double));
            free(numbers[k]);
        }
    }
}

/* States are multiplied as the output has them, where the layer and the target do not keep them in float; of two outputs
 * the second one is as the first. */
static void find_states(struct coded *coded)
{
    const struct graph *graph = coded->graph;

    coded->states = memory_zeroed((size_t)graph->node_count, sizeof *coded->states);
    for (int i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        int first = node->twin < 0 ? i : node->twin;

        if (!node_recurs(node))
            continue;
        coded->grids[node->output] = coded->grids[graph->nodes[first].output];
        if (!found_keeps_states(coded->found, node->name))
            coded->states[i] = coded->grids[node->output];
    }
}

static void find_grids(struct coded *coded)
{
    size_t values = (size_t)coded->graph->value_count;

    coded->grids = memory_zeroed(values, sizeof *coded->grids);
    coded->is_unsigned = memory_zeroed(values, sizeof *coded->is_unsigned);
    coded->negative = -1;
    for (size_t i = 0; i < values; i++) {
        struct found_step step;

        if (!found_step_of(coded->found, coded->graph->values[i].name, false, &step))
            continue;
        coded->grids[i] = grid_of(step.grid, step.bits, step.zero, step.step);
        coded->is_unsigned[i] = strcmp(step.grid, "unsigned") == 0;
    }
    find_states(coded);
}

/* The codes that layers read. */
static void find_inputs(struct coded *coded)
{
    for (int i = 0; i < coded->layers.count; i++) {
        struct layer_of_sums *one = &coded->layers.list[i];
        const struct plain_grid *grid =
            held_grid(coded, coded->graph->nodes[one->node].inputs[0]);

        one->input_step = grid->step;
        one->reads_8_bits = grid->step > 0 && grid->most - grid->least == UINT8_MAX;
        one->input_depth = depth_of(grid);
    }
}

static bool splits_activations(const struct found *found)
{
    return atof(found_setting(found, "method.activation_splitting.ratio")) > 0;
}

/* For the files that were exported. */
static void keep_states(const struct coded *coded, struct comparison *comparison)
{
    for (int i = 0; i < coded->graph->node_count; i++) {
        struct state_grid *to = &comparison->states[comparison->state_count];

        if (coded->states[i].step == 0 || comparison->state_count == STATE_GRIDS_MOST)
            continue;
        snprintf(to->node, sizeof to->node, "%s", coded->graph->nodes[i].name);
        to->grid = coded->states[i];
        comparison->state_count++;
    }
}

static void compare_coded(struct comparison *comparison, struct graph *graph,
                          const struct logits *of_float)
{
    struct coded coded = {.graph = graph, .found = &comparison->found};
    struct change note = {compute_plainly, note_shape, &coded};
    struct change change = {compute_coded, treat_coded, &coded};
    struct trial trial = {.opset = graph->opset, .unit = float_unit};
    struct array *sample = samples_take(&comparison->validation, 0);
    struct logits logits[2];

    coded.shapes = memory_zeroed((size_t)graph->value_count, sizeof *coded.shapes);
    array_destroy(runtime_run(graph, &trial, sample, &note));
    layers_find(&coded.layers, graph, coded.shapes);
    trial.is_near = false;
    find_grids(&coded);
    find_inputs(&coded);
    keep_states(&coded, comparison);
    layers_treat(&coded.layers, coded.found, &trial);
    coded.tables = tables_round(graph, coded.found, &trial);
    put_statistics(graph, coded.found, &coded.layers);
    logits[0] = logits_of(graph, &comparison->calibration, trial, &change);
    logits[1] = logits_of(graph, &comparison->validation, trial, &change);
    if (coded.negative >= 0) {
        printf("quantized: %s is below zero, where its grid has no codes\n",
               graph->values[coded.negative].name);
        comparison->differences++;
    }
    compare_logits(comparison, "quantized", &logits[1], "samples/logits.f32");
    compare_losses(comparison, "quantized", "result", logits, of_float);
    logits_clear(&logits[0]);
    comparison->coded = logits[1];
    /* In a file a node keeps its states as they are. */
    memset(coded.states, 0, (size_t)graph->node_count * sizeof *coded.states);
    trial.carries_bases = true;
    if (comparison_has(comparison, "exact.onnx.off"))
        comparison->runtime_coded[0] =
            logits_of(graph, &comparison->validation, trial, &change);
    /* What stays in float is fused by a runtime that optimises. */
    trial.unit = loose_unit;
    trial.makes_tables = true;
    if (comparison_has(comparison, "exact.onnx.on"))
        comparison->runtime_coded[1] =
            logits_of(graph, &comparison->validation, trial, &change);
    layers_clear(&coded.layers);
    tables_free(coded.tables, graph);
    array_destroy(sample);
    free(coded.grids);
    free(coded.states);
    free(coded.is_unsigned);
    free(coded.shapes);
}

/* ---- files ------------------------------------------------------------------------------------ */

/* What ONNX Runtime made of a file. */
static void compare_runtime(struct comparison *comparison, const struct graph *graph,
                            const char *name, bool is_optimised)
{
    struct trial trial = {.opset = graph->opset,
                          .unit = is_optimised ? loose_unit : float_unit,
                          .rounds_biases =
                              is_optimised && !found_has_kernels(&comparison->found),
                          .carries_bases = true,
                          .makes_tables = is_optimised};
    struct logits logits;
    char file[64], what[96];

    snprintf(file, sizeof file, "%s.%s", name, is_optimised ? "on" : "off");
    snprintf(what, sizeof what, "ONNX Runtime, %s, %s", name,
             is_optimised ? "default" : "optimisations off");
    if (!comparison_has(comparison, file))
        return;
    logits = logits_of(graph, &comparison->validation, trial, NULL);
    if (graph->has_softmax)
        logits_apply_softmax(&logits, graph->is_log);
    compare_logits(comparison, what, &logits, file);
    logits_clear(&logits);
}

static void compare_float(struct comparison *comparison)
{
    struct graph graph;
    struct logits logits[2];
    struct trial trial;
    char path[4096];

    snprintf(path, sizeof path, "%s/net.onnx", comparison->folder);
    graph_read(&graph, path);
    runtime_fold(&graph);
    trial = (struct trial){.opset = graph.opset, .unit = float_unit};
    logits[0] = logits_of(&graph, &comparison->calibration, trial, NULL);
    logits[1] = logits_of(&graph, &comparison->validation, trial, NULL);
    compare_logits(comparison, "float", &logits[1], "samples/float.f32");
    compare_losses(comparison, "float", "float", logits, &logits[0]);
    compare_runtime(comparison, &graph, "net.onnx", false);
    compare_runtime(comparison, &graph, "net.onnx", true);
    if (!splits_activations(&comparison->found))
        compare_coded(comparison, &graph, &logits[0]);
    logits_clear(&logits[0]);
    logits_clear(&logits[1]);
    graph_clear(&graph);
}

/* A node of a file with its states rounded as calq does. */
struct rounded_states {
    const struct comparison *comparison;
    const struct graph *graph;
};

static struct array *compute_rounded(void *context, struct trial *trial, int node,
                                     const struct array *const *inputs)
{
    const struct rounded_states *rounded = context;
    const struct node *one = &rounded->graph->nodes[node];
    const struct comparison *comparison = rounded->comparison;

    for (int i = 0; node_recurs(one) && i < comparison->state_count; i++)
        if (strcmp(comparison->states[i].node, one->name) == 0)
            return recurrent_of_inputs(trial, one, inputs, &comparison->states[i].grid);
    return NULL;
}

static void leave(void *context, struct trial *trial, int value, struct array *array)
{
    (void)context;
    (void)trial;
    (void)value;
    (void)array;
}

static void compare_exported(struct comparison *comparison)
{
    struct graph graph;
    struct rounded_states rounded = {comparison, &graph};
    struct logits logits;
    struct trial trial;
    char path[4096];

    snprintf(path, sizeof path, "%s/exported.onnx", comparison->folder);
    if (!comparison_has(comparison, "exported.onnx"))
        return;
    graph_read(&graph, path);
    runtime_fold(&graph);
    trial = (struct trial){.opset = graph.opset, .unit = float_unit};
    logits = logits_of(&graph, &comparison->validation, trial,
                       &(struct change){compute_rounded, leave, &rounded});
    logits_add_errors(&logits, &comparison->coded);
    compare_logits(comparison, "exported", &logits, "samples/logits.f32");
    compare_runtime(comparison, &graph, "exported.onnx", false);
    compare_runtime(comparison, &graph, "exported.onnx", true);
    logits_clear(&logits);
    for (int i = 0; i < 2; i++)
        if (graph.has_softmax && comparison->runtime_coded[i].values)
            logits_apply_softmax(&comparison->runtime_coded[i], graph.is_log);
    graph_clear(&graph);
    compare_logits(comparison, "ONNX Runtime, exact.onnx, optimisations off",
                   &comparison->runtime_coded[0], "exact.onnx.off");
    compare_logits(comparison, "ONNX Runtime, exact.onnx, default",
                   &comparison->runtime_coded[1], "exact.onnx.on");
}

/* ---- overflow --------------------------------------------------------------------------------- */

static bool overflows(const char *folder)
{
    struct samples_of samples;
    struct graph graph;
    struct logits logits;
    bool found = false;
    char path[4096];

    snprintf(path, sizeof path, "%s/net.onnx", folder);
    graph_read(&graph, path);
    runtime_fold(&graph);
    samples_read(&samples, folder, "calibration");
    logits = logits_of(&graph, &samples,
                       (struct trial){.opset = graph.opset, .unit = float_unit}, NULL);
    for (size_t i = 0; i < samples.count; i++)
        found |= logits.near[i];
    for (size_t i = 0; i < samples.count * logits.classes; i++)
        found |= !isfinite(logits.values[i]);
    logits_clear(&logits);
    samples_clear(&samples);
    graph_clear(&graph);
    return found;
}

int main(int count, char **arguments)
{
    struct comparison comparison = {.folder = arguments[count > 1 ? 1 : 0]};
    char path[4096];

    if (count == 3 && strcmp(arguments[1], "--overflows") == 0)
        return overflows(arguments[2]) ? 0 : 3;
    if (count != 2) {
        fprintf(stderr, "usage: simulate [--overflows] FOLDER\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/case/result.json", comparison.folder);
    found_read(&comparison.found, path);
    samples_read(&comparison.calibration, comparison.folder, "calibration");
    samples_read(&comparison.validation, comparison.folder, "validation");
    compare_float(&comparison);
    compare_exported(&comparison);
    logits_clear(&comparison.coded);
    for (int i = 0; i < 2; i++)
        logits_clear(&comparison.runtime_coded[i]);
    printf("samples %zu near %zu broken %zu\n", comparison.compared, comparison.near,
           comparison.broken);
    samples_clear(&comparison.calibration);
    samples_clear(&comparison.validation);
    found_clear(&comparison.found);
    return comparison.differences > 0;
}
