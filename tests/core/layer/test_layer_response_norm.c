#include "core/network/layer_kind.h"
#include "core/network/rows.h"

#include "tests/support/one_layer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CHANNELS = 11, MOST = 600 };

static float x[MOST], y[MOST];

/* In long double; of channels, [C, H, W] is stored [H, W, C]. */
static long double exact(const struct response_norm *norm, const float *pixel, int at)
{
    long double sum = 0;

    for (int i = at - (norm->size - 1) / 2; i <= at + norm->size / 2; i++)
        if (i >= 0 && i < CHANNELS)
            sum += (long double)pixel[i] * pixel[i];
    return pixel[at] /
           powl(norm->bias + (long double)norm->alpha / norm->size * sum, norm->beta);
}

static const struct response_norm norms[] = {
    {.alpha = 1e-4f, .beta = .75f, .bias = 1, .size = 5},
    {.alpha = 2, .beta = .5f, .bias = 2, .size = 1},
    {.alpha = 1, .beta = 1, .bias = .1f, .size = 4},
    {.alpha = .5f, .beta = 1.7f, .bias = 1, .size = 40},
    {.alpha = .5f, .beta = -.3f, .bias = 1, .size = 2},
};

static void elements_are_near_to_the_exact_ones(void **state)
{
    struct tensor image = one_layer_tensor(3, (int[]){CHANNELS, 4, 5});

    (void)state;
    for (size_t i = 0; i < COUNT(norms); i++) {
        struct layer layer = {.kind = LAYER_RESPONSE_NORM, .response_norm = norms[i]};

        layer.response_norm.rows = rows_of(&image, (bool[]){true, false, false}, true);
        for (size_t k = 0; k < image.count; k++)
            x[k] = 5 * sinf(3 * (float)k);
        one_layer_run(&layer, &image, &image, x, 1, y);
        for (size_t k = 0; k < image.count; k++) {
            long double value =
                exact(&norms[i], x + k / CHANNELS * CHANNELS, (int)(k % CHANNELS));

            if (fabsl(y[k] - value) > 6.1e-8L * fabsl(value))
                fail_msg("%.9g is not %.9Lg", (double)y[k], value);
        }
    }
}

static void signs_are_kept(void **state)
{
    struct layer layer = {.kind = LAYER_RESPONSE_NORM, .response_norm = norms[0]};

    (void)state;
    assert_true(layer_kind_of(&layer)->is_nonnegative(&layer, true));
    assert_false(layer_kind_of(&layer)->is_nonnegative(&layer, false));
    layer.response_norm.bias = -1;
    assert_false(layer_kind_of(&layer)->is_nonnegative(&layer, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_near_to_the_exact_ones),
        cmocka_unit_test(signs_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
