#include "core/export/onnx_runtime_kernels.h"

#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct error err;

#define HEAD                                                                           \
    "input x N,3,8,8\nfloats w1 4,3,3,3\nfloats w2 4,4,1,1\nfloats w3 4,8,1,1\n"       \
    "floats f 5,256\nfloats b 5\nnode Conv x w1 -> c1 name=one pads=1,1,1,1\n"         \
    "node Relu c1 -> r1\n"
#define LAST "node Flatten r2 -> g\nnode Gemm g f b -> y name=last transB=1\noutput y\n"
#define TAIL "node Relu c2 -> r2\n" LAST
static const char plain[] = HEAD "node Conv r1 w2 -> c2 name=two\n" TAIL;

/* Rows that look at each other; what goes on is said behind. */
#define ATTENTION                                                                      \
    "input x N,6,8\nfloats wq 8,4\nfloats wv 8,8\nfloats f 5,48\n"                     \
    "node MatMul x wq -> q name=q\nnode MatMul x wv -> v name=v\n"
#define ROWS_LAST                                                                      \
    "node Flatten o -> g\nnode Gemm g f -> y name=last transB=1\noutput y\n"

/* `why`: what stands in the way of layer `of`; NULL: of none anything does. */
static const struct forecast {
    const char *fact, *text, *of, *why;
    int weight_bits, activation_bits;
    enum grid nonnegative;
    bool corrects_mean;
    float step; /* of activations; 0: 0.02 */
} forecasts[] = {
    {"convolutions with ReLU, and a Gemm that gives floats", plain, NULL, NULL, 8, 8,
     GRID_UNSIGNED, false, 0},
    {"weights of four bits in int8", plain, NULL, NULL, 4, 8, GRID_UNSIGNED, false, 0},
    {"fewer activation bits", plain, "one",
     "its output has codes of 7 bits, cut by nodes of their own", 8, 7, GRID_UNSIGNED,
     false, 0},
    {"a bias beside an input of fewer bits",
     "input x N,8\nfloats w 8,4 = 1\nfloats b 4 = 1\n"
     "node Gemm x w b -> y name=last\noutput y\n",
     "last", "its bias stays in float beside an input of 7 bits", 8, 7, GRID_UNSIGNED,
     false, 0},
    {"no bias beside an input of fewer bits",
     "input x N,8\nfloats w 8,4 = 1\nnode Gemm x w -> y name=last\noutput y\n", NULL,
     NULL, 8, 7, GRID_UNSIGNED, false, 0},
    {"a bias behind a product of rows of a sequence",
     "input x N,1,8\nfloats w 8,4 = 1\nfloats b 4 = 1\nnode MatMul x w -> p name=last\n"
     "node Add p b -> y\noutput y\n",
     NULL, NULL, 8, 7, GRID_UNSIGNED, false, 0},
    {"float activations", plain, "one", "its input stays in float", 8, BITS_FLOAT,
     GRID_UNSIGNED, false, 0},
    {"signed codes behind a ReLU", plain, "two",
     "its output has signed codes behind a ReLU", 8, 8, GRID_MIDTREAD, false, 0},
    {"corrected weights", plain, "last",
     "the bias correction of its weights is a sum that is added to its products", 8, 8,
     GRID_UNSIGNED, true, 0},
    {"a residual", HEAD "node Conv r1 w2 -> d name=two\nnode Add d r1 -> c2\n" TAIL,
     "two", "its output is read as float by the sum behind it", 8, 8, GRID_UNSIGNED,
     false, 0},
    {"two branches that meet",
     HEAD "node Conv r1 w2 -> d name=two\nnode Conv r1 w2 -> e name=three\n"
          "node Concat d e -> k axis=1\nnode Conv k w3 -> c2 name=four\n" TAIL,
     NULL, NULL, 8, 8, GRID_UNSIGNED, false, 0},
    {"a pool that averages",
     HEAD "node Conv r1 w2 -> d name=two\nnode AveragePool d -> c2 name=pool "
          "kernel_shape=1,1\n" TAIL,
     "two", "its output is read as float by average pool pool", 8, 8, GRID_UNSIGNED,
     false, 0},
    {"a convolution that gives the output",
     HEAD "node Conv r1 w2 -> c2 name=two\nnode Flatten c2 -> y name=flat\noutput y\n",
     "two", "its output is read as float by rearrange flat", 8, 8, GRID_UNSIGNED, false,
     0},
    {"a convolution of a single pixel that gives the output",
     HEAD "node MaxPool r1 -> p kernel_shape=8,8\nnode Conv p w2 -> c2 name=two\n"
          "node Flatten c2 -> y\noutput y\n",
     NULL, NULL, 8, 8, GRID_UNSIGNED, false, 0},
    {"a clamp beyond the codes",
     HEAD "node Conv r1 w2 -> d name=two\nfloats lo - = 0\nfloats hi - = 6\n"
          "node Clip d lo hi -> r2\n" LAST,
     NULL, NULL, 8, 8, GRID_UNSIGNED, false, 0.0234f},
    {"a clamp within the codes",
     HEAD "node Conv r1 w2 -> d name=two\nfloats lo - = 0\nfloats hi - = 6\n"
          "node Clip d lo hi -> r2\n" LAST,
     "two", "its output is clamped within its codes", 8, 8, GRID_UNSIGNED, false,
     0.0236f},
    {"products of two tensors, and a sum behind a product of rows",
     ATTENTION "floats wo 8,8\nnode Transpose q -> k perm=0,2,1\n"
               "node MatMul q k -> s name=scores\nnode Sigmoid s -> p\n"
               "node MatMul p v -> m name=mix\nnode MatMul m wo -> n name=out\n"
               "node Add x n -> o\n" ROWS_LAST,
     NULL, NULL, 8, 8, GRID_UNSIGNED, false, 0},
    {"a product by letters",
     ATTENTION "node Einsum q q -> s name=scores equation=bid,bjd->bij\n"
               "node MatMul s v -> o name=mix\n" ROWS_LAST,
     "scores", "it is an Einsum", 8, 8, GRID_UNSIGNED, false, 0},
    {"a product of two tensors with codes of 7 bits",
     ATTENTION "node Transpose q -> k perm=0,2,1\nnode MatMul q k -> s name=scores\n"
               "node MatMul s v -> o name=mix\n" ROWS_LAST,
     "scores", "its output has codes of 7 bits, cut by nodes of their own", 8, 7,
     GRID_UNSIGNED, false, 0},
};

static struct network *network_of(const char *text)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    char *path = onnx_builder_save(model);
    struct network *network = onnx_read(path, &err);

    onnx__model_proto__free_unpacked(model, NULL);
    onnx_builder_delete(path);
    if (!network)
        fail_msg("%s", err.text);
    network_fuse(network);
    return network;
}

static void assert_foretold(const struct forecast *forecast,
                            const struct network *network,
                            const struct runtime_kernels *kernels)
{
    for (int i = 0; i < kernels->layer_count; i++) {
        const char *why = kernels->why[i], *name = network->layers[i].name;
        bool is_it = forecast->of && strcmp(name, forecast->of) == 0;

        if (!forecast->of && why)
            fail_msg("%s: %s: %s", forecast->fact, name, why);
        if (is_it && (!why || strcmp(why, forecast->why) != 0))
            fail_msg("%s: %s: %s", forecast->fact, name, why ? why : "nothing");
    }
    if (!forecast->of)
        assert_int_equal(kernels->integer, kernels->quantized);
    else
        assert_true(kernels->integer < kernels->quantized);
}

static void what_stands_in_the_way_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forecasts); i++) {
        const struct forecast *forecast = &forecasts[i];
        struct placement_rules rules = {
            .grids = {GRID_NARROW, forecast->nonnegative, GRID_MIDTREAD},
            .weight_bits = forecast->weight_bits,
            .activation_bits = forecast->activation_bits};
        struct weight_rules weights = {.corrects_mean = forecast->corrects_mean};
        struct network *network = network_of(forecast->text);
        struct runtime_kernels kernels;
        struct placement placement;
        struct choice choices[32];

        assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
        assert_true(placement.count <= (int)COUNT(choices));
        for (int j = 0; j < placement.count; j++)
            choices[j] = placement_choice(&placement.items[j],
                                          forecast->step > 0 ? forecast->step : 0.02f);
        runtime_kernels_foretell(network, &placement, choices, &weights, false,
                                 &kernels);
        assert_foretold(forecast, network, &kernels);
        runtime_kernels_clear(&kernels);
        placement_clear(&placement);
        network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_in_the_way_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
