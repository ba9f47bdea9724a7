#include "core/case/case_data.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_BYTES = 512 };

/* its input is "x", or: its inputs are "a", "b" */
static const char *inputs_text(const struct network *network, char text[NAMES_BYTES])
{
    int used = snprintf(text, NAMES_BYTES, "its input%s",
                        network->input_count == 1 ? " is" : "s are");

    for (int i = 0; i < network->input_count && used < NAMES_BYTES; i++)
        used += snprintf(text + used, (size_t)(NAMES_BYTES - used), "%s \"%s\"",
                         i ? "," : "", network_input(network, i)->name);
    return text;
}

const struct config_input *case_data_input(const struct config_model *model,
                                           const struct network *network, int input)
{
    const struct config_inputs *inputs = &model->inputs;

    if (!inputs->list[0].name)
        return network->input_count == 1 ? &inputs->list[0] : NULL;
    for (int i = 0; i < inputs->count; i++)
        if (strcmp(inputs->list[i].name, network_input(network, input)->name) == 0)
            return &inputs->list[i];
    return NULL;
}

/* Each input is configured, and as many are, so none is left over. */
static int check_each(const struct config_model *model, const struct network *network,
                      struct error *err)
{
    char text[NAMES_BYTES];

    for (int i = 0; i < network->input_count; i++)
        if (!case_data_input(model, network, i))
            return error_set(
                err, EXIT_CONFIG,
                "model %s: `inputs` names no dataset for \"%s\" of %s; %s: "
                "say inputs: {input: dataset, ...}",
                model->name, network_input(network, i)->name, model->network,
                inputs_text(network, text));
    return 0;
}

/* What is looked up by number has no mean. */
static int check_constants(const struct config_model *model,
                           const struct network *network, struct error *err)
{
    for (int i = 0; i < network->input_count; i++) {
        const struct tensor *input = network_input(network, i);

        if (input->element == ELEMENT_INT32 &&
            (config_has_constants(&model->constants) ||
             config_has_constants(&case_data_input(model, network, i)->constants)))
            return error_set(err, EXIT_CONFIG,
                             "model %s: the input \"%s\" of %s takes integers, which "
                             "are read as they are; leave out its scale, mean and std",
                             model->name, input->name, model->network);
    }
    return 0;
}

int case_data_check_inputs(const struct config_model *model,
                           const struct network *network, struct error *err)
{
    char text[NAMES_BYTES];

    for (int i = 0; i < model->inputs.count; i++) {
        const char *name = model->inputs.list[i].name;
        int tensor = name ? network_find_tensor(network, name) : -1;

        if (name && (tensor < 0 || !network_is_input(network, tensor)))
            return error_set(err, EXIT_CONFIG, "%s has no input \"%s\"; %s",
                             model->network, name, inputs_text(network, text));
    }
    if (model->inputs.count == 0) /* of who only looks at a network */
        return 0;
    if (check_each(model, network, err) < 0)
        return -1;
    if (network->input_count > 1 && config_has_constants(&model->constants))
        return error_set(err, EXIT_CONFIG,
                         "model %s: scale, mean and std are those of one input, and %s "
                         "has %d; say inputs: {input: {data: dataset, mean: ...}, ...}",
                         model->name, model->network, network->input_count);
    if (config_has_constants(&model->constants) &&
        config_has_constants(&model->inputs.list[0].constants))
        return error_set(err, EXIT_CONFIG,
                         "model %s: scale, mean and std stand beside `inputs` and in "
                         "it; say them once",
                         model->name);
    return check_constants(model, network, err);
}

bool case_data_has_numbers(const struct config_model *model)
{
    return loss_table[model->loss].needs_numbers ||
           metric_table[model->metric].needs_numbers;
}

/* Of one class labels would be numbers, which only some losses and metrics read. */
static struct data_labels labels_of(const struct config_model *model,
                                    const struct network *network,
                                    enum case_data_use use)
{
    const struct tensor *output = &network->tensors[network->output];
    bool has_numbers = case_data_has_numbers(model);
    int classes =
        has_numbers ? 0
                    : loss_classes(model->loss, output_shape_of_tensor(output).outputs);

    return (struct data_labels){
        .dataset = has_numbers || classes > 1 ? model->labels : NULL,
        .are_needed = use == CASE_DATA_TO_JUDGE || loss_needs_dataset(model->loss),
        .classes = classes,
        .output = output,
        .ignored = model->ignore,
        .ignored_count = model->ignore_count,
        .groups = use == CASE_DATA_TO_JUDGE ? model->groups : NULL,
    };
}

struct data_file *case_data_open(const struct config_model *model,
                                 const struct network *network,
                                 const struct config_data *data, enum case_data_use use,
                                 struct error *err)
{
    struct data_labels labels = labels_of(model, network, use);
    struct data_input inputs[NETWORK_INPUTS_MAX];

    if (case_data_check_inputs(model, network, err) < 0)
        return NULL;
    for (int i = 0; i < network->input_count; i++) {
        const struct config_input *input = case_data_input(model, network, i);

        inputs[i] = (struct data_input){
            .tensor = network_input(network, i),
            .dataset = input->data,
            .constants = config_has_constants(&input->constants) ? &input->constants
                                                                 : &model->constants,
        };
    }
    return data_file_open(data->file, inputs, network->input_count, &labels,
                          data->samples, err);
}
