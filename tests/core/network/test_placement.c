#include "core/network/placement.h"

#include "core/network/float_items.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A stem, a residual block whose sum feeds two layers, one of them without a ReLU, and a
 * fully connected layer. Fusion leaves no Relu, Add or Flatten. */
static const char text[] =
    "input x N,2,8,8\n"
    "floats w.stem 4,2,3,3\n"
    "floats w.left 4,4,3,3\n"
    "floats w.right 4,4,3,3\n"
    "floats w.linear 6,4,1,1\n"
    "floats w.last 5,6\n"
    "node Conv x w.stem -> stem pads=1,1,1,1 name=/stem\n"
    "node Relu stem -> stem.out\n"
    "node Conv stem.out w.left -> left pads=1,1,1,1 name=/block/left\n"
    "node Relu left -> left.out\n"
    "node Conv left.out w.right -> right pads=1,1,1,1 name=/block/right\n"
    "node Add right stem.out -> sum\n"
    "node Relu sum -> sum.out\n"
    "node Conv sum.out w.linear -> linear name=/linear\n"
    "node GlobalAveragePool linear -> pooled\n"
    "node Flatten pooled -> flat\n"
    "node Gemm flat w.last -> y transB=1 name=/last\n"
    "output y\n";

static struct network *network;
static struct placement placement;
static struct placement_rules rules;
static struct error err;

static int read_network(void **state)
{
    (void)state;
    network = onnx_builder_read_fused(text, &err);
    if (!network)
        return -1;
    return 0;
}

static int destroy_network(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

static int start(void **state)
{
    (void)state;
    rules = (struct placement_rules){
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = 8,
    };
    err = (struct error){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    placement_clear(&placement);
    assert_null(placement.items);
    return 0;
}

static void place(const char *const *keep_float, int count)
{
    rules.keep_float = keep_float;
    rules.keep_float_count = count;
    if (placement_init(&placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
}

static void assert_names(const char *const *names, size_t count)
{
    assert_int_equal(placement.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(placement.items[i].name, names[i]);
}

#define assert_placed(...)                                                             \
    assert_names((const char *const[]){__VA_ARGS__},                                   \
                 COUNT(((const char *const[]){__VA_ARGS__})))
#define keep(...)                                                                      \
    place((const char *const[]){__VA_ARGS__},                                          \
          COUNT(((const char *const[]){__VA_ARGS__})))

/* ---- what is quantized ----------------------------------------------------------------------- */

static void weights_come_before_the_output_of_their_layer(void **state)
{
    (void)state;
    place(NULL, 0);
    assert_placed("x", "w.stem", "stem.out", "w.left", "left.out", "w.right", "sum.out",
                  "w.linear", "pooled", "w.last");
}

static void only_activations_that_feed_a_quantized_layer_are_quantized(void **state)
{
    (void)state;
    keep("first", "last");
    assert_placed("stem.out", "w.left", "left.out", "w.right", "sum.out", "w.linear");
}

static void a_side_of_32_bits_stays_in_float(void **state)
{
    (void)state;
    rules.activation_bits = BITS_FLOAT;
    keep("first", "last");
    assert_placed("w.left", "w.right", "w.linear");
    placement_clear(&placement);
    rules.activation_bits = 8;
    rules.weight_bits = BITS_FLOAT;
    keep("first", "last");
    assert_placed("stem.out", "left.out", "sum.out");
}

static void the_target_and_the_sign_decide_the_grid(void **state)
{
    (void)state;
    place(NULL, 0);
    for (int i = 0; i < placement.count; i++) {
        const struct quantized_tensor *item = &placement.items[i];
        bool is_signed =
            strcmp(item->name, "x") == 0 || strcmp(item->name, "pooled") == 0;

        if (item->is_weight)
            assert_int_equal(item->grid, GRID_NARROW);
        else
            assert_int_equal(item->grid, is_signed ? GRID_MIDTREAD : GRID_UNSIGNED);
        assert_int_equal(item->bits, item->is_weight ? 4 : 8);
    }
}

static void items_are_found_by_layer_and_by_tensor(void **state)
{
    int found = 0;

    (void)state;
    keep("first", "last");
    for (int layer = 0; layer < network->layer_count; layer++)
        if (placement_of_weights(&placement, layer, 0) >= 0) {
            const struct quantized_tensor *item =
                &placement.items[placement_of_weights(&placement, layer, 0)];

            assert_true(item->is_weight && item->index == layer);
            found++;
        }
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (placement.of_tensor[tensor] >= 0) {
            const struct quantized_tensor *item =
                &placement.items[placement.of_tensor[tensor]];

            assert_true(!item->is_weight && item->index == tensor);
            assert_string_equal(item->name, network->tensors[tensor].name);
            found++;
        }
    assert_int_equal(found, placement.count);
}

/* ---- what is kept in float ------------------------------------------------------------------- */

static void layers_are_kept_by_their_name_their_weights_or_their_output(void **state)
{
    static const char *const ways[] = {"/block/left", "w.left", "left.out"};

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        keep("first", "last", ways[i]);
        assert_placed("left.out", "w.right", "sum.out", "w.linear");
        placement_clear(&placement);
    }
    place(NULL, 0);
}

static void a_pattern_keeps_all_that_fits(void **state)
{
    (void)state;
    keep("/block/*", "w.l[ai]*");
    assert_placed("x", "w.stem");
}

static void a_pattern_that_fits_nothing_is_told(void **state)
{
    static const char *const patterns[] = {"first", "/blok/*"};

    (void)state;
    rules.keep_float = patterns;
    rules.keep_float_count = 2;
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(
        strstr(err.text, "keep_float: \"/blok/*\" fits no layer with weights of "));
}

static void nothing_left_to_quantize_is_told(void **state)
{
    static const char *const everything[] = {"*"};

    (void)state;
    rules.keep_float = everything;
    rules.keep_float_count = 1;
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "is left to quantize: keep_float keeps all of its "
                                     "layers with weights (5) in "));
}

/* Layers that are few are named. */
static void layers_that_are_all_kept_are_named(void **state)
{
    static const char *const ends[] = {"first", "last"};
    struct network *two = onnx_builder_read_fused(
        "input x N,2,1,1\nfloats a 2,2,1,1\nfloats b 3,2\nnode Conv x a -> c "
        "name=/one\n"
        "node Flatten c -> f\nnode Gemm f b -> y transB=1 name=/two\noutput y",
        &err);

    (void)state;
    rules.keep_float = ends;
    rules.keep_float_count = 2;
    assert_int_equal(placement_init(&placement, two, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    if (!strstr(err.text, "layers with weights (2: \"/one\", \"/two\") in float; "
                          "`keep_float: []` keeps none"))
        fail_msg("%s", err.text);
    network_destroy(two);
}

/* Whatever keep_float says, even where it names the first layer. */
static void a_network_without_convolutions_has_nothing_to_quantize(void **state)
{
    static const char *const ends[] = {"first", "last"};
    struct network *none =
        onnx_builder_read_fused("input x N,2\nnode Relu x -> y\noutput y", &err);

    (void)state;
    rules.keep_float = ends;
    for (int count = 0; count <= 2; count++) {
        rules.keep_float_count = count;
        assert_int_equal(placement_init(&placement, none, &rules, &err), -1);
        assert_int_equal(err.code, EXIT_INPUT);
        if (!strstr(err.text, " to quantize: it has no layer with constant weights"))
            fail_msg("%s", err.text);
        placement_clear(&placement);
    }
    network_destroy(none);
}

static void both_sides_in_float_is_nothing_left_to_quantize(void **state)
{
    (void)state;
    rules.weight_bits = rules.activation_bits = BITS_FLOAT;
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "weights and activations have 32 bits"));
}

static void sums_of_more_than_32_bits_are_told(void **state)
{
    struct network *usual = network;

    (void)state;
    network = onnx_builder_read_fused("input x N,65794\n"
                                      "floats w 2,65794\n"
                                      "node Gemm x w -> y transB=1 name=/wide\n"
                                      "output y\n",
                                      &err);
    assert_non_null(network);
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "/wide sums 65794 products"));
    network_destroy(network);
    network = usual;
}

/* Each of 60000 inputs at 8 bits fits; 6000 copies more, or doubled codes, do not. */
static void sums_of_split_layers_are_bounded(void **state)
{
    struct network *usual = network;

    (void)state;
    network = onnx_builder_read_fused("input x N,60000\n"
                                      "floats w 2,60000\n"
                                      "node Gemm x w -> y transB=1 name=/wide\n"
                                      "output y\n",
                                      &err);
    assert_non_null(network);
    rules.splitting.ratio = 0.05;
    place(NULL, 0);
    assert_int_equal(placement.items[1].wide.added, 3000);
    placement_clear(&placement);
    rules.splitting.ratio = 0.1;
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_non_null(strstr(err.text, "/wide sums 66000 products"));
    placement_clear(&placement);
    rules.splitting.ratio = 0.05;
    rules.grids.weights = GRID_MIDRISE;
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_non_null(strstr(err.text, "/wide sums 126000 products"));
    network_destroy(network);
    network = usual;
}

static void layers_in_groups_are_neither_split_nor_doubled(void **state)
{
    struct network *usual = network;

    (void)state;
    network = onnx_builder_read_fused("input x N,4,8,8\n"
                                      "floats w 4,1,3,3\n"
                                      "floats v 4,4,1,1\n"
                                      "node Conv x w -> h pads=1,1,1,1 group=4\n"
                                      "node Conv h v -> c\n"
                                      "node GlobalAveragePool c -> p\n"
                                      "node Flatten p -> y\n"
                                      "output y\n",
                                      &err);
    assert_non_null(network);
    rules.splitting.ratio = 0.3;
    rules.second_above = 0.01;
    place(NULL, 0);
    assert_string_equal(placement.items[1].name, "w");
    assert_int_equal(placement.items[1].wide.added, 0);
    assert_true(placement.items[1].wide.second_above == 0);
    assert_string_equal(placement.items[3].name, "v");
    assert_int_equal(placement.items[3].wide.added, 2);
    assert_true(placement.items[3].wide.second_above == 0.01);
    network_destroy(network);
    network = usual;
}

/* ---- products of two tensors ----------------------------------------------------------------- */

static const char attention[] = "input x N,6,4\n"
                                "floats wq 4,4\nfloats wk 4,4\nfloats wv 4,4\n"
                                "node MatMul x wq -> q\nnode MatMul x wk -> k\n"
                                "node MatMul x wv -> v\n"
                                "node Transpose k -> t perm=0,2,1\n"
                                "node MatMul q t -> scores name=/scores\n"
                                "node Sigmoid scores -> share\n"
                                "node MatMul share v -> mix name=/mix\n"
                                "node Flatten mix -> y\noutput y\n";

static void use(const char *model)
{
    network = onnx_builder_read_fused(model, &err);
    if (!network)
        fail_msg("%s", err.text);
}

static void both_sides_of_a_product_are_quantized(void **state)
{
    struct network *usual = network;

    (void)state;
    use(attention);
    place(NULL, 0);
    assert_placed("x", "wq", "q", "wk", "wv", "v", "t", "share");
    assert_int_equal(placement.items[7].grid, GRID_UNSIGNED);
    network_destroy(network);
    network = usual;
}

static void a_product_is_kept_in_float_by_its_name(void **state)
{
    struct network *usual = network;

    (void)state;
    use(attention);
    keep("/scores");
    assert_placed("x", "wq", "wk", "wv", "v", "share");
    network_destroy(network);
    network = usual;
}

static void scores_stay_in_float_where_all_else_is_codes(void **state)
{
    struct network *usual = network;

    (void)state;
    use(attention);
    rules.all_activations = true;
    place(NULL, 0);
    for (int item = 0; item < placement.count; item++)
        assert_string_not_equal(placement.items[item].name, "scores");
    network_destroy(network);
    network = usual;
}

static void channels_of_a_product_are_not_split(void **state)
{
    struct network *usual = network;

    (void)state;
    use(attention);
    rules.activation_splitting.ratio = 0.5;
    place(NULL, 0);
    assert_string_equal(placement.items[2].name, "q");
    assert_int_equal(placement.items[2].split.added, 0);
    assert_int_equal(placement.items[0].split.added, 2);
    network_destroy(network);
    network = usual;
}

static void a_product_alone_is_something_to_quantize(void **state)
{
    struct network *usual = network;

    (void)state;
    use("input x N,4,4\nnode MatMul x x -> p\nnode Flatten p -> y\noutput y\n");
    place(NULL, 0);
    assert_placed("x");
    network_destroy(network);
    network = usual;
}

static void sums_of_products_of_two_tensors_are_bounded(void **state)
{
    struct network *usual = network;

    (void)state;
    use("input x N,1,33026\nnode Transpose x -> t perm=0,2,1\n"
        "node MatMul x t -> p name=/deep\nnode Flatten p -> y\noutput y\n");
    assert_int_equal(placement_init(&placement, network, &rules, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "/deep sums 33026 products of two tensors, and "
                                     "32-bit sums hold 33025; name it in keep_float"));
    network_destroy(network);
    network = usual;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)

/* ---- all activations ------------------------------------------------------------------------- */

/* Places another network, its sums apart, with all activations. */
static struct network *place_all(const char *other, const char *const *keep_float,
                                 int count)
{
    struct network *read = onnx_builder_read(other, &err), *usual = network;

    if (!read)
        fail_msg("%s", err.text);
    network_fuse_but_sums(read);
    network = read;
    rules.all_activations = true;
    place(keep_float, count);
    network = usual;
    return read;
}

static void sums_and_pools_between_integers_read_codes(void **state)
{
    struct network *read = place_all(text, NULL, 0);

    (void)state;
    assert_placed("x", "w.stem", "stem.out", "w.left", "left.out", "w.right", "right",
                  "sum.out", "w.linear", "linear", "pooled", "w.last");
    assert_int_equal(placement.items[6].grid, GRID_MIDTREAD);
    network_destroy(read);
}

/* The pool before the last layer is in float then, and so may be the sum before the pool. */
static void what_float_layers_read_is_rounded_behind_convolutions_alone(void **state)
{
    static const char *const last[] = {"last"};
    struct network *read = place_all("input x N,4,8,8\n"
                                     "floats w 4,4,1,1\n"
                                     "floats v 5,4\n"
                                     "node Conv x w -> a\n"
                                     "node Conv a w -> b\n"
                                     "node Add a b -> s\n"
                                     "node GlobalAveragePool s -> p\n"
                                     "node Flatten p -> f\n"
                                     "node Gemm f v -> y transB=1\n"
                                     "output y\n",
                                     last, 1);

    (void)state;
    assert_placed("x", "w", "a", "w", "b");
    network_destroy(read);
}

/* Both branches take the step of what they are joined to; a tensor that is read in another way, too, has
 * one of its own. */
static void joined_tensors_share_a_step_unless_others_read_them(void **state)
{
    struct network *read = place_all("input x N,4,8,8\n"
                                     "floats w 4,4,1,1\n"
                                     "floats v 4,8,1,1\n"
                                     "node Conv x w -> a\n"
                                     "node Conv x w -> b\n"
                                     "node Concat a b -> k axis=1\n"
                                     "node Conv k v -> c\n"
                                     "node Conv k v -> d\n"
                                     "node MaxPool c -> m kernel_shape=1,1\n"
                                     "node Concat m d -> l axis=1\n"
                                     "node Concat c d -> n axis=1\n"
                                     "node Conv l v -> e\n"
                                     "node Conv n v -> f\n"
                                     "node Add e f -> s\n"
                                     "node Flatten s -> y\n"
                                     "output y\n",
                                     NULL, 0);

    (void)state;
    assert_placed("x", "w", "w", "k", "v", "c", "v", "d", "l", "n", "v", "e", "v", "f");
    network_destroy(read);
}

static void codes_that_are_handed_on_are_not_rounded_again(void **state)
{
    static const char between[] = "input x N,4,8,8\n"
                                  "floats w 4,4,1,1\n"
                                  "node Conv x w -> a\n"
                                  "node MaxPool a -> m kernel_shape=2,2 strides=2,2\n"
                                  "node Conv a w -> b\n"
                                  "node Conv m w -> c\n"
                                  "node MaxPool b -> n kernel_shape=2,2 strides=2,2\n"
                                  "node Conv n w -> d\n"
                                  "node Relu c -> r\n"
                                  "node Relu d -> q\n"
                                  "node Add q r -> s\n"
                                  "node Flatten s -> y\n"
                                  "output y\n";
    struct network *read = place_all(between, NULL, 0);

    (void)state;
    assert_placed("x", "w", "a", "w", "w", "r", "n", "w", "q");
    network_destroy(read);
}

#define RECURRENT                                                                      \
    "input x N,5,4\nfloats w 1,3,4\nfloats r 1,3,3\nfloats v 15,2\n"                   \
    "node RNN x w r -> h layout=1\nnode Flatten h -> f\nnode MatMul f v -> y\noutput " \
    "y\n"

/* Its output, which it multiplies itself; what only moves that has its codes, and what gates get of the input
 * is inside of the node. */
static void a_recurrence_reads_codes_of_its_output(void **state)
{
    struct network *read = place_all(RECURRENT, NULL, 0);

    (void)state;
    assert_placed("x", "w", "r", "h", "v");
    network_destroy(read);
}

/* What runs a file multiplies them as they are; what reads the output has codes all the same. */
static void states_that_no_file_rounds_stay_float(void **state)
{
    struct network *read;

    (void)state;
    rules.keeps_states = true;
    read = place_all(RECURRENT, NULL, 0);
    assert_placed("x", "w", "r", "f", "v");
    assert_true(placement.of_layers[1].keeps_states);
    network_destroy(read);
}

static void a_recurrence_in_float_leaves_its_states(void **state)
{
    static const char *const kept[] = {"RNN *"};
    struct network *read = place_all(RECURRENT, kept, 1);

    (void)state;
    assert_placed("f", "v");
    network_destroy(read);
}

static void the_output_is_rounded_where_that_is_asked_for(void **state)
{
    static const char flat[] = "input x N,4,1,1\n"
                               "floats w 4,4,1,1\n"
                               "node Conv x w -> c\n"
                               "node Flatten c -> y\n"
                               "output y\n";
    struct network *read = place_all(flat, NULL, 0);

    (void)state;
    assert_placed("x", "w");
    network_destroy(read);
    placement_clear(&placement);
    rules.activation_bits = 4;
    rules.quantize_output = true;
    read = place_all(flat, NULL, 0);
    assert_placed("x", "w", "y");
    assert_int_equal(placement.items[0].bits, 4);
    assert_int_equal(placement.items[2].bits, 8);
    network_destroy(read);
}

/* ---- clamps ---------------------------------------------------------------------------------- */

#define LARGE 1e30f

/* The largest step of the activation behind a Clip; 0: any may be. Of asymmetric codes with that zero, -1:
 * of those of the placement. */
static float step_most_of(const char *clip, const char *join, int zero)
{
    struct network *usual = network;
    char all[1024];
    struct quantized_tensor *tensor;
    struct choice choice;
    float most;

    snprintf(all, sizeof all,
             "input x N,4,8,8\n"
             "floats w 4,4,1,1\n"
             "floats v 2,4,1,1\n"
             "node Conv x w -> c\n%s%s"
             "node Conv q v -> e\n"
             "node Flatten e -> y\n"
             "output y\n",
             clip, join);
    network = onnx_builder_read_fused(all, &err);
    if (!network)
        fail_msg("%s", err.text);
    rules.codes_clamp = true;
    place(NULL, 0);
    tensor = &placement.items[placement.of_tensor[network_find_tensor(network, "q")]];
    choice = placement_choice(tensor, 1);
    if (zero >= 0) {
        choice.grid = GRID_ASYMMETRIC;
        choice.zero = (uint8_t)zero;
    }
    most = placement_put_step(tensor, choice, LARGE).step;
    most = most < LARGE ? most : 0;
    placement_clear(&placement);
    network_destroy(network);
    network = usual;
    return most;
}

static float step_most(const char *clip, const char *join)
{
    return step_most_of(clip, join, -1);
}

#define CLIP(low, high)                                                                \
    "floats low - = " #low "\nfloats high - = " #high "\nnode Clip c low high -> r\n"
#define POOL "node MaxPool r -> q kernel_shape=2,2\n"

static void codes_end_where_a_clamp_ends(void **state)
{
    float six = step_most(CLIP(0, 6), POOL);

    (void)state;
    assert_true(255.0 * six <= 6 && 255.0 * nextafterf(six, 1) > 6);
    for (float high = 0.37f; high < 9; high += 0.171f) {
        char clip[128];
        float step;

        snprintf(clip, sizeof clip,
                 "floats low - = 0\nfloats high - = %.9g\nnode Clip c low high -> r\n",
                 (double)high);
        step = step_most(clip, POOL);
        assert_true(255.0 * step <= (double)high);
        assert_true(255.0 * step > 0.9999999 * (double)high - 1e-6);
    }
    assert_true(step_most(CLIP(-4, 4), POOL) == 4.0f / 128);
}

static void asymmetric_codes_stay_within_both_ends(void **state)
{
    float step = step_most_of(CLIP(-1, 6), POOL, 36);

    (void)state;
    assert_true(219.0 * step <= 6 && 36.0 * step <= 1);
    assert_true(219.0 * nextafterf(step, 1) > 6);
    step = step_most_of(CLIP(-1, 6), POOL, 40);
    assert_true(215.0 * step <= 6 && 40.0 * step <= 1);
    assert_true(40.0 * nextafterf(step, 1) > 1);
    assert_true(step_most_of(CLIP(-1, 6), POOL, 0) == step_most(CLIP(0, 6), POOL));
    step = step_most_of(CLIP(-1, 6), POOL, 255);
    assert_true(255.0 * step <= 1 && 255.0 * nextafterf(step, 1) > 1);
    assert_true(step_most_of("node Relu c -> r\n", POOL, 0) == 0);
    assert_true(step_most_of("node Identity c -> r\n", POOL, 77) == 0);
}

static void other_clamps_leave_steps_free(void **state)
{
    (void)state;
    assert_true(step_most(CLIP(-1, 6), POOL) == 0);
    assert_true(step_most(CLIP(1, 6), POOL) == 0);
    assert_true(step_most("node Relu c -> r\n", POOL) == 0);
    assert_true(step_most("node Identity c -> r\n", POOL) == 0);
}

static void a_step_is_at_most_what_the_clamp_allows(void **state)
{
    struct quantized_tensor tensor = {
        .grid = GRID_UNSIGNED, .bits = 8, .clamp = {0, 5.1f}};

    (void)state;
    assert_true(placement_step_of_clip(&tensor, 100) == 5.1f / 255);
    assert_true(placement_step_of_clip(&tensor, 2.55) ==
                grid_step_of_clip(GRID_UNSIGNED, 8, 2.55));
    assert_true(placement_step_at_most(&tensor, 0.03f) == 5.1f / 255);
    assert_true(placement_step_at_most(&tensor, 0.01f) == 0.01f);
    tensor.clamp = (struct clamp){0};
    assert_true(placement_step_at_most(&tensor, 7) == 7);
}

static void what_choices_leave_in_float_is_dropped(void **state)
{
    struct choice choices[64];
    int count, weights = -1;

    (void)state;
    place(NULL, 0);
    count = placement.count;
    assert_true(count > 2 && count <= 64);
    for (int item = 0; item < count; item++)
        choices[item] = placement_choice(&placement.items[item], (float)(item + 1));
    for (int item = 0; item < count; item++)
        if (weights < 0 && placement.items[item].is_weight)
            weights = item;
    choices[weights] = placement_choice_at(&placement.items[weights], BITS_FLOAT, 1);
    assert_true(choices[weights].step == 0);
    placement_drop_float(&placement, choices);
    assert_int_equal(placement.count, count - 1);
    for (int item = 0; item < placement.count; item++) {
        const struct quantized_tensor *tensor = &placement.items[item];

        assert_true(choices[item].step == (float)(item + 1 + (item >= weights)));
        assert_int_equal(
            tensor->is_weight
                ? placement_of_weights(&placement, tensor->index, tensor->which)
                : placement.of_tensor[tensor->index],
            item);
    }
    placement_clear(&placement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_choices_leave_in_float_is_dropped),
        TEST(weights_come_before_the_output_of_their_layer),
        TEST(only_activations_that_feed_a_quantized_layer_are_quantized),
        TEST(a_side_of_32_bits_stays_in_float),
        TEST(the_target_and_the_sign_decide_the_grid),
        TEST(items_are_found_by_layer_and_by_tensor),
        TEST(layers_are_kept_by_their_name_their_weights_or_their_output),
        TEST(a_pattern_keeps_all_that_fits),
        TEST(a_pattern_that_fits_nothing_is_told),
        TEST(nothing_left_to_quantize_is_told),
        TEST(layers_that_are_all_kept_are_named),
        TEST(a_network_without_convolutions_has_nothing_to_quantize),
        TEST(both_sides_in_float_is_nothing_left_to_quantize),
        TEST(sums_of_more_than_32_bits_are_told),
        TEST(sums_of_split_layers_are_bounded),
        TEST(layers_in_groups_are_neither_split_nor_doubled),
        TEST(both_sides_of_a_product_are_quantized),
        TEST(a_product_is_kept_in_float_by_its_name),
        TEST(scores_stay_in_float_where_all_else_is_codes),
        TEST(channels_of_a_product_are_not_split),
        TEST(a_product_alone_is_something_to_quantize),
        TEST(sums_of_products_of_two_tensors_are_bounded),
        TEST(sums_and_pools_between_integers_read_codes),
        TEST(what_float_layers_read_is_rounded_behind_convolutions_alone),
        TEST(joined_tensors_share_a_step_unless_others_read_them),
        TEST(codes_that_are_handed_on_are_not_rounded_again),
        TEST(a_recurrence_reads_codes_of_its_output),
        TEST(states_that_no_file_rounds_stay_float),
        TEST(a_recurrence_in_float_leaves_its_states),
        TEST(the_output_is_rounded_where_that_is_asked_for),
        TEST(codes_end_where_a_clamp_ends),
        TEST(asymmetric_codes_stay_within_both_ends),
        TEST(other_clamps_leave_steps_free),
        TEST(a_step_is_at_most_what_the_clamp_allows),
    };

    return cmocka_run_group_tests_name("placement", tests, read_network,
                                       destroy_network);
}
