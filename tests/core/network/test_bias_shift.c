#include "core/network/bias_shift.h"

#include "core/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 3 };

static const float trained[CHANNELS] = {0.1f, -3, 1e-3f};
static struct layer layer;

static int make_layer(void **state)
{
    (void)state;
    layer = (struct layer){.kind = LAYER_CONV};
    layer_add_weights(&layer, (struct weights){.outputs = CHANNELS});
    layer.conv.shift = memory_copy(trained, sizeof trained);
    return 0;
}

static int clear_layer(void **state)
{
    (void)state;
    layer_clear(&layer);
    return 0;
}

static void a_shift_is_added_and_another_takes_its_place(void **state)
{
    static const float one[CHANNELS] = {0.25f, 0.5f, -1}, other[CHANNELS] = {1, 2, 3};

    (void)state;
    assert_true(bias_shift_signature(&layer) == 0);
    bias_shift_put(&layer, one);
    for (int i = 0; i < CHANNELS; i++)
        assert_true(layer.conv.shift[i] == trained[i] + one[i]);
    bias_shift_put(&layer, other);
    for (int i = 0; i < CHANNELS; i++)
        assert_true(layer.conv.shift[i] == trained[i] + other[i]);
}

static void each_shift_has_a_signature_of_its_own(void **state)
{
    static const float one[CHANNELS] = {0.25f, 0.5f, -1}, other[CHANNELS] = {1, 2, 3};
    uint64_t signature;

    (void)state;
    bias_shift_put(&layer, one);
    signature = bias_shift_signature(&layer);
    assert_true(signature != 0);
    bias_shift_put(&layer, other);
    assert_true(bias_shift_signature(&layer) != signature);
    bias_shift_put(&layer, one);
    assert_true(bias_shift_signature(&layer) == signature);
}

static void what_is_taken_away_leaves_the_bits_that_were(void **state)
{
    static const float huge[CHANNELS] = {1e30f, 1e30f, 1e30f};

    (void)state;
    bias_shift_put(&layer, huge);
    bias_shift_remove(&layer);
    assert_memory_equal(layer.conv.shift, trained, sizeof trained);
    assert_true(bias_shift_signature(&layer) == 0);
    bias_shift_remove(&layer);
    assert_memory_equal(layer.conv.shift, trained, sizeof trained);
}

static void layers_of_other_kinds_have_none(void **state)
{
    struct layer pool = {.kind = LAYER_MAX_POOL};

    (void)state;
    bias_shift_remove(&pool);
    assert_true(bias_shift_signature(&pool) == 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_layer, clear_layer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shift_is_added_and_another_takes_its_place),
        TEST(each_shift_has_a_signature_of_its_own),
        TEST(what_is_taken_away_leaves_the_bits_that_were),
        TEST(layers_of_other_kinds_have_none),
    };

    return cmocka_run_group_tests_name("bias_shift", tests, NULL, NULL);
}
