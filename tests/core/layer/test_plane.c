#include "core/layer/plane.h"

#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every kind of layer reads something: convolutions with and without padding, with a
 * residual, depthwise, and the layers that have pads of their own or none. */
static const char *const text =
    "input x N,3,8,8\n"
    "floats w0 4,3,3,3 = 0.5 -0.25 0.125\n"
    "floats w1 4,3,4,3 = 0.3 -0.2\n"
    "floats w2 4,4,3,3 = 0.1 -0.3\n"
    "floats w3 4,1,5,5 = 0.2 -0.1\n"
    "floats w5 4,4,4,4 = 0.1 -0.2 0.3\n"
    "floats w4 6,8,1,1 = 0.4 -0.6\n"
    "floats fc 5,6 = 0.6 -0.5 0.4\n"
    "node Conv x w0 -> c0 pads=1,1,1,1\n"
    "node Relu c0 -> r0\n"
    "node Conv x w1 -> c1 pads=0,2,3,0\n"
    "node Relu c1 -> r1\n"
    "node Conv r0 w2 -> c2 pads=1,0,0,1\n"
    "node Conv r0 w3 -> d0 pads=2,2,2,2 group=4\n"
    "node Relu c2 -> r2\n"
    "node MaxPool r2 -> p2 kernel_shape=3,3 strides=1,1 pads=1,1,1,1\n"
    "node Conv p2 w5 -> c3 pads=1,1,2,2\n"
    "node Add c3 p2 -> a3\n"
    "node AveragePool d0 -> p0 kernel_shape=3,3 strides=1,1 pads=1,1,1,1\n"
    "node Conv d0 w2 -> c4 pads=0,0,0,0\n"
    "node Conv r1 w2 -> c5 pads=2,2,2,2 dilations=2,2\n"
    "node Conv x w0 -> c7 pads=1,1,1,1\n"
    "node Relu c7 -> r7\n"
    "node Add c5 r7 -> a5\n"
    "node GlobalAveragePool c4 -> g4\n"
    "node GlobalAveragePool a5 -> g5\n"
    "node GlobalAveragePool a3 -> g3\n"
    "node GlobalAveragePool p0 -> g0\n"
    "node Add g4 g5 -> s0\n"
    "node Add g3 g0 -> s1\n"
    "node Concat s0 s1 -> k axis=1\n"
    "node Conv k w4 -> c6\n"
    "node Flatten c6 -> f\n"
    "node Gemm f fc -> y transB=1\n"
    "output y\n";

static struct network *read_network(void)
{
    struct error err = {0};
    struct network *network = onnx_builder_read_fused(text, &err);

    if (!network)
        fail_msg("%s", err.text);
    return network;
}

static const struct border {
    const char *tensor;
    int top, left, bottom, right;
} borders[] = {
    {"x", 1, 2, 3, 1},  /* of two convolutions, the wider on each side */
    {"r0", 2, 2, 2, 2}, /* one side each, and depthwise */
    {"r1", 2, 2, 2, 2}, /* of a dilated one */
    {"r2", 0, 0, 0, 0}, /* a pool pads */
    {"p2", 1, 1, 2, 2}, /* what a pool made; and it is a residual */
    {"r7", 0, 0, 0, 0}, /* a residual, and nothing else */
    {"d0", 0, 0, 0, 0}, /* a pool pads, a convolution does not */
    {"k", 0, 0, 0, 0},  {"y", 0, 0, 0, 0},
};

static void borders_are_the_widest_padding_of_the_convolutions(void **state)
{
    struct network *network = read_network();
    struct plane *planes = planes_of(network);

    (void)state;
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
        const struct border *border = &borders[i];
        int tensor = network_find_tensor(network, border->tensor);

        assert_true(tensor >= 0);
        assert_int_equal(planes[tensor].top, border->top);
        assert_int_equal(planes[tensor].left, border->left);
        assert_int_equal(planes[tensor].bottom, border->bottom);
        assert_int_equal(planes[tensor].right, border->right);
    }
    free(planes);
    network_destroy(network);
}

static bool pads_of_a_convolution_reach(const struct network *network, int tensor)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        const struct window *window = &layer->window;

        if (layer->kind == LAYER_CONV && layer->inputs[0] == tensor &&
            (window->pad_top || window->pad_left || window->pad_bottom ||
             window->pad_right))
            return true;
    }
    return false;
}

static void a_tensor_that_no_convolution_pads_has_no_border(void **state)
{
    struct network *network = read_network();
    struct plane *planes = planes_of(network);
    int with_border = 0;

    (void)state;
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        assert_int_equal(plane_has_border(&planes[tensor]),
                         pads_of_a_convolution_reach(network, tensor));
        with_border += plane_has_border(&planes[tensor]);
    }
    assert_int_equal(with_border, 4);
    free(planes);
    network_destroy(network);
}

static void planes_have_the_shapes_of_their_tensors(void **state)
{
    struct network *network = read_network();
    struct plane *planes = planes_of(network);

    (void)state;
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        assert_int_equal(planes[tensor].height, network->tensors[tensor].height);
        assert_int_equal(planes[tensor].width, network->tensors[tensor].width);
        assert_int_equal(planes[tensor].channels, network->tensors[tensor].channels);
        assert_int_equal(plane_inner_count(&planes[tensor]),
                         network->tensors[tensor].count);
    }
    free(planes);
    network_destroy(network);
}

/* {height, width, channels, top, left, bottom, right}, and what follows from it. */
static const struct layout {
    struct plane plane;
    int samples;
    size_t count, inner_count;
    ptrdiff_t first, row;
} layouts[] = {
    {{1, 1, 1, 0, 0, 0, 0, 0}, 1, 1, 1, 0, 1},
    {{4, 5, 3, 0, 0, 0, 0, 0}, 2, 60, 60, 0, 15},
    {{4, 5, 3, 1, 1, 1, 1, 0}, 3, 126, 60, 24, 21},
    {{4, 5, 3, 2, 0, 0, 0, 0}, 2, 90, 60, 30, 15},
    {{4, 5, 3, 0, 2, 0, 0, 0}, 2, 84, 60, 6, 21},
    {{4, 5, 3, 0, 0, 2, 0, 0}, 2, 90, 60, 0, 15},
    {{4, 5, 3, 0, 0, 0, 2, 0}, 2, 84, 60, 0, 21},
    {{4, 5, 3, 1, 2, 3, 4, 0}, 4, 264, 60, 39, 33},
    {{1, 7, 2, 1, 0, 2, 0, 0}, 2, 56, 14, 14, 14},
    {{7, 1, 2, 0, 1, 0, 2, 0}, 2, 56, 14, 2, 8},
    {{1, 1, 5, 2, 2, 2, 2, 0}, 3, 125, 5, 60, 25},
    {{2, 3, 64, 1, 1, 0, 0, 0}, 1, 768, 384, 320, 256},
};

static void sizes_follow_from_the_border(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const struct layout *layout = &layouts[i];
        struct strides strides = plane_strides(&layout->plane);

        assert_int_equal(plane_count(&layout->plane), layout->count);
        assert_int_equal(plane_inner_count(&layout->plane), layout->inner_count);
        assert_int_equal(plane_first(&layout->plane), layout->first);
        assert_int_equal(plane_row(&layout->plane), layout->row);
        assert_int_equal(strides.sample, layout->count);
        assert_int_equal(strides.row, layout->row);
        assert_int_equal(strides.column, layout->plane.channels);
    }
}

static void a_bare_plane_has_no_border(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct plane bare = plane_bare(&layouts[i].plane);

        assert_false(plane_has_border(&bare));
        assert_int_equal(plane_count(&bare), layouts[i].inner_count);
        assert_int_equal(plane_first(&bare), 0);
        assert_int_equal(bare.channels, layouts[i].plane.channels);
    }
}

static bool is_inside(const struct plane *plane, size_t at)
{
    size_t pixel = at % plane_count(plane) / (size_t)plane->channels;
    int width = plane->left + plane->width + plane->right;
    int y = (int)pixel / width - plane->top, x = (int)pixel % width - plane->left;

    return y >= 0 && y < plane->height && x >= 0 && x < plane->width;
}

/* No byte more than the planes: a write beyond them is found by the sanitizer. */
static void the_border_is_filled_and_nothing_else_is_touched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const struct layout *layout = &layouts[i];
        size_t count = layout->count * (size_t)layout->samples, inside = 0;
        uint8_t *bytes = memory_get(count);

        for (size_t at = 0; at < count; at++)
            bytes[at] = (uint8_t)(at % 251);
        plane_fill_border(&layout->plane, layout->samples, 1, 253, bytes);
        for (size_t at = 0; at < count; at++)
            if (is_inside(&layout->plane, at)) {
                assert_int_equal(bytes[at], at % 251);
                inside++;
            } else {
                assert_int_equal(bytes[at], 253);
            }
        assert_int_equal(inside, layout->inner_count * (size_t)layout->samples);
        free(bytes);
    }
}

static void no_sample_beyond_those_asked_for_is_touched(void **state)
{
    const struct plane plane = {2, 2, 1, 1, 1, 1, 1, 0};
    uint8_t bytes[3 * 16] = {0};

    (void)state;
    plane_fill_border(&plane, 0, 1, 9, bytes);
    assert_int_equal(bytes[0], 0);
    plane_fill_border(&plane, 2, 1, 9, bytes);
    assert_int_equal(bytes[31], 9);
    for (int at = 32; at < 48; at++)
        assert_int_equal(bytes[at], 0);
}

/* 4096 or 2048 bytes from one sample to the next: all of them in one place of the cache. */
static void samples_do_not_fall_into_the_same_place_of_the_cache(void **state)
{
    struct error err = {0};
    struct network *network = onnx_builder_read("input x N,128,4,4\n"
                                                "floats w 60,128,1,1 = 1\n"
                                                "node Conv x w -> y\n"
                                                "node Flatten y -> f\n"
                                                "output f\n",
                                                &err);
    struct plane *planes;

    (void)state;
    assert_non_null(network);
    planes = planes_of(network);
    assert_int_equal(plane_count(&planes[network->inputs[0]]), 2048 + 64);
    assert_int_equal(plane_inner_count(&planes[network->inputs[0]]), 2048);
    assert_int_equal(plane_count(&planes[network->output]), 60 * 16);
    free(planes);
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_do_not_fall_into_the_same_place_of_the_cache),
        cmocka_unit_test(borders_are_the_widest_padding_of_the_convolutions),
        cmocka_unit_test(a_tensor_that_no_convolution_pads_has_no_border),
        cmocka_unit_test(planes_have_the_shapes_of_their_tensors),
        cmocka_unit_test(sizes_follow_from_the_border),
        cmocka_unit_test(a_bare_plane_has_no_border),
        cmocka_unit_test(the_border_is_filled_and_nothing_else_is_touched),
        cmocka_unit_test(no_sample_beyond_those_asked_for_is_touched),
    };

    return cmocka_run_group_tests_name("plane", tests, NULL, NULL);
}
