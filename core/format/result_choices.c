#include "core/format/result_choices.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool is_of(const json_t *entry, const struct quantized_tensor *tensor)
{
    return strcmp(text_of(entry, "tensor"), tensor->name) == 0 &&
           strcmp(text_of(entry, "kind"),
                  tensor->is_weight ? "weights" : "activations") == 0;
}

bool result_choices_read_codes(const json_t *entry, struct choice *choice)
{
    json_int_t bits = json_integer_value(json_object_get(entry, "bits"));
    const json_t *zero = json_object_get(entry, "zero_point");
    enum grid grid;

    if (!grid_named(text_of(entry, "grid"), &grid) || bits < BITS_LEAST ||
        (bits > BITS_MOST && bits != BITS_WIDE))
        return false;
    choice->grid = (uint8_t)grid;
    choice->bits = (uint8_t)bits;
    if (grid != GRID_ASYMMETRIC)
        return true;
    choice->zero = (uint8_t)json_integer_value(zero);
    return json_is_integer(zero) && !bits_are_wide((int)bits) &&
           json_integer_value(zero) >= 0 && json_integer_value(zero) < 1 << bits;
}

static int read_choice(const char *path, const json_t *entry,
                       const struct quantized_tensor *tensor, struct choice *choice,
                       struct error *err)
{
    if (!is_of(entry, tensor))
        return error_set(
            err, EXIT_INPUT,
            "%s has no step where the network has the %s \"%s\"; it was written for "
            "another network or by another calq",
            path, tensor->is_weight ? "weights" : "activations", tensor->name);
    *choice = (struct choice){0};
    if (json_integer_value(json_object_get(entry, "bits")) == BITS_FLOAT)
        return 0;
    *choice = (struct choice){.step = strtof(text_of(entry, "step_hex"), NULL)};
    if (!(choice->step > 0) || !isfinite(choice->step))
        return error_set(err, EXIT_INPUT, "%s: the step of \"%s\" is no number above 0",
                         path, tensor->name);
    if (!result_choices_read_codes(entry, choice))
        return error_set(
            err, EXIT_INPUT,
            "%s: \"%s\" has a grid, bits or a zero-point that this calq does not know",
            path, tensor->name);
    return 0;
}

static int read_choices(const char *path, const json_t *list,
                        const struct placement *placement, struct choice *choices,
                        struct error *err)
{
    if (json_array_size(list) != (size_t)placement->count)
        return error_set(err, EXIT_INPUT,
                         "%s has %zu steps, the network has %d quantized tensors", path,
                         json_array_size(list), placement->count);
    for (int item = 0; item < placement->count; item++)
        if (read_choice(path, json_array_get(list, (size_t)item),
                        &placement->items[item], &choices[item], err) < 0)
            return -1;
    return 0;
}

int result_read_choices(const char *folder, const struct placement *placement,
                        struct choice *choices, struct error *err)
{
    char path[PATH_MAX];
    json_error_t problem;
    json_t *json;
    int status;

    if (snprintf(path, sizeof path, "%s/result.json", folder) >= (int)sizeof path)
        return error_set(err, EXIT_INPUT, "the path %s is too long", folder);
    json = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!json)
        return error_set(err, EXIT_INPUT, "%s: line %d: %s", path, problem.line,
                         problem.text);
    status =
        read_choices(path, json_object_get(json, "steps"), placement, choices, err);
    json_decref(json);
    return status;
}
