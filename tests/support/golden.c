#include "tests/support/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

bool golden_path(const char *name, char *path, size_t path_bytes)
{
    const char *folder = getenv("CALQ_GOLDEN");

    if (folder == NULL || *folder == '\0')
        folder = "../shared/golden";
    snprintf(path, path_bytes, "%s/%s", folder, name);
    return access(path, R_OK) == 0;
}

json_t *golden_open(const char *name)
{
    char path[4096];
    json_error_t fault;
    json_t *golden;

    if (!golden_path(name, path, sizeof path)) {
        print_message("%s is not there: nothing to compare with\n", path);
        return NULL;
    }
    golden = json_load_file(path, 0, &fault);
    if (golden == NULL)
        fail_msg("%s line %d: %s", path, fault.line, fault.text);
    return golden;
}

json_t *golden_at(json_t *object, const char *path)
{
    json_t *value = object;
    const char *rest = path;

    while (value != NULL && *rest != '\0') {
        size_t length = strcspn(rest, ".");

        value = json_object_getn(value, rest, length);
        rest += length + (rest[length] == '.');
    }
    if (value == NULL)
        fail_msg("golden: no \"%s\"", path);
    return value;
}

size_t golden_numbers(json_t *array, double *numbers, size_t capacity)
{
    size_t count = 0;
    size_t index;
    json_t *element;

    json_array_foreach(array, index, element)
    {
        if (json_is_array(element)) {
            count += golden_numbers(element, numbers + count, capacity - count);
            continue;
        }
        if (!json_is_number(element) || count == capacity)
            fail_msg("golden: element %zu is no number, or one too many", index);
        numbers[count++] = json_number_value(element);
    }
    return count;
}
