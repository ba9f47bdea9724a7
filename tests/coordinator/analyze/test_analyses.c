#include "coordinator/analyze/analyses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "coordinator/analyze/analysis.h"
#include "coordinator/analyze/analyze.h"
#include "core/format/config_fill.h"
#include "tests/support/config_sections.h"

static void every_analysis_has_all_that_must_be_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < analysis_kinds.count; i++) {
        struct config_analysis_settings settings = {0};
        const struct analysis_kind *kind;

        config_fill_named(&analyses_section, config_word(&analysis_kinds, i),
                          &settings);
        kind = analysis_of(&settings);
        assert_ptr_equal(kind, config_word_row(&analysis_kinds, i));
        assert_non_null(kind->known.help);
        assert_non_null(kind->run);
        assert_string_equal(config_analysis_title(&settings), kind->known.name);
    }
}

static bool is_kind(const char *name)
{
    struct error err;

    return analyze_check_kind(name, &err) == 0;
}

/* A slip in `only` would make a setting that nothing takes. */
static void settings_of_some_analyses_name_analyses_that_there_are(void **state)
{
    (void)state;
    config_sections_check_owners(&analyses_section, is_kind);
}

static void no_two_settings_share_a_key(void **state)
{
    (void)state;
    config_sections_check_keys(&analyses_section);
}

static void a_name_that_is_none_gets_the_nearest_one(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(analyze_check_kind("surfaces", &err), -1);
    assert_int_equal(err.code, EXIT_USAGE);
    assert_non_null(strstr(err.text, "did you mean surface?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_analysis_has_all_that_must_be_known),
        cmocka_unit_test(settings_of_some_analyses_name_analyses_that_there_are),
        cmocka_unit_test(no_two_settings_share_a_key),
        cmocka_unit_test(a_name_that_is_none_gets_the_nearest_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
