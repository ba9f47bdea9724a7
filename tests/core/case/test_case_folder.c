#include "core/case/case_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "/tmp/calq-test-case-folder-XXXXXX";
static struct error err;

/* runs/glyphs and runs/resnet have begun; runs/other is no run. */
static const char *const folders[] = {"runs",
                                      "runs/glyphs",
                                      "runs/glyphs/cases",
                                      "runs/glyphs/cases/glyphs-onnx-W8A8-lapq",
                                      "runs/resnet",
                                      "runs/resnet/cases",
                                      "runs/other",
                                      "runs/.hidden",
                                      "runs/.hidden/cases"};
static const char *const files[] = {"runs/glyphs/config.yaml",
                                    "runs/resnet/config.yaml",
                                    "runs/.hidden/config.yaml", "config.yaml"};

static int make_folders(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) < 0)
        return -1;
    for (size_t i = 0; i < COUNT(folders); i++)
        if (mkdir(folders[i], 0777) < 0)
            return -1;
    for (size_t i = 0; i < COUNT(files); i++) {
        FILE *file = fopen(files[i], "w");

        if (!file || fclose(file) != 0)
            return -1;
    }
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(files[i]);
    for (size_t i = COUNT(folders); i > 0; i--)
        rmdir(folders[i - 1]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

/* ---- what a path names -------------------------------------------------------------------- */

static const struct {
    const char *path, *id;
} inside[] = {
    {"runs/glyphs/cases/glyphs-onnx-W8A8-lapq", "glyphs-onnx-W8A8-lapq"},
    {"runs/glyphs/cases/glyphs-onnx-W8A8-lapq//", "glyphs-onnx-W8A8-lapq"},
    {"./runs/other/../glyphs/cases/typo", "typo"},
    {"runs/glyphs/cases/glyphs-onnx-W8A8-lapq/result.json", "glyphs-onnx-W8A8-lapq"},
    {"runs/glyphs/cases/typo/result.json", "typo"},
    {"runs/glyphs/typo", "typo"},
    {"runs/glyphs/casestypo", "casestypo"},
    {"runs/glyphs/cases", ""},
    {"runs/glyphs/", ""},
    {"runs/glyphs", ""},
};

static void a_path_into_a_run_names_the_run_and_a_case(void **state)
{
    char run[PATH_MAX];

    (void)state;
    snprintf(run, sizeof run, "%s/runs/glyphs", folder);
    for (size_t i = 0; i < COUNT(inside); i++) {
        struct case_folder found;

        assert_int_equal(case_folder_find(inside[i].path, &found, &err), 0);
        assert_string_equal(found.run, run);
        assert_string_equal(found.id, inside[i].id);
    }
}

/* The temporary folder has a config.yaml of somebody else. */
static const struct {
    const char *path, *sentence;
} elsewhere[] = {
    {"runs/glyhps/cases/a", "cannot open runs/glyhps/cases/a: No such file or "
                            "directory; a case is the folder <run "
                            "directory>/cases/<case>, as `calq status` lists them; run "
                            "directories in runs: glyphs, "
                            "resnet"},
    {"runs/rasnet/a",
     "cannot open runs/rasnet/a: No such file or directory; a case is the folder <run "
     "directory>/cases/<case>, as `calq status` lists them; run directories in runs: "
     "resnet, "
     "glyphs"},
    {"runs/other", "runs/other is no folder of a case; a case is the folder <run "
                   "directory>/cases/<case>, "
                   "as `calq status` lists them"},
    {"typo", "cannot open typo: No such file or directory; a case is the folder <run "
             "directory>/cases/<case>, as `calq status` lists them"},
};

static void a_path_outside_of_runs_is_told_with_the_runs_beside_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        struct case_folder found;

        assert_int_equal(case_folder_find(elsewhere[i].path, &found, &err), -1);
        assert_int_equal(err.code, EXIT_USAGE);
        assert_string_equal(err.text, elsewhere[i].sentence);
    }
}

static void a_path_below_a_run_is_told_with_the_run(void **state)
{
    char hint[CASE_FOLDER_HINT_BYTES], expected[PATH_MAX + 64];

    (void)state;
    case_folder_hint("runs/glyphs/cases/typo", hint);
    snprintf(expected, sizeof expected, "; the run directory is %s/runs/glyphs",
             folder);
    assert_string_equal(hint, expected);
    case_folder_hint("runs/glyphs", hint);
    assert_string_equal(hint, "");
    case_folder_hint("runs", hint);
    assert_string_equal(hint, "; run directories in runs: glyphs, resnet");
}

/* ---- cases that are not there ------------------------------------------------------------- */

static void assert_refused(const char *const *ids, int count, const char *id,
                           const char *sentence)
{
    struct calibration_case list[16] = {0};
    struct cases cases = {list, count};
    struct case_folder named = {.run = "/r"};

    for (int i = 0; i < count; i++)
        strcpy(list[i].id, ids[i]);
    strcpy(named.id, id);
    assert_int_equal(case_folder_refuse(&named, &cases, &err), -1);
    assert_int_equal(err.code, EXIT_USAGE);
    assert_string_equal(err.text, sentence);
}

static void the_nearest_cases_are_named_first(void **state)
{
    static const char *const ids[] = {"a-paper-W4A4-minmax", "a-paper-W8A8-minmax",
                                      "a-onnx-W4A4-minmax",  "a-onnx-W8A8-minmax",
                                      "a-onnx-W4A4-lapq",    "a-onnx-W8A8-lapq",
                                      "a-onnx-W8A8-lapq-2"};

    (void)state;
    assert_refused(ids, 2, "a-paper-W8A8-minmx",
                   "/r/cases has no case \"a-paper-W8A8-minmx\"; it has: "
                   "a-paper-W8A8-minmax, a-paper-W4A4-minmax");
    assert_refused(
        ids, COUNT(ids), "a-onnx-W8A8-lpaq",
        "/r/cases has no case \"a-onnx-W8A8-lpaq\"; of its 7 the nearest are: "
        "a-onnx-W8A8-lapq, a-onnx-W4A4-lapq, a-onnx-W8A8-lapq-2, "
        "a-onnx-W8A8-minmax, a-onnx-W4A4-minmax");
    assert_refused(ids, 2, "",
                   "/r is a run directory, not a case; it has: a-paper-W4A4-minmax, "
                   "a-paper-W8A8-minmax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_into_a_run_names_the_run_and_a_case),
        cmocka_unit_test(a_path_outside_of_runs_is_told_with_the_runs_beside_it),
        cmocka_unit_test(a_path_below_a_run_is_told_with_the_run),
        cmocka_unit_test(the_nearest_cases_are_named_first),
    };

    return cmocka_run_group_tests_name("case_folder", tests, make_folders,
                                       remove_folders);
}
