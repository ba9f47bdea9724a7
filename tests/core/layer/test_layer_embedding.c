#include "core/evaluate/evaluator.h"
#include "core/layer/weight_ratios.h"

#include "tests/support/channel_steps.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SAMPLES = 7, NUMBERS = 3, ROWS = 5, COLUMNS = 4, VALUES = NUMBERS * COLUMNS };

static const float table[ROWS][COLUMNS] = {{0.1f, -0.2f, 0.3f, 0.7f},
                                           {1.5f, 0.6f, -1.1f, 0.4f},
                                           {-0.05f, 0.05f, 0.1f, 9},
                                           {-3, 2.25f, 0.5f, -0.5f},
                                           {0.01f, 0.02f, -0.04f, 0.03f}};
static int32_t numbers[SAMPLES * NUMBERS];
static const struct samples samples = {.values = {numbers}, .count = SAMPLES};
static struct network *network;

static int make(void **state)
{
    struct error err = {0};

    (void)state;
    network = onnx_builder_read_fused(
        "input x N,3 int32\n"
        "floats t 5,4 = 0.1 -0.2 0.3 0.7 1.5 0.6 -1.1 0.4 -0.05 0.05 0.1 9 -3 2.25 0.5 "
        "-0.5 0.01 "
        "0.02 -0.04 0.03\nnode Gather t x -> e\nnode Flatten e -> y\noutput y",
        &err);
    if (!network)
        fail_msg("%s", err.text);
    for (int i = 0; i < SAMPLES * NUMBERS; i++)
        numbers[i] = i * 7 % (2 * ROWS) - ROWS; /* -5..4 */
    return 0;
}

static int drop(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

static void place(struct placement *placement, enum grid grid, int bits)
{
    const struct placement_rules rules = {.grids = {.weights = grid,
                                                    .nonnegative = GRID_UNSIGNED,
                                                    .signed_ = GRID_NARROW},
                                          .weight_bits = bits,
                                          .activation_bits = BITS_FLOAT};
    struct error err = {0};

    assert_int_equal(placement_init(placement, network, &rules, &err), 0);
    assert_int_equal(placement->count, 1);
    assert_true(placement->items[0].is_weight);
}

static void run(const struct placement *placement, const struct choice *choice,
                int block, float *logits)
{
    struct evaluator *evaluator = evaluator_create(
        network, placement,
        &(struct evaluator_options){.kernels = kernel_set_best(),
                                    .corrects_mean = true, /* which no table is */
                                    .block = block},
        samples);

    evaluator_logits(evaluator, choice, samples, logits);
    evaluator_destroy(evaluator);
}

/* The row of a number: negative ones count from the end. */
static int row_of(int i)
{
    int number = numbers[i / COLUMNS];

    return number < 0 ? number + ROWS : number;
}

static void in_float_rows_are_those_of_the_table(void **state)
{
    struct placement placement;
    float logits[SAMPLES * VALUES];

    (void)state;
    place(&placement, GRID_NARROW, 8);
    for (int block = 1; block <= SAMPLES; block++) {
        run(&placement, NULL, block, logits);
        for (int i = 0; i < SAMPLES * VALUES; i++)
            assert_true(logits[i] == table[row_of(i)][i % COLUMNS]);
    }
    placement_clear(&placement);
}

/* Every value is the nearest level of its grid, or the last one. */
static float level(enum grid grid, int bits, float step, float value)
{
    float most = (float)(1 << (bits - 1)), at = value / step;

    if (grid == GRID_MIDRISE)
        return step * (fminf(fmaxf(floorf(at), -most), most - 1) + 0.5f);
    return step * fminf(fmaxf(rintf(at), 1 - most), most - 1);
}

static void quantized_rows_are_rounded(void **state)
{
    static const enum grid grids[] = {GRID_NARROW, GRID_MIDRISE};

    (void)state;
    for (int grid = 0; grid < 2; grid++)
        for (int bits = 2; bits <= 8; bits++) {
            struct placement placement;
            float logits[SAMPLES * VALUES], step = 0.31f;
            struct choice choice;

            place(&placement, grids[grid], bits);
            choice = placement_choice(&placement.items[0], step);
            run(&placement, &choice, 3, logits);
            for (int i = 0; i < SAMPLES * VALUES; i++) {
                float value = table[row_of(i)][i % COLUMNS];
                float expected = level(grids[grid], bits, step, value);

                if (fabsf(logits[i] - expected) > 1e-6f)
                    fail_msg("%d bits: %g becomes %g, not %g", bits, (double)value,
                             (double)logits[i], (double)expected);
            }
            placement_clear(&placement);
        }
}

/* A row is an output channel of weights: by channel it has a step of its own. */
static void a_row_may_have_a_step_of_its_own(void **state)
{
    struct placement placement;
    float logits[SAMPLES * VALUES];
    struct choice choice;

    (void)state;
    place(&placement, GRID_NARROW, 4);
    give_channel_steps(&placement, network, RATIO_OF_MINMAX);
    choice = placement_choice(&placement.items[0], 0.3f);
    run(&placement, &choice, 2, logits);
    for (int i = 0; i < SAMPLES * VALUES; i++) {
        int row = row_of(i);
        float step = 0.3f * placement.items[0].ratios[row];

        assert_true(fabsf(logits[i] - level(GRID_NARROW, 4, step,
                                            table[row][i % COLUMNS])) < 1e-6f);
    }
    placement_clear(&placement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_float_rows_are_those_of_the_table, make,
                                        drop),
        cmocka_unit_test_setup_teardown(quantized_rows_are_rounded, make, drop),
        cmocka_unit_test_setup_teardown(a_row_may_have_a_step_of_its_own, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
