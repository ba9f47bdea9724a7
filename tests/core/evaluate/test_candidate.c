#include "core/evaluate/candidate.h"

#include "core/network/early_codes.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/written_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ITEMS_MOST = 8 };

/* A network quantized in two ways, and a candidate of equal steps for each. */
struct pair {
    struct network *network;
    struct placement placements[2];
    int *items[2];
    struct candidate candidates[2];
    float steps[ITEMS_MOST];
};

static void open_one(struct pair *pair, int which, const struct placement_rules *rules)
{
    struct error err;

    assert_int_equal(
        placement_init(&pair->placements[which], pair->network, rules, &err), 0);
    pair->items[which] = early_codes(pair->network, &pair->placements[which]);
    candidate_init(&pair->candidates[which], pair->network, &pair->placements[which],
                   pair->items[which]);
    candidate_set(&pair->candidates[which], pair->steps, -1);
}

static void open_pair(struct pair *pair, const struct placement_rules *one,
                      const struct placement_rules *other)
{
    struct error err;

    pair->network =
        onnx_builder_read_fused("input x N,4,8,8\nfloats w 4,4,3,3" WEIGHTS
                                "node Conv x w -> c\nnode Relu c -> r\n"
                                "floats u 4,4,1,1" WEIGHTS "node Conv r u -> d\n"
                                "node GlobalAveragePool d -> y\noutput y\n",
                                &err);
    assert_non_null(pair->network);
    for (int i = 0; i < ITEMS_MOST; i++)
        pair->steps[i] = 0.25f;
    open_one(pair, 0, one);
    open_one(pair, 1, other);
    assert_int_equal(pair->placements[0].count, pair->placements[1].count);
}

static void close_pair(struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        candidate_clear(&pair->candidates[i]);
        free(pair->items[i]);
        placement_clear(&pair->placements[i]);
    }
    network_destroy(pair->network);
}

static bool keys_are_equal(const struct pair *pair)
{
    struct hash128 one = candidate_key(&pair->placements[0], pair->steps);
    struct hash128 other = candidate_key(&pair->placements[1], pair->steps);

    return memcmp(&one, &other, sizeof one) == 0;
}

static bool outputs_are_equal(const struct pair *pair)
{
    int output = pair->network->output;

    return pair->candidates[0].tensors[output] == pair->candidates[1].tensors[output];
}

static const struct placement_rules rules = {
    .grids = {GRID_MIDTREAD, GRID_UNSIGNED, GRID_MIDTREAD},
    .weight_bits = 4,
    .activation_bits = 4};

static void equal_candidates_are_known_again(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair, &rules, &rules);
    assert_true(keys_are_equal(&pair));
    assert_true(outputs_are_equal(&pair));
    close_pair(&pair);
}

static void bits_alone_make_another_candidate(void **state)
{
    (void)state;
    for (int weights = 0; weights < 2; weights++) {
        struct placement_rules other = rules;
        struct pair pair;

        *(weights ? &other.weight_bits : &other.activation_bits) = 8;
        open_pair(&pair, &rules, &other);
        assert_false(keys_are_equal(&pair));
        assert_false(outputs_are_equal(&pair));
        close_pair(&pair);
    }
}

static void a_grid_alone_makes_another_candidate(void **state)
{
    struct placement_rules other = rules;
    struct pair pair;

    (void)state;
    other.grids = written_tensorrt;
    open_pair(&pair, &rules, &other);
    assert_false(keys_are_equal(&pair));
    assert_false(outputs_are_equal(&pair));
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_candidates_are_known_again),
        cmocka_unit_test(bits_alone_make_another_candidate),
        cmocka_unit_test(a_grid_alone_makes_another_candidate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
