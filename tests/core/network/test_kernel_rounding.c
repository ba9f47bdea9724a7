#include "core/network/kernel_rounding.h"

#include "core/base/memory.h"
#include "core/network/early_codes.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { ENTRIES_MOST = 3 };

/* Two layers, what both give, its mean, and a product. */
static const char *const network_text =
    "input x N,2,4,4\nfloats w1 3,2,1,1 = 1 -1 2\nfloats w2 3,2,1,1 = 1 -2 1\n"
    "floats w3 4,3 = 1 -1\nnode Conv x w1 -> a name=one\nnode Relu a -> r\n"
    "node Conv x w2 -> b name=two\nnode Relu b -> q\nnode Add r q -> s name=sum\n"
    "node GlobalAveragePool s -> m name=mean\nnode Flatten m -> f\n"
    "node Gemm f w3 -> y transB=1 name=last\noutput y\n";

struct trial {
    struct network *network;
    struct placement placement;
    struct weight_rules rules;
    struct choice *choices;
    int *held;
};

static void open_trial(struct trial *trial, struct placement_rules rules)
{
    struct error err = {0};

    *trial = (struct trial){.network = onnx_builder_read_fused(network_text, &err)};
    assert_non_null(trial->network);
    rules.grids = (struct target_grids){GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD};
    rules.all_activations = true;
    assert_int_equal(placement_init(&trial->placement, trial->network, &rules, &err),
                     0);
    trial->choices =
        memory_zeroed((size_t)trial->placement.count, sizeof *trial->choices);
    for (int item = 0; item < trial->placement.count; item++)
        trial->choices[item] = placement_choice(&trial->placement.items[item], .1f);
    trial->held = early_codes(trial->network, &trial->placement);
}

static void close_trial(struct trial *trial)
{
    free(trial->choices);
    free(trial->held);
    placement_clear(&trial->placement);
    network_destroy(trial->network);
}

static bool rounds(const struct trial *trial, const char *output)
{
    const struct kernel_rounding rounding = {
        .network = trial->network,
        .placement = &trial->placement,
        .rules = &trial->rules,
        .held = trial->held,
        .choices = trial->choices,
    };
    int tensor = network_find_tensor(trial->network, output);

    assert_true(tensor >= 0);
    return kernel_rounding_has(&rounding, trial->network->tensors[tensor].producer);
}

static void bits_of_tensors_decide_and_not_those_of_the_case(void **state)
{
    static const struct bits_case {
        int weights, activations;
        struct override entries[ENTRIES_MOST];
        int count;
        bool one, sum, mean, last;
    } cases[] = {
        {8, 8, {{.match = NULL}}, 0, true, true, true, true},
        {2, 8, {{.match = NULL}}, 0, true, true, true, true},
        {32, 8, {{.match = NULL}}, 0, true, true, true, true},
        {8, 4, {{.match = NULL}}, 0, false, false, false, false},
        {4, 4, {{.match = "one", .bits = {8, 8}}}, 1, true, false, false, false},
        {4, 4, {{.match = "sum", .bits = {0, 8}}}, 1, false, false, false, false},
        {4, 4, {{.match = "mean", .bits = {0, 8}}}, 1, false, true, false, false},
        {4, 4, {{.match = "last", .bits = {0, 8}}}, 1, false, false, true, true},
        {4, 4, {{.match = "op:*", .bits = {0, 8}}}, 1, true, true, true, true},
        {8, 8, {{.match = "last", .bits = {4, 4}}}, 1, true, true, false, false},
        {8, 8, {{.match = "mean", .bits = {0, 4}}}, 1, true, false, true, true},
        {8, 8, {{.match = "sum", .bits = {0, 16}}}, 1, true, true, true, true},
        {8, 8, {{.match = "one", .bits = {8, 32}}}, 1, false, true, true, true},
        {8, 32, {{.match = "last", .bits = {8, 8}}}, 1, false, false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct bits_case *one = &cases[i];
        struct trial trial;

        print_message("case %zu\n", i);
        open_trial(&trial, (struct placement_rules){.weight_bits = one->weights,
                                                    .activation_bits = one->activations,
                                                    .overrides = one->entries,
                                                    .override_count = one->count,
                                                    .rounds_like_kernels = true});
        assert_int_equal(rounds(&trial, "r"), one->one);
        assert_int_equal(rounds(&trial, "s"), one->sum);
        assert_int_equal(rounds(&trial, "m"), one->mean);
        assert_int_equal(rounds(&trial, "y"), one->last);
        close_trial(&trial);
    }
}

/* A method may choose others than those that the case has. */
static void bits_that_are_chosen_decide(void **state)
{
    struct trial trial;
    int item;

    (void)state;
    open_trial(&trial, (struct placement_rules){.weight_bits = 8,
                                                .activation_bits = 8,
                                                .rounds_like_kernels = true});
    item = trial.held[network_find_tensor(trial.network, "m")];
    trial.choices[item] = placement_choice_at(&trial.placement.items[item], 4, .1f);
    assert_true(rounds(&trial, "s"));
    assert_false(rounds(&trial, "m"));
    assert_false(rounds(&trial, "y"));
    trial.choices[item] = (struct choice){0};
    assert_false(rounds(&trial, "m"));
    close_trial(&trial);
}

static void no_layer_is_where_there_are_no_such_kernels(void **state)
{
    struct trial trial;

    (void)state;
    open_trial(&trial,
               (struct placement_rules){.weight_bits = 8, .activation_bits = 8});
    assert_false(rounds(&trial, "r"));
    assert_false(rounds(&trial, "s"));
    close_trial(&trial);
}

static void corrected_weights_keep_their_shifts(void **state)
{
    struct trial trial;

    (void)state;
    open_trial(&trial, (struct placement_rules){.weight_bits = 8,
                                                .activation_bits = 8,
                                                .rounds_like_kernels = true});
    trial.rules.corrects_mean = true;
    assert_false(rounds(&trial, "r"));
    assert_true(rounds(&trial, "s"));
    close_trial(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_of_tensors_decide_and_not_those_of_the_case),
        cmocka_unit_test(bits_that_are_chosen_decide),
        cmocka_unit_test(no_layer_is_where_there_are_no_such_kernels),
        cmocka_unit_test(corrected_weights_keep_their_shifts),
    };

    return cmocka_run_group_tests_name("kernel_rounding", tests, NULL, NULL);
}
