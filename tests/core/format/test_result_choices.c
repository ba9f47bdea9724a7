#include "core/format/result_choices.h"

#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

static struct quantized_tensor items[] = {
    {.is_weight = true, .name = "w", .grid = GRID_NARROW, .bits = 8},
    {.name = "x", .grid = GRID_MIDTREAD, .bits = 8},
};
static const struct placement placement = {.items = items, .count = 2};

/* Writes a result.json with this as the entry of "x", and reads it; the choice of "x". */
static int read_entry(const char *entry, struct choice *choice)
{
    struct choice choices[2] = {{0}};
    char path[512];
    FILE *file;
    int status;

    snprintf(path, sizeof path, "%s/result.json", scratch_folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "{\"steps\": [{\"tensor\": \"w\", \"kind\": \"weights\", \"grid\": \"narrow\", "
        "\"bits\": 4, \"step_hex\": \"0x1p-3\"}, {\"tensor\": \"x\", \"kind\": "
        "\"activations\", %s}]}\n",
        entry);
    assert_int_equal(fclose(file), 0);
    status = result_read_choices(scratch_folder, &placement, choices, &err);
    remove(path);
    *choice = choices[1];
    if (status == 0)
        assert_int_equal(choices[0].bits, 4);
    return status;
}

#define STEP "\"step_hex\": \"0x1p-4\", "

static void bits_grids_and_zeros_are_those_of_the_file(void **state)
{
    struct choice choice;

    (void)state;
    assert_int_equal(read_entry(STEP "\"grid\": \"unsigned\", \"bits\": 3", &choice),
                     0);
    assert_true(choice.step == 0x1p-4f && choice.bits == 3);
    assert_int_equal(choice.grid, GRID_UNSIGNED);
    assert_int_equal(choice.zero, 0);
    assert_int_equal(read_entry(STEP "\"grid\": \"asymmetric\", \"bits\": 8, "
                                     "\"zero_point\": 201",
                                &choice),
                     0);
    assert_int_equal(choice.grid, GRID_ASYMMETRIC);
    assert_int_equal(choice.zero, 201);
}

static const char *const unknown[] = {
    "\"grid\": \"oblique\", \"bits\": 8",
    "\"grid\": \"unsigned\", \"bits\": 9",
    "\"grid\": \"unsigned\", \"bits\": 1",
    "\"grid\": \"unsigned\"",
    "\"bits\": 8",
    "\"grid\": \"asymmetric\", \"bits\": 8",
    "\"grid\": \"asymmetric\", \"bits\": 8, \"zero_point\": null",
    "\"grid\": \"asymmetric\", \"bits\": 8, \"zero_point\": 256",
    "\"grid\": \"asymmetric\", \"bits\": 4, \"zero_point\": 16",
    "\"grid\": \"asymmetric\", \"bits\": 8, \"zero_point\": -1",
    "\"grid\": \"asymmetric\", \"bits\": 16, \"zero_point\": 5",
};

static void what_no_choice_can_be_is_told(void **state)
{
    struct choice choice;
    char entry[256];

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        snprintf(entry, sizeof entry, STEP "%s", unknown[i]);
        assert_int_equal(read_entry(entry, &choice), -1);
        assert_int_equal(err.code, EXIT_INPUT);
        assert_non_null(
            strstr(err.text, "\"x\" has a grid, bits or a zero-point that"));
    }
    assert_int_equal(
        read_entry("\"step_hex\": \"0x0p+0\", \"grid\": \"narrow\", \"bits\": 8",
                   &choice),
        -1);
    assert_non_null(strstr(err.text, "the step of \"x\" is no number above 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_grids_and_zeros_are_those_of_the_file),
        cmocka_unit_test(what_no_choice_can_be_is_told),
    };

    return cmocka_run_group_tests_name("result_choices", tests, scratch_make,
                                       scratch_remove);
}
