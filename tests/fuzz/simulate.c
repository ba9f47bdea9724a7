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
 * Prints a line for each difference that rounding does not explain, and at the end how many samples were
 * compared. Exit status 1: there are differences; 2: something is missing. */
#include "core/base/memory.h"
#include "tests/fuzz/grid.h"
#include "tests/fuzz/layers.h"
#include "tests/fuzz/runtime.h"
#include "tests/fuzz/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one operation in float; and of a runtime that adds integers and multiplies by rounded scales. */
static const double float_unit = 0x1p-23, loose_unit = 0x1p-18;

/* Logits of all samples, their errors, and whether a code may be another. */
struct logits {
    size_t samples, classes;
    double *values, *errors; /* [samples, classes] owned */
    bool *near;              /* [samples] owned */
};

struct comparison {
    const char *folder;
    struct found found;
    struct samples_of calibration, validation;
    int differences;
    size_t compared, near;
    struct logits coded; /* of the validation samples; none: they are not simulated */
};

/* ---- logits ----------------------------------------------------------------------------------- */

static struct logits logits_of(const struct graph *graph,
                               const struct samples_of *samples, struct trial trial,
                               const struct change *change)
{
    struct logits logits = {.samples = samples->count};

    logits.near = memory_zeroed(samples->count + 1, sizeof *logits.near);
    for (size_t i = 0; i < samples->count; i++) {
        struct trial one = trial;
        struct array *sample = samples_take(samples, i);
        struct array *result = runtime_run(graph, &one, sample, change);

        if (!logits.values) {
            logits.classes = result->count;
            logits.values =
                memory_zeroed(samples->count * result->count, sizeof(double));
            logits.errors =
                memory_zeroed(samples->count * result->count, sizeof(double));
        }
        memcpy(logits.values + i * logits.classes, result->values,
               logits.classes * sizeof(double));
        memcpy(logits.errors + i * logits.classes, result->errors,
               logits.classes * sizeof(double));
        logits.near[i] = one.is_near;
        array_destroy(sample);
        array_destroy(result);
    }
    return logits;
}

static void logits_clear(struct logits *logits)
{
    free(logits->values);
    free(logits->errors);
    free(logits->near);
    *logits = (struct logits){.samples = 0};
}

/* What calq itself may be off by comes on top. */
static void add_errors(struct logits *to, const struct logits *from)
{
    for (size_t i = 0; from->values && i < to->samples * to->classes; i++) {
        to->errors[i] += from->errors[i];
        to->near[i / to->classes] |= from->near[i / to->classes];
    }
}

static float *read_floats(const struct comparison *comparison, const char *name,
                          size_t *count)
{
    char path[4096];
    FILE *file;
    float *values;

    snprintf(path, sizeof path, "%s/%s", comparison->folder, name);
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file) / sizeof *values;
    rewind(file);
    values = memory_get((*count + 1) * sizeof *values);
    if (fread(values, sizeof *values, *count, file) != *count)
        give_up("cannot read", path);
    fclose(file);
    return values;
}

/* After a softmax: its numbers instead of those that went in. */
static void apply_softmax(struct logits *logits, bool is_log)
{
    for (size_t i = 0; i < logits->samples; i++) {
        double *values = logits->values + i * logits->classes, sum = 0,
               most = -INFINITY;
        double *errors = logits->errors + i * logits->classes, error = 0;

        for (size_t k = 0; k < logits->classes; k++) {
            most = fmax(most, values[k]);
            error = fmax(error, errors[k]);
        }
        for (size_t k = 0; k < logits->classes; k++)
            sum += exp(values[k] - most);
        for (size_t k = 0; k < logits->classes; k++) {
            double size = fabs(values[k]) + fabs(most) + 2;

            values[k] -= most + log(sum);
            errors[k] = 2 * error + float_unit * size;
            if (!is_log) {
                values[k] = exp(values[k]);
                errors[k] = errors[k] * values[k] + 0x1p-22;
            }
        }
    }
}

/* Of a logit: it is not the one that it should be. */
static bool is_wrong(double theirs, double ours, double error)
{
    if (!isfinite(ours))
        return false; /* a float may overflow before a double does */
    return !(fabs(theirs - ours) <= 2 * error + 1e-30);
}

/* A bound that lets everything pass tells nothing. */
static bool tells_nothing(const struct logits *logits, size_t sample)
{
    bool is_vague = logits->near[sample];
    double size = 0, error = 0;

    for (size_t i = 0; i < logits->classes; i++) {
        size = fmax(size, fabs(logits->values[sample * logits->classes + i]));
        error = fmax(error, logits->errors[sample * logits->classes + i]);
    }
    return is_vague || error > 1e-2 * size + 1e-6;
}

/* Holds logits that were written to a file against what they should be. */
static void compare_logits(struct comparison *comparison, const char *what,
                           const struct logits *ours, const char *file)
{
    size_t count, worst = 0, bad = 0;
    float *theirs = ours->values ? read_floats(comparison, file, &count) : NULL;

    if (!theirs)
        return;
    if (count != ours->samples * ours->classes)
        give_up("another number of logits:", file);
    for (size_t i = 0; i < count; i++) {
        if (ours->near[i / ours->classes] ||
            !is_wrong(theirs[i], ours->values[i], ours->errors[i]))
            continue;
        if (bad++ == 0 || fabs(theirs[i] - ours->values[i]) >
                              fabs(theirs[worst] - ours->values[worst]))
            worst = i;
    }
    for (size_t i = 0; i < ours->samples; i++)
        comparison->near += tells_nothing(ours, i);
    comparison->compared += ours->samples;
    if (bad > 0) {
        printf("%s: %zu of %zu logits differ, sample %zu class %zu: %.9g, not %.9g "
               "(off by "
               "%.3g, rounding explains %.3g)\n",
               what, bad, count, worst / ours->classes, worst % ours->classes,
               (double)theirs[worst], ours->values[worst],
               fabs(theirs[worst] - ours->values[worst]), 2 * ours->errors[worst]);
        comparison->differences++;
    }
    free(theirs);
}

/* ---- losses ----------------------------------------------------------------------------------- */

static double log_sum(const double *logits, size_t classes)
{
    double most = -INFINITY, sum = 0;

    for (size_t i = 0; i < classes; i++)
        most = fmax(most, logits[i]);
    for (size_t i = 0; i < classes; i++)
        sum += exp(logits[i] - most);
    return most + log(sum);
}

static double loss_of(const char *name, const double *logits, const double *of_float,
                      size_t classes, int label)
{
    double sum = 0;

    if (strcmp(name, "cross_entropy") == 0)
        return log_sum(logits, classes) - logits[label];
    for (size_t i = 0; i < classes; i++) {
        double log_float = of_float[i] - log_sum(of_float, classes);
        double log_this = logits[i] - log_sum(logits, classes);

        if (strcmp(name, "kl_to_float") == 0)
            sum += exp(log_float) * (log_float - log_this);
        else
            sum +=
                (logits[i] - of_float[i]) * (logits[i] - of_float[i]) / (double)classes;
    }
    return sum;
}

/* How far the loss moves where all logits move by their errors. */
static double loss_error(const char *name, const double *logits, const double *errors,
                         const double *of_float, const double *float_errors,
                         size_t classes)
{
    double most = 0, spread = 0, sum = 0;

    for (size_t i = 0; i < classes; i++) {
        double error = errors[i] + (float_errors ? float_errors[i] : 0);

        most = fmax(most, error);
        spread = fmax(spread, fabs(logits[i]) + (of_float ? fabs(of_float[i]) : 0));
        sum += of_float ? error * (error + 2 * fabs(logits[i] - of_float[i])) : 0;
    }
    if (strcmp(name, "mse_to_float") == 0)
        return sum / (double)classes;
    /* A divergence weighs differences of logs by probabilities that move, too. */
    return strcmp(name, "kl_to_float") == 0 ? most * (4 + 2 * spread) : 2 * most;
}

/* The mean loss of samples [first, end) against what result.json says. */
static void compare_loss(struct comparison *comparison, const char *what,
                         const char *name, const struct logits *ours,
                         const struct logits *of_float,
                         const struct samples_of *samples, size_t first, size_t end,
                         double told)
{
    double sum = 0, error = 0;

    if (end <= first)
        return;
    for (size_t i = first; i < end; i++) {
        size_t at = i * ours->classes;
        const double *floats = of_float ? of_float->values + at : NULL;

        if (ours->near[i] || (of_float && of_float->near[i]))
            return; /* a code may be another */
        sum +=
            loss_of(name, ours->values + at, floats, ours->classes, samples->labels[i]);
        error += loss_error(name, ours->values + at, ours->errors + at, floats,
                            of_float ? of_float->errors + at : NULL, ours->classes);
    }
    sum /= (double)(end - first);
    error = 2 * error / (double)(end - first) + 0x1p-31 + 1e-12 * sum;
    if (!isfinite(sum) || !isfinite(error) || fabs(sum - told) <= error)
        return;
    printf("%s: the loss is %.12g, not %.12g (off by %.3g, rounding explains %.3g)\n",
           what, told, sum, fabs(sum - told), error);
    comparison->differences++;
}

/* All losses of a network: those of the calibration samples, those put aside, and validation. */
static void compare_losses(struct comparison *comparison, const char *what,
                           const char *point, const struct logits logits[2],
                           const struct logits *of_float)
{
    const char *name = found_setting(&comparison->found, "model.loss");
    const struct samples_of *calibration = &comparison->calibration;
    size_t seen = calibration->count - calibration->check;
    const struct found *found = &comparison->found;
    bool needs_floats = strcmp(name, "cross_entropy") != 0;
    char text[128];

    snprintf(text, sizeof text, "%s, calibration", what);
    compare_loss(comparison, text, name, &logits[0], needs_floats ? of_float : NULL,
                 calibration, 0, seen,
                 found_number(found, point, "calibration", "loss"));
    snprintf(text, sizeof text, "%s, put aside", what);
    if (strcmp(point, "float") != 0)
        compare_loss(comparison, text, name, &logits[0], needs_floats ? of_float : NULL,
                     calibration, seen, calibration->count,
                     found_number(found, point, "check", "loss"));
    snprintf(text, sizeof text, "%s, validation", what);
    compare_loss(comparison, text, "cross_entropy", &logits[1], NULL,
                 &comparison->validation, 0, comparison->validation.count,
                 found_number(found, point, "validation", "loss"));
}

/* ---- the quantized network ---------------------------------------------------------------------- */

/* What the codes of a value are, and where values below zero were seen that no code is for. */
struct coded {
    const struct graph *graph;
    struct layers layers;
    struct plain_grid *grids; /* [values] step 0: it has no codes; owned */
    bool *is_unsigned;        /* [values] owned */
    int negative;             /* value, or -1 */
    const struct found *found;
    int (*shapes)[ARRAY_RANK_MAX + 1]; /* where they are noted down, or NULL */
};

static struct array *compute_coded(void *context, struct trial *trial, int node,
                                   const struct array *const *inputs)
{
    struct coded *coded = context;
    const struct node *one = &coded->graph->nodes[node];

    if (coded->layers.of_node[node] >= 0)
        return layer_compute(&coded->layers,
                             &coded->layers.list[coded->layers.of_node[node]], trial,
                             inputs[0]);
    if (coded->layers.is_inside[node])
        return array_copy(
            inputs[coded->graph->values[one->inputs[0]].constant ? 1 : 0]);
    return NULL;
}

static void treat_coded(void *context, struct trial *trial, int value,
                        struct array *array)
{
    struct coded *coded = context;
    const struct plain_grid *grid = &coded->grids[value];

    if (grid->step > 0)
        array->depth = -grid->least * grid->step;
    for (size_t i = 0; grid->step > 0 && i < array->count; i++) {
        double number = array->values[i], error = array->errors[i];

        if (coded->is_unsigned[value] && number < -error)
            coded->negative = value;
        array->values[i] =
            grid_value(grid, grid_code(trial, grid, number, error + 1e-300));
        array->errors[i] = trial->unit * fabs(array->values[i]);
    }
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
        coded->grids[i] = grid_of(step.grid, step.bits, step.step);
        coded->is_unsigned[i] = strcmp(step.grid, "unsigned") == 0;
    }
}

static bool splits_activations(const struct found *found)
{
    return atof(found_setting(found, "method.activation_splitting.ratio")) > 0;
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
    layers_treat(&coded.layers, coded.found, &trial);
    put_statistics(graph, coded.found, &coded.layers);
    find_grids(&coded);
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
    layers_clear(&coded.layers);
    array_destroy(sample);
    free(coded.grids);
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
                          .rounds_biases = is_optimised};
    struct logits logits;
    char file[64], what[96];
    size_t count;
    float *there;

    snprintf(file, sizeof file, "%s.%s", name, is_optimised ? "on" : "off");
    snprintf(what, sizeof what, "ONNX Runtime, %s, %s", name,
             is_optimised ? "default" : "optimisations off");
    there = read_floats(comparison, file, &count);
    free(there);
    if (!there)
        return;
    logits = logits_of(graph, &comparison->validation, trial, NULL);
    if (graph->has_softmax)
        apply_softmax(&logits, graph->is_log);
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

static void compare_exported(struct comparison *comparison)
{
    struct graph graph;
    struct logits logits;
    struct trial trial;
    char path[4096];

    snprintf(path, sizeof path, "%s/exported.onnx", comparison->folder);
    if (!samples_there(path))
        return;
    graph_read(&graph, path);
    runtime_fold(&graph);
    trial = (struct trial){.opset = graph.opset, .unit = float_unit};
    logits = logits_of(&graph, &comparison->validation, trial, NULL);
    add_errors(&logits, &comparison->coded);
    compare_logits(comparison, "exported", &logits, "samples/logits.f32");
    compare_runtime(comparison, &graph, "exported.onnx", false);
    compare_runtime(comparison, &graph, "exported.onnx", true);
    logits_clear(&logits);
    if (graph.has_softmax && comparison->coded.values)
        apply_softmax(&comparison->coded, graph.is_log);
    graph_clear(&graph);
    compare_logits(comparison, "ONNX Runtime, exact.onnx, optimisations off",
                   &comparison->coded, "exact.onnx.off");
    compare_logits(comparison, "ONNX Runtime, exact.onnx, default", &comparison->coded,
                   "exact.onnx.on");
}

int main(int count, char **arguments)
{
    struct comparison comparison = {.folder = arguments[count > 1 ? 1 : 0]};
    char path[4096];

    if (count != 2) {
        fprintf(stderr, "usage: simulate FOLDER\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/case/result.json", comparison.folder);
    found_read(&comparison.found, path);
    samples_read(&comparison.calibration, comparison.folder, "calibration");
    samples_read(&comparison.validation, comparison.folder, "validation");
    compare_float(&comparison);
    compare_exported(&comparison);
    logits_clear(&comparison.coded);
    printf("samples %zu near %zu\n", comparison.compared, comparison.near);
    samples_clear(&comparison.calibration);
    samples_clear(&comparison.validation);
    found_clear(&comparison.found);
    return comparison.differences > 0;
}
