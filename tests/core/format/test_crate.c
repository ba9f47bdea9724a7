#include "core/format/crate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct crate_file files[] = {
    {.path = "cases/a/result.json",
     .name = "found",
     .format = "application/json",
     .bytes = 7},
    {.path = "inputs/net.onnx",
     .name = "a network",
     .original = "nets/my net.onnx",
     .format = "application/octet-stream",
     .hash = "0123",
     .bytes = 9,
     .is_input = true},
    {.name = "samples",
     .original = "train.h5",
     .format = "application/x-hdf5",
     .hash = "4567",
     .bytes = 1LL << 40,
     .is_input = true},
    {.name = "samples",
     .original = "train.h5",
     .format = "application/x-hdf5",
     .hash = "4567",
     .bytes = 1LL << 40,
     .is_input = true},
};
static struct crate crate = {.name = "net",
                             .version = "1",
                             .workflow = "89ab",
                             .ended = "2026-01-31T12:00:00+00:00",
                             .files = files,
                             .count = COUNT(files)};
static struct error err;

/* The graph of a crate's metadata; owned by the caller, as is `whole`. */
static json_t *graph_of(json_t **whole)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    int status = crate_write(&crate, file, &err);

    fclose(file);
    if (status < 0)
        fail_msg("%s", err.text);
    *whole = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(*whole);
    return json_object_get(*whole, "@graph");
}

static json_t *entity(json_t *graph, const char *id)
{
    json_t *each, *found = NULL;
    size_t i;

    json_array_foreach(graph, i, each)
    {
        if (strcmp(json_string_value(json_object_get(each, "@id")), id) != 0)
            continue;
        assert_null(found); /* an entity is described once */
        found = each;
    }
    return found;
}

static const char *text_of(json_t *graph, const char *id, const char *key)
{
    const char *text = json_string_value(json_object_get(entity(graph, id), key));

    assert_non_null(text);
    return text;
}

/* Whether a value, or one of a list, is a reference to that entity. */
static bool refers_to(const json_t *value, const char *id)
{
    const json_t *each;
    size_t i;

    if (json_is_object(value))
        return strcmp(json_string_value(json_object_get(value, "@id")), id) == 0;
    json_array_foreach(value, i, each) if (refers_to(each, id)) return true;
    return false;
}

static void assert_refers(json_t *graph, const char *from, const char *key,
                          const char *to)
{
    if (!refers_to(json_object_get(entity(graph, from), key), to))
        fail_msg("%s of %s is not %s", key, from, to);
}

/* Whatever is referred to is described, but for the specification itself. */
static void check_references(json_t *graph, const json_t *value)
{
    const json_t *each;
    const char *key;
    size_t i;

    if (json_is_array(value))
        json_array_foreach(value, i, each) check_references(graph, each);
    if (!json_is_object(value))
        return;
    json_object_foreach((json_t *)value, key, each)
    {
        const char *id = json_string_value(each);

        if (strcmp(key, "@id") != 0)
            check_references(graph, each);
        else if (!entity(graph, id) && strcmp(id, "https://w3id.org/ro/crate/1.1") != 0)
            fail_msg("nothing describes %s", id);
    }
}

/* RO-Crate 1.1, Workflow RO-Crate 1.0, Process and Workflow Run Crate 0.5: what each says MUST be. */
static void what_the_profiles_ask_for_is_there(void **state)
{
    json_t *whole, *graph = graph_of(&whole);
    json_t *types = json_object_get(entity(graph, "config.yaml"), "@type");

    (void)state;
    assert_refers(graph, "ro-crate-metadata.json", "about", "./");
    assert_refers(graph, "ro-crate-metadata.json", "conformsTo",
                  "https://w3id.org/ro/crate/1.1");
    assert_refers(graph, "./", "conformsTo", "https://w3id.org/ro/wfrun/workflow/0.5");
    assert_refers(graph, "./", "conformsTo", "https://w3id.org/ro/wfrun/process/0.5");
    assert_refers(graph, "./", "mainEntity", "config.yaml");
    assert_refers(graph, "./", "mentions", "#run");
    assert_refers(graph, "./", "license", "#no-licence");
    assert_string_equal(text_of(graph, "./", "datePublished"), crate.ended);
    assert_int_equal(json_array_size(types), 3);
    assert_string_equal(json_string_value(json_array_get(types, 2)),
                        "ComputationalWorkflow");
    assert_refers(graph, "config.yaml", "programmingLanguage", "#calq-configuration");
    assert_string_equal(text_of(graph, "#calq-configuration", "@type"),
                        "ComputerLanguage");
    assert_string_equal(text_of(graph, "#run", "@type"), "CreateAction");
    assert_refers(graph, "#run", "instrument", "config.yaml");
    assert_string_equal(text_of(graph, "#calq", "softwareVersion"), "1");
    json_decref(whole);
}

static void expect_text(json_t *graph, const char *id, const char *key)
{
    if (!json_is_string(json_object_get(entity(graph, id), key)))
        fail_msg("%s has no %s", id, key);
}

/* What they say SHOULD be, but for URLs of programs, which calq does not know. */
static void what_the_profiles_recommend_is_there(void **state)
{
    static const char *const texts[][2] = {
        {"./", "name"},
        {"./", "description"},
        {"#no-licence", "name"},
        {"#no-licence", "description"},
        {"config.yaml", "name"},
        {"config.yaml", "version"},
        {"config.yaml", "encodingFormat"},
        {"inputs/net.onnx", "encodingFormat"},
        {"#run", "name"},
        {"#run", "description"},
        {"#run", "endTime"},
        {"#author", "name"},
    };
    json_t *whole, *graph;

    (void)state;
    crate.author = "A. N. Other";
    graph = graph_of(&whole);
    for (size_t i = 0; i < COUNT(texts); i++)
        expect_text(graph, texts[i][0], texts[i][1]);
    assert_refers(graph, "ro-crate-metadata.json", "conformsTo",
                  "https://w3id.org/workflowhub/workflow-ro-crate/1.0");
    assert_refers(graph, "./", "conformsTo",
                  "https://w3id.org/workflowhub/workflow-ro-crate/1.0");
    assert_refers(graph, "./", "author", "#author");
    assert_refers(graph, "#run", "agent", "#author");
    assert_string_equal(text_of(graph, "#author", "@type"), "Person");
    check_references(graph, graph);
    json_decref(whole);
    crate.author = NULL;
}

static void files_are_parts_objects_and_results(void **state)
{
    json_t *whole, *graph = graph_of(&whole);

    (void)state;
    assert_refers(graph, "./", "hasPart", "config.yaml");
    assert_refers(graph, "./", "hasPart", "inputs/net.onnx");
    assert_refers(graph, "#run", "object", "inputs/net.onnx");
    assert_refers(graph, "#run", "object", "#4567");
    assert_refers(graph, "#run", "result", "cases/a/result.json");
    assert_false(refers_to(json_object_get(entity(graph, "./"), "hasPart"), "#4567"));
    assert_string_equal(text_of(graph, "#4567", "@type"), "CreativeWork");
    assert_string_equal(text_of(graph, "inputs/net.onnx", "@type"), "File");
    assert_string_equal(text_of(graph, "inputs/net.onnx", "alternateName"),
                        "nets/my net.onnx");
    assert_string_equal(text_of(graph, "#4567", "contentSize"), "1099511627776");
    json_decref(whole);
}

static void every_reference_leads_to_an_entity(void **state)
{
    json_t *whole, *graph;

    (void)state;
    for (int with = 0; with < 2; with++) {
        crate.license = with ? "https://spdx.org/licenses/CC0-1.0" : NULL;
        graph = graph_of(&whole);
        check_references(graph, graph);
        json_decref(whole);
    }
    crate.license = NULL;
}

static void a_run_with_failed_cases_has_failed(void **state)
{
    json_t *whole, *graph;

    (void)state;
    crate.failed = true;
    graph = graph_of(&whole);
    assert_string_equal(text_of(graph, "#run", "actionStatus"),
                        "http://schema.org/FailedActionStatus");
    json_decref(whole);
    crate.failed = false;
}

static void a_name_that_is_not_utf8_is_told(void **state)
{
    FILE *file = fopen("/dev/null", "w");

    (void)state;
    crate.name = "\xff";
    assert_int_equal(crate_write(&crate, file, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text, "is not UTF-8"));
    crate.name = "net";
    fclose(file);
}

static void a_full_disk_is_told(void **state)
{
    FILE *file = fopen("/dev/full", "w");

    (void)state;
    setvbuf(file, NULL, _IONBF, 0);
    assert_int_equal(crate_write(&crate, file, &err), -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    fclose(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_profiles_ask_for_is_there),
        cmocka_unit_test(what_the_profiles_recommend_is_there),
        cmocka_unit_test(files_are_parts_objects_and_results),
        cmocka_unit_test(every_reference_leads_to_an_entity),
        cmocka_unit_test(a_run_with_failed_cases_has_failed),
        cmocka_unit_test(a_name_that_is_not_utf8_is_told),
        cmocka_unit_test(a_full_disk_is_told),
    };

    return cmocka_run_group_tests_name("crate", tests, NULL, NULL);
}
