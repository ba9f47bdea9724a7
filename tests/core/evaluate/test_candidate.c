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

/* Two candidates of one placement. */
struct pair {
    struct network *network;
    struct placement placement;
    int *items;
    struct choice choices[2][ITEMS_MOST];
    struct candidate candidates[2];
};

static void open_pair(struct pair *pair)
{
    const struct placement_rules rules = {
        .grids = {GRID_MIDTREAD, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = 4};
    struct error err;

    pair->network =
        onnx_builder_read_fused("input x N,4,8,8\nfloats w 4,4,3,3" WEIGHTS
                                "node Conv x w -> c\nnode Relu c -> r\n"
                                "floats u 4,4,1,1" WEIGHTS "node Conv r u -> d\n"
                                "node GlobalAveragePool d -> y\noutput y\n",
                                &err);
    assert_non_null(pair->network);
    assert_int_equal(placement_init(&pair->placement, pair->network, &rules, &err), 0);
    pair->items = early_codes(pair->network, &pair->placement);
    for (int i = 0; i < 2; i++) {
        candidate_init(&pair->candidates[i], pair->network, &pair->placement,
                       pair->items);
        for (int item = 0; item < pair->placement.count; item++)
            pair->choices[i][item] =
                placement_choice(&pair->placement.items[item], 0.25f);
    }
}

static void close_pair(struct pair *pair)
{
    for (int i = 0; i < 2; i++)
        candidate_clear(&pair->candidates[i]);
    free(pair->items);
    placement_clear(&pair->placement);
    network_destroy(pair->network);
}

static bool keys_are_equal(const struct pair *pair)
{
    struct hash128 one = candidate_key(pair->choices[0], pair->placement.count);
    struct hash128 other = candidate_key(pair->choices[1], pair->placement.count);

    return memcmp(&one, &other, sizeof one) == 0;
}

static bool outputs_are_equal(struct pair *pair)
{
    int output = pair->network->output;

    for (int i = 0; i < 2; i++)
        candidate_set(&pair->candidates[i], pair->choices[i], -1);
    return pair->candidates[0].tensors[output] == pair->candidates[1].tensors[output];
}

/* Whether the two are known for each other, by memory and by journal alike. */
static bool are_taken_for_each_other(struct pair *pair)
{
    bool are = keys_are_equal(pair);

    assert_int_equal(outputs_are_equal(pair), are);
    return are;
}

static void equal_candidates_are_known_again(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair);
    assert_true(are_taken_for_each_other(&pair));
    close_pair(&pair);
}

static void bits_or_grid_or_step_alone_make_another_candidate(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair);
    for (int item = 0; item < pair.placement.count; item++) {
        struct choice *choice = &pair.choices[1][item], kept = *choice;

        choice->bits = 8;
        assert_false(are_taken_for_each_other(&pair));
        *choice = kept;
        choice->grid = kept.grid == GRID_UNSIGNED ? GRID_MIDTREAD : GRID_NARROW;
        assert_false(are_taken_for_each_other(&pair));
        *choice = kept;
        choice->step *= 2;
        assert_false(are_taken_for_each_other(&pair));
        *choice = (struct choice){0};
        assert_false(are_taken_for_each_other(&pair));
        *choice = kept;
        assert_true(are_taken_for_each_other(&pair));
    }
    close_pair(&pair);
}

static void a_choice_of_step_0_is_all_zeros(void **state)
{
    struct pair pair;
    struct choice in_float[ITEMS_MOST] = {{0}}, found[ITEMS_MOST];
    const float steps[ITEMS_MOST] = {0};

    (void)state;
    open_pair(&pair);
    placement_choices(&pair.placement, steps, found);
    assert_true(choices_are_same(found, in_float, pair.placement.count));
    assert_int_equal(choice_signature(found[0]), 0);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_candidates_are_known_again),
        cmocka_unit_test(bits_or_grid_or_step_alone_make_another_candidate),
        cmocka_unit_test(a_choice_of_step_0_is_all_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
