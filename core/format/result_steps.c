#include "core/format/result_steps.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value && strcmp(value, text) == 0;
}

static bool is_of(const json_t *step, const struct quantized_tensor *tensor)
{
    return is_text(step, "tensor", tensor->name) &&
           is_text(step, "kind", tensor->is_weight ? "weights" : "activations") &&
           is_text(step, "grid", grid_name(tensor->grid)) &&
           json_integer_value(json_object_get(step, "bits")) == tensor->bits;
}

static int read_step(const char *path, const json_t *entry,
                     const struct quantized_tensor *tensor, float *step,
                     struct error *err)
{
    const char *text = json_string_value(json_object_get(entry, "step_hex"));

    if (!is_of(entry, tensor))
        return error_set(
            err, EXIT_INPUT,
            "%s has no step where the network has \"%s\" of %d bits on the "
            "grid %s; it was written for another network or by another calq",
            path, tensor->name, tensor->bits, grid_name(tensor->grid));
    *step = text ? strtof(text, NULL) : 0;
    if (!(*step > 0) || !isfinite(*step))
        return error_set(err, EXIT_INPUT, "%s: the step of \"%s\" is no number above 0",
                         path, tensor->name);
    return 0;
}

static int read_steps(const char *path, const json_t *list,
                      const struct placement *placement, float *steps,
                      struct error *err)
{
    if (json_array_size(list) != (size_t)placement->count)
        return error_set(err, EXIT_INPUT,
                         "%s has %zu steps, the network has %d quantized tensors", path,
                         json_array_size(list), placement->count);
    for (int item = 0; item < placement->count; item++) {
        if (read_step(path, json_array_get(list, (size_t)item), &placement->items[item],
                      &steps[item], err) < 0)
            return -1;
    }
    return 0;
}

int result_read_steps(const char *folder, const struct placement *placement,
                      float *steps, struct error *err)
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
    status = read_steps(path, json_object_get(json, "steps"), placement, steps, err);
    json_decref(json);
    return status;
}
