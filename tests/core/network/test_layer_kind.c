#include "core/network/layer_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_kind_has_its_answers(void **state)
{
    (void)state;
    for (int kind = 0; kind < LAYER_KIND_COUNT; kind++) {
        const struct layer layer = {.kind = (enum layer_kind)kind};
        const struct layer_kind_row *row = layer_kind_of(&layer);

        assert_non_null(row);
        assert_non_null(row->name);
        assert_in_range(row->codes, 0, LAYER_CODES_COUNT - 1);
        assert_non_null(row->is_nonnegative);
        assert_non_null(row->macs);
        assert_non_null(row->same_shape);
        assert_non_null(row->other_constants);
        /* Roundings of files are taken out before anything runs. */
        assert_int_equal(row->run || row->make, kind != LAYER_QUANTIZE);
    }
}

static void answers_fit_each_other(void **state)
{
    (void)state;
    for (int kind = 0; kind < LAYER_KIND_COUNT; kind++) {
        const struct layer layer = {.kind = (enum layer_kind)kind};
        const struct layer_kind_row *row = layer_kind_of(&layer);

        assert_int_equal(row->prepare != NULL, row->release != NULL);
        assert_int_equal(row->multiply != NULL, row->finish != NULL);
        assert_int_equal(row->multiply != NULL, row->codes == CODES_MULTIPLY);
        assert_int_equal(row->check_splits != NULL, layer_multiplies(&layer));
        assert_true(!row->pass || row->codes == CODES_PASS);
        assert_true(row->codes != CODES_MAKE || row->make);
        assert_true(!row->fill || row->codes == CODES_PASS);
    }
}

static void a_kind_has_a_row_of_its_own(void **state)
{
    (void)state;
    for (int kind = 1; kind < LAYER_KIND_COUNT; kind++)
        for (int other = 0; other < kind; other++) {
            const struct layer a = {.kind = (enum layer_kind)kind};
            const struct layer b = {.kind = (enum layer_kind)other};

            assert_ptr_not_equal(layer_kind_of(&a), layer_kind_of(&b));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_answers),
        cmocka_unit_test(answers_fit_each_other),
        cmocka_unit_test(a_kind_has_a_row_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
