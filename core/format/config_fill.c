#include "core/format/config_fill.h"

#include "core/base/memory.h"
#include "core/format/config_value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = 256 };

/* Writes "a, b, c", as many as fit; "..." stands for those that do not. */
static void list_words(const char *const *words, size_t count, char text[LIST_BYTES])
{
    static const char more[] = ", ...";
    size_t used = 0, i;

    *text = '\0';
    for (i = 0; i < count && used + strlen(words[i]) + 2 + sizeof more < LIST_BYTES;
         i++)
        used += (size_t)snprintf(text + used, LIST_BYTES - used, "%s%s", i ? ", " : "",
                                 words[i]);
    if (i < count)
        snprintf(text + used, LIST_BYTES - used, "%s", more);
}

/* ---- one scalar: text to what is stored ---- */

static int read_int(const struct config_field *field, const char *text, void *at,
                    struct error *err)
{
    long long value;

    if (config_value_whole(text, field->range, &value, err) < 0)
        return -1;
    *(int *)at = (int)value;
    return 0;
}

static int read_long(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    long long value;

    if (config_value_whole(text, field->range, &value, err) < 0)
        return -1;
    *(long *)at = (long)value;
    return 0;
}

static int read_u64(const struct config_field *field, const char *text, void *at,
                    struct error *err)
{
    long long value;

    if (config_value_whole(text, field->range, &value, err) < 0)
        return -1;
    *(uint64_t *)at = (uint64_t)value;
    return 0;
}

static int read_real(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    return config_value_real(text, field->range, at, err);
}

static int read_size(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    (void)field;
    return config_value_size(text, at, err);
}

/* The place of a word among those that are known. */
static int find_word(const struct config_words *known, const char *text, size_t *word,
                     struct error *err)
{
    const char **words, *nearest;
    char quoted[CONFIG_QUOTED_BYTES];
    char list[LIST_BYTES];

    for (size_t i = 0; i < known->count; i++)
        if (strcmp(text, config_word(known, i)) == 0) {
            *word = i;
            return 0;
        }
    words = memory_get(known->count * sizeof *words);
    for (size_t i = 0; i < known->count; i++)
        words[i] = config_word(known, i);
    nearest = config_nearest(text, words, known->count);
    list_words(words, known->count, list);
    free(words);
    return error_set(err, EXIT_CONFIG, "%s is not known, only %s%s%s%s",
                     config_quoted(text, quoted), list,
                     nearest ? "; did you mean " : "", nearest ? nearest : "",
                     nearest ? "?" : "");
}

static int read_word(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    size_t word;

    if (find_word(&field->words, text, &word, err) < 0)
        return -1;
    *(int *)at = (int)word;
    return 0;
}

static int read_word_or_not(const struct config_field *field, const char *text,
                            void *at, struct error *err)
{
    if (read_word(field, text, at, err) < 0)
        return -1;
    ++*(int *)at;
    return 0;
}

static int read_row(const struct config_field *field, const char *text, void *at,
                    struct error *err)
{
    size_t word;

    if (find_word(&field->words, text, &word, err) < 0)
        return -1;
    *(const void **)at = config_word_row(&field->words, word);
    return 0;
}

static int read_text(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    (void)field;
    (void)err;
    *(char **)at = memory_text(text);
    return 0;
}

static int read_name(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    return config_value_name(text, err) < 0 ? -1 : read_text(field, text, at, err);
}

static int read_path(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    (void)field;
    return config_value_path(text, at, err);
}

static int read_bits(const struct config_field *field, const char *text, void *at,
                     struct error *err)
{
    (void)field;
    return config_value_bits(text, at, err);
}

static int read_some_bits(const struct config_field *field, const char *text, void *at,
                          struct error *err)
{
    (void)field;
    return config_value_some_bits(text, at, err);
}

static int read_range(const struct config_field *field, const char *text, void *at,
                      struct error *err)
{
    (void)field;
    return config_value_range(text, at, err);
}

static int read_int_or_all(const struct config_field *field, const char *text, void *at,
                           struct error *err)
{
    struct error told;

    if (strcmp(text, "all") == 0)
        *(int *)at = 0;
    else if (read_int(field, text, at, &told) < 0)
        return error_set(err, EXIT_CONFIG, "%s; it may be all, too", told.text);
    return 0;
}

static int (*const readers[KIND_COUNT])(const struct config_field *field,
                                        const char *text, void *at,
                                        struct error *err) = {
    [KIND_INT] = read_int,
    [KIND_LONG] = read_long,
    [KIND_U64] = read_u64,
    [KIND_REAL] = read_real,
    [KIND_SIZE] = read_size,
    [KIND_WORD] = read_word,
    [KIND_NAME] = read_name,
    [KIND_TEXT] = read_text,
    [KIND_PATH] = read_path,
    [KIND_BITS] = read_bits,
    [KIND_RANGE] = read_range,
    [KIND_INT_OR_ALL] = read_int_or_all,
    [KIND_ROW] = read_row,
    [KIND_WORD_OR_NOT] = read_word_or_not,
    [KIND_SOME_BITS] = read_some_bits,
};

/* The text of a node that has to be a scalar, or NULL and an error. */
static const char *scalar_text(const char *key, const struct config_node *node,
                               struct config_errors *errors)
{
    static const char *const kinds[] = {
        [NODE_LIST] = "list", [NODE_MAPPING] = "mapping"};

    if (node->kind == NODE_BROKEN)
        return NULL;
    if (node->kind != NODE_SCALAR)
        config_errors_add(errors, node->place, "%s: a single value is needed, not a %s",
                          key, kinds[node->kind]);
    else if (!node->text || *node->text == '\0')
        config_errors_add(errors, node->place, "%s has no value", key);
    else
        return node->text;
    return NULL;
}

/* ---- values, lists, sections ---- */

/* `/images`, or a mapping from inputs of the network to datasets, with constants or without. */
static void fill_inputs(const struct config_field *field,
                        const struct config_node *node, struct config_inputs *inputs,
                        struct config_errors *errors)
{
    bool is_mapping = node->kind == NODE_MAPPING;
    int count = is_mapping ? node->count : 1;

    if (!is_mapping && !scalar_text(field->key, node, errors))
        return;
    if (count < 1 || count > NETWORK_INPUTS_MAX) {
        config_errors_add(errors, node->place,
                          "%s: 1 to %d are needed, as {network input: dataset}, not %d",
                          field->key, NETWORK_INPUTS_MAX, count);
        return;
    }
    inputs->count = count;
    for (int i = 0; i < count; i++) {
        const struct config_entry *entry = is_mapping ? &node->entries[i] : NULL;

        if (entry && entry->key)
            inputs->list[i].name = memory_text(entry->key);
        config_fill(&config_schema_input, entry ? entry->value : node, &inputs->list[i],
                    errors);
    }
}

static void fill_value(const struct config_field *field, const struct config_node *node,
                       void *at, struct config_errors *errors)
{
    struct error err;
    const char *text;

    if (config_section_of(field, errors->named))
        config_fill(config_section_of(field, errors->named), node, at, errors);
    else if (field->kind == KIND_INPUTS)
        fill_inputs(field, node, at, errors);
    else if ((text = scalar_text(field->key, node, errors)) &&
             readers[field->kind](field, text, at, &err) < 0)
        config_errors_add(errors, node->place, "%s: %s", field->key, err.text);
}

/* Of a list of integers or of reals. */
static double number_at(const struct config_field *field, const char *entry)
{
    return field->kind == KIND_INT ? *(const int *)entry : *(const double *)entry;
}

/* Entry number `last` of a list against those before it. */
static void check_entry(const struct config_field *field,
                        const struct config_node *node, const char *entries, int last,
                        struct config_errors *errors)
{
    const struct config_list *list = &field->list;
    const char *entry = entries + (size_t)last * list->stride;

    for (int i = 0; list->same && i < last; i++)
        if (list->same(entries + (size_t)i * list->stride, entry)) {
            config_errors_add(errors, node->place, "%s: entry %d %s entry %d",
                              field->key, last + 1, list->twin, i + 1);
            return;
        }
    if (list->increasing && last > 0 &&
        number_at(field, entry) <= number_at(field, entry - list->stride))
        config_errors_add(errors, node->place,
                          "%s: %s is not above the number before it", field->key,
                          node->text);
}

static int entry_count_fits(const struct config_field *field, int count,
                            struct config_place place, struct config_errors *errors)
{
    const struct config_list *list = &field->list;

    if (count >= list->least && count <= list->most)
        return 1;
    if (list->least == list->most)
        config_errors_add(errors, place, "%s: %d values are needed, not %d", field->key,
                          list->least, count);
    else if (count < list->least)
        config_errors_add(errors, place, "%s: the list is empty", field->key);
    else
        config_errors_add(errors, place, "%s: at most %d entries are read, not %d",
                          field->key, list->most, count);
    return 0;
}

/* {name: value, ...} as a list of texts "name=value". */
static void fill_mapping(const struct config_field *field,
                         const struct config_node *node, char *base,
                         struct config_errors *errors)
{
    const struct config_list *list = &field->list;

    if (!entry_count_fits(field, node->count, node->place, errors))
        return;
    *(int *)(base + list->count_at) = node->count;
    for (int i = 0; i < node->count; i++) {
        const struct config_entry *entry = &node->entries[i];
        const char *text = entry->key /* none where it was told to be a twin */
                               ? scalar_text(field->key, entry->value, errors)
                               : NULL;
        size_t bytes = text ? strlen(entry->key) + strlen(text) + 2 : 1;
        char *both = memory_zeroed(bytes, 1);

        if (text)
            snprintf(both, bytes, "%s=%s", entry->key, text);
        *(char **)(base + field->offset + (size_t)i * list->stride) = both;
    }
}

static void fill_list(const struct config_field *field, const struct config_node *node,
                      char *base, struct config_errors *errors)
{
    const struct config_list *list = &field->list;
    bool is_list = node->kind == NODE_LIST;
    int count = is_list ? node->count : 1;
    size_t errors_before = errors->count;

    if (node->kind == NODE_BROKEN ||
        !entry_count_fits(field, count, node->place, errors))
        return;
    if (list->least < list->most)
        *(int *)(base + list->count_at) = count;
    for (int i = 0; i < count; i++) {
        const struct config_node *entry = is_list ? node->entries[i].value : node;

        fill_value(field, entry, base + field->offset + (size_t)i * list->stride,
                   errors);
        if (errors->count == errors_before && entry->kind != NODE_BROKEN)
            check_entry(field, entry, base + field->offset, i, errors);
    }
}

static void fill_field(const struct config_field *field, const struct config_node *node,
                       char *base, struct config_errors *errors)
{
    if (field->list.is_mapping && node->kind == NODE_MAPPING)
        fill_mapping(field, node, base, errors);
    else if (field->list.most > 0)
        fill_list(field, node, base, errors);
    else
        fill_value(field, node, base + field->offset, errors);
}

static void fill_default(const struct config_field *field, char *base)
{
    struct config_errors errors = {0};
    struct config_node *node;

    if (!field->fallback) {
        if (field->kind == KIND_REAL && field->list.most == 0)
            *(double *)(base + field->offset) = NAN;
        return;
    }
    node = config_node_parse(field->fallback, strlen(field->fallback), 0, &errors);
    fill_field(field, node, base, &errors);
    assert(errors.count == 0);
    config_node_destroy(node);
}

/* ---- what a section may hold ---- */

/* A key that is near is told, or else those that fit what `base` holds. */
static void add_unknown_key(const struct config_section *section,
                            const struct config_entry *entry, const char *base,
                            struct config_errors *errors)
{
    const struct config_field *field;
    size_t count = 0, fitting = 0;
    const char **keys, *nearest;
    char quoted[CONFIG_QUOTED_BYTES];
    char known[LIST_BYTES];

    while (config_section_field(section, count))
        count++;
    keys = memory_get(count * sizeof *keys);
    config_quoted(entry->key, quoted);
    for (size_t i = 0; i < count; i++)
        keys[i] = config_section_field(section, i)->key;
    nearest = config_nearest(entry->key, keys, count);
    for (size_t i = 0; (field = config_section_field(section, i)); i++)
        if (config_field_fits(section, field, base))
            keys[fitting++] = field->key;
    list_words(keys, fitting, known);
    free(keys);
    if (nearest)
        config_errors_add(errors, entry->key_place, "unknown key %s; did you mean %s?",
                          quoted, nearest);
    else
        config_errors_add(errors, entry->key_place, "unknown key %s; %s has: %s",
                          quoted, section->what, known);
}

static bool has_key(const struct config_section *section, const char *key)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++)
        if (strcmp(field->key, key) == 0)
            return true;
    return false;
}

static void check_keys(const struct config_section *section,
                       const struct config_node *node, const char *base,
                       struct config_errors *errors)
{
    for (int i = 0; i < node->count; i++)
        if (node->entries[i].key && !has_key(section, node->entries[i].key))
            add_unknown_key(section, &node->entries[i], base, errors);
}

/* `is_named`: the first setting has its word. */
static bool makes_sense(const struct config_section *section,
                        const struct config_field *field, bool is_named,
                        const char *base, const struct config_entry *entry,
                        struct config_errors *errors)
{
    const struct config_field *first = config_section_field(section, 0);

    if (is_named && !config_field_fits(section, field, base)) {
        config_errors_add(errors, entry->key_place,
                          "%s makes no sense for %s, only for %s", field->key,
                          **(const char *const *const *)(base + first->offset),
                          field->only);
        return false;
    }
    if (!config_field_has_needs(field, base)) {
        config_errors_add(errors, entry->key_place, "%s makes sense only with %s",
                          field->key, field->needs.text);
        return false;
    }
    return true;
}

static void fill_fields(const struct config_section *section,
                        const struct config_node *node, char *base,
                        struct config_errors *errors)
{
    const struct config_field *field;
    bool is_named = false;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        const struct config_entry *entry = config_node_find(node, field->key);

        if (entry && makes_sense(section, field, is_named, base, entry, errors))
            fill_field(field, entry->value, base, errors);
        else if (!entry && field->required)
            config_errors_add(errors, node->place, "%s lacks %s; add it, e.g. %s",
                              section->what, field->key, field->required);
        else if (!entry && config_field_fits(section, field, base))
            fill_default(field, base);
        if (i == 0 && field->kind == KIND_ROW)
            is_named = *(const void *const *)(base + field->offset) != NULL;
    }
}

void config_fill(const struct config_section *section, const struct config_node *node,
                 void *base, struct config_errors *errors)
{
    struct config_entry entry = {(char *)config_section_field(section, 0)->key,
                                 node->place, (struct config_node *)node};
    struct config_node word = {NODE_MAPPING, node->place, NULL, &entry, 1};

    if (node->kind == NODE_BROKEN)
        return;
    if (node->kind == NODE_SCALAR && node->text && section->bare)
        node = &word;
    if (node->kind != NODE_MAPPING) {
        config_errors_add(errors, node->place, "%s needs settings, as key: value",
                          section->what);
        return;
    }
    fill_fields(section, node, base, errors);
    check_keys(section, node, base, errors);
}

void config_fill_named(const struct config_section *section, const char *name,
                       void *base)
{
    struct config_errors errors = {0};
    struct config_node *node = config_node_parse(name, strlen(name), 0, &errors);

    config_fill(section, node, base, &errors);
    assert(errors.count == 0);
    config_node_destroy(node);
}
