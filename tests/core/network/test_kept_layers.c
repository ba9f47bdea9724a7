#include "core/network/kept_layers.h"

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

/* Which layers are kept by entries, "name:why name:why ...". */
static const char *kept_by(const char *const *entries, int count)
{
    static char text[512];
    const char *why[LAYERS_MOST];
    size_t used = 0;

    if (kept_layers_find(network, entries, count, why, &err) < 0)
        fail_msg("%s", err.text);
    text[0] = '\0';
    for (int i = 0; i < network->layer_count; i++) {
        const char *found = kept_layers_why(&network->layers[i], why[i]);

        if (found)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%s",
                                     used ? " " : "", network->layers[i].name, found);
    }
    return text;
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
        const char *why[LAYERS_MOST];

        assert_int_equal(kept_layers_find(network, &slips[i].entry, 1, why, &err), -1);
        assert_int_equal(err.code, EXIT_CONFIG);
        assert_non_null(strstr(err.text, slips[i].entry));
        if (slips[i].hint && !strstr(err.text, slips[i].hint))
            fail_msg("%s: %s", slips[i].entry, err.text);
        if (!slips[i].hint && strstr(err.text, "did you mean"))
            fail_msg("%s: %s", slips[i].entry, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_keep_all_of_theirs),
        cmocka_unit_test(why_a_layer_is_kept_is_told),
        cmocka_unit_test(the_nearest_name_is_told),
    };

    return cmocka_run_group_tests_name("kept_layers", tests, read_network,
                                       destroy_network);
}
