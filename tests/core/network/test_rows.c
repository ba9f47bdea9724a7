#include "core/network/rows.h"

#include "tests/support/one_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Where an element of a sample is stored, from its indices as ONNX orders them. */
static size_t stored(const struct tensor *tensor, const int *index)
{
    size_t at = 0;

    if (tensor->rank == 3)
        return (size_t)((index[1] * tensor->dims[2] + index[2]) * tensor->dims[0] +
                        index[0]);
    for (int i = 0; i < tensor->rank; i++)
        at = at * (size_t)tensor->dims[i] + (size_t)index[i];
    return at;
}

/* The tensor that has only the dimensions between rows, and an index of it. */
static size_t row_of(const struct tensor *tensor, const bool *is_along, bool keeps_dims,
                     const int *index)
{
    int dims[TENSOR_RANK_MAX], kept[TENSOR_RANK_MAX], rank = 0;
    struct tensor result;

    for (int i = 0; i < tensor->rank; i++)
        if (!is_along[i] || keeps_dims) {
            dims[rank] = is_along[i] ? 1 : tensor->dims[i];
            kept[rank++] = is_along[i] ? 0 : index[i];
        }
    result = one_layer_tensor(rank, dims);
    return stored(&result, kept);
}

static void next(const struct tensor *tensor, int *index)
{
    for (int i = tensor->rank - 1; i >= 0 && ++index[i] == tensor->dims[i]; i--)
        index[i] = 0;
}

/* Which row each element is in, and that rows hold each element once. */
static void check(const struct tensor *tensor, unsigned mask, bool keeps_dims)
{
    bool is_along[TENSOR_RANK_MAX];
    int index[TENSOR_RANK_MAX] = {0}, row_at[1024];
    struct rows rows;
    size_t length;

    for (int i = 0; i < tensor->rank; i++)
        is_along[i] = mask >> i & 1;
    rows = rows_of(tensor, is_along, keeps_dims);
    length = rows_length(&rows);
    assert_int_equal(length * rows_count(&rows), tensor->count);
    memset(row_at, -1, sizeof row_at);
    for (size_t i = 0; i < tensor->count; i++) {
        size_t at = rows_first(&rows, i / length) + rows_element(&rows, i % length);

        assert_true(at < tensor->count);
        assert_int_equal(row_at[at], -1);
        row_at[at] = (int)(i / length);
        if (i % length > 0) /* as stored */
            assert_true(rows_element(&rows, i % length) >
                        rows_element(&rows, i % length - 1));
    }
    for (size_t i = 0; i < tensor->count; i++, next(tensor, index))
        assert_int_equal(row_at[stored(tensor, index)],
                         row_of(tensor, is_along, keeps_dims, index));
}

static const struct {
    int rank, dims[TENSOR_RANK_MAX];
} shapes[] = {
    {1, {7}},
    {2, {3, 5}},
    {3, {2, 3, 4}},
    {3, {4, 1, 3}},
    {3, {1, 5, 1}},
    {3, {3, 2, 1}},
    {4, {2, 3, 4, 5}},
    {4, {1, 3, 1, 2}},
    {5, {2, 3, 2, 2, 3}},
    {6, {2, 1, 3, 2, 2, 2}},
};

static void rows_go_along_any_dimensions_of_any_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tensor tensor = one_layer_tensor(shapes[i].rank, shapes[i].dims);

        for (unsigned mask = 0; mask < 1u << tensor.rank; mask++) {
            check(&tensor, mask, true);
            check(&tensor, mask, false);
        }
    }
}

/* Each row has the elements of its channels, and counts them as the header says. */
static void rows_of_groups_have_the_channels_of_a_group(void **state)
{
    static const int dims[] = {6, 2, 3, 2};

    (void)state;
    for (int rank = 1; rank <= 4; rank++)
        for (int groups = 1; groups <= 6; groups++) {
            struct tensor tensor = one_layer_tensor(rank, dims);
            int index[TENSOR_RANK_MAX] = {0};
            size_t together = (size_t)(6 / groups), area = tensor.count / 6;
            struct rows rows;

            if (6 % groups != 0)
                continue;
            rows = rows_of_groups(&tensor, groups);
            assert_int_equal(rows_count(&rows), groups);
            assert_int_equal(rows_length(&rows), together * area);
            for (size_t i = 0; i < tensor.count; i++, next(&tensor, index)) {
                size_t channel = (size_t)index[0] % together;
                size_t pixel = i % area;
                size_t element =
                    rank == 3 ? pixel * together + channel : channel * area + pixel;

                assert_int_equal(rows_first(&rows, (size_t)index[0] / together) +
                                     rows_element(&rows, element),
                                 stored(&tensor, index));
            }
        }
}

static void neighbours_are_one_dimension(void **state)
{
    struct tensor image = one_layer_tensor(3, (int[]){4, 5, 6});
    struct tensor sequence = one_layer_tensor(2, (int[]){5, 6});
    struct rows rows = rows_of(&image, (bool[]){false, true, true}, true);

    (void)state;
    assert_int_equal(rows.along_count, 1);
    assert_int_equal(rows.along[0].count, 30);
    assert_int_equal(rows.along[0].stride, 4);
    assert_false(rows_are_dense(&rows));
    rows = rows_of(&image, (bool[]){true, false, false}, true);
    assert_true(rows_are_dense(&rows));
    assert_int_equal(rows.between_count, 1);
    rows = rows_of(&sequence, (bool[]){false, true}, true);
    assert_true(rows_are_dense(&rows));
    rows = rows_of(&sequence, (bool[]){true, true}, true);
    assert_true(rows_are_dense(&rows));
    assert_int_equal(rows_count(&rows), 1);
}

static void other_rows_are_told(void **state)
{
    struct tensor image = one_layer_tensor(3, (int[]){4, 4, 4});
    struct rows rows[8];

    (void)state;
    for (unsigned mask = 0; mask < 8; mask++)
        rows[mask] =
            rows_of(&image, (bool[]){mask & 1, (mask & 2) != 0, (mask & 4) != 0}, true);
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < 8; b++)
            assert_int_equal(rows_are_equal(&rows[a], &rows[b]), a == b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_along_any_dimensions_of_any_shape),
        cmocka_unit_test(rows_of_groups_have_the_channels_of_a_group),
        cmocka_unit_test(neighbours_are_one_dimension),
        cmocka_unit_test(other_rows_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
