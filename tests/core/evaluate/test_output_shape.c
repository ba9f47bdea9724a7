#include "core/evaluate/output_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    int rank, dims[TENSOR_RANK_MAX];
    size_t places, outputs;
    bool is_image;
    int place_count, place_dims[TENSOR_RANK_MAX];
} shapes[] = {
    {0, {0}, 1, 1, false, 0, {0}},
    {1, {10}, 1, 10, false, 0, {0}},
    {2, {256, 512}, 256, 512, false, 1, {256}},
    {2, {1, 5}, 1, 5, false, 1, {1}},
    {3, {10, 1, 1}, 1, 10, false, 2, {1, 1}},
    {3, {21, 32, 64}, 2048, 21, true, 2, {32, 64}},
    {3, {1, 4, 4}, 16, 1, true, 2, {4, 4}},
    {4, {2, 3, 4, 5}, 24, 5, false, 3, {2, 3, 4}},
};

static void the_outputs_of_a_place_are_one_dimension(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct network *network = network_create("net.onnx");
        int dims[TENSOR_RANK_MAX];
        struct output_shape shape;

        network->output =
            network_add_tensor(network, "y", shapes[i].rank, shapes[i].dims);
        shape = output_shape_of(network);
        assert_int_equal(shape.places, shapes[i].places);
        assert_int_equal(shape.outputs, shapes[i].outputs);
        assert_int_equal(shape.is_image, shapes[i].is_image);
        assert_int_equal(output_shape_places(&network->tensors[0], dims),
                         shapes[i].place_count);
        assert_memory_equal(dims, shapes[i].place_dims,
                            (size_t)shapes[i].place_count * sizeof *dims);
        network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outputs_of_a_place_are_one_dimension),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
