#include "tests/fuzz/found.h"

#include "core/base/memory.h"
#include "tests/fuzz/graph.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All of a file, with a zero behind it. */
static char *text_of_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long size;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
        give_up("cannot read", path);
    text = memory_zeroed((size_t)size + 1, 1);
    rewind(file);
    if (fread(text, 1, (size_t)size, file) != (size_t)size)
        give_up("cannot read", path);
    fclose(file);
    return text;
}

void found_read(struct found *found, const char *path)
{
    const char *name = strrchr(path, '/');
    json_error_t error;
    char beside[4096];

    found->json = json_load_file(path, 0, &error);
    if (!found->json)
        give_up("no result:", path);
    snprintf(beside, sizeof beside, "%.*s/state", name ? (int)(name - path) : 1,
             name ? path : ".");
    found->state = text_of_file(beside);
}

void found_clear(struct found *found)
{
    json_decref(found->json);
    free(found->state);
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

/* Which of all tensors it is, or -1. */
static int number_of(const struct found *found, const char *tensor)
{
    const json_t *steps = json_object_get(found->json, "steps");

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *one = json_array_get(steps, i);

        if (strcmp(text_of(one, "tensor"), tensor) == 0 &&
            strcmp(text_of(one, "kind"), "weights") == 0)
            return (int)i;
    }
    return -1;
}

/* The state has six codes in a number, each 128 more than it is, the first one lowest. */
double *found_codes(const struct found *found, const char *tensor, size_t count)
{
    double *codes;
    const char *row;
    char *at, begin[64];

    snprintf(begin, sizeof begin, "\ncodes %d ", number_of(found, tensor));
    row = strstr(found->state, begin);
    if (!row)
        return NULL;
    codes = memory_get(count * sizeof *codes);
    if (strtoul(row + strlen(begin), &at, 10) != (count + 5) / 6)
        give_up("another number of codes:", tensor);
    for (size_t i = 0; i < count; i += 6) {
        uint64_t number = (uint64_t)strtod(at, &at);

        for (size_t k = i; k < count && k < i + 6; k++, number /= 256)
            codes[k] = (double)(number % 256) - 128;
    }
    return codes;
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

/* What runs the file multiplies the states of recurrences as they are. */
static bool runs_recurrences(const char *target)
{
    return strcmp(target, "onnx") == 0 || strcmp(target, "tensorrt") == 0 ||
           strcmp(target, "openvino") == 0;
}

bool found_keeps_states(const struct found *found, const char *node)
{
    const json_t *kept = json_object_get(found->json, "kept_in_float");
    int count = 0;

    for (size_t i = 0; i < json_array_size(kept); i++) {
        const json_t *one = json_array_get(kept, i);

        count += strcmp(text_of(one, "layer"), node) == 0 &&
                 strcmp(text_of(one, "why"), "bits of the result") != 0;
    }
    return count > 1 || runs_recurrences(found_setting(found, "target"));
}

bool found_treatment(const struct found *found, const char *name)
{
    return json_is_true(
        json_object_get(json_object_get(found->json, "treatments"), name));
}

struct found_more found_more(const struct found *found, const char *tensor, double step)
{
    const json_t *layers =
        json_object_get(json_object_get(found->json, "overhead"), "layers");
    struct found_more more = {.factor = 1};

    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *one = json_array_get(layers, i);
        double second = strtod(text_of(one, "second_step_hex"), NULL);

        if (strcmp(text_of(one, "tensor"), tensor) != 0)
            continue;
        more.channels_added =
            (int)json_integer_value(json_object_get(one, "channels_added"));
        more.factor = second > 0 ? (int)lrint(step / second) : 1;
    }
    return more;
}

/* Weights that were put right by channel are no codes. */
bool found_has_kernels(const struct found *found)
{
    bool corrects_weights =
        found_treatment(found, "bias_corrected") &&
        strncmp(found_setting(found, "method.bias_correction"), "mean", 4) == 0;

    return strcmp(found_setting(found, "target"), "onnx") == 0 && !corrects_weights;
}
