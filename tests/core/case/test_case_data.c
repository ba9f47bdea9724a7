#include "core/case/case_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "tests/support/hdf5_builder.h"
#include "tests/support/scratch.h"

static struct network *network; /* with the inputs "user" [2] and "item" [3] */
static struct config_model model;
static struct error err;

static void name_inputs(const char *first, const char *second)
{
    model.inputs = (struct config_inputs){
        {{.data = "/u", .name = (char *)first, .constants = {.scale = NAN}},
         {.data = "/i", .name = (char *)second, .constants = {.scale = NAN}}},
        second ? 2 : 1};
}

static int start(void **state)
{
    (void)state;
    network = network_create("net.onnx");
    network_add_input(network, network_add_tensor(network, "user", 1, (int[]){2}),
                      NULL);
    network_add_input(network, network_add_tensor(network, "item", 1, (int[]){3}),
                      NULL);
    network->output = network_add_tensor(network, "y", 1, (int[]){4});
    model = (struct config_model){.name = "m",
                                  .network = "net.onnx",
                                  .labels = "/y",
                                  .constants = {.scale = NAN}};
    name_inputs("item", "user");
    return 0;
}

static int end(void **state)
{
    (void)state;
    network_destroy(network);
    return 0;
}

static void assert_refused(const char *sentence)
{
    err = (struct error){0};
    assert_int_equal(case_data_check_inputs(&model, network, &err), -1);
    assert_string_equal(err.text, sentence);
    assert_int_equal(err.code, EXIT_CONFIG);
}

static void an_input_is_read_by_its_name(void **state)
{
    const double users[] = {1, 2, 3, 4}, items[] = {5, 6, 7, 8, 9, 10};
    struct config_data data = {.file = scratch_file, .samples = {0, SIZE_MAX, false}};
    struct sample_arrays arrays;
    struct data_file *file;

    (void)state;
    hdf5_builder_create(scratch_file);
    hdf5_builder_add(scratch_file, "/i", HDF5_F32, 2, (size_t[]){2, 2}, users, 0);
    hdf5_builder_add(scratch_file, "/u", HDF5_F32, 2, (size_t[]){2, 3}, items, 0);
    model.loss = LOSS_KL_TO_FLOAT; /* there are no labels */
    file = case_data_open(&model, network, &data, CASE_DATA_TO_SEARCH, &err);
    assert_non_null(file);
    data_file_make_arrays(file, 2, &arrays);
    assert_int_equal(data_file_read(file, 0, 2, &arrays, &err), 0);
    assert_true(((float *)arrays.values[0])[3] == 4);
    assert_true(((float *)arrays.values[1])[5] == 10);
    sample_arrays_clear(&arrays);
    data_file_close(file);
}

static void inputs_that_do_not_fit_the_network_are_named(void **state)
{
    (void)state;
    name_inputs("user", "items");
    assert_refused(
        "net.onnx has no input \"items\"; its inputs are \"user\", \"item\"");
    name_inputs("user", "y");
    assert_refused("net.onnx has no input \"y\"; its inputs are \"user\", \"item\"");
    name_inputs("user", NULL);
    assert_refused("model m: `inputs` names no dataset for \"item\" of net.onnx; its "
                   "inputs are \"user\", \"item\": say inputs: {input: dataset, ...}");
    name_inputs(NULL, NULL);
    assert_refused("model m: `inputs` names no dataset for \"user\" of net.onnx; its "
                   "inputs are \"user\", \"item\": say inputs: {input: dataset, ...}");
}

static void constants_are_said_once_and_of_one_input(void **state)
{
    (void)state;
    model.constants.scale = 2;
    assert_refused(
        "model m: scale, mean and std are those of one input, and net.onnx has "
        "2; say inputs: {input: {data: dataset, mean: ...}, ...}");
    network->input_count = 1;
    name_inputs("user", NULL);
    assert_int_equal(case_data_check_inputs(&model, network, &err), 0);
    model.inputs.list[0].constants.mean_count = 1;
    assert_refused("model m: scale, mean and std stand beside `inputs` and in it; say "
                   "them once");
}

/* Of classes, of numbers, and of neither. */
static void labels_are_what_loss_and_metric_take_them_for(void **state)
{
    (void)state;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            model.loss = loss;
            model.metric = metric;
            assert_int_equal(case_data_has_numbers(&model),
                             loss == LOSS_MEAN_SQUARED_ERROR ||
                                 metric == METRIC_MEAN_ABSOLUTE_ERROR);
        }
}

/* Numbers of rows are not normalised. */
static void integers_have_no_constants(void **state)
{
    static const char sentence[] = "model m: the input \"item\" of net.onnx takes "
                                   "integers, which are read as they "
                                   "are; leave out its scale, mean and std";

    (void)state;
    network->tensors[network->inputs[1]].element = ELEMENT_INT32;
    assert_int_equal(case_data_check_inputs(&model, network, &err), 0);
    model.inputs.list[1].constants.std_count = 1; /* of "user" */
    assert_int_equal(case_data_check_inputs(&model, network, &err), 0);
    model.inputs.list[0].constants.scale = 1;
    assert_refused(sentence);
    model.inputs.list[0].constants = (struct config_constants){.scale = NAN};
    model.inputs.list[0].constants.mean_count = 1;
    assert_refused(sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_input_is_read_by_its_name, start, end),
        cmocka_unit_test_setup_teardown(inputs_that_do_not_fit_the_network_are_named,
                                        start, end),
        cmocka_unit_test_setup_teardown(constants_are_said_once_and_of_one_input, start,
                                        end),
        cmocka_unit_test_setup_teardown(integers_have_no_constants, start, end),
        cmocka_unit_test_setup_teardown(labels_are_what_loss_and_metric_take_them_for,
                                        start, end),
    };

    return cmocka_run_group_tests_name("case_data", tests, scratch_make,
                                       scratch_remove);
}
