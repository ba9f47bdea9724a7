#include "core/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

static void a_sentence_comes_with_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(error_set(&err, EXIT_CONFIG, "line %d: no key \"%s\"", 3, "bitz"),
                     -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_string_equal(err.text, "line 3: no key \"bitz\"");
}

static void a_later_sentence_replaces_the_first(void **state)
{
    (void)state;
    error_set(&err, EXIT_CONFIG, "a long first sentence");
    error_set(&err, EXIT_INPUT, "second");
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "second");
}

static void context_goes_before_the_sentence(void **state)
{
    (void)state;
    error_set(&err, EXIT_INPUT, "no such file");
    assert_int_equal(error_prefix(&err, "case %d", 7), -1);
    assert_int_equal(error_prefix(&err, "sweep %s", "a"), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "sweep a: case 7: no such file");
}

static void text_that_is_too_long_is_cut(void **state)
{
    static char text[2 * ERROR_TEXT_BYTES];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    error_set(&err, EXIT_INPUT, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    error_prefix(&err, "case");
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    assert_memory_equal(err.text, "case: xxx", 9);
    error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
}

static void codes_that_calq_ends_with_have_a_meaning(void **state)
{
    static const enum exit_code codes[] = {
        EXIT_DONE,        EXIT_INTERNAL, EXIT_USAGE,
        EXIT_CONFIG,      EXIT_INPUT,    EXIT_VERIFY_MISMATCH,
        EXIT_SOME_FAILED, EXIT_MACHINE,  EXIT_STOPPED};
    size_t meanings = 0;

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_non_null(exit_code_meaning(codes[i]));
    for (int code = 0; code < EXIT_CODES_MOST; code++)
        meanings += exit_code_meaning(code) != NULL;
    assert_int_equal(meanings, sizeof codes / sizeof *codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_that_calq_ends_with_have_a_meaning),
        cmocka_unit_test(a_sentence_comes_with_its_exit_code),
        cmocka_unit_test(a_later_sentence_replaces_the_first),
        cmocka_unit_test(context_goes_before_the_sentence),
        cmocka_unit_test(text_that_is_too_long_is_cut),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
