#include "core/network/state.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

static void assert_numbers(const struct state *state, enum state_kind kind, int subject,
                           const double *numbers, size_t count)
{
    const double *found = state_numbers(state, kind, subject);

    assert_non_null(found);
    assert_memory_equal(found, numbers, count * sizeof *numbers);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void
a_row_is_found_by_kind_and_subject_and_a_later_one_takes_its_place(void **unused)
{
    static const double one[] = {1, 2}, other[] = {3, 4, 5};
    static const float floats[] = {0.1f, -0.0f};
    const double exact[] = {0.1f, -0.0};
    struct state state = {0};

    (void)unused;
    assert_null(state_numbers(&state, STATE_BIAS_SHIFT, 0));
    state_set(&state, STATE_BIAS_SHIFT, 3, one, 2);
    assert_null(state_numbers(&state, STATE_BIAS_SHIFT, 2));
    assert_null(state_numbers(&state, STATE_STATISTICS, 3));
    assert_numbers(&state, STATE_BIAS_SHIFT, 3, one, 2);
    state_set(&state, STATE_BIAS_SHIFT, 3, other, 3);
    assert_int_equal(state.count, 1);
    assert_int_equal(state.rows[0].count, 3);
    assert_numbers(&state, STATE_BIAS_SHIFT, 3, other, 3);
    state_set_floats(&state, STATE_RATIOS, 7, floats, 2);
    assert_numbers(&state, STATE_RATIOS, 7, exact, 2);
    state_clear(&state);
    assert_int_equal(state.count, 0);
}

static void dropping_a_kind_leaves_the_others(void **unused)
{
    static const double number = 1;
    struct state state = {0};

    (void)unused;
    for (int layer = 0; layer < 4; layer++) {
        state_set(&state, STATE_BIAS_SHIFT, layer, &number, 1);
        state_set(&state, STATE_STATISTICS, layer, &number, 1);
    }
    state_set(&state, STATE_EQUALIZED, 0, NULL, 0);
    assert_true(state_has(&state, STATE_EQUALIZED) &&
                state_has(&state, STATE_STATISTICS));
    assert_false(state_has(&state, STATE_RATIOS));
    state_drop(&state, STATE_STATISTICS);
    assert_false(state_has(&state, STATE_STATISTICS));
    assert_int_equal(state.count, 5);
    state_drop(&state, STATE_RATIOS);
    assert_int_equal(state.count, 5);
    for (int layer = 0; layer < 4; layer++)
        assert_numbers(&state, STATE_BIAS_SHIFT, layer, &number, 1);
    state_clear(&state);
}

/* Rows of all kinds, from the first or from the last. */
static struct state make_state(bool backwards)
{
    static const struct {
        enum state_kind kind;
        int subject;
        size_t count;
        double numbers[3];
    } rows[] = {
        {STATE_EQUALIZED, 0, 0, {0}},
        {STATE_MEAN_CORRECTED, 0, 0, {0}},
        {STATE_VARIANCE_CORRECTED, 0, 0, {0}},
        {STATE_RATIOS, 2, 2, {1, 0x1.8p-126}},
        {STATE_SPLIT, 0, 3, {1, 2, 0.5}},
        {STATE_CODE_RATIOS, 2, 2, {1, 2}},
        {STATE_CODES, 2, 1, {0x1p47 + 3}},
        {STATE_CODES_OF_BITS, 22, 3, {5, 0.5, -1}},
        {STATE_STATISTICS, 1, 2, {-0.0, 3e38}},
        {STATE_STATISTICS, 12, 2, {1e-45, 4}},
        {STATE_BIAS_SHIFT, 2, 1, {-1.0 / 3}},
        {STATE_MEAN_OUTPUTS, 3, 1, {M_PI}},
    };
    const int count = sizeof rows / sizeof *rows;
    struct state state = {0};

    for (int i = 0; i < count; i++) {
        int at = backwards ? count - 1 - i : i;

        state_set(&state, rows[at].kind, rows[at].subject, rows[at].numbers,
                  rows[at].count);
    }
    return state;
}

static void the_order_of_setting_does_not_count(void **unused)
{
    struct state one = make_state(false), other = make_state(true);
    struct hash128 of_one = state_signature(&one), of_other = state_signature(&other);

    (void)unused;
    assert_true(state_is_equal(&one, &other));
    assert_memory_equal(&of_one, &of_other, sizeof of_one);
    state_clear(&one);
    state_clear(&other);
}

static void assert_another(const struct state *state, const struct state *changed)
{
    struct hash128 one = state_signature(state), other = state_signature(changed);

    assert_false(state_is_equal(state, changed));
    assert_memory_not_equal(&one, &other, sizeof one);
}

static void whatever_differs_gives_another_signature(void **unused)
{
    struct state state = make_state(false);

    (void)unused;
    for (size_t row = 0; row < state.count; row++) {
        struct state changed = state_copy(&state);

        assert_true(state_is_equal(&state, &changed));
        changed.rows[row].subject++;
        assert_another(&state, &changed);
        changed.rows[row].subject--;
        for (size_t i = 0; i < changed.rows[row].count; i++) {
            double number = changed.rows[row].numbers[i];

            changed.rows[row].numbers[i] = number == 0 ? -number : 2 * number;
            assert_another(&state, &changed);
            changed.rows[row].numbers[i] = number;
        }
        state_drop(&changed, changed.rows[row].kind);
        assert_another(&state, &changed);
        state_clear(&changed);
    }
    state_clear(&state);
}

static void only_what_decides_codes_of_weights_makes_them_others(void **unused)
{
    struct state state = make_state(false);

    (void)unused;
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++) {
        struct state changed = state_copy(&state);

        state_drop(&changed, (enum state_kind)kind);
        assert_int_equal(state_has_equal_weights(&state, &changed),
                         kind > STATE_RATIOS);
        state_clear(&changed);
    }
    state_clear(&state);
}

/* ---- text --------------------------------------------------------------------------------- */

static void a_state_is_read_as_it_was_written(void **unused)
{
    struct state state = make_state(true), back;
    size_t bytes;
    char *text = state_text(&state, &bytes);

    (void)unused;
    assert_int_equal(bytes, strlen(text));
    assert_non_null(strstr(text, "\nstatistics 12 2 0x1.6d601ad376ab9p-150 0x1p+2\n"));
    assert_int_equal(state_parse(text, bytes, &back, &err), 0);
    assert_true(state_is_equal(&state, &back));
    state_clear(&back);
    state_clear(&state);
    free(text);
    text = state_text(&state, &bytes);
    assert_int_equal(bytes, 0);
    assert_int_equal(state_parse(text, bytes, &back, &err), 0);
    assert_int_equal(back.count, 0);
    free(text);
}

static const char *const no_states[] = {
    "\n",
    "equalized",
    "equalized 0",
    "equalized 0 0",
    "equalized 0 0 \n",
    "equalized 0 1\n",
    " equalized 0 0\n",
    "equalised 0 0\n",
    "equalized  0 0\n",
    "equalized -1 0\n",
    "equalized 99999999999999999999 0\n",
    "equalized 2147483648 0\n",
    "ratios 0 1 nan\n",
    "ratios 0 1 inf\n",
    "ratios 0 1 1e999\n",
    "ratios 0 1 one\n",
    "ratios 0 1  1\n",
    "ratios 0 1 \n1\n",
    "ratios 1 2 1\n",
    "ratios 1 2 1\n1\n",
    "ratios 0 1 1 1\n",
    "ratios 0 -1\n",
    "ratios 0 4611686018427387904 1\n",
    "ratios 0 1 1\nratios 0 1 1\n",
    "ratios 1 1 1\nratios 0 1 1\n",
    "ratios 1 1 1\nequalized 0 0\n",
    "ratios 0 1 0x1p+0\nratios 1 1 0x1p+0",
};

static void what_is_no_state_is_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof no_states / sizeof *no_states; i++) {
        struct state state;

        if (state_parse(no_states[i], strlen(no_states[i]), &state, &err) == 0)
            fail_msg("this is taken for a state: %s", no_states[i]);
        assert_int_equal(err.code, EXIT_INPUT);
        assert_non_null(strstr(err.text, "row "));
        state_clear(&state);
    }
}

static void a_zero_among_the_rows_is_refused(void **unused)
{
    static const char text[] = "equalized 0 0\n\0ratios 0 1 1\n";
    struct state state;

    (void)unused;
    assert_int_equal(state_parse(text, sizeof text - 1, &state, &err), -1);
    state_clear(&state);
}

/* ---- in force ----------------------------------------------------------------------------- */

enum { CHANNELS = 2 };
static const float trained_mean[CHANNELS] = {0.5f, -3},
                   trained_variance[CHANNELS] = {1, 4};
static const float scale[CHANNELS] = {0.7f, -1.1f}, shift[CHANNELS] = {0.1f, 12};
static struct network *network;
static struct placement placement;

/* A convolution with a batch norm, whose weights and input are quantized. */
static int open_network(void **unused)
{
    static const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = 4,
        .activation_splitting = {.ratio = 0.5},
    };
    static const float weights[CHANNELS * CHANNELS] = {1, 2, 3, 4};
    const int channels = CHANNELS, input = 0;
    struct layer *layer;

    (void)unused;
    network = network_create("network");
    network_add_input(network, network_add_tensor(network, "x", 1, &channels), NULL);
    network->output = network_add_tensor(network, "y", 1, &channels);
    layer = network_add_layer(network, LAYER_CONV, "fc", &input, 1, network->output);
    layer_add_weights(layer, (struct weights){
                                 .name = memory_text("w"),
                                 .values = memory_copy(weights, sizeof weights),
                                 .groups = 1,
                                 .outputs = CHANNELS,
                                 .inputs = CHANNELS,
                                 .window = 1,
                             });
    layer->conv = (struct conv){
        .scale = memory_copy(scale, sizeof scale),
        .shift = memory_copy(shift, sizeof shift),
    };
    layer->batchnorm =
        batchnorm_create(CHANNELS, 1e-5f, trained_mean, trained_variance);
    if (placement_init(&placement, network, &rules, &err) < 0)
        fail_msg("%s", err.text);
    return 0;
}

static int close_network(void **unused)
{
    (void)unused;
    placement_clear(&placement);
    network_destroy(network);
    return 0;
}

static struct state state_of_text(const char *text)
{
    struct state state;

    if (state_parse(text, strlen(text), &state, &err) < 0)
        fail_msg("%s", err.text);
    return state;
}

static void put(const char *text)
{
    struct state state = state_of_text(text);

    if (state_check(&state, network, &placement, &err) < 0)
        fail_msg("%s", err.text);
    state_put(&state, network, &placement);
    state_clear(&state);
}

static void assert_as_read(void)
{
    const struct conv *conv = &network->layers[0].conv;

    assert_memory_equal(conv->scale, scale, sizeof scale);
    assert_memory_equal(conv->shift, shift, sizeof shift);
    assert_true(batchnorm_signature(&network->layers[0]) == 0);
    assert_true(bias_shift_signature(&network->layers[0]) == 0);
}

static const struct quantized_tensor *item_of(bool is_weight)
{
    return &placement.items[is_weight ? placement_of_weights(&placement, 0, 0)
                                      : placement.of_tensor[0]];
}

/* The input is item 0, the weights are item 1. */
static void all_rows_are_put_in_force_and_what_has_none_is_not(void **unused)
{
    const struct conv *conv = &network->layers[0].conv;
    float with_statistics[CHANNELS];

    (void)unused;
    put("ratios 1 2 0x1p+0 0x1p-1\nsplit 0 3 1 4 2\nstatistics 0 4 1 2 3 4\n");
    assert_true(item_of(true)->ratios[1] == 0.5f);
    assert_true(item_of(false)->split.maxima[1] == 4);
    assert_true(batchnorm_signature(&network->layers[0]) != 0);
    memcpy(with_statistics, conv->shift, sizeof with_statistics);
    put("statistics 0 4 1 2 3 4\nbias_shift 0 2 0.5 -1\n");
    assert_null(item_of(true)->ratios);
    assert_null(item_of(false)->split.maxima);
    for (int i = 0; i < CHANNELS; i++)
        assert_true(conv->shift[i] == with_statistics[i] + (i == 0 ? 0.5f : -1));
    put("statistics 0 4 1 2 3 4\n");
    assert_memory_equal(conv->shift, with_statistics, sizeof with_statistics);
    put("bias_shift 0 2 0.5 -1\n");
    assert_memory_equal(conv->scale, scale, sizeof scale);
    put("");
    assert_as_read();
}

static void ratios_that_are_put_again_stay_where_they_are(void **unused)
{
    const float *ratios;

    (void)unused;
    put("ratios 1 2 1 0.5\n");
    ratios = item_of(true)->ratios;
    put("ratios 1 2 1 0.25\n");
    assert_ptr_equal(item_of(true)->ratios, ratios);
    assert_true(ratios[1] == 0.25f);
}

/* 5, -1, -128 and 127: their bytes + 128, the first one lowest. */
static void codes_are_given_while_they_are_in_force(void **unused)
{
    static const int8_t codes[CHANNELS * CHANNELS] = {5, -1, -128, 127};
    const struct given_codes *given = item_of(true)->given;
    const int8_t *at;
    uint64_t signature;

    (void)unused;
    put("codes 1 1 4278222725\n");
    assert_memory_equal(given->codes, codes, sizeof codes);
    signature = given->signature;
    at = given->codes;
    assert_true(signature != 0);
    put("codes 1 1 4278222726\n"); /* evaluators hold on to them */
    assert_ptr_equal(given->codes, at);
    assert_int_equal(given->codes[0], 6);
    assert_true(given->signature != signature);
    put("");
    assert_null(given->codes);
    assert_true(given->signature == 0);
}

static void codes_of_a_width_are_given_for_that_alone(void **unused)
{
    static const int8_t codes[CHANNELS * CHANNELS] = {5, -1, -128, 127};
    const struct given_codes *given = item_of(true)->given;
    uint64_t signature;

    (void)unused;
    put("codes 1 1 4278222726\ncodes_of_bits 13 4 4278222725 0.5 -1 2\n");
    assert_ptr_equal(given_codes_of(given, 4), &given[4]);
    assert_memory_equal(given[4].codes, codes, sizeof codes);
    assert_true(given[4].shifts[0] == 0.5f && given[4].shifts[1] == -1);
    for (int bits = 2; bits <= BITS_FLOAT; bits++)
        if (bits != 4)
            assert_ptr_equal(given_codes_of(given, bits), given);
    assert_null(given->shifts);
    signature = given[4].signature;
    put("codes_of_bits 13 4 4278222725 0.25 -1 2\n");
    assert_null(given->codes);
    assert_true(given[4].signature != 0 && given[4].signature != signature);
    put("");
    assert_null(given[4].codes);
    assert_null(given[4].shifts);
    assert_true(given[4].signature == 0);
}

static void restoring_gives_the_bits_back(void **unused)
{
    (void)unused;
    put("statistics 0 4 1 2 3 4\nbias_shift 0 2 0x1p+99 -1\n");
    state_restore(network);
    assert_as_read();
}

static const char *const of_other_networks[] = {
    "equalized 1 0\n",
    "equalized 0 1 1\n",
    "ratios 0 2 1 1\n",
    "ratios 1 1 1\n",
    "ratios 2 2 1 1\n",
    "ratios 1 2 1 0\n",
    "ratios 1 2 1 -1\n",
    "ratios 1 2 1 0.1\n", /* no float */
    "split 1 3 1 1 1\n",
    "split 9 3 1 1 1\n",
    "split 0 2 1 1\n",
    "statistics 0 2 1 1\n",
    "statistics 0 4 1 1 -1 1\n",
    "statistics 0 4 1e300 1 1 1\n",
    "statistics 1 4 1 1 1 1\n",
    "bias_shift 0 3 1 1 1\n",
    "bias_shift 7 2 1 1\n",
    "mean_outputs 0 2 1 1\n",
    "codes 0 1 1\n",
    "codes 1 2 1 1\n",
    "codes 1 1 0.5\n",
    "codes 1 1 -1\n",
    "codes 1 1 0x1p48\n",
};

static void rows_that_are_none_of_the_network_are_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof of_other_networks / sizeof *of_other_networks; i++) {
        struct state state = state_of_text(of_other_networks[i]);

        if (state_check(&state, network, &placement, &err) == 0)
            fail_msg("this fits: %s", of_other_networks[i]);
        assert_int_equal(err.code, EXIT_INPUT);
        state_clear(&state);
    }
}

#define TEST(name) cmocka_unit_test(name)
#define NETWORK_TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_network, close_network)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_found_by_kind_and_subject_and_a_later_one_takes_its_place),
        TEST(dropping_a_kind_leaves_the_others),
        TEST(the_order_of_setting_does_not_count),
        TEST(whatever_differs_gives_another_signature),
        TEST(only_what_decides_codes_of_weights_makes_them_others),
        TEST(a_state_is_read_as_it_was_written),
        TEST(what_is_no_state_is_refused),
        TEST(a_zero_among_the_rows_is_refused),
        NETWORK_TEST(all_rows_are_put_in_force_and_what_has_none_is_not),
        NETWORK_TEST(ratios_that_are_put_again_stay_where_they_are),
        NETWORK_TEST(codes_are_given_while_they_are_in_force),
        NETWORK_TEST(codes_of_a_width_are_given_for_that_alone),
        NETWORK_TEST(restoring_gives_the_bits_back),
        NETWORK_TEST(rows_that_are_none_of_the_network_are_refused),
    };

    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
