#include "core/export/onnx_write.h"

#include "core/base/memory.h"
#include "core/export/qdq_compare.h"
#include "core/export/qdq_folded.h"
#include "core/export/qdq_plain.h"
#include "core/layer/weight_ratios.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/onnx/onnx_file.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/equalisation.h"
#include "core/rewrite/fuse.h"
#include "core/rewrite/qdq.h"
#include "tests/support/channel_steps.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/written_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct error err;

/* ---- what is written is what is read back ------------------------------------------------------ */

static void write_all(struct target_grids grids, int weight_bits, int activation_bits)
{
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        for (int variant = 0; variant < 16; variant++) {
            struct written written;

            written_open(&written, written_networks[i].text, grids, weight_bits,
                         activation_bits, variant & 1);
            written.calibrated.rules.corrects_mean = variant & 2;
            written.calibrated.narrowest = variant & 4 ? 4 : 8;
            written.calibrated.for_integer_kernels = variant & 8;
            written_write(&written);
            written_assert_same(&written, written_networks[i].fact);
            written_close(&written);
        }
}

static void what_is_written_is_read_back(void **state)
{
    static const int bits[][2] = {{8, 8}, {4, 4}, {3, 2}, {4, 32}, {32, 4}, {32, 8}};

    (void)state;
    for (size_t i = 0; i < COUNT(bits); i++) {
        write_all(written_paper, bits[i][0], bits[i][1]);
        write_all(written_onnx, bits[i][0], bits[i][1]);
        write_all(written_tensorrt, bits[i][0], bits[i][1]);
        write_all(written_openvino, bits[i][0], bits[i][1]);
    }
}

/* Every layer is an integer kernel, with the network's output in float or rounded. */
static void what_is_written_for_integer_kernels_is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        for (int variant = 0; variant < 16; variant++) {
            struct placement_rules rules = {.grids = variant & 8 ? written_openvino
                                                                 : written_onnx,
                                            .rounds_like_kernels = variant & 4,
                                            .weight_bits = 8,
                                            .activation_bits = 8,
                                            .all_activations = true,
                                            .quantize_output = variant & 1};
            struct written written;

            written_open_by_rules(&written, written_networks[i].text, rules,
                                  variant & 2);
            written.calibrated.for_integer_kernels = true;
            written_write(&written);
            written_assert_same(&written, written_networks[i].fact);
            written_close(&written);
        }
}

/* What goes into the softmax is the network's output; both have names of their own. */
static void a_rounded_output_before_a_softmax_is_read_back(void **state)
{
    struct placement_rules rules = {.grids = written_onnx,
                                    .weight_bits = 8,
                                    .activation_bits = 8,
                                    .quantize_output = true};

    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        struct written written;

        rules.all_activations = variant & 1;
        written_open_by_rules(&written,
                              variant & 2 ? "input x N,4\nfloats w 4,3" WEIGHTS
                                            "node MatMul x w -> h\n"
                                            "node Softmax h -> y axis=1\noutput y\n"
                                          : "input x N,4\nfloats w 4,3" WEIGHTS
                                            "node MatMul x w -> y\noutput y\n",
                              rules, false);
        written.calibrated.for_integer_kernels = variant & 1;
        written_write(&written);
        written_assert_same(&written, "an output");
        written_close(&written);
    }
}

/* Strides of a convolution that sees one pixel are gone where it is written as a product. */
static void a_stride_over_one_pixel_is_read_back(void **state)
{
    const struct placement_rules rules = {
        .grids = written_onnx, .weight_bits = 8, .activation_bits = 8};
    struct written written;

    (void)state;
    written_open_by_rules(&written,
                          "input x N,3,4,5\nfloats w1 4,3,1,1" WEIGHTS
                          "floats w2 6,4,1,1" WEIGHTS
                          "node Conv x w1 -> c\nnode GlobalAveragePool c -> p\n"
                          "node Conv p w2 -> m strides=3,2\nnode Flatten m -> y\n"
                          "output y\n",
                          rules, false);
    written.calibrated.for_integer_kernels = true;
    written_write(&written);
    written_assert_same(&written, "a stride");
    written_close(&written);
}

/* A convolution of pixels that a product of images reads stays one: its rows are rounded under its name. */
static void pixels_that_a_product_of_images_reads_stay_images(void **state)
{
    const struct placement_rules rules = {
        .grids = written_onnx, .weight_bits = 8, .activation_bits = 8};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open_by_rules(&written,
                          "input x N,3,4,5\nfloats w1 4,3,1,1" WEIGHTS
                          "floats w2 1,6" WEIGHTS "floats w3 24,3" WEIGHTS
                          "node GlobalAveragePool x -> p\nnode Conv p w1 -> c\n"
                          "node MatMul c w2 -> m\nnode Flatten m -> f\n"
                          "node MatMul f w3 -> y\noutput y\n",
                          rules, false);
    written.calibrated.for_integer_kernels = true;
    written_write(&written);
    written_assert_same(&written, "pixels");
    model = written_model(&written);
    assert_int_equal(written_count_nodes(model, "Conv"), 1);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

static const char joined_before_relu[] =
    "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 5,3,1,1" WEIGHTS
    "floats w3 5,9,2,2" WEIGHTS "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
    "node Conv x w2 -> c2\nnode Relu c2 -> r2\nnode Concat r1 r2 -> j axis=1\n"
    "node Relu j -> r\nnode Conv r w3 -> c3\nnode Flatten c3 -> y\noutput y\n";

static const char joined_twice_before_relu[] =
    "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats w2 5,3,1,1" WEIGHTS
    "floats w3 5,12,2,2" WEIGHTS "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
    "node Conv x w2 -> c2\nnode Relu c2 -> r2\nnode Concat r1 r2 -> j axis=1\n"
    "node Concat j x -> k axis=1\n"
    "node Relu k -> r\nnode Conv r w3 -> c3\nnode Flatten c3 -> y\noutput y\n";

/* What is rounded early cannot be told from what is rounded again, which is the same. */
static void equal_steps_of_neighbours_are_read_back(void **state)
{
    const struct placement_rules rules = {.grids = written_onnx,
                                          .weight_bits = 8,
                                          .activation_bits = 8,
                                          .all_activations = true};

    const char *texts[WRITTEN_NETWORK_COUNT + 2] = {joined_before_relu,
                                                    joined_twice_before_relu};

    (void)state;
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        texts[2 + i] = written_networks[i].text;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct written written;

        written_open_by_rules(&written, texts[i], rules, false);
        for (int item = 0; item < written.placement.count; item++)
            written.choices[item].step = 0.05f;
        written.calibrated.for_integer_kernels = true;
        written_write(&written);
        written_assert_same(&written, "equal steps");
        written_close(&written);
    }
}

/* Between a layer and a scale that becomes a part of it. */
static void what_moves_the_output_of_a_layer_stays(void **state)
{
    static const char *const movers[] = {"Gather", "Reshape", "Squeeze", "Transpose"};
    int moved = 0;

    (void)state;
    for (size_t i = 0; i < 2 * WRITTEN_NETWORK_COUNT; i++)
        for (size_t j = 0; j < COUNT(movers); j++) {
            const struct network_case *network = &written_networks[i / 2];
            Onnx__ModelProto *before = onnx_builder_model(network->text), *after;
            struct written written;
            int count = written_count_nodes(before, movers[j]);

            written_open(&written, network->text, written_onnx, 8, 8, true);
            written.calibrated.for_integer_kernels = i % 2;
            written_write(&written);
            after = written_model(&written);
            if (written_count_nodes(after, movers[j]) < count)
                fail_msg("%s: fewer %s", network->fact, movers[j]);
            moved += count;
            onnx__model_proto__free_unpacked(before, NULL);
            onnx__model_proto__free_unpacked(after, NULL);
            written_close(&written);
        }
    assert_true(moved > 0);
}

/* ---- what is done to weights and biases -------------------------------------------------------- */

static void shift_biases(struct written *written)
{
    struct network *network = written->network;

    for (int i = 0; i < network->layer_count; i++) {
        struct layer *layer = &network->layers[i];
        float shifts[16];

        if (layer->kind != LAYER_CONV)
            continue;
        assert_true(layer->weights->outputs <= (int)COUNT(shifts));
        for (int channel = 0; channel < layer->weights->outputs; channel++)
            shifts[channel] = 0.0137f * (float)(channel + 1) - 0.05f;
        bias_shift_put(layer, shifts);
        state_set_floats(&written->state, STATE_BIAS_SHIFT, i, shifts,
                         (size_t)layer->weights->outputs);
    }
}

static void equalise(struct written *written)
{
    struct equalisation_pairs pairs =
        equalisation_find_pairs(written->network, &written->placement);
    struct equalisation before = {0};

    network_equalize(written->network, &pairs, &before);
    state_set(&written->state, STATE_EQUALIZED, 0, NULL, 0);
    equalisation_clear(&before);
    equalisation_pairs_clear(&pairs);
}

static const struct treatment {
    const char *fact;
    bool has_channel_steps, corrects_variance, is_equalized, has_bias_shifts;
    int block;
} treatments[] = {
    {"channel steps", .has_channel_steps = true},
    {"mean and variance", .corrects_variance = true},
    {"biases", .has_bias_shifts = true},
    {"equalised", .is_equalized = true},
    {"all", true, true, true, true, 0},
    {"steps of blocks", .block = 2, .has_bias_shifts = true},
    {"steps of blocks of which the last is short", .block = 3, .is_equalized = true},
};

static void treat(struct written *written, const struct treatment *treatment)
{
    if (treatment->is_equalized)
        equalise(written);
    if (treatment->has_channel_steps)
        give_channel_steps(&written->placement, written->network, RATIO_OF_MMSE);
    if (treatment->block > 0)
        give_block_steps(&written->placement, written->network, RATIO_OF_MMSE,
                         treatment->block);
    if (treatment->has_bias_shifts)
        shift_biases(written);
    written->calibrated.rules.corrects_variance = treatment->corrects_variance;
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

/* Images are multiplied as rows, which are a view of what is rounded, and of what other views show. */
static const struct network_case products_of_images[] = {
    {"a product of images",
     "input x N,3,4,5\nfloats w1 4,3,1,1" WEIGHTS "floats w2 5,6" WEIGHTS
     "floats w3 4,3" WEIGHTS "node Conv x w1 -> c\nnode Relu c -> r\n"
     "node MatMul r w2 -> m\nnode Relu m -> s\n"
     "node GlobalAveragePool s -> p\nnode Flatten p -> f\n"
     "node MatMul f w3 -> y\noutput y\n"},
    {"a product of images between moves",
     "input x N,3,4,5\nfloats w1 4,3,1,1" WEIGHTS "floats w2 4,6" WEIGHTS
     "floats w3 120,3" WEIGHTS "integers as 4 = 0 2 10 6\n"
     "node Conv x w1 -> c\nnode Transpose c -> t perm=0,1,3,2\n"
     "node MatMul t w2 -> m\nnode Reshape m as -> a\n"
     "node Transpose a -> b perm=0,3,1,2\nnode Flatten b -> f\n"
     "node MatMul f w3 -> y\noutput y\n"},
    {"a product of images of one column",
     "input x N,3,4,5\nfloats w1 4,3,1,1" WEIGHTS "floats w2 5,1" WEIGHTS
     "floats w3 16,3" WEIGHTS "node Conv x w1 -> c\nnode Relu c -> r\n"
     "node MatMul r w2 -> m\nnode Relu m -> s\nnode Flatten s -> f\n"
     "node MatMul f w3 -> y\noutput y\n"},
};

/* With every treatment. */
static void a_product_of_images_is_read_back(void **state)
{
    struct placement_rules rules = {
        .grids = written_onnx, .weight_bits = 8, .activation_bits = 8};
    size_t variants = 8 * COUNT(treatments);

    (void)state;
    for (size_t i = 0; i < COUNT(products_of_images) * variants; i++) {
        const struct network_case *network = &products_of_images[i / variants];
        struct written written;

        rules.all_activations = i & 1;
        rules.activation_bits = i & 2 ? 4 : 8;
        written_open_by_rules(&written, network->text, rules, false);
        written.calibrated.for_integer_kernels = i & 4;
        treat(&written, &treatments[i / 8 % COUNT(treatments)]);
        written_write(&written);
        written_assert_same(&written, network->fact);
        written_close(&written);
    }
}

static void write_treated(const struct network_case *network, const int bits[2],
                          const struct treatment *treatment)
{
    const struct target_grids *const grids[] = {&written_paper, &written_onnx};

    for (size_t variant = 0; variant < 4 * COUNT(grids); variant++) {
        struct written written;
        char fact[160];

        snprintf(fact, sizeof fact, "%s, %s", network->fact, treatment->fact);
        written_open(&written, network->text, *grids[variant / 4], bits[0], bits[1],
                     variant % 2);
        written.calibrated.for_integer_kernels = variant & 2;
        treat(&written, treatment);
        written_write(&written);
        written_assert_same(&written, fact);
        assert_names_are_unique(&written, fact);
        written_close(&written);
    }
}

static void what_is_done_to_weights_and_biases_is_read_back(void **state)
{
    static const int bits[][2] = {{8, 8}, {4, 4}, {4, 32}, {32, 4}};

    (void)state;
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        for (size_t j = 0; j < COUNT(bits); j++)
            for (size_t k = 0; k < COUNT(treatments); k++)
                write_treated(&written_networks[i], bits[j], &treatments[k]);
}

/* ---- batch norms ------------------------------------------------------------------------------- */

static void put_others(struct written *written)
{
    struct network *network = written->network;

    for (int i = 0; i < network->layer_count; i++) {
        struct layer *layer = &network->layers[i];
        float own[32];
        int channels;

        if (!layer->batchnorm)
            continue;
        channels = layer->batchnorm->channels;
        assert_true(2 * channels <= (int)COUNT(own));
        for (int channel = 0; channel < channels; channel++) {
            own[channel] = layer->batchnorm->mean[channel] + 0.0173f * (float)channel;
            own[channel + channels] = layer->batchnorm->variance[channel] * 1.37f;
        }
        batchnorm_put(layer, own, own + channels);
        state_set_floats(&written->state, STATE_STATISTICS, i, own,
                         2 * (size_t)channels);
    }
}

/* `variant`: the grids, whether biases are corrected, too, and whether layers stay in float. */
static void write_with_others(const struct network_case *network, int variant)
{
    const struct target_grids *const grids[] = {&written_paper, &written_onnx,
                                                &written_tensorrt};
    struct written written;

    written_open(&written, network->text, *grids[variant % 3],
                 variant >= 6 ? BITS_FLOAT : 4, 4, false);
    put_others(&written);
    if (variant / 3 % 2)
        shift_biases(&written);
    written_write(&written);
    written_assert_same(&written, network->fact);
    assert_names_are_unique(&written, network->fact);
    written_close(&written);
}

/* Gammas that are denormals, and variances of which epsilon is all; one stands alone. */
static const struct network_case faint_gammas = {
    "faint gammas",
    "input x N,3,4,4\nfloats w1 4,3,1,1" WEIGHTS "floats g 4 = 1e-40 1 1e-41 -2e-40\n"
    "floats h 4 = 1 1e-40 2e-41 -1e-40\n"
    "floats b 4 = 0.1 -0.2\nfloats m 4 = 0.3 -0.4\nfloats v 4 = 0 0.3 0 1e-6\n"
    "floats w2 3,4" WEIGHTS "node Conv x w1 -> c\n"
    "node BatchNormalization c g b m v -> n\nnode Relu n -> r\n"
    "node BatchNormalization r h b m v -> k\nnode GlobalAveragePool k -> p\n"
    "node Flatten p -> f\nnode Gemm f w2 -> y transB=1\noutput y\n"};

static void statistics_in_force_give_the_same_scale_and_shift(void **state)
{
    (void)state;
    for (int variant = 0; variant < 12; variant++)
        write_with_others(&faint_gammas, variant);
    for (size_t i = 0; i < WRITTEN_NETWORK_COUNT; i++)
        for (int variant = 0; variant < 12; variant++)
            write_with_others(&written_networks[i], variant);
}

/* ---- the rest of the file ---------------------------------------------------------------------- */

static bool has_initialiser(const Onnx__ModelProto *model, const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return true;
    return false;
}

static void only_what_is_needed_is_in_the_file(void **state)
{
    static const struct onnx_property properties[] = {{"calq.case", "a"}};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open(&written, written_networks[0].text, written_onnx, 8, 8, true);
    written.calibrated.properties = properties;
    written.calibrated.property_count = 1;
    written_write(&written);
    model = written_model(&written);
    assert_int_equal(model->opset_import[0]->version, 13);
    assert_int_equal(written_count_nodes(model, "BatchNormalization"), 0);
    assert_int_equal(written_count_nodes(model, "QuantizeLinear"), 2);
    assert_int_equal(written_count_nodes(model, "DequantizeLinear"), 4);
    assert_int_equal(written_count_nodes(model, "Clip"), 0);
    assert_false(has_initialiser(model, "w1"));
    assert_false(has_initialiser(model, "g"));
    assert_string_equal(model->metadata_props[0]->key, "calq.case");
    assert_string_equal(model->metadata_props[0]->value, "a");
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* That is what ONNX Runtime knows in integers. */
static void means_between_codes_are_pools(void **state)
{
    struct placement_rules rules = {.grids = written_onnx,
                                    .weight_bits = 8,
                                    .activation_bits = 8,
                                    .all_activations = true};
    struct written written;
    Onnx__ModelProto *model;

    (void)state;
    written_open_by_rules(&written,
                          "input x N,3,4,4\nfloats w1 4,3,3,3" WEIGHTS
                          "floats w2 5,4" WEIGHTS
                          "node Conv x w1 -> c1\nnode Relu c1 -> r1\n"
                          "node ReduceMean r1 -> n axes=2,3 keepdims=0\n"
                          "node Gemm n w2 -> y transB=1\noutput y\n",
                          rules, false);
    written.calibrated.for_integer_kernels = true;
    written_write(&written);
    model = written_model(&written);
    assert_int_equal(written_count_nodes(model, "ReduceMean"), 0);
    assert_int_equal(written_count_nodes(model, "GlobalAveragePool"), 1);
    assert_int_equal(written_count_nodes(model, "QuantizeLinear"), 4);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* Field 2000 of the model: no calq knows it. */
static void what_calq_does_not_know_stays(void **state)
{
    static const uint8_t field[] = {0x82, 0x7d, 3, 'n', 'e', 'w'};
    struct written written;
    Onnx__ModelProto *model;
    FILE *file;

    (void)state;
    written_open(&written, written_networks[0].text, written_onnx, 8, 8, false);
    file = fopen(written.path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(field, 1, sizeof field, file), sizeof field);
    fclose(file);
    written_write(&written);
    model = written_model(&written);
    assert_int_equal(model->base.n_unknown_fields, 1);
    assert_memory_equal(model->base.unknown_fields[0].data, field + 2, 4);
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
}

/* ---- exact layers ------------------------------------------------------------------------------- */

/* Each tensor is made once. */
static void assert_one_producer(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(graph->node[i]->output[0],
                                    graph->node[j]->output[0]);
}

static void a_rounded_output_of_an_exact_layer_has_its_name(void **state)
{
    struct placement_rules rules = {.weight_bits = 8,
                                    .activation_bits = 8,
                                    .all_activations = true,
                                    .quantize_output = true};

    (void)state;
    for (size_t i = 0; i < 2 * WRITTEN_NETWORK_COUNT; i++) {
        struct written written;
        Onnx__ModelProto *model;

        rules.grids = i % 2 ? written_openvino : written_onnx;
        written_open_by_rules(&written, written_networks[i / 2].text, rules, false);
        written.calibrated.is_exact = true;
        written_write(&written);
        model = written_model(&written);
        assert_one_producer(model->graph);
        assert_string_equal(model->graph->node[model->graph->n_node - 1]->op_type,
                            "DequantizeLinear");
        onnx__model_proto__free_unpacked(model, NULL);
        written_close(&written);
    }
}

static int count_exact(const char *text, struct target_grids grids,
                       const struct treatment *treatment)
{
    struct written written;
    Onnx__ModelProto *model;
    int casts;

    written_open(&written, text, grids, 4, 4, false);
    treat(&written, treatment);
    written.calibrated.is_exact = true;
    written_write(&written);
    assert_names_are_unique(&written, text);
    model = written_model(&written);
    casts = written_count_nodes(model, "Cast");
    onnx__model_proto__free_unpacked(model, NULL);
    written_close(&written);
    return casts;
}

/* Both layers read codes, the second has a residual of them. Three casts belong to a layer, three
 * more to each sum that is rounded on its own. */
static void a_layer_of_codes_is_exact_in_its_own_units(void **state)
{
    static const struct treatment corrected = {.fact = "corrected",
                                               .corrects_variance = true};

    (void)state;
    assert_int_equal(
        count_exact(written_networks[0].text, written_onnx, &treatments[0]), 9);
    assert_int_equal(
        count_exact(written_networks[0].text, written_tensorrt, &corrected), 15);
    assert_int_equal(
        count_exact(written_networks[0].text, written_paper, &treatments[2]), 9);
    assert_int_equal(
        count_exact(written_networks[1].text, written_onnx, &treatments[3]), 6);
    assert_int_equal(
        count_exact(written_networks[4].text, written_onnx, &treatments[4]), 12);
    assert_int_equal(
        count_exact(written_networks[0].text, written_openvino, &treatments[0]), 9);
}

/* The residual is rows where what it is added to is an image. */
static void a_reshaped_residual_is_not_added_exactly(void **state)
{
    static const struct treatment plain = {.fact = "plain"};
    static const char text[] =
        "input x N,8\nfloats w1 8,6" WEIGHTS "integers s 4 = 0 6 1 1\n"
        "floats w2 6,6,1,1" WEIGHTS "floats w3 3,6" WEIGHTS
        "node MatMul x w1 -> m\nnode Reshape m s -> r\nnode Conv r w2 -> c\n"
        "node Add c r -> a\nnode Relu a -> b\nnode Flatten b -> f\n"
        "node Gemm f w3 -> y transB=1\noutput y\n";

    (void)state;
    assert_int_equal(count_exact(text, written_onnx, &plain), 6);
}

/* A node stands between the codes and the sum, which changes the places of samples and steps. */
static void a_moved_residual_is_not_added_exactly(void **state)
{
    static const struct treatment plain = {.fact = "plain"};
    static const char text[] =
        "input x N,3,6\nfloats w1 6,6" WEIGHTS "floats w2 6,6" WEIGHTS
        "floats w3 6,3" WEIGHTS "node MatMul x w1 -> a\nnode Relu a -> b\n"
        "node Transpose b -> t perm=1,0,2\nnode MatMul t w2 -> m\n"
        "node Add m t -> s\nnode Transpose s -> r perm=1,0,2\n"
        "node MatMul r w3 -> y\noutput y\n";
    static const char unmoved[] =
        "input x N,3,6\nfloats w1 6,6" WEIGHTS "floats w2 6,6" WEIGHTS
        "floats w3 6,3" WEIGHTS "node MatMul x w1 -> a\nnode Relu a -> b\n"
        "node MatMul b w2 -> m\nnode Add m b -> s\nnode MatMul s w3 -> y\noutput y\n";

    (void)state;
    assert_int_equal(count_exact(unmoved, written_onnx, &plain), 12);
    assert_int_equal(count_exact(text, written_onnx, &plain), 6);
}

/* Of the second product, whose scale stands behind moves that change nothing but the shape, the exact nodes would give the shape
 * before them: it is written as it was, in both its forms. */
static void a_layer_that_is_moved_before_its_end_is_not_exact(void **state)
{
    static const struct treatment plain = {.fact = "plain"};
    static const char text[] =
        "input x N,1,6\nfloats w1 6,6" WEIGHTS "floats w2 6,3" WEIGHTS
        "floats w3 3,3" WEIGHTS
        "floats c - = 3\nintegers s 4 = -1 1 3 1\nintegers t 3 = -1 1 3\n"
        "node MatMul x w1 -> a\nnode Relu a -> b\nnode MatMul b w2 -> m\n"
        "node Reshape m s -> r\nnode Transpose r -> u perm=0,2,1,3\nnode Mul u c -> v\n"
        "node Reshape v t -> q\nnode MatMul q w3 -> y\noutput y\n";
    static const char unmoved[] =
        "input x N,1,6\nfloats w1 6,6" WEIGHTS "floats w2 6,3" WEIGHTS
        "floats w3 3,3" WEIGHTS "floats c - = 3\n"
        "node MatMul x w1 -> a\nnode Relu a -> b\nnode MatMul b w2 -> m\n"
        "node Mul m c -> v\nnode MatMul v w3 -> y\noutput y\n";

    (void)state;
    assert_int_equal(count_exact(text, written_onnx, &plain),
                     count_exact(unmoved, written_onnx, &plain) - 3);
}

/* Single pixels are the same in rows, so the network has no layer between. */
static const char behind_flatten[] = "input x N,2,4,4\n"
                                     "floats v 3,2,1,1 = 1 -2 .5\n"
                                     "floats w 3,4 = .25 -1\n"
                                     "node Conv x v -> y name=conv\n"
                                     "node Relu y -> z name=relu\n"
                                     "node GlobalAveragePool z -> p name=pool\n"
                                     "node Flatten p -> f name=flatten\n"
                                     "node MatMul f w -> o name=product\n"
                                     "output o\n";

/* Two layers, each with three casts and no sum. */
static void a_layer_behind_moved_codes_is_exact(void **state)
{
    static const struct treatment plain = {.fact = "plain"};

    (void)state;
    assert_int_equal(count_exact(behind_flatten, written_onnx, &plain), 6);
}

static void nothing_exact_is_told(void **state)
{
    struct written written;

    (void)state;
    written_open(&written, written_networks[0].text, written_onnx, 4, BITS_FLOAT,
                 false);
    written.calibrated.is_exact = true;
    assert_int_equal(
        onnx_write(&written.calibrated, &written.bytes, &written.size, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, "there is nothing to write exactly"))
        fail_msg("%s", err.text);
    written_close(&written);
}

static void a_constant_on_the_left_is_told(void **state)
{
    static const char left[] = "input x N,4,6\nfloats w 3,4 = 0.5 -0.25 0.125\n"
                               "node MatMul w x -> y name=left\noutput y\n";
    struct written written;

    (void)state;
    written_open(&written, left, written_onnx, 8, 8, false);
    assert_int_equal(
        onnx_write(&written.calibrated, &written.bytes, &written.size, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    if (!strstr(err.text, "left has its constant on the left"))
        fail_msg("%s", err.text);
    written_close(&written);
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
        qdq_compare(written->network, &written->placement, written->choices,
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
    static const struct treatment all = {"all", true, true, true, true, 0};

    written_open(written,
                 "input x N,2,3,3\nfloats w1 4,2,1,1" WEIGHTS "floats w2 2,64" WEIGHTS
                 "floats s 4,1,1 = 0.5 -2 1.5 3\n" NORM
                 "node Conv x w1 -> c1 pads=1,1,1,1 "
                 "strides=1,1\nnode Mul c1 s -> m1\nnode Relu m1 -> r1\n"
                 "floats w3 4,1,2,2" WEIGHTS "node Conv r1 w3 -> c2 group=4\n"
                 "node BatchNormalization c2 g b m v -> n2\nnode Flatten n2 -> f\n"
                 "node Gemm f w2 -> y transB=1\noutput y\n",
                 written_paper, 4, 4, false);
    treat(written, &all);
    written_write(written);
    written_assert_same(written, "one of each");
}

static void a_file_that_is_cut_anywhere_is_told(void **state)
{
    struct written written;

    (void)state;
    write_one_of_each(&written);
    for (size_t size = 0; size < written.size; size++)
        is_compared(&written, written.bytes, size);
    written_close(&written);
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
    written_close(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_is_written_for_integer_kernels_is_read_back),
        cmocka_unit_test(what_moves_the_output_of_a_layer_stays),
        cmocka_unit_test(a_rounded_output_before_a_softmax_is_read_back),
        cmocka_unit_test(a_stride_over_one_pixel_is_read_back),
        cmocka_unit_test(pixels_that_a_product_of_images_reads_stay_images),
        cmocka_unit_test(a_reshaped_residual_is_not_added_exactly),
        cmocka_unit_test(a_moved_residual_is_not_added_exactly),
        cmocka_unit_test(a_layer_that_is_moved_before_its_end_is_not_exact),
        cmocka_unit_test(a_product_of_images_is_read_back),
        cmocka_unit_test(equal_steps_of_neighbours_are_read_back),
        cmocka_unit_test(what_is_done_to_weights_and_biases_is_read_back),
        cmocka_unit_test(statistics_in_force_give_the_same_scale_and_shift),
        cmocka_unit_test(only_what_is_needed_is_in_the_file),
        cmocka_unit_test(means_between_codes_are_pools),
        cmocka_unit_test(what_calq_does_not_know_stays),
        cmocka_unit_test(a_layer_of_codes_is_exact_in_its_own_units),
        cmocka_unit_test(a_rounded_output_of_an_exact_layer_has_its_name),
        cmocka_unit_test(a_layer_behind_moved_codes_is_exact),
        cmocka_unit_test(nothing_exact_is_told),
        cmocka_unit_test(a_constant_on_the_left_is_told),
        cmocka_unit_test(a_file_that_is_cut_anywhere_is_told),
        cmocka_unit_test(a_file_with_any_other_byte_is_read_or_told),
    };

    return cmocka_run_group_tests_name("onnx_write", tests, NULL, NULL);
}
