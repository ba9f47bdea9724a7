#include "core/onnx/onnx_operators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The page for people, beside the table that the reader uses. */
static const char page[] = "docs/networks.md";

static const struct onnx_operator *const operators[] = {
#define ROW(row) &onnx_##row,
    ONNX_OPERATORS(ROW)
#undef ROW
};
enum { OPERATORS = sizeof operators / sizeof *operators, NAME_BYTES = 64 };

/* How often the page's table has an operator. */
static int listed[OPERATORS];

static int number_of(const char *name)
{
    for (int i = 0; i < OPERATORS; i++)
        if (strcmp(operators[i]->name, name) == 0)
            return i;
    return -1;
}

/* The name in the first column of a line; false where it is no line of the table. */
static bool name_in(const char *line, char name[NAME_BYTES])
{
    int columns = 0;

    for (const char *at = line; *at; at++)
        columns += *at == '|';
    return sscanf(line, "| %63[A-Za-z0-9] |", name) == 1 && columns == 4;
}

static void read_table(FILE *file)
{
    char line[1024], name[NAME_BYTES], before[NAME_BYTES] = "";
    bool is_inside = false;

    while (fgets(line, sizeof line, file)) {
        is_inside = strncmp(line, "## ", 3) == 0 ? strcmp(line, "## Operators\n") == 0
                                                 : is_inside;
        if (!is_inside || !name_in(line, name) || strcmp(name, "operator") == 0)
            continue;
        if (number_of(name) < 0)
            fail_msg("%s lists %s, which calq does not read", page, name);
        if (strcmp(before, name) > 0)
            fail_msg("%s has %s behind %s", page, name, before);
        strcpy(before, name);
        listed[number_of(name)]++;
    }
}

static void the_page_lists_every_operator_once(void **state)
{
    FILE *file = fopen(page, "r");

    (void)state;
    if (!file)
        fail_msg("%s is not there; run this in the folder of the Makefile", page);
    read_table(file);
    fclose(file);
    for (int i = 0; i < OPERATORS; i++)
        if (listed[i] != 1)
            fail_msg("%s lists %s %d times: add what is integer in it, and its limits",
                     page, operators[i]->name, listed[i]);
}

static void a_name_finds_its_row(void **state)
{
    (void)state;
    for (int i = 0; i < OPERATORS; i++)
        assert_ptr_equal(onnx_operator_find(operators[i]->name), operators[i]);
    assert_null(onnx_operator_find("add"));
    assert_null(onnx_operator_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_lists_every_operator_once),
        cmocka_unit_test(a_name_finds_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
