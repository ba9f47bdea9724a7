/* Pictures that are resized and cropped: facts that hold without a second implementation. */
#include "core/base/memory.h"
#include "core/format/resample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A picture of memory: red is x, green is y, blue is 200. */
struct drawn {
    struct picture picture; /* first */
    int y;
};

static int draw_row(struct picture *picture, uint8_t *rgb, struct error *err)
{
    struct drawn *drawn = (struct drawn *)picture;

    (void)err;
    for (int x = 0; x < picture->width; x++) {
        *rgb++ = (uint8_t)x;
        *rgb++ = (uint8_t)drawn->y;
        *rgb++ = 200;
    }
    drawn->y++;
    return 0;
}

static void close_nothing(struct picture *picture)
{
    (void)picture;
}

static struct drawn picture_of(int width, int height)
{
    return (struct drawn){{width, height, draw_row, close_nothing}, 0};
}

/* What it becomes, to be freed. */
static uint8_t *resample(struct resample how, int width, int height,
                         struct resampled *size)
{
    struct drawn drawn = picture_of(width, height);
    struct error err = {0};
    uint8_t *planes;

    assert_int_equal(resample_size(&how, width, height, size, &err), 0);
    planes = memory_get((size_t)(size->channels * size->height * size->width));
    assert_int_equal(resample_picture(&how, &drawn.picture, planes, &err), 0);
    assert_int_equal(drawn.y, height);
    return planes;
}

static void without_a_size_planes_are_the_picture(void **state)
{
    struct resampled size;
    uint8_t *planes = resample((struct resample){0}, 7, 5, &size);

    (void)state;
    assert_int_equal(size.width, 7);
    assert_int_equal(size.height, 5);
    assert_int_equal(size.channels, 3);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 7; x++) {
            assert_int_equal(planes[y * 7 + x], x);
            assert_int_equal(planes[35 + y * 7 + x], y);
            assert_int_equal(planes[70 + y * 7 + x], 200);
        }
    free(planes);
}

/* torchvision: the shorter side, and int(size * longer / shorter). */
static void the_shorter_side_is_resized(void **state)
{
    static const struct {
        int width, height, resize, new_width, new_height;
    } cases[] = {{500, 375, 256, 341, 256},
                 {375, 500, 256, 256, 341},
                 {100, 100, 30, 30, 30},
                 {64, 48, 96, 128, 96}};
    struct resampled size;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resample how = {.resize = cases[i].resize};

        resample_size(&how, cases[i].width, cases[i].height, &size, &err);
        assert_int_equal(size.width, cases[i].new_width);
        assert_int_equal(size.height, cases[i].new_height);
    }
}

/* Python rounds 0.5 to 0, 1.5 to 2, 2.5 to 2. */
static void the_crop_is_where_python_rounds_to(void **state)
{
    static const int cases[][3] = {{5, 4, 0}, {7, 4, 2}, {9, 4, 2}, {8, 4, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resampled size;
        uint8_t *planes = resample((struct resample){.crop = cases[i][1]}, cases[i][0],
                                   cases[i][0], &size);

        assert_int_equal(planes[0], cases[i][2]);
        assert_int_equal(planes[size.width * size.height], cases[i][2]);
        free(planes);
    }
}

/* Of a slope every mean inside is the slope at its middle; of one value it is the value. */
static void halves_are_means(void **state)
{
    struct resampled size;
    uint8_t *planes = resample((struct resample){.resize = 20}, 40, 40, &size);

    (void)state;
    for (int y = 2; y < 18; y++)
        for (int x = 2; x < 18; x++) {
            /* 2 x + 0.5 becomes one of its neighbours. */
            assert_in_range(planes[y * 20 + x], 2 * x, 2 * x + 1);
            assert_in_range(planes[400 + y * 20 + x], 2 * y, 2 * y + 1);
            assert_int_equal(planes[800 + y * 20 + x], 200);
        }
    free(planes);
}

static void the_crop_of_a_resized_picture_is_a_part_of_it(void **state)
{
    struct resampled whole, part;
    uint8_t *all = resample((struct resample){.resize = 30}, 57, 41, &whole);
    uint8_t *some =
        resample((struct resample){.resize = 30, .crop = 20}, 57, 41, &part);
    int left = (whole.width - 20) / 2, top = (whole.height - 20) / 2;

    (void)state;
    assert_int_equal(whole.width, 41);
    for (int y = 0; y < 20; y++)
        assert_memory_equal(some + y * 20, all + (y + top) * whole.width + left, 20);
    free(all);
    free(some);
}

static void gray_is_luma(void **state)
{
    struct resampled size;
    uint8_t *planes = resample((struct resample){.is_gray = true}, 3, 2, &size);

    (void)state;
    assert_int_equal(size.channels, 1);
    /* 0.299 * 2 + 0.587 * 1 + 0.114 * 200 = 23.985 */
    assert_int_equal(planes[5], 24);
    free(planes);
}

static void a_crop_that_does_not_fit_is_told(void **state)
{
    struct resample how = {.resize = 10, .crop = 12};
    struct resampled size;
    struct error err;

    (void)state;
    assert_int_equal(resample_size(&how, 20, 40, &size, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "10 x 20 pixels are fewer than the crop of 12 x 12; "
                                  "choose a smaller one, or resize");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_size_planes_are_the_picture),
        cmocka_unit_test(the_shorter_side_is_resized),
        cmocka_unit_test(the_crop_is_where_python_rounds_to),
        cmocka_unit_test(halves_are_means),
        cmocka_unit_test(the_crop_of_a_resized_picture_is_a_part_of_it),
        cmocka_unit_test(gray_is_luma),
        cmocka_unit_test(a_crop_that_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
