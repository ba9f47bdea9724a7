#include "tests/operators/case_files.h"

#include "core/base/memory.h"
#include "tests/operators/answer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void case_write(const char *base, const char *end, const void *bytes, size_t size)
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
    case_write(base, input->name, bytes, count * width);
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

void case_answer(const struct trial *trial, const char *base)
{
    char path[PATH_MAX];
    struct error err = {0};
    size_t count;
    float *values;

    for (int i = 0; i < trial->input_count; i++)
        write_input(base, &trial->inputs[i]);
    snprintf(path, sizeof path, "%s.onnx", base);
    values = answer_of(trial, path, &count, &err);
    if (values)
        case_write(base, "calq", values, count * sizeof *values);
    else
        case_write(base, "refused", err.text, strlen(err.text));
    printf("{\"base\":\"%s\",\"inputs\":[", base);
    tell_inputs(trial);
    printf("]}\n");
    free(values);
}
