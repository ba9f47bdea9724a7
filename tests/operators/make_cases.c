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
#include "tests/operators/case_files.h"
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

static void write_model(const char *base, const char *text)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);

    onnx__model_proto__pack(model, bytes);
    case_write(base, "onnx", bytes, size);
    case_write(base, "txt", text, strlen(text));
    free(bytes);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void try(const char *folder, const struct operator_trial *row, uint64_t seed)
{
    char base[PATH_MAX - 64];
    struct trial trial;

    snprintf(base, sizeof base, "%s/%s.%" PRIu64, folder, row->name, seed);
    trial_make(&trial, row, seed);
    write_model(base, trial.text);
    case_answer(&trial, base);
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
