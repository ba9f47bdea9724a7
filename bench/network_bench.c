#include "bench/network_bench.h"

#include "bench/network_peer.h"
#include "bench/peak.h"
#include "bench/peer.h"
#include "bench/rounds.h"
#include "core/base/memory.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>

static const double round_seconds = 0.1;

/* How often something was done, and how many layers ran for it, summed over the blocks: whole, or
 * from the sums of their products on. */
struct done {
    int64_t times, layers, epilogues;
};

/* A network with samples and steps, and what is known of what it does. */
struct trial {
    const struct network_bench_options *options;
    struct network_trial of;
    int layers; /* that run for everything */
    int moved;  /* the item whose step is a new one each time, or -1 */
    int behind; /* layers that must run then */
    struct done everything, quantized;
};

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
    const struct network *network = options->own.network;
    const struct placement *placement = options->own.placement;

    *trial = (struct trial){.options = options};
    network_trial_init(&trial->of, options->own, options->kernels, options->block);
    trial->layers = count_layers(network, -1);
    trial->moved = item_to_move(placement);
    if (trial->moved >= 0)
        trial->behind = count_layers(network, placement->items[trial->moved].index);
}

/* ---- what is timed ------------------------------------------------------------------------- */

static void run_everything(void *context)
{
    struct trial *trial = context;
    struct score score = {0};

    evaluator_score_others(trial->of.evaluator, trial->of.choices, 1, trial->of.samples,
                           &score);
}

/* Each time with a step that was never there before, for what was evaluated once may be remembered. */
static void run_quantized(void *context)
{
    struct trial *trial = context;
    struct score score = {0};
    float *step = &trial->of.choices[trial->moved].step;

    *step = nextafterf(*step, INFINITY);
    evaluator_score(trial->of.evaluator, trial->of.choices, 1, &score);
}

/* CPU seconds of one of `times` calls; what they did is added to `done`. */
static double seconds_of_work(struct trial *trial, void (*work)(void *context),
                              int times, struct done *done)
{
    struct executor_counters before = evaluator_counters(trial->of.evaluator), ran;
    double seconds = seconds_of_one(work, trial, times);

    ran = executor_counters_since(evaluator_counters(trial->of.evaluator), before);
    done->times += times;
    done->layers += ran.layers_run;
    done->epilogues += ran.epilogues_rerun;
    return seconds;
}

/* Layers of each evaluation of a block. */
static double layers_of_one(const struct done *done)
{
    return (double)(done->layers + done->epilogues) /
           (double)(done->times * NETWORK_TRIAL_BLOCKS);
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
    double images = (double)trial->of.samples.count, seconds;

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
    double epilogues =
        (double)done->epilogues / (double)(done->times * NETWORK_TRIAL_BLOCKS);

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
            options->own.network->path, options->bits, options->block,
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
    const struct network *network = trial->options->own.network;
    double peak = peak_gops(kernel_set_best()->peak_u8s8, round_seconds), all = 0;
    int times = times_in(run_everything, trial, 4 * round_seconds);
    struct evaluator *timed = network_trial_evaluator(&trial->of, 0, true);
    size_t layers = (size_t)network->layer_count;
    double images = (double)trial->of.samples.count * times, *seconds;
    struct trial with_clock = *trial;

    with_clock.of.evaluator = timed;
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
    struct peer *peer = NULL;
    int status = -1;

    if (network_peer_start(options->peer, options->block, &peer, err) < 0)
        return -1;
    trial_init(&trial, options);
    status = measure(&trial, peer, out, err);
    network_trial_clear(&trial.of);
    peer_stop(peer);
    return status;
}
