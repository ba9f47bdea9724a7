#include "tests/fuzz/found.h"

#include "core/base/memory.h"
#include "tests/fuzz/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void found_read(struct found *found, const char *path)
{
    json_error_t error;

    found->json = json_load_file(path, 0, &error);
    if (!found->json)
        give_up("no result:", path);
}

void found_clear(struct found *found)
{
    json_decref(found->json);
}

static double *numbers_of(const char *text, size_t *count)
{
    double *numbers = memory_get((strlen(text) / 2 + 2) * sizeof *numbers);
    char *end;

    *count = 0;
    for (const char *at = text;; at = end) {
        double number = strtod(at, &end);

        if (end == at)
            return numbers;
        numbers[(*count)++] = number;
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* The entry of a list whose `key` is `name`. */
static json_t *entry(const struct found *found, const char *list, const char *key,
                     const char *name, const char *kind)
{
    json_t *array = json_object_get(found->json, list);

    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *one = json_array_get(array, i);

        if (strcmp(text_of(one, key), name) == 0 &&
            (!kind || strcmp(text_of(one, "kind"), kind) == 0))
            return one;
    }
    return NULL;
}

bool found_step_of(const struct found *found, const char *tensor, bool is_weight,
                   struct found_step *step)
{
    const json_t *one =
        entry(found, "steps", "tensor", tensor, is_weight ? "weights" : "activations");
    const json_t *channels;

    if (!one)
        return false;
    channels = json_object_get(one, "channel_steps_hex");
    *step = (struct found_step){
        .is_weight = is_weight,
        .grid = text_of(one, "grid"),
        .bits = (int)json_integer_value(json_object_get(one, "bits")),
        .zero = (int)json_integer_value(json_object_get(one, "zero_point")),
        .step = strtod(text_of(one, "step_hex"), NULL),
    };
    if (json_is_string(channels))
        step->channel_steps =
            numbers_of(json_string_value(channels), &step->channel_count);
    return step->step > 0;
}

double *found_numbers(const struct found *found, const char *list, const char *layer,
                      const char *field, size_t *count)
{
    const json_t *one = entry(found, list, "layer", layer, NULL);

    return one ? numbers_of(text_of(one, field), count) : NULL;
}

double found_number(const struct found *found, const char *one, const char *two,
                    const char *three)
{
    const json_t *value =
        json_object_get(json_object_get(json_object_get(found->json, one), two), three);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *found_setting(const struct found *found, const char *key)
{
    const json_t *lines =
        json_object_get(json_object_get(found->json, "provenance"), "identity");
    size_t length = strlen(key);

    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *line = json_string_value(json_array_get(lines, i));

        if (strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0)
            return line + length + 2;
    }
    return "";
}

bool found_treatment(const struct found *found, const char *name)
{
    return json_is_true(
        json_object_get(json_object_get(found->json, "treatments"), name));
}

struct found_more found_more(const struct found *found, const char *layer, double step)
{
    const json_t *layers =
        json_object_get(json_object_get(found->json, "overhead"), "layers");
    struct found_more more = {.factor = 1};

    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *one = json_array_get(layers, i);
        double second = strtod(text_of(one, "second_step_hex"), NULL);

        if (strcmp(text_of(one, "layer"), layer) != 0)
            continue;
        more.channels_added =
            (int)json_integer_value(json_object_get(one, "channels_added"));
        more.factor = second > 0 ? (int)lrint(step / second) : 1;
    }
    return more;
}
