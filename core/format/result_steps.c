#include "core/format/result_steps.h"

#include "core/base/memory.h"
#include "core/quant/channel_ratios.h"

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

/* The ratio with which the step of a tensor gives exactly that of a channel, `known` if it does; 0: there is
 * none. */
static float ratio_of(float channel_step, float step, float known)
{
    struct quantizer of_tensor = {.step = step};
    float ratio = channel_step / step, up = ratio, down = ratio;

    if (known > 0 && channel_quantizer(&of_tensor, &known, 0).step == channel_step)
        return known;
    for (int by = 0; by < 4; by++) {
        if (channel_quantizer(&of_tensor, &up, 0).step == channel_step)
            return up;
        if (channel_quantizer(&of_tensor, &down, 0).step == channel_step)
            return down;
        up = nextafterf(up, INFINITY);
        down = nextafterf(down, 0);
    }
    return 0;
}

/* Ratios [channels] of the steps in a line, near the known ones, if there are any; NULL: it is none of so
 * many steps. */
static float *ratios_of(const char *line, size_t channels, float step,
                        const float *known)
{
    float *ratios = memory_get(channels * sizeof *ratios);
    bool is_whole = true;

    for (size_t channel = 0; channel < channels; channel++) {
        char *end;
        float channel_step = strtof(line, &end);

        ratios[channel] =
            end == line ? 0 : ratio_of(channel_step, step, known ? known[channel] : 0);
        is_whole = is_whole && ratios[channel] > 0;
        line = end;
    }
    if (is_whole && !*line)
        return ratios;
    free(ratios);
    return NULL;
}

static int read_channel_steps(const char *path, const json_t *entry,
                              const struct network *network,
                              struct quantized_tensor *tensor, float step,
                              struct error *err)
{
    const char *line = json_string_value(json_object_get(entry, "channel_steps_hex"));
    float *known = tensor->ratios;

    if (!tensor->is_weight || !line)
        return 0;
    tensor->ratios = ratios_of(
        line, (size_t)network->layers[tensor->index].weights->outputs, step, known);
    free(known);
    return tensor->ratios
               ? 0
               : error_set(err, EXIT_INPUT,
                           "%s: the channel_steps_hex of \"%s\" are no steps of its "
                           "channels",
                           path, tensor->name);
}

static int read_steps(const char *path, const json_t *list,
                      const struct network *network, struct placement *placement,
                      float *steps, struct error *err)
{
    if (json_array_size(list) != (size_t)placement->count)
        return error_set(err, EXIT_INPUT,
                         "%s has %zu steps, the network has %d quantized tensors", path,
                         json_array_size(list), placement->count);
    for (int item = 0; item < placement->count; item++) {
        const json_t *entry = json_array_get(list, (size_t)item);
        struct quantized_tensor *tensor = &placement->items[item];

        if (read_step(path, entry, tensor, &steps[item], err) < 0 ||
            read_channel_steps(path, entry, network, tensor, steps[item], err) < 0)
            return -1;
    }
    return 0;
}

int result_read_steps(const char *folder, const struct network *network,
                      struct placement *placement, float *steps, struct error *err)
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
    status = read_steps(path, json_object_get(json, "steps"), network, placement, steps,
                        err);
    json_decref(json);
    return status;
}
