#include "core/network/onnx_write.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/network/equalisation.h"
#include "core/network/fuse.h"
#include "core/network/onnx_file.h"
#include "core/network/onnx_read.h"
#include "core/network/qdq.h"
#include "core/network/qdq_compare.h"
#include "core/network/qdq_folded.h"
#include "core/network/qdq_plain.h"
#include "core/network/weight_ratios.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct error err;

/* ---- a network, written and read back --------------------------------------------------------- */

struct written {
    char *path; /* of the float network */
    struct network *network;
    struct placement placement;
    float steps[32];
    struct onnx_calibrated calibrated;
    struct batchnorm_statistics batchnorms;
    uint8_t *bytes;
    size_t size;
};

static struct target_grids paper = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD};
static struct target_grids onnx = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD};
static struct target_grids tensorrt = {GRID_NARROW, GRID_MIDTREAD, GRID_MIDTREAD};

static void fuse(struct network *network, bool has_sums)
{
    if (has_sums)
        network_fuse_but_sums(network);
    else
        network_fuse(network);
}

/* Takes the model. */
static void open_model(struct written *written, Onnx__ModelProto *model,
                       struct placement_rules rules, bool folds)
{
    *written = (struct written){.path = onnx_builder_save(model)};
    onnx__model_proto__free_unpacked(model, NULL);
    written->network = onnx_read(written->path, &err);
    if (!written->network)
        fail_msg("%s", err.text);
    fuse(written->network, rules.all_activations);
    if (folds)
        network_fold_batchnorm(written->network);
    if (placement_init(&written->placement, written->network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    for (int item = 0; item < written->placement.count; item++)
        written->steps[item] = 0.11f / (float)(item + 1);
    written->calibrated = (struct onnx_calibrated){
        .network = written->network,
        .placement = &written->placement,
        .steps = written->steps,
        .batchnorms = &written->batchnorms,
        .is_folded = folds,
    };
}

static void open_by_rules(struct written *written, const char *text,
                          struct placement_rules rules, bool folds)
{
    open_model(written, onnx_builder_model(text), rules, folds);
}

/* Everything is quantized; weights in W bits, activations in A. */
static void open_network(struct written *written, const char *text,
                         struct target_grids grids, int weight_bits,
                         int activation_bits, bool folds)
{
    struct placement_rules rules = {
        .grids = grids, .weight_bits = weight_bits, .activation_bits = activation_bits};

    open_by_rules(written, text, rules, folds);
}

static void close_network(struct written *written)
{
    free(written->bytes);
    free(written->batchnorms.values);
    placement_clear(&written->placement);
    network_destroy(written->network);
    onnx_builder_delete(written->path);
}

static void write_network(struct written *written)
{
    if (onnx_write(&written->calibrated, &written->bytes, &written->size, &err) < 0)
        fail_msg("%s", err.text);
}

static struct network *read_back(const struct written *written)
{
    char *path = onnx_builder_save_bytes(written->bytes, written->size);
    struct network *network = onnx_read(path, &err);
    struct network *in_float = onnx_read(written->path, &err);

    onnx_builder_delete(path);
    if (!network || !in_float || network_take_qdq(network, in_float, &err) < 0)
        fail_msg("%s", err.text);
    network_destroy(in_float);
    fuse(network, written->placement.all_activations);
    if (written->calibrated.is_folded)
        network_fold_batchnorm(network);
    return network;
}

static void assert_is_same(const struct written *written, const char *fact)
{
    struct network *file = read_back(written);
    struct qdq_comparison comparison;

    qdq_take_plain(written->network, &written->placement, written->steps,
                   &written->calibrated.rules, file);
    network_move_codes(written->network, &written->placement, file);
    qdq_unfold(written->network, &written->placement, written->steps,
               &written->calibrated.rules, file);
    qdq_compare(written->network, &written->placement, written->steps,
                &written->calibrated.rules, file, &comparison);
    if (comparison.layer[0] || comparison.different > 0)
        fail_msg("%s: %d tensors differ; %s", fact, comparison.different,
                 comparison.layer);
    assert_int_equal(comparison.tensor_count, written->placement.count);
    qdq_comparison_clear(&comparison);
    network_destroy(file);
}

/* ---- what is written is what is read back ------------------------------------------------------ */

#define WEIGHTS " = 0.5 -0.25 0.125 1 -1 0.75 0.3\n"
#define NORM                                                                           \
    "floats g 4 = 1.5 0.5 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"                         \
    "floats m 4 = 0.5 0 -0.5 1\nfloats v 4 = 1 2 0.5 4\n"

static const struct network_case {
    const char *fact, *text;
} networks[] = {
    {"convolutions with batch norm, and a residual",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS NORM
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
     "node BatchNormalization c2 g b m v -> n2\nnode Add n2 r1 -> a\n"
     "node Relu a -> r2\nnode GlobalAveragePool r2 -> p\nnode Flatten p -> y\n"
     "output y\n"},
    {"a bias before the batch norm, and a depthwise convolution",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats c 4 = 0.7 -0.1 0 3\n" NORM
     "floats w2 4,1,3,3" WEIGHTS "node Conv x w1 c -> c1 strides=2,2\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 c -> c2 pads=1,1,1,1 group=4\nnode Flatten c2 -> y\noutput y\n"},
    {"groups, and a shared weight",
     "input x N,4,5,5\nfloats w 4,2,3,3" WEIGHTS
     "node Conv x w -> c1 pads=1,1,1,1 group=2\nnode Relu c1 -> r1\n"
     "node Conv r1 w -> c2 group=2 dilations=2,2\nnode Flatten c2 -> y\noutput y\n"},
    {"Gemm with alpha and beta, transposed or not",
     "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 3,6" WEIGHTS
     "floats c 6 = 1 2 -1\nnode Gemm x w1 c -> h alpha=0.5 beta=2.0\nnode Relu h -> r\n"
     "node Gemm r w2 -> y transB=1\noutput y\n"},
    {"MatMul and what is added to it",
     "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 6,3" WEIGHTS
     "floats c 6 = 1 2 -1\nfloats d 3 = 5 6 7\nnode MatMul x w1 -> h\nnode Add h c -> "
     "i\n"
     "node Relu i -> r\nnode MatMul r w2 -> j\nnode Add d j -> y\noutput y\n"},
    {"scales and shifts that are no batch norm, and a batch norm behind a scale",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS NORM
     "floats s 4,1,1 = 0.5 -2 1.5 3\nfloats t 4,1,1 = 0.25 0.5 -1 0\n"
     "floats c 4 = 0.7 -0.1 0 3\nnode Conv x w1 c -> c1 pads=1,1,1,1\n"
     "node Mul c1 s -> m1\nnode Add m1 t -> a1\nnode Relu a1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\nnode Mul c2 s -> m2\n"
     "node BatchNormalization m2 g b m v -> n2\nnode Relu n2 -> r2\n"
     "node Flatten r2 -> y\noutput y\n"},
    {"a scale and a shift behind a batch norm, and a batch norm of rows",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS NORM
     "floats s 4,1,1 = 0.7 -1.3 1.1 3\nfloats t 4,1,1 = 0.25 0.5 -1 0\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Mul n1 s -> m1\n"
     "node Add m1 t -> a1\nnode Relu a1 -> r1\nnode GlobalAveragePool r1 -> p\n"
     "node Flatten p -> f\nnode MatMul f w2 -> h\n"
     "node BatchNormalization h g b m v -> y\noutput y\n"},
    {"a bias before the batch norm that is far above what comes out",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4" WEIGHTS
     "floats g 4 = 1.5 0.5 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"
     "floats m 4 = 1234.5 -777.1 5432.1 1\nfloats v 4 = 1 2 0.5 4\n"
     "floats c 4 = 1234.567 -777.123 5432.109 0.9\n"
     "node Conv x w1 c -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node GlobalAveragePool r1 -> p\nnode Flatten p -> f\nnode MatMul f w2 -> h\n"
     "node Add h c -> i\nnode BatchNormalization i g b m v -> y\noutput y\n"},
    {"weights of a Constant, a tensor that a pool and a layer read, a reshape between",
     "input x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS "floats w2 8,64" WEIGHTS
     "node Constant -> k value=@w1\n"
     "node Conv x k -> c1\nnode Relu c1 -> r1\nnode Flatten r1 -> f\n"
     "node Gemm f w2 -> y transB=1\noutput y\n"},
    {"a batch norm with zero and a negative scale",
     "input x N,3,6,6\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS
     "floats g 4 = 1.5 0 -1 2\nfloats b 4 = 0.1 -0.2 0.3 0\n"
     "floats m 4 = 0.5 0 -0.5 1\nfloats v 4 = 1 2 0.5 4\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\n"
     "node BatchNormalization c1 g b m v -> n1\nnode Relu n1 -> r1\n"
     "node Conv r1 w2 -> c2 pads=1,1,1,1\n"
     "node BatchNormalization c2 g b m v -> n2\nnode Flatten n2 -> y\noutput y\n"},
    {"means, as rows and as images",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 5,4" WEIGHTS
     "floats w3 4,4,1,1" WEIGHTS "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
     "node ReduceMean r1 -> m axes=2,3\nnode Conv m w3 -> c2\n"
     "node ReduceMean c2 -> n axes=-1,-2 keepdims=0\n"
     "node Gemm n w2 -> y transB=1\noutput y\n"},
    {"a convolution of a single pixel that gives the output",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 5,4,1,1" WEIGHTS
     "floats c 5 = 1 -2 3\nnode Conv x w1 -> c1\nnode Relu c1 -> r1\n"
     "node GlobalAveragePool r1 -> p\nnode Conv p w2 c -> c2 kernel_shape=1,1\n"
     "node Flatten c2 -> y\noutput y\n"},
    {"two branches that meet, twice, before a pool",
     "input x N,3,8,8\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,1,1" WEIGHTS
     "floats w3 4,4,3,3" WEIGHTS "floats w4 4,12,1,1" WEIGHTS
     "node Conv x w1 -> c1 pads=1,1,1,1\nnode Relu c1 -> r1\n"
     "node Conv r1 w2 -> c2\nnode Relu c2 -> r2\n"
     "node Conv r1 w3 -> c3 pads=1,1,1,1\nnode Relu c3 -> r3\n"
     "node Concat r2 r3 -> j axis=1\nnode Conv r1 w2 -> c4\nnode Relu c4 -> r4\n"
     "node Concat j r4 -> k axis=1\n"
     "node MaxPool k -> p kernel_shape=2,2 strides=2,2\nnode Conv p w4 -> c5\n"
     "node Flatten c5 -> y\noutput y\n"},
    {"a ReLU behind what meets, a transposed image and two names of one tensor",
     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 4,4,1,1" WEIGHTS
     "floats w3 3,128" WEIGHTS "floats w4 5,3" WEIGHTS "floats c 5 = 1 -2 3\n"
     "node Conv x w1 -> c1 pads=1,1,1,1\nnode Relu c1 -> r1\n"
     "node Conv r1 w2 -> c2\nnode Conv r1 w2 -> c3\nnode Concat c2 c3 -> j axis=1\n"
     "node Relu j -> r2\nnode Transpose r2 -> t perm=0,3,1,2\nnode Identity t -> i\n"
     "node Flatten i -> f\nnode Gemm f w3 -> h transB=1\nnode Relu h -> r3\n"
     "node Gemm r3 w4 c -> y transB=1\noutput y\n"},
};

static void write_all(struct target_grids grids, int weight_bits, int activation_bits)
{
    for (size_t i = 0; i < COUNT(networks); i++)
        for (int variant = 0; variant < 16; variant++) {
            struct written written;

            open_network(&written, networks[i].text, grids, weight_bits,
                         activation_bits, variant & 1);
            written.calibrated.rules.corrects_mean = variant & 2;
            written.calibrated.in_4_bits = variant & 4;
            written.calibrated.for_integer_kernels = variant & 8;
            write_network(&written);
            assert_is_same(&written, networks[i].fact);
            close_network(&written);
        }
}

static void what_is_written_is_read_back(void **state)
{
    static const int bits[][2] = {{8, 8}, {4, 4}, {3, 2}, {4, 32}, {32, 4}, {32, 8}};

    (void)state;
    for (size_t i = 0; i < COUNT(bits); i++) {
        write_all(paper, bits[i][0], bits[i][1]);
        write_all(onnx, bits[i][0], bits[i][1]);
        write_all(tensorrt, bits[i][0], bits[i][1]);
    }
}

/* Every layer is an integer kernel, with the network's output in float or rounded. */
static void what_is_written_for_integer_kernels_is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++)
        for (int variant = 0; variant < 8; variant++) {
            struct placement_rules rules = {.grids = onnx,
                                            .rounds_shifts = variant & 4,
                                            .weight_bits = 8,
                                            .activation_bits = 8,
                                            .all_activations = true,
                                            .quantize_output = variant & 1};
            struct written written;

            open_by_rules(&written, networks[i].text, rules, variant & 2);
            written.calibrated.for_integer_kernels = true;
            write_network(&written);
            assert_is_same(&written, networks[i].fact);
            close_network(&written);
        }
}

/* Clamps of the network itself may end at a code; each of them is told from those that are added. */
static const struct network_case clamped[] = {
    {"Clip",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = 0\nfloats h - = 6\nnode Conv x w1 -> c\nnode Clip c l h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"a clamp on both sides",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = -6\nfloats h - = 6\nnode Conv x w1 -> c\nnode Clip c l h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
    {"Max and Min",
     "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 3,4,4,4" WEIGHTS
     "floats l - = -3\nfloats h - = 6\nnode Conv x w1 -> c\nnode Max c l -> m\n"
     "node Min m h -> r\n"
     "node Conv r w2 -> d\nnode Flatten d -> y\noutput y\n"},
};

/* A step of which `codes` are 6 to the last bit, or nearly. */
static float step_to_six(float codes)
{
    float step = 6 / codes;

    for (float near = nextafterf(step, 0); near <= nextafterf(step, 7);
         near = nextafterf(near, 7))
        if (codes * near == 6)
            return near;
    return step;
}

/* At the highest code of the type or of the grid, or at one between. */
static void clamps_that_end_at_a_code_are_the_networks_own(void **state)
{
    const struct target_grids *const grids[] = {&paper, &onnx, &tensorrt};
    static const float ends[] = {1, 3, 6, 7, 12, 15, 24, 127, 254, 255};

    (void)state;
    for (size_t i = 0; i < COUNT(clamped); i++)
        for (size_t end = 0; end < 2 * COUNT(ends); end++)
            for (size_t grid = 0; grid < COUNT(grids); grid++) {
                struct written written;

                open_network(&written, clamped[i].text, *grids[grid], 8,
                             end % 2 ? 8 : 4, false);
                for (int item = 0; item < written.placement.count; item++)
                    written.steps[item] = step_to_six(ends[end / 2]);
                write_network(&written);
                assert_is_same(&written, clamped[i].fact);
                close_network(&written);
            }
}

/* ---- what is done to weights and biases -------------------------------------------------------- */

static void shift_biases(struct network *network)
{
    for (int i = 0; i < network->layer_count; i++) {
        struct layer *layer = &network->layers[i];
        float shifts[16];

        if (layer->kind != LAYER_CONV)
            continue;
        assert_true(layer->conv.out_channels <= (int)COUNT(shifts));
        for (int channel = 0; channel < layer->conv.out_channels; channel++)
            shifts[channel] = 0.0137f * (float)(channel + 1) - 0.05f;
        bias_shift_put(layer, shifts);
    }
}

static void equalise(struct written *written)
{
    struct equalisation_pairs pairs =
        equalisation_find_pairs(written->network, &written->placement);
    struct equalisation before = {0};

    network_equalize(written->network, &pairs, &before);
    equalisation_clear(&before);
    equalisation_pairs_clear(&pairs);
}

static const struct treatment {
    const char *fact;
    bool has_channel_steps, corrects_variance, is_equalized, has_bias_shifts;
} treatments[] = {
    {"channel steps", .has_channel_steps = true},
    {"mean and variance", .corrects_variance = true},
    {"biases", .has_bias_shifts = true},
    {"equalised", .is_equalized = true},
    {"all", true, true, true, true},
};

static void treat(struct written *written, const struct treatment *treatment)
{
    if (treatment->is_equalized)
        equalise(written);
    if (treatment->has_channel_steps)
        placement_find_ratios(&written->placement, written->network, RATIO_OF_MMSE);
    if (treatment->has_bias_shifts)
        shift_biases(written->network);
    written->calibrated.rules.corrects_variance = treatment->corrects_variance;
    written->calibrated.has_other_constants =
        treatment->is_equalized || treatment->has_bias_shifts;
}

static bool are_named_alike(const Onnx__NodeProto *node, const Onnx__NodeProto *other)
{
    return node->name && other->name && *node->name &&
           strcmp(node->name, other->name) == 0;
}

/* ONNX Runtime wants it. */
static void assert_names_are_unique(const struct written *written, const char *fact)
{
    Onnx__ModelProto *model =
        onnx__model_proto__unpack(NULL, written->size, written->bytes);
    const Onnx__GraphProto *graph = model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < i; j++)
            if (are_named_alike(graph->node[i], graph->node[j]))
                fail_msg("%s: two nodes are named %s", fact, graph->node[i]->name);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void write_treated(const struct network_case *network, const int bits[2],
                          const struct treatment *treatment)
{
    const struct target_grids *const grids[] = {&paper, &onnx};

    for (size_t variant = 0; variant < 4 * COUNT(grids); variant++) {
        struct written written;
        char fact[160];

        snprintf(fact, sizeof fact, "%s, %s", network->fact, treatment->fact);
        open_network(&written, network->text, *grids[variant / 4], bits[0], bits[1],
                     variant % 2);
        written.calibrated.for_integer_kernels = variant & 2;
        treat(&written, treatment);
        write_network(&written);
        assert_is_same(&written, fact);
        assert_names_are_unique(&written, fact);
        close_network(&written);
    }
}

static void what_is_done_to_weights_and_biases_is_read_back(void **state)
{
    static const int bits[][2] = {{8, 8}, {4, 4}, {4, 32}, {32, 4}};

    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++)
        for (size_t j = 0; j < COUNT(bits); j++)
            for (size_t k = 0; k < COUNT(treatments); k++)
                write_treated(&networks[i], bits[j], &treatments[k]);
}

/* ---- batch norms ------------------------------------------------------------------------------- */

static void put_others(struct written *written)
{
    struct network *network = written->network;
    float *values = memory_get(64 * sizeof *values);
    size_t count = 0;

    for (int i = 0; i < network->layer_count; i++) {
        struct layer *layer = &network->layers[i];
        float *own = values + count;

        if (!layer->batchnorm)
            continue;
        for (int channel = 0; channel < layer->batchnorm->channels; channel++) {
            own[channel] = layer->batchnorm->mean[channel] + 0.0173f * (float)channel;
            own[channel + layer->batchnorm->channels] =
                layer->batchnorm->variance[channel] * 1.37f;
        }
        batchnorm_put(layer, own, own + layer->batchnorm->channels);
        count += 2 * (size_t)layer->batchnorm->channels;
    }
    written->batchnorms = (struct batchnorm_statistics){values, count};
}

/* `variant`: the grids, whether biases are corrected, too, and whether layers stay in float. */
static void write_with_others(const struct network_case *network, int variant)
{
    const struct target_grids *const grids[] = {&paper, &onnx, &tensorrt};
    struct written written;

    open_network(&written, network->text, *grids[variant % 3],
                 variant >= 6 ? BITS_FLOAT : 4, 4, false);
    put_others(&written);
    if (variant / 3 % 2) {
        shift_biases(written.network);
        written.calibrated.has_other_constants = true;
    }
    write_network(&written);
    assert_is_same(&written, network->fact);
    assert_names_are_unique(&written, network->fact);
    close_network(&written);
}

static void statistics_in_force_give_the_same_scale_and_shift(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++)
        for (int variant = 0; variant < 12; variant++)
            write_with_others(&networks[i], variant);
}

/* ---- the rest of the file ---------------------------------------------------------------------- */

static Onnx__ModelProto *unpacked(const struct written *written)
{
    Onnx__ModelProto *model =
        onnx__model_proto__unpack(NULL, written->size, written->bytes);

    assert_non_null(model);
    return model;
}

static bool has_initialiser(const Onnx__ModelProto *model, const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return true;
    return false;
}

static int count_nodes(const Onnx__ModelProto *model, const char *operator)
{
    int count = 0;

    for (size_t i = 0; i < model->graph->n_node; i++)
        count += strcmp(model->graph->node[i]->op_type, operator) == 0;
    return count;
}

static void only_what_is_needed_is_in_the_file(void **state)
{
    static const struct onnx_property properties[] = {{"calq.case", "a"}};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    open_network(&written, networks[0].text, onnx, 8, 8, true);
    written.calibrated.properties = properties;
    written.calibrated.property_count = 1;
    write_network(&written);
    model = unpacked(&written);
    assert_int_equal(model->opset_import[0]->version, 13);
    assert_int_equal(count_nodes(model, "BatchNormalization"), 0);
    assert_int_equal(count_nodes(model, "QuantizeLinear"), 2);
    assert_int_equal(count_nodes(model, "DequantizeLinear"), 4);
    assert_int_equal(count_nodes(model, "Clip"), 0);
    assert_false(has_initialiser(model, "w1"));
    assert_false(has_initialiser(model, "g"));
    assert_string_equal(model->metadata_props[0]->key, "calq.case");
    assert_string_equal(model->metadata_props[0]->value, "a");
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

static void a_clip_is_there_only_where_the_type_is_wider(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    for (int in_4_bits = 0; in_4_bits < 2; in_4_bits++) {
        open_network(&written, networks[0].text, onnx, 4, 4, false);
        written.calibrated.in_4_bits = in_4_bits;
        write_network(&written);
        model = unpacked(&written);
        assert_int_equal(count_nodes(model, "Clip"), in_4_bits ? 0 : 2);
        assert_int_equal(model->opset_import[0]->version, in_4_bits ? 21 : 13);
        onnx__model_proto__free_unpacked(model, NULL);
        close_network(&written);
    }
}

static const Onnx__TensorProto *initialiser(const Onnx__ModelProto *model,
                                            const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return model->graph->initializer[i];
    fail_msg("there is no %s", name);
    return NULL;
}

/* ONNX Runtime makes no session of a scalar there. */
static void a_scale_has_a_shape_where_a_clamp_ends_at_the_highest_code(void **state)
{
    static const struct {
        float step;
        size_t rank;
    } trials[] = {{0.02354f, 1}, {0.0234f, 0}, {0.031f, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        struct written written;
        Onnx__ModelProto *model;

        open_network(&written,
                     "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS
                     "floats w2 5,4,2,2" WEIGHTS
                     "floats lo - = 0\nfloats hi - = 6\nnode Conv x w1 -> c\n"
                     "node Clip c lo hi -> r\nnode Conv r w2 -> d\n"
                     "node Flatten d -> y\noutput y\n",
                     onnx, 8, 8, false);
        written.steps[written.placement.of_tensor[written.network->layers[0].output]] =
            trials[i].step;
        write_network(&written);
        model = unpacked(&written);
        assert_int_equal(initialiser(model, "r_scale")->n_dims, trials[i].rank);
        assert_is_same(&written, "Clip");
        onnx__model_proto__free_unpacked(model, NULL);
        close_network(&written);
    }
}

/* That is what ONNX Runtime knows in integers. */
static void means_between_codes_are_pools(void **state)
{
    struct placement_rules rules = {
        .grids = onnx, .weight_bits = 8, .activation_bits = 8, .all_activations = true};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    open_by_rules(&written,
                  "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS "floats w2 5,4" WEIGHTS
                  "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
                  "node ReduceMean r1 -> n axes=2,3 keepdims=0\n"
                  "node Gemm n w2 -> y transB=1\noutput y\n",
                  rules, false);
    written.calibrated.for_integer_kernels = true;
    write_network(&written);
    model = unpacked(&written);
    assert_int_equal(count_nodes(model, "ReduceMean"), 0);
    assert_int_equal(count_nodes(model, "GlobalAveragePool"), 1);
    assert_int_equal(count_nodes(model, "QuantizeLinear"), 4);
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

/* Two layers have float weights and read codes, one those of the network's input; what they give is rounded. */
static void min_stands_where_float_weights_would_be_rounded(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    open_network(&written,
                 "input x N,4\nfloats w1 4,6" WEIGHTS "floats w2 6,3" WEIGHTS
                 "floats w3 3,3" WEIGHTS "node MatMul x w1 -> h\nnode Relu h -> r\n"
                 "node MatMul r w2 -> i\nnode Relu i -> s\nnode MatMul s w3 -> y\n"
                 "output y\n",
                 onnx, BITS_FLOAT, 8, false);
    write_network(&written);
    model = unpacked(&written);
    assert_int_equal(count_nodes(model, "QuantizeLinear"), 3);
    assert_int_equal(count_nodes(model, "Clip"), 0);
    assert_int_equal(count_nodes(model, "Min"), 2);
    assert_is_same(&written, "Min");
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

/* ONNX Runtime makes no session of Clip before codes of 4 bits, whoever has put it there. */
static void no_clip_stands_before_codes_of_4_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(clamped); i++) {
        struct written written;
        Onnx__ModelProto *model;
        const Onnx__GraphProto *graph;

        open_network(&written, clamped[i / 2].text, onnx, 4, i % 2 ? 4 : 3, false);
        written.calibrated.in_4_bits = true;
        write_network(&written);
        assert_is_same(&written, clamped[i / 2].fact);
        model = unpacked(&written);
        graph = model->graph;
        for (size_t node = 1; node < graph->n_node; node++)
            if (strcmp(graph->node[node]->op_type, "QuantizeLinear") == 0)
                assert_string_not_equal(graph->node[node - 1]->op_type, "Clip");
        onnx__model_proto__free_unpacked(model, NULL);
        close_network(&written);
    }
}

/* Weights that meet floats are floats themselves: nothing is dequantized, in the opset of the file. */
static void weights_alone_are_floats_unless_integers_are_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++)
        for (int with_integers = 0; with_integers < 2; with_integers++) {
            struct written written;
            Onnx__ModelProto *model;

            open_network(&written, networks[i].text, paper, 8, BITS_FLOAT, false);
            written.calibrated.rules.corrects_mean = true;
            written.calibrated.with_integers = with_integers;
            write_network(&written);
            assert_is_same(&written, networks[i].fact);
            model = unpacked(&written);
            assert_int_equal(count_nodes(model, "DequantizeLinear"),
                             with_integers ? written.placement.count : 0);
            assert_int_equal(model->opset_import[0]->version, with_integers ? 21 : 13);
            onnx__model_proto__free_unpacked(model, NULL);
            close_network(&written);
        }
}

/* The float weights of the first layer of a file, which are the last floats of those that export has added. */
static float *first_weights(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strstr(model->graph->initializer[i]->name, "_rounded"))
            return (float *)(void *)model->graph->initializer[i]->raw_data.data;
    fail_msg("there are no rounded weights");
    return NULL;
}

/* By `change` steps: an integer is another, or the value is that of none. */
static void compare_changed(float change, struct tensor_difference *difference)
{
    struct qdq_comparison comparison;
    struct written written;
    Onnx__ModelProto *model;
    struct network *file;

    open_network(&written, networks[3].text, onnx, 4, BITS_FLOAT, false);
    write_network(&written);
    model = unpacked(&written);
    first_weights(model)[1] += change * written.steps[0];
    onnx__model_proto__pack(model, written.bytes);
    file = read_back(&written);
    qdq_take_plain(written.network, &written.placement, written.steps,
                   &written.calibrated.rules, file);
    qdq_compare(written.network, &written.placement, written.steps,
                &written.calibrated.rules, file, &comparison);
    assert_int_equal(comparison.different, change != 0);
    *difference = comparison.tensors[0];
    qdq_comparison_clear(&comparison);
    onnx__model_proto__free_unpacked(model, NULL);
    network_destroy(file);
    close_network(&written);
}

static void each_integer_of_float_weights_is_compared(void **state)
{
    struct tensor_difference difference;

    (void)state;
    compare_changed(0, &difference);
    compare_changed(1, &difference);
    assert_int_equal(difference.off_by[1], 1);
    compare_changed(0.25f, &difference);
    assert_false(difference.is_quantized_there);
}

/* A channel of zeros, faint ones, and ones as they use to be. */
static const char *const faint =
    "input x N,2,4,4\nfloats w1 3,2,1,1" WEIGHTS "floats c1 3 = 1 2 3\n"
    "floats w2 4,3,1,1 = 0 0 0 1e-8 -2e-8 1e-9 3e-19 1e-20 -1e-19 0.5 -1 0.25\n"
    "floats c2 4 = 3 -2 1 0.5\nnode Conv x w1 c1 -> a\nnode Relu a -> r\n"
    "node Conv r w2 c2 -> b\nnode Flatten b -> y\noutput y\n";

/* Of a channel, or of all. */
static float step_named(const Onnx__ModelProto *model, const char *name, size_t channel)
{
    const Onnx__GraphProto *graph = model->graph;
    float step = 0;
    size_t i = 0;

    while (i < graph->n_initializer && strcmp(graph->initializer[i]->name, name) != 0)
        i++;
    assert_true(i < graph->n_initializer);
    if (graph->initializer[i]->n_dims == 0)
        channel = 0;
    memcpy(&step, graph->initializer[i]->raw_data.data + channel * sizeof step,
           sizeof step);
    return step;
}

/* ONNX Runtime makes integers of 32 bits of a bias, in products of the steps of input and weights. */
static void no_step_of_weights_is_too_small_for_the_bias(void **state)
{
    const struct target_grids *const grids[] = {&paper, &onnx, &tensorrt};
    static const float biases[] = {3, 2, 1, 0.5};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(grids); i++) {
        struct written written;
        Onnx__ModelProto *model;

        open_network(&written, faint, *grids[i / 2], i % 2 ? 8 : 4, 8, false);
        placement_find_ratios(&written.placement, written.network, RATIO_OF_MINMAX);
        write_network(&written);
        assert_is_same(&written, "faint channels");
        model = unpacked(&written);
        for (size_t channel = 0; channel < 4; channel++)
            assert_true(biases[channel] <= step_named(model, "r_scale", 0) *
                                               step_named(model, "w2_scale", channel) *
                                               0x1.01p30f);
        onnx__model_proto__free_unpacked(model, NULL);
        close_network(&written);
    }
}

/* Field 2000 of the model: no calq knows it. */
static void what_calq_does_not_know_stays(void **state)
{
    static const uint8_t field[] = {0x82, 0x7d, 3, 'n', 'e', 'w'};
    struct written written;
    Onnx__ModelProto *model;
    FILE *file;

    (void)state;
    open_network(&written, networks[0].text, onnx, 8, 8, false);
    file = fopen(written.path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(field, 1, sizeof field, file), sizeof field);
    fclose(file);
    write_network(&written);
    model = unpacked(&written);
    assert_int_equal(model->base.n_unknown_fields, 1);
    assert_memory_equal(model->base.unknown_fields[0].data, field + 2, 4);
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

/* ---- exact layers ------------------------------------------------------------------------------- */

static int count_exact(const char *text, struct target_grids grids,
                       const struct treatment *treatment)
{
    struct written written;
    Onnx__ModelProto *model;
    int casts;

    open_network(&written, text, grids, 4, 4, false);
    treat(&written, treatment);
    written.calibrated.is_exact = true;
    write_network(&written);
    assert_names_are_unique(&written, text);
    model = unpacked(&written);
    casts = count_nodes(model, "Cast");
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
    return casts;
}

/* Both layers read codes, the second has a residual of them. Two casts belong to a layer, three
 * more to each sum that is rounded on its own. */
static void a_layer_of_codes_is_exact_in_its_own_units(void **state)
{
    static const struct treatment corrected = {.fact = "corrected",
                                               .corrects_variance = true};

    (void)state;
    assert_int_equal(count_exact(networks[0].text, onnx, &treatments[0]), 7);
    assert_int_equal(count_exact(networks[0].text, tensorrt, &corrected), 13);
    assert_int_equal(count_exact(networks[0].text, paper, &treatments[2]), 7);
    assert_int_equal(count_exact(networks[1].text, onnx, &treatments[3]), 4);
    assert_int_equal(count_exact(networks[4].text, onnx, &treatments[4]), 10);
}

static void nothing_exact_is_told(void **state)
{
    struct written written;

    (void)state;
    open_network(&written, networks[0].text, onnx, 4, BITS_FLOAT, false);
    written.calibrated.is_exact = true;
    assert_int_equal(
        onnx_write(&written.calibrated, &written.bytes, &written.size, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, "there is nothing to write exactly"))
        fail_msg("%s", err.text);
    close_network(&written);
}

/* ---- damaged files ----------------------------------------------------------------------------- */

/* Takes bytes as `calq verify` takes a file. Whether there was a network to compare; else there is
 * a sentence. */
static bool is_compared(const struct written *written, const uint8_t *bytes,
                        size_t size)
{
    char *path = onnx_builder_save_bytes(bytes, size);
    struct network *network = onnx_read(path, &err);
    bool is_whole = network && network_take_qdq(network, NULL, &err) == 0;
    struct qdq_comparison comparison;

    onnx_builder_delete(path);
    if (is_whole) {
        network_fuse(network);
        qdq_compare(written->network, &written->placement, written->steps,
                    &written->calibrated.rules, network, &comparison);
        qdq_comparison_clear(&comparison);
    } else {
        assert_int_equal(err.code, EXIT_INPUT);
        assert_true(strlen(err.text) > 20);
    }
    network_destroy(network);
    return is_whole;
}

/* All that a file of ours has in it: a correction, channel steps, scales and shifts. */
static void write_one_of_each(struct written *written)
{
    static const struct treatment all = {"all", true, true, true, true};

    open_network(written,
                 "input x N,2,3,3\nfloats w1 4,2,1,1" WEIGHTS "floats w2 2,64" WEIGHTS
                 "floats s 4,1,1 = 0.5 -2 1.5 3\n" NORM
                 "node Conv x w1 -> c1 pads=1,1,1,1 "
                 "strides=1,1\nnode Mul c1 s -> m1\nnode Relu m1 -> r1\n"
                 "floats w3 4,1,2,2" WEIGHTS "node Conv r1 w3 -> c2 group=4\n"
                 "node BatchNormalization c2 g b m v -> n2\nnode Flatten n2 -> f\n"
                 "node Gemm f w2 -> y transB=1\noutput y\n",
                 paper, 4, 4, false);
    treat(written, &all);
    write_network(written);
    assert_is_same(written, "one of each");
}

static void a_file_that_is_cut_anywhere_is_told(void **state)
{
    struct written written;

    (void)state;
    write_one_of_each(&written);
    for (size_t size = 0; size < written.size; size++)
        is_compared(&written, written.bytes, size);
    close_network(&written);
}

static void a_file_with_any_other_byte_is_read_or_told(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    struct written written;
    size_t compared = 0;

    (void)state;
    write_one_of_each(&written);
    for (size_t at = 0; at < written.size; at++)
        for (size_t i = 0; i < COUNT(changes); i++) {
            written.bytes[at] ^= changes[i];
            compared += is_compared(&written, written.bytes, written.size);
            written.bytes[at] ^= changes[i];
        }
    assert_true(compared > 0 && compared < COUNT(changes) * written.size);
    close_network(&written);
}

/* ---- opsets ------------------------------------------------------------------------------------ */

#define REDUCING                                                                       \
    "input x N,2,4,4\nfloats w1 4,2,1,1" WEIGHTS "node Conv x w1 -> c\n"               \
    "node ReduceMean c -> p axes=2,3 keepdims=0\nfloats w2 3,4" WEIGHTS                \
    "node Gemm p w2 -> y transB=1\noutput y\n"

static void a_list_that_became_an_input_is_moved(void **state)
{
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    open_network(&written, REDUCING, paper, 8, 8, false);
    write_network(&written);
    model = unpacked(&written);
    assert_int_equal(model->opset_import[0]->version, 21);
    assert_int_equal(model->ir_version, 10);
    assert_is_same(&written, "ReduceMean");
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

/* Each operator that is written in another way since, one that nothing needs, and one that reads it. */
#define OLD                                                                            \
    "input x N,2,8,8\nfloats w1 4,2,3,3" WEIGHTS "floats w2 4,4,3,3" WEIGHTS           \
    "floats w3 3,4" WEIGHTS "floats b3 3 = 0.5 -0.5 1\n" NORM                          \
    "node Pad x -> p pads=0,0,1,1,0,0,1,1 value=0.0\nnode Conv p w1 -> c1\n"           \
    "node BatchNormalization c1 g b m v -> n1 spatial=1\n"                             \
    "node Clip n1 -> r1 min=0.0 max=6.0\nnode Clip r1 -> k max=5.0\n"                  \
    "node Dropout k -> d ratio=0.5\nnode Slice d -> s starts=1,1 ends=7,8 axes=2,3\n"  \
    "node Softplus s -> dead\nnode Relu dead -> deader\n"                              \
    "node Conv s w2 -> c2\nnode Relu c2 -> r2\n"                                       \
    "node ReduceMean r2 -> m2 axes=2,3\nnode Squeeze m2 -> q axes=2,\n"                \
    "node Unsqueeze q -> u axes=3,\nnode Flatten u -> f\n"                             \
    "node Gemm f w3 b3 -> y transB=1\noutput y\n"

static void list_initialisers_as_inputs(Onnx__ModelProto *model)
{
    Onnx__GraphProto *graph = model->graph;

    for (size_t i = 0; i < graph->n_initializer; i++) {
        Onnx__ValueInfoProto *input = memory_get(sizeof *input);

        onnx__value_info_proto__init(input);
        input->name = memory_text(graph->initializer[i]->name);
        graph->input =
            memory_resize(graph->input, (graph->n_input + 1) * sizeof *graph->input);
        graph->input[graph->n_input++] = input;
    }
    model->ir_version = 3;
}

static void write_old(const char *opset, struct target_grids grids, int wanted)
{
    char text[2048];
    struct written written;
    Onnx__ModelProto *model;
    struct placement_rules rules = {
        .grids = grids, .weight_bits = 8, .activation_bits = 8};

    snprintf(text, sizeof text, "opset %s\n%s", opset, OLD);
    model = onnx_builder_model(text);
    list_initialisers_as_inputs(model);
    open_model(&written, model, rules, false);
    write_network(&written);
    assert_is_same(&written, opset);
    model = unpacked(&written);
    assert_int_equal(model->opset_import[0]->version, wanted);
    assert_int_equal(model->ir_version, wanted == 21 ? 10 : 4);
    assert_int_equal(model->graph->n_input, 1);
    assert_int_equal(count_nodes(model, "Softplus"), 0);
    assert_int_equal(count_nodes(model, "Relu"), 1);
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->op_type, "Clip") == 0)
            assert_int_equal(model->graph->node[i]->n_attribute, 0);
    onnx__model_proto__free_unpacked(model, NULL);
    close_network(&written);
}

static void old_opsets_are_raised(void **state)
{
    static const char *const opsets[] = {"7", "8", "9"};

    (void)state;
    for (size_t i = 0; i < COUNT(opsets); i++) {
        write_old(opsets[i], onnx, 13);
        write_old(opsets[i], paper, 21);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_is_written_for_integer_kernels_is_read_back),
        cmocka_unit_test(clamps_that_end_at_a_code_are_the_networks_own),
        cmocka_unit_test(what_is_done_to_weights_and_biases_is_read_back),
        cmocka_unit_test(statistics_in_force_give_the_same_scale_and_shift),
        cmocka_unit_test(only_what_is_needed_is_in_the_file),
        cmocka_unit_test(a_clip_is_there_only_where_the_type_is_wider),
        cmocka_unit_test(no_clip_stands_before_codes_of_4_bits),
        cmocka_unit_test(a_scale_has_a_shape_where_a_clamp_ends_at_the_highest_code),
        cmocka_unit_test(means_between_codes_are_pools),
        cmocka_unit_test(min_stands_where_float_weights_would_be_rounded),
        cmocka_unit_test(weights_alone_are_floats_unless_integers_are_wanted),
        cmocka_unit_test(each_integer_of_float_weights_is_compared),
        cmocka_unit_test(no_step_of_weights_is_too_small_for_the_bias),
        cmocka_unit_test(what_calq_does_not_know_stays),
        cmocka_unit_test(a_layer_of_codes_is_exact_in_its_own_units),
        cmocka_unit_test(nothing_exact_is_told),
        cmocka_unit_test(a_file_that_is_cut_anywhere_is_told),
        cmocka_unit_test(a_file_with_any_other_byte_is_read_or_told),
        cmocka_unit_test(a_list_that_became_an_input_is_moved),
        cmocka_unit_test(old_opsets_are_raised),
    };

    return cmocka_run_group_tests_name("onnx_write", tests, NULL, NULL);
}
