/* make_cases.c - networks of one operator, with inputs and what calq makes of them.
 * Usage: make_cases                                   names all that there is to try
 *        make_cases FOLDER OPERATOR COUNT SEED        seeds SEED, SEED + 1 ...
 *
 * Writes of case SEED to FOLDER:
 *
 *   OPERATOR.SEED.txt     the network in the words of tests/support/onnx_builder.h
 *   OPERATOR.SEED.onnx    the network
 *   OPERATOR.SEED.INPUT   an input: floats, int32 or int64
 *   OPERATOR.SEED.calq    calq's outputs, floats; or
 *   OPERATOR.SEED.refused the sentence with which calq refuses it
 *
 * and to stdout a line of JSON a case. Without arguments it fails where an operator that calq reads has
 * no row in a theme. */
#include "core/base/memory.h"
#include "core/onnx/onnx_operators.h"
#include "tests/operators/answer.h"
#include "tests/operators/themes.h"
#include "tests/support/onnx_builder.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct operator_trial *const themes[] = {
#define OPERATOR_THEME(name) name##_trials,
    OPERATOR_THEMES(OPERATOR_THEME)
#undef OPERATOR_THEME
};

static const struct onnx_operator *const operators[] = {
#define ONNX_OPERATOR_ROW(row) &onnx_##row,
    ONNX_OPERATORS(ONNX_OPERATOR_ROW)
#undef ONNX_OPERATOR_ROW
};

/* What rounds is no float network: tests/fuzz and calq verify compare it. */
static const char *const compared_elsewhere[] = {"QuantizeLinear"};

static bool is_compared_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof compared_elsewhere / sizeof *compared_elsewhere; i++)
        if (strcmp(compared_elsewhere[i], name) == 0)
            return true;
    return false;
}

static const struct operator_trial *find_trial(const char *name)
{
    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct operator_trial *row = themes[theme]; row->name; row++)
            if (strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

static int name_all(void)
{
    int lacking = 0;

    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct operator_trial *row = themes[theme]; row->name; row++)
            printf("%s\n", row->name);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!find_trial(operators[i]->name) &&
            !is_compared_elsewhere(operators[i]->name)) {
            fprintf(stderr, "%s\n", operators[i]->name);
            lacking++;
        }
    return lacking > 0;
}

/* ---- one case ---- */

static void write_bytes(const char *base, const char *end, const void *bytes,
                        size_t size)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s.%s", base, end);
    file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(2);
    }
}

static void write_model(const char *base, const char *text)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);

    onnx__model_proto__pack(model, bytes);
    write_bytes(base, "onnx", bytes, size);
    write_bytes(base, "txt", text, strlen(text));
    free(bytes);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void write_input(const char *base, const struct trial_input *input)
{
    size_t count = trial_count(&input->shape);
    size_t width = strcmp(input->type, "int64") == 0 ? 8 : 4;
    uint8_t *bytes = memory_get(count * width);

    for (size_t i = 0; i < count; i++) {
        int64_t wide = (int64_t)input->values[i];
        int32_t narrow = (int32_t)input->values[i];
        float real = (float)input->values[i];

        if (width == 8)
            memcpy(bytes + i * width, &wide, width);
        else if (strcmp(input->type, "int32") == 0)
            memcpy(bytes + i * width, &narrow, width);
        else
            memcpy(bytes + i * width, &real, width);
    }
    write_bytes(base, input->name, bytes, count * width);
    free(bytes);
}

static void tell_inputs(const struct trial *trial)
{
    for (int i = 0; i < trial->input_count; i++) {
        const struct trial_input *input = &trial->inputs[i];

        printf("%s{\"name\":\"%s\",\"type\":\"%s\",\"dims\":[", i ? "," : "",
               input->name, input->type);
        for (int k = 0; k < input->shape.rank; k++)
            printf("%s%d", k ? "," : "", input->shape.dims[k]);
        printf("]}");
    }
}

static void try(const char *folder, const struct operator_trial *row, uint64_t seed)
{
    char base[PATH_MAX - 64], path[PATH_MAX];
    struct trial trial;
    struct error err = {0};
    size_t count;
    float *values;

    snprintf(base, sizeof base, "%s/%s.%" PRIu64, folder, row->name, seed);
    snprintf(path, sizeof path, "%s.onnx", base);
    trial_make(&trial, row, seed);
    write_model(base, trial.text);
    for (int i = 0; i < trial.input_count; i++)
        write_input(base, &trial.inputs[i]);
    values = answer_of(&trial, path, &count, &err);
    if (values)
        write_bytes(base, "calq", values, count * sizeof *values);
    else
        write_bytes(base, "refused", err.text, strlen(err.text));
    printf("{\"base\":\"%s\",\"inputs\":[", base);
    tell_inputs(&trial);
    printf("]}\n");
    free(values);
    trial_clear(&trial);
}

int main(int count, char **arguments)
{
    const struct operator_trial *row;

    if (count == 1)
        return name_all();
    if (count != 5) {
        fprintf(stderr, "usage: make_cases [FOLDER OPERATOR COUNT SEED]\n");
        return 2;
    }
    row = find_trial(arguments[2]);
    if (!row) {
        fprintf(stderr, "no theme of tests/operators has %s\n", arguments[2]);
        return 2;
    }
    for (int i = 0; i < atoi(arguments[3]); i++)
        try(arguments[1], row, strtoull(arguments[4], NULL, 10) + (uint64_t)i);
    return 0;
}
