/* The logits of the kit's ResNet-20 on four images against the reference implementation. */
#include "core/base/memory.h"
#include "core/evaluate/evaluator.h"
#include "tests/support/golden.h"
#include "tests/support/kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IMAGES = 4, CLASSES = 10 };

/* A way to run the network, by its name in the golden file. */
static const struct configuration {
    const char *name;
    bool is_float, corrects_mean;
    double tolerance; /* of a logit */
} configurations[] = {
    {"fp32", true, false, 1e-3},
    {"w4a4_pstar", false, false, 1e-3},
    {"w4a4_pstar_biascorr", false, true, 1e-3},
};

static void take_clips(const struct placement *placement, json_t *clips,
                       struct choice *choices)
{
    assert_int_equal(json_array_size(clips), placement->count);
    for (int i = 0; i < placement->count; i++) {
        const struct quantized_tensor *item = &placement->items[i];

        choices[i] = placement_choice(
            item, placement_step_of_clip(
                      item, json_number_value(json_array_get(clips, (size_t)i))));
    }
}

static void compare(const struct configuration *configuration, struct network *network,
                    struct samples images, json_t *golden)
{
    static const char *const keep[] = {"first", "last"};
    struct placement_rules rules = {
        .grids = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = 4,
        .keep_float = keep,
        .keep_float_count = 2,
    };
    struct evaluator_options options = {.kernels = kernel_set_best(),
                                        .corrects_mean = configuration->corrects_mean,
                                        .block = IMAGES};
    struct choice choices[64];
    float logits[IMAGES * CLASSES];
    double expected[IMAGES * CLASSES];
    struct evaluator *evaluator;
    struct placement placement;
    struct error err = {0};

    assert_int_equal(placement_init(&placement, network, &rules, &err), 0);
    if (!configuration->is_float)
        take_clips(&placement, golden_at(golden, "alphas_float32"), choices);
    evaluator = evaluator_create(network, &placement, &options, images);
    evaluator_logits(evaluator, configuration->is_float ? NULL : choices, images,
                     logits);
    golden_numbers(golden_at(golden, "logits"), expected, IMAGES * CLASSES);
    for (int i = 0; i < IMAGES * CLASSES; i++)
        assert_float_equal(logits[i], expected[i], configuration->tolerance);
    evaluator_destroy(evaluator);
    placement_clear(&placement);
}

static void logits_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    struct network *network;
    struct samples images;

    (void)state;
    if (!golden)
        skip();
    network = kit_resnet20();
    images = kit_images(0, IMAGES);
    for (size_t i = 0; i < sizeof configurations / sizeof *configurations; i++)
        compare(
            &configurations[i], network, images,
            json_object_get(golden_at(golden, "f_forward"), configurations[i].name));
    network_destroy(network);
    kit_samples_clear(&images);
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(logits_equal_the_reference)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
