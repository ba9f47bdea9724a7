#include "core/rewrite/merge_norms.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { TEXT_BYTES = 2048, ELEMENTS_MOST = 128 };

/* x [N, 5, 4], and the rows of it. */
#define SEQUENCE                                                                       \
    "input x N,5,4\nfloats e - = 0.25\nfloats two - = 2\nfloats one - = 1\n"           \
    "floats s 4 = 0.5 2 -1 3\nfloats b 4 = 1 -1 0 0.5\n"
/* x [N, 4, 3, 2] */
#define IMAGE                                                                          \
    "input x N,4,3,2\nfloats e - = 0.25\nfloats two - = 2\n"                           \
    "floats s 4,1,1 = 0.5 2 -1 3\nfloats b 4,1,1 = 1 -1 0 0.5\n"
#define CENTRE(axis)                                                                   \
    "node ReduceMean x -> m axes=" axis "\nnode Sub x m -> d\n"                        \
    "node Pow d two -> q\n"
#define ROOT(axis)                                                                     \
    "node ReduceMean q -> v axes=" axis "\nnode Add v e -> w\nnode Sqrt w -> r\n"

static const struct {
    const char *fact, *text;
    int norms, layers; /* of the fused network, without the Flatten behind y */
} cases[] = {
    {"a layer norm",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Div d r -> n\nnode Mul n s -> p\nnode Add p b -> y",
     1, 1},
    {"without scale and shift", SEQUENCE CENTRE("-1,") ROOT("-1,") "node Div d r -> y",
     1, 1},
    {"with a product for a square",
     SEQUENCE
     "node ReduceMean x -> m axes=2,\nnode Sub x m -> d\nnode Mul d d -> q\n" ROOT(
         "2,") "node Div d r -> n\nnode Mul s n -> p\nnode Add b p -> y",
     1, 1},
    {"with a reciprocal",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Reciprocal r -> i\nnode Mul d i -> n\nnode Mul n s -> y",
     1, 1},
    {"with one divided by the root",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Div one r -> i\nnode Mul i d -> n\nnode Mul n s -> y",
     1, 1},
    {"along two axes", SEQUENCE CENTRE("1,2") ROOT("1,2") "node Div d r -> y", 1, 1},
    {"along steps",
     SEQUENCE CENTRE("1,")
         ROOT("1,") "node Div d r -> n\nnode Mul n s -> p\nnode Add p b -> y",
     1, 1},
    {"an RMS norm",
     SEQUENCE "node Mul x x -> q\n" ROOT("-1,") "node Div x r -> n\nnode Mul n s -> y",
     1, 1},
    {"an RMS norm with a reciprocal",
     SEQUENCE "node Pow x two -> q\n" ROOT(
         "-1,") "node Reciprocal r -> i\nnode Mul i x -> n\nnode Mul s n -> y",
     1, 1},
    {"along channels, as ConvNeXt has it",
     IMAGE CENTRE("1,")
         ROOT("1,") "node Div d r -> n\nnode Mul s n -> p\nnode Add p b -> y",
     1, 1},
    {"along columns, which are pools",
     IMAGE CENTRE("-1,") ROOT("-1,") "node Div d r -> y", 1, 1},
    {"along pixels, with a scale a channel: an instance norm",
     IMAGE CENTRE("2,3")
         ROOT("2,3") "node Div d r -> n\nnode Mul s n -> p\nnode Add p b -> y",
     1, 1},
    {"a ReLU behind it is kept",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Div d r -> n\nnode Mul n s -> p\nnode Relu p -> y",
     1, 1},
    {"a ReLU before the scale stays there",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Div d r -> n\nnode Relu n -> p\nnode Mul p s -> y",
     1, 2},
    {"the normed tensor may be read by others",
     SEQUENCE CENTRE("-1,")
         ROOT("-1,") "node Div d r -> n\nnode Mul n s -> p\nnode Add p n -> y",
     1, 3},
    {"a tensor between that others read is kept",
     SEQUENCE CENTRE("-1,") ROOT("-1,") "node Div d r -> n\nnode Add n d -> y", 0, 8},
    {"means along other axes are no norm",
     SEQUENCE CENTRE("1,") ROOT("2,") "node Div d r -> y", 1, 3},
    {"a square of something else is none",
     SEQUENCE "node Relu x -> t\nnode Mul t t -> q\n" ROOT("-1,") "node Div x r -> y",
     0, 6},
    {"a root divided is none",
     SEQUENCE "node Mul x x -> q\n" ROOT("-1,") "node Div r x -> y", 0, 5},
    {"a root is not to be cut",
     SEQUENCE
     "node Mul x x -> q\n" ROOT("-1,") "node Min r one -> c\nnode Div x c -> y",
     0, 5},
};

static struct network *read(const char *text, bool is_fused)
{
    char whole[TEXT_BYTES];
    struct error err = {0};
    struct network *network;

    snprintf(whole, sizeof whole, "%s\nnode Flatten y -> z\noutput z", text);
    network = is_fused ? onnx_builder_read_fused(whole, &err)
                       : onnx_builder_read(whole, &err);
    if (!network)
        fail_msg("%s", err.text);
    return network;
}

static int count_norms(const struct network *network)
{
    int count = 0;

    for (int layer = 0; layer < network->layer_count; layer++)
        count += network->layers[layer].kind == LAYER_NORM;
    return count;
}

static void merged_norms_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct network *network = read(cases[i].text, true);
        int layers = 0;

        for (int layer = 0; layer < network->layer_count; layer++)
            layers += network->layers[layer].kind != LAYER_REARRANGE;
        if (count_norms(network) != cases[i].norms || layers != cases[i].layers)
            fail_msg("%s: %d norms, %d layers", cases[i].fact, count_norms(network),
                     layers);
        network_destroy(network);
    }
}

/* Of the network as it was read, in primitive layers. */
static void a_merged_norm_computes_the_same(void **state)
{
    float input[ELEMENTS_MOST];

    (void)state;
    for (size_t i = 0; i < ELEMENTS_MOST; i++)
        input[i] = 0.1f + sinf(3 * (float)i) + 0.3f * (float)(i % 7);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct network *plain = read(cases[i].text, false);
        struct network *fused = read(cases[i].text, true);
        float **wanted = plain_network_run(plain, input);
        float **got = plain_network_run(fused, input);

        assert_int_equal(plain->tensors[plain->output].count,
                         fused->tensors[fused->output].count);
        for (size_t k = 0; k < plain->tensors[plain->output].count; k++) {
            float a = plain_network_at(plain, wanted, plain->output, k);
            float b = plain_network_at(fused, got, fused->output, k);

            if (!(fabsf(a - b) <= 2e-6f * (1 + fabsf(a))))
                fail_msg("%s: value %zu is %g, not %g", cases[i].fact, k, (double)b,
                         (double)a);
        }
        plain_network_free(plain, wanted);
        plain_network_free(fused, got);
        network_destroy(plain);
        network_destroy(fused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_norms_are_counted),
        cmocka_unit_test(a_merged_norm_computes_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
