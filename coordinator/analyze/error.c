#include "coordinator/analyze/error.h"

#include "core/base/memory.h"
#include "core/case/case_state.h"
#include "core/evaluate/tensor_error.h"
#include "core/layer/weight_codes.h"

#include <math.h>
#include <stdlib.h>

/* ---- settings ------------------------------------------------------------------------------- */

enum { BINS_MOST = 512 };

struct error_settings {
    int bins;
};

static_assert(sizeof(struct error_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(error_settings, member)

static const struct config_field fields[] = {
    {"bins", KIND_INT, OWN(bins), "64", .range = {8, BINS_MOST},
     .help = "of each tensor's histogram, evenly from its lowest value to its highest",
     .only = "error"},
};

const struct config_section error_section = CONFIG_FIELDS(fields);

/* ---- what is found -------------------------------------------------------------------------- */

/* Of one tensor. */
struct item_error {
    struct tensor_error error;
    struct range range;
    double *shares; /* [bins] of the values */
};

struct errors {
    const struct analysis_task *task;
    const struct choice *point; /* borrowed */
    int *items;                 /* [count] those that are rounded; owned */
    int count, bins;
    struct item_error *each; /* [count] owned */
    double *shares;          /* [count, bins] owned */
};

static const struct quantized_tensor *item_of(const struct errors *errors, int index)
{
    return &errors->task->result->placement->items[errors->items[index]];
}

static struct choice choice_of(const struct errors *errors, int index)
{
    return errors->point[errors->items[index]];
}

static void find_items(struct errors *errors)
{
    int items = errors->task->result->placement->count;

    errors->items = memory_get((size_t)items * sizeof *errors->items);
    for (int item = 0; item < items; item++)
        if (errors->point[item].step > 0)
            errors->items[errors->count++] = item;
    errors->each = memory_zeroed((size_t)errors->count, sizeof *errors->each);
    errors->shares =
        memory_zeroed((size_t)(errors->count * errors->bins), sizeof *errors->shares);
    for (int i = 0; i < errors->count; i++)
        errors->each[i].shares = errors->shares + i * errors->bins;
}

static void take_histogram(struct histogram *histogram, double *shares)
{
    double total;

    histogram_put_zeros_in_their_bin(histogram);
    total = (double)(histogram->below + histogram->above);
    for (int i = 0; i < histogram->bins; i++)
        total += (double)histogram->counts[i];
    for (int i = 0; i < histogram->bins; i++)
        shares[i] = (double)histogram->counts[i] / total;
}

/* ---- activations ---------------------------------------------------------------------------- */

static int measure(const struct errors *errors, struct measure measure, void *answer,
                   struct error *err)
{
    return team_measure(errors->task->method.team, &measure, 1, errors->point, &answer,
                        err);
}

static int look_at_activation(struct errors *errors, int index, struct error *err)
{
    struct item_error *each = &errors->each[index];
    int item = errors->items[index];
    struct histogram *histogram = memory_get(sizeof *histogram);
    int status = measure(errors, measure_of_error(item, choice_of(errors, index)),
                         &each->error, err);

    if (status == 0)
        status = measure(errors, (struct measure){MEASURE_RANGE, item, {0, 0}, 0},
                         &each->range, err);
    if (status == 0)
        status = measure(
            errors,
            (struct measure){MEASURE_HISTOGRAM, item, each->range, errors->bins},
            histogram, err);
    if (status == 0)
        take_histogram(histogram, each->shares);
    free(histogram);
    return status;
}

/* ---- weights -------------------------------------------------------------------------------- */

static struct weight_rules rules_of(const struct errors *errors,
                                    const struct quantized_tensor *item)
{
    struct weight_rules rules =
        case_weight_rules(team_state(errors->task->method.team));

    rules.ratios = item->ratios;
    rules.block = item->block;
    rules.wide = item->wide;
    rules.given = item->given;
    return rules;
}

/* Codes that share a step, as they were found. */
struct some_codes {
    const float *values; /* [count] that they stand for */
    const int16_t *codes;
    size_t count;
    float step, centre;
    struct tensor_rounding rounding;
};

static void add_codes(const struct some_codes *some, int64_t *sums, double *maxima)
{
    float *rounded = memory_get(some->count * sizeof *rounded);

    for (size_t i = 0; i < some->count; i++)
        rounded[i] = some->step * ((float)some->codes[i] + some->centre) +
                     some->rounding.correction;
    tensor_error_add(&some->rounding, some->values, rounded, some->count, sums, maxima);
    free(rounded);
}

/* The same of all codes of a tensor, step after step. */
static void add_all_codes(const struct weights *weights,
                          const struct weight_rules *rules,
                          const struct quantizer *of_tensor, const int16_t *codes,
                          const struct weight_codes *meaning, int64_t *sums,
                          double *maxima)
{
    const struct step_layout layout = weight_codes_layout(weights, rules);
    size_t steps = step_layout_count(&layout), outputs = (size_t)weights->outputs;
    float *values = memory_get((steps + outputs) * sizeof *values);
    float *corrections = values + steps;

    weight_codes_values(meaning, weights, rules, of_tensor, codes, values, corrections);
    for (size_t i = 0; i < steps; i++) {
        const struct step_span span = step_layout_span(&layout, i);
        size_t channel = span.first / weights_per_output(weights);
        struct some_codes some = {
            .values = weights->values + span.first,
            .codes = codes + span.first,
            .count = span.count,
            .step = values[i],
            .centre = meaning->centre,
            .rounding = {*of_tensor, corrections[channel], (int)channel, (int)outputs},
        };

        some.rounding.quantizer.step = values[i] / meaning->step_factor;
        add_codes(&some, sums, maxima);
    }
    free(values);
}

static void add_weights(const struct errors *errors, int index, int64_t *sums,
                        double *maxima)
{
    const struct quantized_tensor *item = item_of(errors, index);
    const struct weights *weights =
        placement_weights(errors->task->result->network, item);
    const struct weight_rules rules = rules_of(errors, item);
    const struct quantizer quantizer = choice_quantizer(choice_of(errors, index));
    int16_t *codes = memory_get(weights_count(weights) * sizeof *codes);
    struct weight_codes meaning = weight_codes_find(weights, &rules, &quantizer, codes);

    add_all_codes(weights, &rules, &quantizer, codes, &meaning, sums, maxima);
    free(codes);
}

static void look_at_weights(struct errors *errors, int index)
{
    struct item_error *each = &errors->each[index];
    const struct weights *weights =
        placement_weights(errors->task->result->network, item_of(errors, index));
    size_t room = tensor_error_maxima(weights->outputs), count = weights_count(weights);
    struct histogram *histogram = memory_get(sizeof *histogram);
    double *maxima = memory_get(room * sizeof *maxima);
    int64_t sums[TENSOR_ERROR_SUMS] = {0};

    for (size_t i = 0; i < room; i++)
        maxima[i] = -INFINITY;
    add_weights(errors, index, sums, maxima);
    each->error = tensor_error_of(sums, maxima, weights->outputs);
    each->range = range_empty();
    range_add(&each->range, weights->values, count);
    histogram_init(histogram, each->range, errors->bins);
    histogram_add(histogram, weights->values, count);
    take_histogram(histogram, each->shares);
    free(maxima);
    free(histogram);
}

static int look(struct errors *errors, struct error *err)
{
    for (int i = 0; i < errors->count; i++) {
        progress_show(errors->task->method.progress, "%s: %s, tensor %d of %d",
                      errors->task->result->case_id,
                      config_analysis_title(errors->task->settings), i + 1,
                      errors->count);
        if (item_of(errors, i)->is_weight)
            look_at_weights(errors, i);
        else if (look_at_activation(errors, i, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- what it tells -------------------------------------------------------------------------- */

static double bits_of(const struct errors *errors, int index)
{
    return choice_of(errors, index).bits;
}

static double is_weight(const struct errors *errors, int index)
{
    return item_of(errors, index)->is_weight;
}

static double sqnr_of(const struct errors *errors, int index)
{
    return errors->each[index].error.sqnr;
}

static double cosine_of(const struct errors *errors, int index)
{
    return errors->each[index].error.cosine;
}

static double largest_of(const struct errors *errors, int index)
{
    return errors->each[index].error.largest / choice_of(errors, index).step;
}

static double clipped_of(const struct errors *errors, int index)
{
    return errors->each[index].error.clipped;
}

static double dead_of(const struct errors *errors, int index)
{
    return errors->each[index].error.dead_channels;
}

static double channels_of(const struct errors *errors, int index)
{
    return errors->each[index].error.channels;
}

static double low_of(const struct errors *errors, int index)
{
    return errors->each[index].range.low;
}

static double high_of(const struct errors *errors, int index)
{
    return errors->each[index].range.high;
}

/* The values of the end codes. */
static double clip_low_of(const struct errors *errors, int index)
{
    struct quantizer quantizer = choice_quantizer(choice_of(errors, index));

    return quantizer_value(&quantizer, quantizer_lowest(&quantizer));
}

static double clip_high_of(const struct errors *errors, int index)
{
    struct quantizer quantizer = choice_quantizer(choice_of(errors, index));

    return quantizer_value(&quantizer, quantizer_highest(&quantizer));
}

static const struct column {
    struct findings_name name;
    double (*of)(const struct errors *errors, int index);
} columns[] = {
    {{"sqnr", "power of the values over that of their errors", "dB"}, sqnr_of},
    {{"cosine", "of the angle between values and rounded values", ""}, cosine_of},
    {{"largest_error", "of a value", "of the step"}, largest_of},
    {{"clipped", "values farther than half a step beyond the end codes", "share"},
     clipped_of},
    {{"dead_channels", "which rounding makes constant", "channels"}, dead_of},
    {{"channels", "of the tensor; of weights those of the output", "channels"},
     channels_of},
    {{"is_weight", "1: weights, 0: an activation", ""}, is_weight},
    {{"bits", "of the codes", "bits"}, bits_of},
    {{"low", "lowest value", "of the tensor"}, low_of},
    {{"high", "highest value", "of the tensor"}, high_of},
    {{"clip_low", "value of the lowest code", "of the tensor"}, clip_low_of},
    {{"clip_high", "value of the highest code", "of the tensor"}, clip_high_of},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static int add_tensors(const struct errors *errors, struct findings *findings)
{
    const char **names = memory_get(((size_t)errors->count + 1) * sizeof *names);
    int axis;

    for (int i = 0; i < errors->count; i++)
        names[i] = item_of(errors, i)->name;
    axis = findings_add_text_axis(
        findings,
        (struct findings_name){"tensor", "that is rounded, in the order of execution",
                               ""},
        errors->count, names);
    free(names);
    return axis;
}

static int add_bins(const struct errors *errors, struct findings *findings)
{
    double middles[BINS_MOST];

    for (int i = 0; i < errors->bins; i++)
        middles[i] = (i + 0.5) / errors->bins;
    return findings_add_axis(findings,
                             (struct findings_name){"bin",
                                                    "its middle, from the lowest value "
                                                    "to the highest",
                                                    "of the range"},
                             errors->bins, middles);
}

static void tell(const struct errors *errors, struct findings *findings)
{
    int axes[2], dead = 0;
    double *shares;

    axes[0] = add_tensors(errors, findings);
    axes[1] = add_bins(errors, findings);
    for (int column = 0; column < COLUMNS; column++) {
        double *values = findings_add_variable(findings, columns[column].name, axes, 1);

        for (int i = 0; i < errors->count; i++)
            values[i] = columns[column].of(errors, i);
    }
    shares = findings_add_variable(
        findings, (struct findings_name){"histogram", "values in the bin", "share"},
        axes, 2);
    for (int i = 0; i < errors->count * errors->bins; i++)
        shares[i] = errors->shares[i];
    for (int i = 0; i < errors->count; i++)
        dead += errors->each[i].error.dead_channels;
    findings_add_fact(findings,
                      (struct findings_name){"all_dead_channels",
                                             "which rounding makes constant",
                                             "channels"},
                      dead);
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct errors errors = {
        .task = task,
        .point = task->result->result.choices,
        .bins =
            ((const struct error_settings *)(const void *)task->settings->own)->bins,
    };
    int status;

    find_items(&errors);
    status = look(&errors, err);
    if (status == 0)
        tell(&errors, findings);
    free(errors.items);
    free(errors.each);
    free(errors.shares);
    return status;
}

const struct analysis_kind error_analysis = {
    {"error", "what each tensor loses when it is rounded, and its histogram"},
    .needs_point = true,
    .run = run,
};
