#include "core/network/tensor_rules.h"

#include "core/quant/quantizer.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LAYERS_MOST = 8 };

static struct error err;
static struct network *network;

/* Four layers with weights, one that computes in float alone. */
static int read_network(void **state)
{
    (void)state;
    network =
        onnx_builder_read_fused("input x N,3,6,6\n"
                                "floats stem 4,3,3,3 = 0.5 -1\n"
                                "floats deep 4,1,3,3 = 0.5 -1\n"
                                "floats w1 5,64 = 0.5 -1\n"
                                "floats w2 5,3 = 0.5 -1\n"
                                "node Conv x stem -> c name=/stem/Conv pads=1,1,1,1\n"
                                "node HardSwish c -> h name=/stem/act\n"
                                "node Conv h deep -> d name=/deep/Conv group=4\n"
                                "node Relu d -> r\n"
                                "node Flatten r -> f\n"
                                "node Gemm f w1 -> g name=/head/Gemm transB=1\n"
                                "node MatMul g w2 -> y name=/head/MatMul\n"
                                "output y\n",
                                &err);
    if (!network)
        fail_msg("%s", err.text);
    assert_true(network->layer_count <= LAYERS_MOST);
    return 0;
}

static int destroy_network(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

static const struct tensor_rule four = {.bits = 4}, eight = {.bits = 8};

static int init(struct tensor_rules *rules, const struct override_list *list)
{
    return tensor_rules_init(rules, network, list, four, eight, eight, &err);
}

static struct tensor_rules rules_of(const struct override_list *list)
{
    struct tensor_rules rules;

    if (init(&rules, list) < 0)
        fail_msg("%s", err.text);
    return rules;
}

/* Which layers are kept by a list, "name:why name:why ...". */
static const char *kept_by_list(const struct override_list *list)
{
    static char text[512];
    struct tensor_rules rules = rules_of(list);
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < network->layer_count; i++) {
        const char *found = tensor_rules_why_kept(&network->layers[i], rules.kept[i]);

        if (found)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%s",
                                     used ? " " : "", network->layers[i].name, found);
    }
    tensor_rules_clear(&rules);
    return text;
}

static const char *kept_by(const char *const *entries, int count)
{
    return kept_by_list(
        &(struct override_list){.keep_float = entries, .keep_count = count});
}

#define KEPT_BY(...)                                                                   \
    kept_by((const char *const[]){__VA_ARGS__},                                        \
            (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

static void operators_keep_all_of_theirs(void **state)
{
    (void)state;
    assert_string_equal(KEPT_BY("op:Conv"),
                        "/stem/Conv:op:Conv /stem/act:not quantizable "
                        "/deep/Conv:op:Conv");
    assert_string_equal(KEPT_BY("op:Gemm"),
                        "/stem/act:not quantizable /head/Gemm:op:Gemm");
    assert_string_equal(KEPT_BY("op:*[mM]*"),
                        "/stem/act:not quantizable /head/Gemm:op:*[mM]* "
                        "/head/MatMul:op:*[mM]*");
}

/* Of several entries that fit the first is told. */
static void why_a_layer_is_kept_is_told(void **state)
{
    (void)state;
    assert_string_equal(KEPT_BY("first", "last", "op:Conv", "*deep*"),
                        "/stem/Conv:first /stem/act:not quantizable /deep/Conv:op:Conv "
                        "/head/MatMul:last");
    assert_string_equal(KEPT_BY("w1"), "/stem/act:not quantizable /head/Gemm:w1");
    assert_string_equal(kept_by(NULL, 0), "/stem/act:not quantizable");
}

static const struct slip {
    const char *entry, *hint; /* NULL: none */
} slips[] = {
    {"op:Gem", "did you mean \"op:Gemm\"?"},
    {"op:conv", "did you mean \"op:Conv\"?"},
    {"Gemm", "did you mean \"op:Gemm\"?"},
    {"/steam/Conv", "did you mean \"/stem/Conv\"?"},
    {"/head/Gem", "did you mean \"/head/Gemm\"?"},
    {"sten", "did you mean \"stem\"?"},
    {"op:HardSwish", NULL},
    {"/stem/act", NULL},
    {"nothing like that", NULL},
};

static void the_nearest_name_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct override entry = {.match = (char *)slips[i].entry,
                                 .bits = {.weights = 8}};
        struct tensor_rules rules;

        assert_int_equal(
            init(&rules, &(struct override_list){&slips[i].entry, 1, NULL, 0}), -1);
        tensor_rules_clear(&rules);
        assert_int_equal(err.code, EXIT_CONFIG);
        assert_non_null(strstr(err.text, "keep_float: "));
        assert_int_equal(init(&rules, &(struct override_list){NULL, 0, &entry, 1}), -1);
        tensor_rules_clear(&rules);
        assert_int_equal(err.code, EXIT_CONFIG);
        assert_non_null(strstr(err.text, "overrides: "));
        assert_int_equal(err.code, EXIT_CONFIG);
        assert_non_null(strstr(err.text, slips[i].entry));
        if (slips[i].hint && !strstr(err.text, slips[i].hint))
            fail_msg("%s: %s", slips[i].entry, err.text);
        if (!slips[i].hint && strstr(err.text, "did you mean"))
            fail_msg("%s: %s", slips[i].entry, err.text);
    }
}

/* ---- overrides ---------------------------------------------------------------------------- */

/* "name:bits" of weights, with "c" where each channel has a step, and who said so. */
static const char *weights_under(const struct override_list *list)
{
    static char text[512];
    struct tensor_rules rules = rules_of(list);
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < network->layer_count; i++)
        for (int which = 0; which < network->layers[i].weight_count; which++) {
            const struct tensor_rule *rule = tensor_rules_weights(&rules, i, which);

            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%d%s%s%s",
                                     used ? " " : "",
                                     network->layers[i].weights[which].name, rule->bits,
                                     rule->steps == WEIGHT_STEPS_PER_CHANNEL ? "c" : "",
                                     rule->why ? ":" : "", rule->why ? rule->why : "");
        }
    tensor_rules_clear(&rules);
    return text;
}

/* The same of activations that have other bits than eight. */
static const char *activations_under(const struct override_list *list)
{
    static char text[512];
    struct tensor_rules rules = rules_of(list);
    bool rounded[LAYERS_MOST + 1] = {false};
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < network->layer_count; i++)
        if (network->layers[i].weight_count > 0)
            rounded[network->layers[i].inputs[0]] = true;
    rounded[network_find_tensor(network, "r")] = true; /* and handed on to f */
    rounded[network_find_tensor(network, "f")] = false;
    tensor_rules_say_activations(&rules, network, list, rounded);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (rounded[tensor] && rules.activations[tensor].why)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%d:%s",
                                     used ? " " : "", network->tensors[tensor].name,
                                     rules.activations[tensor].bits,
                                     rules.activations[tensor].why);
    tensor_rules_clear(&rules);
    return text;
}

static void the_last_entry_that_fits_wins(void **state)
{
    struct override entries[] = {
        {.match = "op:Conv", .bits = {.weights = 3}},
        {.match = "/deep/*",
         .bits = {.weights = 6},
         .weight_steps = 1 + WEIGHT_STEPS_PER_CHANNEL},
        {.match = "w2", .bits = {.weights = BITS_FLOAT}},
    };

    (void)state;
    assert_string_equal(
        weights_under(&(struct override_list){.entries = entries, .count = 3}),
        "stem:3:op:Conv deep:6c:/deep/* w1:4 w2:32:w2");
    assert_string_equal(
        weights_under(&(struct override_list){.entries = entries, .count = 1}),
        "stem:3:op:Conv deep:3:op:Conv w1:4 w2:4");
    assert_string_equal(
        activations_under(&(struct override_list){.entries = entries, .count = 3}), "");
}

/* Those that the layer multiplies, from where their codes come; or the tensor that is named. */
static void activations_are_those_that_a_layer_multiplies(void **state)
{
    struct override entries[] = {
        {.match = "/head/*", .bits = {.activations = 6}},
        {.match = "g", .bits = {.activations = 16}},
        {.match = "x", .bits = {.weights = 0, .activations = 4}},
    };

    (void)state;
    assert_string_equal(
        activations_under(&(struct override_list){.entries = entries, .count = 1}),
        "r:6:/head/* g:6:/head/*");
    assert_string_equal(
        activations_under(&(struct override_list){.entries = entries, .count = 3}),
        "x:4:x r:6:/head/* g:16:g");
    assert_string_equal(
        weights_under(&(struct override_list){.entries = entries, .count = 3}),
        "stem:4 deep:4 w1:4 w2:4");
}

static void bits_quantize_what_an_earlier_entry_keeps(void **state)
{
    static const char *const ends[] = {"first", "last"};
    struct override entries[] = {
        {.match = "first", .bits = {8, 8}},
        {.match = "op:Gemm", .keeps_float = OVERRIDE_YES},
        {.match = "last", .keeps_float = OVERRIDE_NO},
    };

    (void)state;
    assert_string_equal(kept_by_list(&(struct override_list){ends, 2, entries, 3}),
                        "/stem/act:not quantizable /head/Gemm:op:Gemm");
    assert_string_equal(kept_by_list(&(struct override_list){ends, 2, entries, 1}),
                        "/stem/act:not quantizable /head/MatMul:last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_keep_all_of_theirs),
        cmocka_unit_test(why_a_layer_is_kept_is_told),
        cmocka_unit_test(the_nearest_name_is_told),
        cmocka_unit_test(the_last_entry_that_fits_wins),
        cmocka_unit_test(activations_are_those_that_a_layer_multiplies),
        cmocka_unit_test(bits_quantize_what_an_earlier_entry_keeps),
    };

    return cmocka_run_group_tests_name("tensor_rules", tests, read_network,
                                       destroy_network);
}
