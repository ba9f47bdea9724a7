#include "core/evaluate/mean_iou.h"

#include "core/evaluate/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PIXELS = 6, CLASSES = 3 };

/* Logits that predict these classes. */
static void predict(const int *classes, float logits[PIXELS * CLASSES])
{
    for (int i = 0; i < PIXELS * CLASSES; i++)
        logits[i] = i % CLASSES == classes[i / CLASSES] ? 2 : -1;
}

static const struct {
    int predicted[PIXELS];
    int32_t labels[PIXELS];
    double expected;
} images[] = {
    {{0, 0, 1, 1, 2, 2}, {0, 0, 1, 1, 2, 2}, 1},
    /* 0: 1 of 3, 1: 1 of 3, 2: 2 of 2 */
    {{0, 1, 0, 1, 2, 2}, {0, 0, 1, 1, 2, 2}, (1.0 / 3 + 1.0 / 3 + 1) / 3},
    /* class 2 is not there at all */
    {{0, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 1, 1}, (0.5 + 0) / 2},
    /* what does not count is neither */
    {{0, 0, 1, 1, 2, 2}, {0, 0, 1, IGNORED_LABEL, NO_LABEL, 0}, (2.0 / 3 + 1 + 0) / 3},
    {{2, 2, 2, 2, 2, 2}, {0, 1, 0, 1, 0, 1}, 0},
};

static void regions_cover_each_other_by_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        float logits[PIXELS * CLASSES];

        predict(images[i].predicted, logits);
        assert_true(fabs(mean_iou(logits, images[i].labels, PIXELS, CLASSES) -
                         images[i].expected) < 1e-15);
    }
}

static void one_output_is_two_classes(void **state)
{
    static const float logits[] = {1, 1, -1, -1};
    static const int32_t labels[] = {1, 0, 0, 0};

    (void)state;
    assert_true(fabs(mean_iou(logits, labels, 4, 1) - (0.5 + 2.0 / 3) / 2) < 1e-15);
}

static void an_image_without_labels_is_unknown(void **state)
{
    static const int32_t labels[PIXELS] = {-1, -2, -1, -2, -1, -2};
    static const float logits[PIXELS * CLASSES];

    (void)state;
    assert_true(isnan(mean_iou(logits, labels, PIXELS, CLASSES)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_cover_each_other_by_the_definition),
        cmocka_unit_test(one_output_is_two_classes),
        cmocka_unit_test(an_image_without_labels_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
