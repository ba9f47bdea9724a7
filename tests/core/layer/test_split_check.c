/* The check of folded codes: it passes on every grid and number of bits, and finds one code that is
 * another. */
#include "core/layer/split_check.h"

#include "core/base/memory.h"
#include "core/layer/conv_integer.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3, CHANNELS = 6, SIZE = 5, ADDED = 3 };

static const char *const text =
    "input x N,6,5,5\n"
    "floats w 7,6,3,3 = 0.1 0.2 -0.3 0.4 -0.55 0.05 -0.15 0.35 -0.2 2.5 -0.07\n"
    "node Conv x w -> c pads=1,0,0,1 strides=2,1 name=/split\n"
    "node GlobalAveragePool c -> p\n"
    "node Flatten p -> y\n"
    "output y\n";

static struct network *network;
static struct plane *planes;
static float floats[SAMPLES * CHANNELS * SIZE * SIZE];
static struct error err;

static int make_network(void **state)
{
    (void)state;
    network = onnx_builder_read_fused(text, &err);
    if (!network)
        return -1;
    planes = planes_of(network);
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        floats[i] = sinf(1.3f * (float)i);
    return 0;
}

static int free_network(void **state)
{
    (void)state;
    free(planes);
    network_destroy(network);
    return 0;
}

/* A convolution with split channels, and room to run it. */
struct trial {
    struct conv_run run;
    struct quantizer weights;
    struct scratch scratch;
    struct value input;
};

static void make_trial(struct trial *trial, enum grid grid, int bits, bool is_plain)
{
    const struct weight_rules rules = {
        .wide = {.added = ADDED, .halves_plainly = is_plain}};
    const struct quantizer quantizer = {GRID_UNSIGNED, 8, 0.01f, 0};

    *trial = (struct trial){.weights = {grid, bits, grid_step_of_clip(grid, bits, 0.5)},
                            .input = {.plane = &planes[network->inputs[0]]}};
    conv_run_init(&trial->run, kernel_set_best(), &network->layers[0],
                  &planes[network->inputs[0]], &rules);
    trial->scratch = conv_run_scratch(&trial->run, SAMPLES);
    trial->input.data =
        memory_aligned(value_code_bytes(trial->input.plane, SAMPLES) + INPUT_SLACK);
    value_from_floats(floats, SAMPLES, &quantizer, &trial->input);
}

static void clear_trial(struct trial *trial)
{
    conv_run_clear(&trial->run);
    conv_scratch_clear(&trial->scratch);
    free(trial->input.data);
}

static int check(struct trial *trial)
{
    return split_check(&trial->run, &trial->weights, &trial->input, SAMPLES,
                       &trial->scratch, &err);
}

static void folded_codes_are_the_split_layer(void **state)
{
    (void)state;
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++)
        for (int bits = 2; bits <= BITS_MOST; bits++)
            for (int plain = 0; plain < 2; plain++) {
                struct trial trial;

                make_trial(&trial, grid, bits, plain);
                if (check(&trial) < 0)
                    fail_msg("%s, %d bits: %s", grid_name(grid), bits, err.text);
                /* The folded codes of the large weights do not fit 8 bits. */
                if (bits == BITS_MOST)
                    assert_int_equal(trial.run.weights.now->part_count, 2);
                clear_trial(&trial);
            }
}

static void floats_are_rounded_for_the_check(void **state)
{
    struct trial trial;
    void *codes;

    (void)state;
    make_trial(&trial, GRID_MIDTREAD, 4, false);
    codes = trial.input.data;
    trial.input = (struct value){.data = floats, .plane = trial.input.plane};
    assert_int_equal(check(&trial), 0);
    trial.input.data = codes;
    clear_trial(&trial);
}

static void a_wrong_code_is_told(void **state)
{
    (void)state;
    for (int bits = 4; bits <= BITS_MOST; bits += 4)
        for (int part = 0; part < 1 + (bits == BITS_MOST); part++) {
            struct trial trial;

            make_trial(&trial, GRID_MIDTREAD, bits, false);
            assert_int_equal(check(&trial), 0);
            trial.run.weights.now->parts[part].packed[0] ^= 1;
            assert_int_equal(check(&trial), -1);
            assert_int_equal(err.code, EXIT_INTERNAL);
            assert_non_null(strstr(err.text, "layer /split: the folded codes of its "
                                             "split channels sum up to "));
            clear_trial(&trial);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded_codes_are_the_split_layer),
        cmocka_unit_test(floats_are_rounded_for_the_check),
        cmocka_unit_test(a_wrong_code_is_told),
    };

    return cmocka_run_group_tests_name("split_check", tests, make_network,
                                       free_network);
}
