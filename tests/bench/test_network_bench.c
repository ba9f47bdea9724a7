#include "bench/network_bench.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first layer stays in float; two of the four others lie beside what a step of `w1` reaches. */
static const char *const text = "input x N,3,8,8\n"
                                "floats w0 8,3,3,3 = 0.5 -0.25 0.125 0.4\n"
                                "floats w1 8,8,3,3 = 0.1 0.2 -0.3 0.4 -0.55\n"
                                "floats fc 5,8 = 0.6 -0.5 0.4 0.3 -0.2\n"
                                "node Conv x w0 -> c0 pads=1,1,1,1\n"
                                "node Relu c0 -> r0\n"
                                "node MaxPool r0 -> p0 kernel_shape=1,1\n"
                                "node Conv r0 w1 -> c1 pads=1,1,1,1\n"
                                "node Relu c1 -> r1\n"
                                "node Add r1 p0 -> a\n"
                                "node GlobalAveragePool a -> p\n"
                                "node Flatten p -> f\n"
                                "node Gemm f fc -> y transB=1\n"
                                "output y\n";

struct bench {
    struct network *network;
    struct placement placement;
    struct error err;
};

static void make_bench(struct bench *bench)
{
    static const char *const keep[] = {"first", "last"};
    const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 8,
        .activation_bits = 8,
        .keep_float = keep,
        .keep_float_count = 2,
    };

    *bench = (struct bench){0};
    bench->network = onnx_builder_read(text, &bench->err);
    if (!bench->network)
        fail_msg("%s", bench->err.text);
    network_fuse(bench->network);
    if (placement_init(&bench->placement, bench->network, &rules, &bench->err) < 0)
        fail_msg("%s", bench->err.text);
}

/* What it prints; owned by the caller. */
static char *output_of(struct bench *bench)
{
    char *printed = NULL;
    size_t bytes;
    FILE *out = open_memstream(&printed, &bytes);
    const struct placed_network placed = {bench->network, &bench->placement};
    const struct network_bench_options options = {.own = placed,
                                                  .peer = placed,
                                                  .kernels = kernel_set_best(),
                                                  .bits = "W8A8 onnx",
                                                  .block = 3,
                                                  .rounds = 2};

    assert_non_null(out);
    if (network_bench(&options, out, &bench->err) < 0)
        fail_msg("%s", bench->err.text);
    fclose(out);
    return printed;
}

static void every_evaluation_runs_the_layers_that_it_is_named_after(void **state)
{
    struct bench bench;
    char expected[96], *printed;

    (void)state;
    make_bench(&bench);
    printed = output_of(&bench);
    /* The first convolution and the pool are kept. */
    snprintf(
        expected, sizeof expected,
        "first float layers kept: %d of %d layers run, each time with a new step\n",
        bench.network->layer_count - 2, bench.network->layer_count);
    if (!strstr(printed, expected))
        fail_msg("not printed: %s, but: %s", expected, printed);
    free(printed);
    placement_clear(&bench.placement);
    network_destroy(bench.network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_evaluation_runs_the_layers_that_it_is_named_after),
    };

    return cmocka_run_group_tests_name("network_bench", tests, NULL, NULL);
}
