#include "core/evaluate/product_means.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 3, PIXELS = 7, SAMPLES = 12, COUNT = SAMPLES * PIXELS * CHANNELS };
enum { SUMS = PRODUCT_MEANS_FIRST + 3 * CHANNELS };

/* A small channel, a large one, and one in between. */
static void make_products(float *products)
{
    static const float sizes[CHANNELS] = {1e-6f, 3e6f, 1};

    for (int i = 0; i < COUNT; i++)
        products[i] = sizes[i % CHANNELS] * (0.3f + sinf(1.1f * (float)i));
}

static void means_are_those_of_plain_sums(void **state)
{
    float products[COUNT];
    double means[CHANNELS];
    int64_t sums[SUMS] = {0};

    (void)state;
    make_products(products);
    assert_int_equal(product_means_count(CHANNELS), SUMS);
    product_means_add(products, SAMPLES, PIXELS, CHANNELS, sums);
    product_means_of(sums, CHANNELS, means);
    for (int channel = 0; channel < CHANNELS; channel++) {
        double sum = 0;

        for (int i = channel; i < COUNT; i += CHANNELS)
            sum += products[i];
        assert_true(fabs(means[channel] / (sum / SAMPLES / PIXELS) - 1) < 1e-9);
    }
}

static void who_adds_which_samples_does_not_matter(void **state)
{
    float products[COUNT];
    int64_t all[SUMS] = {0}, parts[SUMS] = {0};
    static const int firsts[] = {5, 9, 0, SAMPLES}, counts[] = {4, 3, 5, 0};

    (void)state;
    make_products(products);
    product_means_add(products, SAMPLES, PIXELS, CHANNELS, all);
    for (int i = 0; i < 4; i++)
        product_means_add(products + firsts[i] * PIXELS * CHANNELS, counts[i], PIXELS,
                          CHANNELS, parts);
    assert_memory_equal(parts, all, sizeof all);
}

static void of_channels_beyond_what_sums_hold_nothing_is_told(void **state)
{
    float products[COUNT];
    double means[CHANNELS];
    int64_t sums[SUMS] = {0};

    (void)state;
    make_products(products);
    products[0] = NAN;
    products[1] = 1e12f;
    product_means_add(products, SAMPLES, PIXELS, CHANNELS, sums);
    product_means_of(sums, CHANNELS, means);
    assert_true(isnan(means[0]) && isnan(means[1]) && isfinite(means[2]));
}

static void without_samples_nothing_is_told(void **state)
{
    double means[CHANNELS];
    int64_t sums[SUMS] = {0};

    (void)state;
    product_means_of(sums, CHANNELS, means);
    assert_true(isnan(means[0]) && isnan(means[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_are_those_of_plain_sums),
        cmocka_unit_test(who_adds_which_samples_does_not_matter),
        cmocka_unit_test(of_channels_beyond_what_sums_hold_nothing_is_told),
        cmocka_unit_test(without_samples_nothing_is_told),
    };

    return cmocka_run_group_tests_name("product_means", tests, NULL, NULL);
}
