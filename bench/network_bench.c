#include "bench/network_bench.h"

#include "bench/peak.h"
#include "bench/peer.h"
#include "bench/random.h"
#include "bench/rounds.h"
#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "core/network/layer_kind.h"
#include "core/quant/clip_minmax.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCKS = 4 }; /* so that no block finds itself in the nearest cache */

static const double round_seconds = 0.1;
static const size_t memory_enough = (size_t)4 << 30;

/* How often something was done, and how many layers ran for it, summed over the blocks: whole, or
 * from the sums of their products on. */
struct done {
    int64_t times, layers, epilogues;
};

/* Random samples, an evaluator that remembers them, and choices. */
struct trial {
    const struct network_bench_options *options;
    struct samples samples;
    struct evaluator *evaluator;
    struct choice *choices; /* [items] */
    int layers;             /* that run for everything */
    int moved;              /* the item whose step is a new one each time, or -1 */
    int behind;             /* layers that must run then */
    struct done everything, quantized;
};

/* From -2 to 2, or numbers of rows. */
static void *random_values(const struct tensor *input, size_t count, uint32_t *state)
{
    float *floats = memory_get(count * sizeof *floats);
    int32_t *numbers = (int32_t *)floats;

    for (size_t i = 0; i < count; i++) {
        float value = random_value(state);

        if (input->element == ELEMENT_FLOAT)
            floats[i] = 2 * value;
        else
            numbers[i] = (int32_t)((value + 1) / 2 * (float)input->most / 2);
    }
    return floats;
}

static void make_samples(struct trial *trial)
{
    const struct network *network = trial->options->network;
    size_t count = (size_t)BLOCKS * (size_t)trial->options->block;
    uint32_t state = 1;

    trial->samples = (struct samples){
        .labels = {memory_zeroed(count, sizeof(int32_t)), 1, ELEMENT_INT32},
        .count = count,
    };
    for (int input = 0; input < network->input_count; input++) {
        size_t values = count * network_input(network, input)->count;

        trial->samples.values[input] =
            random_values(network_input(network, input), values, &state);
    }
}

static struct evaluator *evaluator_of(const struct trial *trial, size_t memory_bytes,
                                      bool times_layers)
{
    const struct network_bench_options *options = trial->options;

    return evaluator_create(options->network, options->placement,
                            &(struct evaluator_options){.kernels = options->kernels,
                                                        .block = options->block,
                                                        .memory_bytes = memory_bytes,
                                                        .times_layers = times_layers},
                            trial->samples);
}

static float step_of_weights(const struct network *network,
                             const struct quantized_tensor *item)
{
    const struct weights *weights = network->layers[item->index].weights;
    float most = 0;

    for (size_t i = 0; i < weights_count(weights); i++)
        most = fmaxf(most, fabsf(weights->values[i]));
    return placement_step_of_clip(item, most);
}

/* Min-max steps, one tensor after the other: good enough that nothing saturates. */
static void choose(struct trial *trial)
{
    const struct placement *placement = trial->options->placement;

    trial->choices = memory_zeroed((size_t)placement->count, sizeof *trial->choices);
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        double minus_low_and_high[] = {-INFINITY, -INFINITY};

        float step;

        if (tensor->bits == BITS_FLOAT)
            continue;
        if (tensor->is_weight) {
            step = step_of_weights(trial->options->network, tensor);
        } else {
            evaluator_measure(trial->evaluator,
                              &(struct measure){.kind = MEASURE_RANGE, .subject = item},
                              1, trial->choices, NULL, minus_low_and_high);
            step = placement_step_of_clip(
                tensor, fmax(minus_low_and_high[0], minus_low_and_high[1]));
        }
        trial->choices[item] = placement_choice(tensor, step);
    }
}

/* The first quantized weights: when their step changes, everything but the layers before them must
 * be computed again. */
static int item_to_move(const struct placement *placement)
{
    for (int item = 0; item < placement->count; item++)
        if (placement->items[item].is_weight &&
            placement->items[item].bits != BITS_FLOAT)
            return item;
    return -1;
}

static bool reads_one_of(const struct layer *layer, const bool *tensors)
{
    for (int i = 0; i < layer->input_count; i++)
        if (tensors[layer->inputs[i]])
            return true;
    return false;
}

/* The layers that the output needs, and of these, unless `first` is -1, layer `first` and what follows
 * from it. */
static int count_layers(const struct network *network, int first)
{
    size_t tensors = (size_t)network->tensor_count;
    bool *needed = memory_zeroed(tensors, sizeof *needed);
    bool *follows = memory_zeroed(tensors, sizeof *follows);
    int count = 0;

    needed[network->output] = true;
    for (int index = network->layer_count - 1; index >= 0; index--)
        for (int i = 0; i < network->layers[index].input_count; i++)
            needed[network->layers[index].inputs[i]] |=
                needed[network->layers[index].output];
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        follows[layer->output] =
            first < 0 || index == first || reads_one_of(layer, follows);
        count += needed[layer->output] && follows[layer->output];
    }
    free(needed);
    free(follows);
    return count;
}

static void trial_init(struct trial *trial, const struct network_bench_options *options)
{
    const struct placement *placement = options->placement;

    *trial = (struct trial){.options = options};
    make_samples(trial);
    trial->evaluator = evaluator_of(trial, memory_enough, false);
    choose(trial);
    trial->layers = count_layers(options->network, -1);
    trial->moved = item_to_move(placement);
    if (trial->moved >= 0)
        trial->behind =
            count_layers(options->network, placement->items[trial->moved].index);
}

static void trial_clear(struct trial *trial)
{
    evaluator_destroy(trial->evaluator);
    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        free((float *)trial->samples.values[input]);
    free((int32_t *)trial->samples.labels.values);
    free(trial->choices);
}

/* ---- what is timed ------------------------------------------------------------------------- */

static void run_everything(void *context)
{
    struct trial *trial = context;
    struct score score = {0};

    evaluator_score_others(trial->evaluator, trial->choices, 1, trial->samples, &score);
}

/* Each time with a step that was never there before, for what was evaluated once may be remembered. */
static void run_quantized(void *context)
{
    struct trial *trial = context;
    struct score score = {0};
    float *step = &trial->choices[trial->moved].step;

    *step = nextafterf(*step, INFINITY);
    evaluator_score(trial->evaluator, trial->choices, 1, &score);
}

/* CPU seconds of one of `times` calls; what they did is added to `done`. */
static double seconds_of_work(struct trial *trial, void (*work)(void *context),
                              int times, struct done *done)
{
    struct executor_counters before = evaluator_counters(trial->evaluator), ran;
    double seconds = seconds_of_one(work, trial, times);

    ran = executor_counters_since(evaluator_counters(trial->evaluator), before);
    done->times += times;
    done->layers += ran.layers_run;
    done->epilogues += ran.epilogues_rerun;
    return seconds;
}

/* Layers of each evaluation of a block. */
static double layers_of_one(const struct done *done)
{
    return (double)(done->layers + done->epilogues) / (double)(done->times * BLOCKS);
}

/* Times of work that was not done are no figures. Without room for what the first layers give, more
 * is done than is said, which print_work() tells. */
static int check_work(const struct trial *trial, struct error *err)
{
    double everything = layers_of_one(&trial->everything);
    double quantized = trial->moved >= 0 ? layers_of_one(&trial->quantized) : 0;

    if (everything == trial->layers && trial->everything.epilogues == 0 &&
        quantized >= trial->behind)
        return 0;
    return error_set(
        err, EXIT_INTERNAL,
        "layers that were to be timed were taken from memory: of %d, %g ran "
        "for everything, and %g, not %d, with the first ones kept; please "
        "report this",
        trial->layers, everything, quantized, trial->behind);
}

/* Images a second. */
struct result {
    struct series everything, quantized, peer, peak;
    const char *peer_name; /* NULL: there is none */
    char name[128];        /* where it is kept */
};

static int one_round(struct trial *trial, int times, struct peer *peer, int peer_times,
                     struct result *result, struct error *err)
{
    double images = (double)trial->samples.count, seconds;

    series_add(&result->everything,
               images /
                   seconds_of_work(trial, run_everything, times, &trial->everything));
    if (trial->moved >= 0)
        series_add(&result->quantized,
                   images /
                       seconds_of_work(trial, run_quantized, times, &trial->quantized));
    if (!peer)
        return 0;
    if (peer_round(peer, peer_times, &seconds, err) < 0)
        return -1;
    series_add(&result->peer, trial->options->block / seconds);
    return 0;
}

static int take_rounds(struct trial *trial, struct peer *peer, struct result *result,
                       struct error *err)
{
    int times = times_in(run_everything, trial, round_seconds);
    int peer_times = 1;
    double seconds;

    if (peer) {
        if (peer_round(peer, 1, &seconds, err) < 0)
            return -1;
        peer_times = (int)(round_seconds / seconds) + 1;
    }
    if (trial->moved >= 0) /* what comes before the moved step is remembered now */
        for (int i = 0; i < 2; i++)
            run_quantized(trial);
    for (int round = 0; round < trial->options->rounds; round++)
        if (one_round(trial, times, peer, peer_times, result, err) < 0)
            return -1;
    return check_work(trial, err);
}

/* ---- what is printed ------------------------------------------------------------------------ */

static void print_rate(const char *what, const struct series *series,
                       const struct result *result, FILE *out)
{
    double rate = series_median(series);

    fprintf(out, "  %-30s %9.1f images/s %9.4f ms", what, rate, 1000 / rate);
    if (result->peer_name && series != &result->peer)
        fprintf(out, "  %5.2f x %s", series_ratio(series, &result->peer),
                result->peer_name);
    fputc('\n', out);
}

/* What ran for the rate with the first layers kept. */
static void print_work(const struct trial *trial, FILE *out)
{
    const struct done *done = &trial->quantized;
    double epilogues = (double)done->epilogues / (double)(done->times * BLOCKS);

    fprintf(out,
            "  first float layers kept: %g of %d layers run, each time with a new step",
            layers_of_one(done) - epilogues, trial->layers);
    if (epilogues > 0)
        fprintf(out, "; %g more from its sums of products on", epilogues);
    if (layers_of_one(done) > trial->behind)
        fprintf(out, "; memory has no room for all that could be kept: try a smaller "
                     "--block");
    fputc('\n', out);
}

static void print_rates(const struct trial *trial, const struct result *result,
                        FILE *out)
{
    const struct network_bench_options *options = trial->options;

    fprintf(out,
            "%s, %s, blocks of %d, kernels %s; medians of %d rounds in turns, CPU time "
            "of one core\n\n",
            options->network->path, options->bits, options->block,
            options->kernels->name, options->rounds);
    print_rate("everything", &result->everything, result, out);
    if (result->quantized.count > 0)
        print_rate("first float layers kept", &result->quantized, result, out);
    if (result->peer_name)
        print_rate(result->peer_name, &result->peer, result, out);
    else
        fprintf(out, "  ONNX Runtime is not there: run `npm install --ignore-scripts` "
                     "in tests/peers\n");
    if (result->quantized.count > 0)
        print_work(trial, out);
}

static void print_layer(const struct network *network, int index, double seconds,
                        double all, double peak, FILE *out)
{
    const struct layer *layer = &network->layers[index];
    const struct tensor *output = &network->tensors[layer->output];
    double gops = 2e-9 * (double)layer_macs(layer, output->count) / seconds;
    char shape[48];

    snprintf(shape, sizeof shape, "%dx%dx%d", output->height, output->width,
             output->channels);
    fprintf(out, "%4d  %-18s %-14s %9.2f %6.1f%%", index, layer_kind_name(layer), shape,
            seconds * 1e6, 100 * seconds / all);
    if (gops > 0 && peak > 0)
        fprintf(out, " %7.0f %6.1f%%", gops, 100 * gops / peak);
    else if (gops > 0)
        fprintf(out, " %7.0f %7s", gops, "-");
    else
        fprintf(out, " %7s %7s", "", "");
    fprintf(out, "  %s\n", layer->name);
}

/* Where the time goes, in a run of its own: looking at the clock costs some. */
static void print_layers(struct trial *trial, FILE *out)
{
    const struct network *network = trial->options->network;
    double peak = peak_gops(round_seconds), all = 0;
    int times = times_in(run_everything, trial, 4 * round_seconds);
    struct evaluator *timed = evaluator_of(trial, 0, true);
    size_t layers = (size_t)network->layer_count;
    double images = (double)trial->samples.count * times, *seconds;
    struct trial with_clock = *trial;

    with_clock.evaluator = timed;
    run_everything(&with_clock); /* quantizes the weights, which is not what is asked */
    seconds = memory_copy(evaluator_layer_seconds(timed), layers * sizeof *seconds);
    for (int i = 0; i < times; i++)
        run_everything(&with_clock);
    for (size_t layer = 0; layer < layers; layer++) {
        seconds[layer] =
            (evaluator_layer_seconds(timed)[layer] - seconds[layer]) / images;
        all += seconds[layer];
    }
    fprintf(out, "\n%4s  %-18s %-14s %9s %7s %7s %7s  name; peak %.0f GOPS\n", "",
            "layer", "output HxWxC", "us/image", "share", "GOPS", "of peak", peak);
    for (int layer = 0; layer < network->layer_count; layer++)
        print_layer(network, layer, seconds[layer], all, peak, out);
    free(seconds);
    evaluator_destroy(timed);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* NULL without an error where ONNX Runtime is not installed. */
static struct peer *start_onnxruntime(const struct network_bench_options *options,
                                      struct error *err)
{
    char script[PEER_PATH_BYTES], module[PEER_PATH_BYTES], batch[16];

    if (!peer_path("../tests/peers/onnxruntime.js", script) ||
        !peer_path("../tests/peers/node_modules/onnxruntime-node", module))
        return NULL;
    snprintf(batch, sizeof batch, "%d", options->block);
    return peer_start(
        (char *[]){"node", script, options->network->path, batch, "int8", NULL}, err);
}

static int measure(struct trial *trial, struct peer *peer, FILE *out, struct error *err)
{
    struct result result = {0};

    if (peer) {
        const char *name = peer_prepare(peer, NULL, err);

        if (!name)
            return -1;
        snprintf(result.name, sizeof result.name, "%s", name);
        result.peer_name = result.name;
    }
    if (take_rounds(trial, peer, &result, err) < 0)
        return -1;
    print_rates(trial, &result, out);
    print_layers(trial, out);
    return 0;
}

int network_bench(const struct network_bench_options *options, FILE *out,
                  struct error *err)
{
    struct trial trial;
    struct peer *peer = start_onnxruntime(options, err);
    int status = -1;

    if (!peer && err->text[0])
        return -1;
    trial_init(&trial, options);
    status = measure(&trial, peer, out, err);
    trial_clear(&trial);
    peer_stop(peer);
    return status;
}
