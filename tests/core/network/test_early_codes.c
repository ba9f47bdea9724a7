#include "core/network/early_codes.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a tensor holds: the item of the quantized tensor of that name. */
struct expectation {
    const char *tensor, *quantized; /* quantized NULL: nothing */
};

static int item_named(const struct placement *placement, const char *name)
{
    for (int item = 0; name && item < placement->count; item++)
        if (!placement->items[item].is_weight &&
            strcmp(placement->items[item].name, name) == 0)
            return item;
    return -1;
}

static void check_in(const char *text, bool all_activations,
                     const struct expectation *expectations)
{
    static const char *const keep[] = {"first"};
    const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 8,
        .activation_bits = 8,
        .keep_float = keep,
        .keep_float_count = 1,
        .all_activations = all_activations,
    };
    struct error err = {0};
    struct network *network = onnx_builder_read_fused(text, &err);
    struct placement placement = {0};
    int *items;

    assert_non_null(network);
    assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
    items = early_codes(network, &placement);
    for (; expectations->tensor; expectations++)
        assert_int_equal(items[network_find_tensor(network, expectations->tensor)],
                         item_named(&placement, expectations->quantized));
    free(items);
    placement_clear(&placement);
    network_destroy(network);
}

static void check(const char *text, const struct expectation *expectations)
{
    check_in(text, false, expectations);
}

#define BEGIN                                                                          \
    "input x N,2,8,8\nfloats w 3,2,3,3 = 1 -1 2\nfloats v 4,3,1,1 = 1 -2\n"            \
    "node Conv x w -> c\nnode Relu c -> r\n"
#define END "node Conv p v -> d\nnode Flatten d -> f\noutput f\n"

static void what_a_max_pool_reads_is_rounded_before_it(void **state)
{
    static const struct expectation expectations[] = {
        {"r", "p"}, {"p", "p"}, {"x", NULL}, {NULL, NULL}};

    (void)state;
    check(BEGIN "node MaxPool r -> p kernel_shape=2,2 strides=2,2\n" END, expectations);
}

static void so_is_what_two_max_pools_read(void **state)
{
    static const struct expectation expectations[] = {
        {"r", "p"}, {"q", "p"}, {"p", "p"}, {NULL, NULL}};

    (void)state;
    check(BEGIN "node MaxPool r -> q kernel_shape=2,2\n"
                "node MaxPool q -> p kernel_shape=2,2\n" END,
          expectations);
}

static void an_average_is_not_a_maximum(void **state)
{
    static const struct expectation expectations[] = {
        {"r", NULL}, {"p", "p"}, {NULL, NULL}};

    (void)state;
    check(BEGIN "node AveragePool r -> p kernel_shape=2,2 strides=2,2\n" END,
          expectations);
}

static void what_others_read_too_stays_in_float(void **state)
{
    static const struct expectation expectations[] = {
        {"r", NULL}, {"p", "p"}, {NULL, NULL}};

    (void)state;
    check(BEGIN "node MaxPool r -> m kernel_shape=1,1\n"
                "node Add m r -> p\n" END,
          expectations);
}

/* Two branches, one of which others read, too, and one that is rearranged before. */
static void where_all_is_rounded_so_is_what_is_joined_or_rearranged(void **state)
{
    static const struct expectation expectations[] = {
        {"r", "r"}, {"m", "r"}, {"a", "k"}, {"b", "k"},  {"t", "k"},
        {"k", "k"}, {"e", "e"}, {"n", "e"}, {"f", NULL}, {NULL, NULL}};

    (void)state;
    check_in("input x N,2,8,8\nfloats w 4,2,3,3 = 1 -1 2\nfloats v 4,4,1,1 = 1 -2\n"
             "floats u 4,12,1,1 = 1 -3\nintegers p 8 = 0 0 1 1 0 0 2 2\n"
             "node Conv x w -> c\nnode Relu c -> r\n"
             "node MaxPool r -> m kernel_shape=3,3 strides=1,1 pads=1,1,1,1\n"
             "node Conv r v -> a\n"
             "node Conv r v -> b strides=2,2\n"
             "node Pad b p -> t\n"
             "node Concat m a t -> k axis=1\n"
             "node Conv k u -> e\n"
             "node MaxPool e -> n kernel_shape=1,1\n"
             "node Conv n v -> g\n"
             "node Conv e v -> h\n"
             "node Add g h -> i\n"
             "node Flatten i -> f\noutput f\n",
             true, expectations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_max_pool_reads_is_rounded_before_it),
        cmocka_unit_test(so_is_what_two_max_pools_read),
        cmocka_unit_test(an_average_is_not_a_maximum),
        cmocka_unit_test(what_others_read_too_stays_in_float),
        cmocka_unit_test(where_all_is_rounded_so_is_what_is_joined_or_rearranged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
