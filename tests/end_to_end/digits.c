/* digits.c - prints what of results must be the same in every run, whatever the ranks, the
 * kernels, the memory and the time that they took. Usage: digits RESULT_JSON...
 *
 * Fails when a file is no valid JSON, or a step or a loss is not the same number in decimal and in
 * hexadecimal digits. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may differ from run to run, wherever it stands. */
static const char *const free_to_differ[] = {"seconds", "ranks", "kernel", "work"};

static void take_out(json_t *value)
{
    const char *key;
    json_t *inner;
    size_t i;

    for (i = 0; i < sizeof free_to_differ / sizeof *free_to_differ; i++)
        json_object_del(value, free_to_differ[i]);
    json_object_foreach(value, key, inner) take_out(inner);
    json_array_foreach(value, i, inner) take_out(inner);
}

/* Is NAME_hex the number NAME? Decimal digits of a float may be those of the float in double. */
static bool hex_is_same(const json_t *object, const char *name)
{
    char key[64];
    const char *hex;

    snprintf(key, sizeof key, "%s_hex", name);
    hex = json_string_value(json_object_get(object, key));
    return hex && strncmp(hex, "0x", 2) == 0 &&
           strtod(hex, NULL) == json_real_value(json_object_get(object, name));
}

static bool numbers_are_sound(const json_t *result)
{
    const json_t *steps = json_object_get(result, "steps"), *step;
    bool sound = json_array_size(steps) > 0;
    size_t i;

    json_array_foreach(steps, i, step) sound = sound && hex_is_same(step, "step");
    return sound && hex_is_same(json_object_get(json_object_get(result, "result"),
                                                "calibration"),
                                "loss");
}

static int print_digits(const char *path)
{
    json_error_t problem;
    json_t *result = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);

    if (!result) {
        fprintf(stderr, "%s is no JSON: line %d: %s\n", path, problem.line,
                problem.text);
        return -1;
    }
    if (!numbers_are_sound(result)) {
        fprintf(stderr, "%s: steps or loss are missing, or their hex digits differ\n",
                path);
        json_decref(result);
        return -1;
    }
    take_out(result);
    json_dumpf(result, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(result);
    return 0;
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        if (print_digits(arguments[i]) < 0)
            return 1;
    return count > 1 ? 0 : 2;
}
