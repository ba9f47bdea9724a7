#include "bench/kernel_bench.h"

#include "bench/peak.h"
#include "bench/peer.h"
#include "bench/rounds.h"

#include <fnmatch.h>

/* Layers of ResNet-18 and -20, MobileNetV2, collaborative filtering and VGG. */
static const struct kernel_shape shapes[] = {
    {"64>64 3x3 @56", 1, 56, 64, 64, 3, 1, false, 1},
    {"64>128 3x3/2 @56", 1, 56, 64, 128, 3, 2, false, 1},
    {"64>128 1x1/2 @56 b4", 4, 56, 64, 128, 1, 2, false, 0},
    {"128>128 3x3 @28", 1, 28, 128, 128, 3, 1, false, 1},
    {"256>256 3x3 @14", 1, 14, 256, 256, 3, 1, false, 1},
    {"512>512 3x3 @7 b2", 2, 7, 512, 512, 3, 1, false, 1},
    {"16>16 3x3 @32 b16", 16, 32, 16, 16, 3, 1, false, 1},
    {"16>32 3x3/2 @32 b16", 16, 32, 16, 32, 3, 2, false, 1},
    {"32>32 3x3 @16 b16", 16, 16, 32, 32, 3, 1, false, 1},
    {"64>64 3x3 @8 b16", 16, 8, 64, 64, 3, 1, false, 1},
    {"16>96 1x1 @112", 1, 112, 16, 96, 1, 1, false, 1},
    {"144>32 1x1 @28 b4", 4, 28, 144, 32, 1, 1, false, 0},
    {"64>384 1x1 @14 b4", 4, 14, 64, 384, 1, 1, false, 1},
    {"960>320 1x1 @7 b8", 8, 7, 960, 320, 1, 1, false, 0},
    {"FC 256>128 b1024", 1024, 1, 256, 128, 1, 1, false, 0},
    {"FC 64>32 b1024", 1024, 1, 64, 32, 1, 1, false, 0},
    {"FC 4096>1024 b64", 64, 1, 4096, 1024, 1, 1, false, 0},
    {"depthwise 3x3 96@56", 1, 56, 96, 96, 3, 1, true, 0},
    {"depthwise 3x3 144@56", 1, 56, 144, 144, 3, 1, true, 0},
    {"depthwise 3x3 192@28", 1, 28, 192, 192, 3, 1, true, 0},
    {"depthwise 3x3 384@14", 1, 14, 384, 384, 3, 1, true, 0},
    {"depthwise 3x3 576@14", 1, 14, 576, 576, 3, 1, true, 0},
    {"depthwise 3x3 960@7", 1, 7, 960, 960, 3, 1, true, 0},
};

static const double round_seconds = 0.008, peak_seconds = 0.001;

/* oneDNN twice: as it chooses, and with the fastest of its implementations. */
struct peers {
    struct peer *own, *fastest; /* NULL: not there */
};

/* A shape's measurements, in GOPS. */
struct result {
    struct series ours, peak, own, fastest;
    char name[64]; /* of oneDNN's fastest implementation */
};

static void print_header(const struct kernel_bench_options *options, bool has_peers,
                         FILE *out)
{
    const struct kernel_work_options *work = &options->work;

    fprintf(out,
            "kernels %s, W%dA%d%s, %s; GOPS are medians of %d rounds in turns, "
            "CPU time of one core\n"
            "peak: products in registers with %s, measured in the same rounds\n",
            work->kernels->name, work->weight_bits, work->activation_bits,
            work->is_midrise ? " midrise" : "",
            work->is_float ? "floats to floats" : "u8 to u8", options->rounds,
            kernel_set_best()->name);
    if (work->is_float)
        fprintf(out, "oneDNN is asked for integers alone\n");
    else if (has_peers)
        fprintf(out, "oneDNN: as it chooses, and the fastest of its implementations; "
                     "ratios are medians too\n");
    else
        fprintf(out, "oneDNN is not there: install libdnnl-dev and run `make bench`\n");
    fprintf(out, "\n%-22s %6s %7s %6s", "layer", "GOPS", "of peak", "peak");
    if (has_peers)
        fprintf(out, " %7s %6s %7s %6s", "oneDNN", "ratio", "fastest", "ratio");
    fputc('\n', out);
}

static void print_peer(const struct result *result, const struct series *peer,
                       FILE *out)
{
    fprintf(out, " %7.0f %5.2fx", series_median(peer),
            series_ratio(&result->ours, peer));
}

static void print_result(const struct kernel_shape *shape, const struct result *result,
                         FILE *out)
{
    fprintf(out, "%-22s %6.0f", shape->name, series_median(&result->ours));
    if (series_median(&result->peak) > 0)
        fprintf(out, " %6.1f%% %6.0f", 100 * series_ratio(&result->ours, &result->peak),
                series_median(&result->peak));
    else
        fprintf(out, " %7s %6s", "-", "-");
    if (result->own.count > 0) {
        print_peer(result, &result->own, out);
        print_peer(result, &result->fastest, out);
        fprintf(out, "  %s", result->name);
    }
    fputc('\n', out);
    fflush(out);
}

static int prepare_peers(const struct peers *peers, const struct kernel_shape *shape,
                         struct result *result, struct error *err)
{
    const char *name;
    char line[128];

    if (shape->size == 1)
        snprintf(line, sizeof line, "matmul %d %d %d", shape->samples, shape->in,
                 shape->out);
    else
        snprintf(line, sizeof line, "conv %d %d %d %d %d %d %d %d %d", shape->samples,
                 shape->size, shape->size, shape->in, shape->out, shape->kernel,
                 shape->stride, kernel_shape_padding(shape),
                 shape->is_depthwise ? shape->in : 1);
    if (!peer_prepare(peers->own, line, err) ||
        !(name = peer_prepare(peers->fastest, line, err)))
        return -1;
    snprintf(result->name, sizeof result->name, "%s", name);
    return 0;
}

static int peer_gops(struct peer *peer, int times, double gigas, struct series *series,
                     struct error *err)
{
    double seconds;

    if (peer_round(peer, times, &seconds, err) < 0)
        return -1;
    series_add(series, gigas / seconds);
    return 0;
}

static peak_fn peak_of(const struct kernel_work_options *options)
{
    const struct kernel_set *best = kernel_set_best();

    return options->is_float ? best->peak_f32 : best->peak_u8s8;
}

static int one_round(struct kernel_work *work, peak_fn peak, int times,
                     const struct peers *peers, double gigas, struct result *result,
                     struct error *err)
{
    series_add(&result->peak, peak_gops(peak, peak_seconds));
    series_add(&result->ours, gigas / seconds_of_one(kernel_work_run, work, times));
    if (!peers->own)
        return 0;
    if (peer_gops(peers->own, times, gigas, &result->own, err) < 0)
        return -1;
    return peer_gops(peers->fastest, times, gigas, &result->fastest, err);
}

static int time_shape(const struct kernel_shape *shape,
                      const struct kernel_bench_options *options,
                      const struct peers *peers, FILE *out, struct error *err)
{
    double gigas = kernel_shape_operations(shape) * 1e-9;
    struct result result = {0};
    struct kernel_work *work;
    int times, status = 0;

    if (peers->own && prepare_peers(peers, shape, &result, err) < 0)
        return -1;
    work = kernel_work_create(shape, &options->work);
    times = times_in(kernel_work_run, work, round_seconds);
    for (int round = 0; round < options->rounds && status == 0; round++)
        status =
            one_round(work, peak_of(&options->work), times, peers, gigas, &result, err);
    if (status == 0)
        print_result(shape, &result, out);
    kernel_work_destroy(work);
    return status;
}

static int time_shapes(const struct kernel_bench_options *options,
                       const struct peers *peers, FILE *out, struct error *err)
{
    int timed = 0;

    print_header(options, peers->own != NULL, out);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (options->only && fnmatch(options->only, shapes[i].name, 0) != 0)
            continue;
        if (time_shape(&shapes[i], options, peers, out, err) < 0)
            return -1;
        timed++;
    }
    if (timed == 0)
        return error_set(err, EXIT_USAGE,
                         "no layer is called \"%s\"; without --only all are shown",
                         options->only);
    return 0;
}

static int start_peers(struct peers *peers, char *program, struct error *err)
{
    peers->own = peer_start((char *[]){program, "own", NULL}, err);
    if (!peers->own)
        return -1;
    peers->fastest = peer_start((char *[]){program, "fastest", NULL}, err);
    return peers->fastest ? 0 : -1;
}

int kernel_bench(const struct kernel_bench_options *options, FILE *out,
                 struct error *err)
{
    char program[PEER_PATH_BYTES];
    struct peers peers = {0};
    int status = 0;

    if (!options->work.is_float && peer_path("tests/peers/onednn", program))
        status = start_peers(&peers, program, err);
    if (status == 0)
        status = time_shapes(options, &peers, out, err);
    peer_stop(peers.own);
    peer_stop(peers.fastest);
    return status;
}
