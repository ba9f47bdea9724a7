#include "coordinator/methods/methods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "tests/support/config_sections.h"
#include "tests/support/method_settings.h"

static const struct config_words *names(void)
{
    return &config_section_field(&methods_section, 0)->words;
}

static const struct method *method_at(size_t index)
{
    return config_word_row(names(), index);
}

static void every_method_has_all_that_must_be_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < names()->count; i++) {
        struct config_method_settings settings =
            method_settings(config_word(names(), i));
        const struct method *method = method_of(&settings);

        assert_ptr_equal(method, method_at(i));
        assert_non_null(method->known.help);
        assert_true(method->evaluations(&settings, 10, 1) >= 1);
        assert_non_null(method->start(&settings)->find);
        assert_non_null(method->rule);
    }
}

static void no_two_methods_share_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < names()->count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(config_word(names(), i), config_word(names(), j));
}

static bool is_method(const char *name)
{
    for (size_t i = 0; i < names()->count; i++)
        if (strcmp(config_word(names(), i), name) == 0)
            return true;
    return false;
}

/* A slip in `only` would make a setting that nothing takes. */
static void settings_of_some_methods_name_methods_that_there_are(void **state)
{
    (void)state;
    config_sections_check_owners(&methods_section, is_method);
}

static void no_two_settings_share_a_key(void **state)
{
    (void)state;
    config_sections_check_keys(&methods_section);
}

static long evaluations(const char *text, int steps, int starts)
{
    struct config_method_settings settings = method_settings(text);

    return method_of(&settings)->evaluations(&settings, steps, starts);
}

static void evaluations_follow_from_the_settings(void **state)
{
    (void)state;
    assert_int_equal(evaluations("mmse", 20, 2), 2);
    assert_int_equal(evaluations("{name: lapq, sweeps: 0}", 20, 1), 11);
    assert_int_equal(evaluations("{name: lapq, sweeps: 0, parabola: false}", 20, 2),
                     20);
    assert_int_equal(evaluations("{name: lapq, start: random, sweeps: 2}", 20, 1), 121);
    assert_int_equal(
        evaluations("{name: lapq, start: layerwise, line_search: reference}", 20, 1),
        601);
}

static struct clip_rule rule(const char *text)
{
    struct config_method_settings settings = method_settings(text);

    return method_of(&settings)->rule(&settings);
}

static void rules_follow_from_the_settings(void **state)
{
    (void)state;
    assert_int_equal(rule("minmax").kind, CLIP_MINMAX);
    assert_true(rule("{name: percentile, percentile: 99}").number == 99);
    assert_true(rule("{name: lp, norm: 2.5}").number == 2.5);
    assert_true(rule("mmse").kind == CLIP_LP && rule("mmse").number == 2);
    assert_int_equal(rule("{name: mmse, variant: ocs}").kind, CLIP_OCS_MSE);
    assert_int_equal(rule("{name: aciq, distribution: gauss}").density, ACIQ_GAUSS);
    assert_int_equal(rule("{name: kld, sides: both}").kind, CLIP_KLD_SYMMETRIC);
    assert_int_equal(rule("kld").kind, CLIP_KLD);
    assert_true(rule("{name: lapq, start: layerwise}").number == 2);
    assert_true(rule("{name: lapq, start: layerwise, start_norm: 3.5}").number == 3.5);
    assert_true(rule("dual").kind == CLIP_LP && rule("lapq").kind == CLIP_LP);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_has_all_that_must_be_known),
        cmocka_unit_test(no_two_methods_share_a_name),
        cmocka_unit_test(settings_of_some_methods_name_methods_that_there_are),
        cmocka_unit_test(no_two_settings_share_a_key),
        cmocka_unit_test(evaluations_follow_from_the_settings),
        cmocka_unit_test(rules_follow_from_the_settings),
    };

    return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
