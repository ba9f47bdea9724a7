#include "commands/network_choices.h"

#include "core/onnx/onnx_choices.h"

#include <string.h>

int network_choices_read_shape(const char *name, const char *text, void *place,
                               struct error *err)
{
    struct network_choices *choices = place;
    size_t name_bytes;
    int64_t size;

    if (!onnx_choices_parse(text, &name_bytes, &size))
        return error_set(err, EXIT_USAGE,
                         "%s takes a dimension's name and its size, e.g. height=224, "
                         "not \"%s\"",
                         name, text);
    if (choices->shape_count == CONFIG_LIST_MAX)
        return error_set(err, EXIT_USAGE, "%s: at most %d dimensions", name,
                         CONFIG_LIST_MAX);
    choices->shape[choices->shape_count++] = (char *)text;
    return 0;
}

void network_choices_put(const struct network_choices *choices,
                         struct config_model *model)
{
    model->outputs = (char *)choices->output;
    model->shape_count = choices->shape_count;
    memcpy(model->shape, choices->shape, sizeof choices->shape);
}
