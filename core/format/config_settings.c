#include "core/format/config_settings.h"

#include <stdio.h>

/* ---- the type ------------------------------------------------------------------------------ */

static const char *const kind_texts[KIND_COUNT] = {
    [KIND_INT] = "whole number",
    [KIND_LONG] = "whole number",
    [KIND_U64] = "whole number",
    [KIND_REAL] = "number",
    [KIND_SIZE] = "size such as 2GiB, 512MiB, 64KiB or 0",
    [KIND_WORD] = "one of",
    [KIND_WORD_OR_NOT] = "one of",
    [KIND_NAME] = "name of letters, digits, '.', '_' and '-'",
    [KIND_TEXT] = "text",
    [KIND_PATH] = "path, with ${NAME} from the environment",
    [KIND_BITS] = "bits such as W4A8",
    [KIND_SOME_BITS] = "bits such as W4A8, W4 or A8",
    [KIND_RANGE] = "samples: 512, at most 512, 1000..9888 or all",
    [KIND_INPUTS] = "dataset, or datasets by input",
    [KIND_INT_OR_ALL] = "integer or all",
    [KIND_SECTION] = "settings",
    [KIND_METHOD] = "settings",
    [KIND_ANALYSIS] = "settings",
    [KIND_ROW] = "one of",
};

static void write_type(const struct config_field *field, FILE *file)
{
    const struct config_interval *range = &field->range;
    char interval[CONFIG_VALUE_BYTES];

    fprintf(file, "%s", kind_texts[field->kind]);
    for (size_t i = 0; i < field->words.count; i++)
        fprintf(file, "%s %s", i ? "," : "", config_word(&field->words, i));
    config_value_interval_text(*range, interval);
    if (range->low < range->high)
        fprintf(file, ", %s", interval);
    if (field->list.most > 0 && field->list.least == field->list.most)
        fprintf(file, "; a list of %d", field->list.most);
    else if (field->list.most > 0)
        fprintf(file, "; one or a list of up to %d", field->list.most);
    if (field->required)
        fprintf(file, "; required");
    else if (field->fallback)
        fprintf(file, "; default %s", field->fallback);
}

/* ---- the walk ------------------------------------------------------------------------------ */

enum { PATH_BYTES = 256, TYPE_BYTES = 1024 };

struct walk {
    const struct config_named *named;
    void (*visit)(void *context, const struct config_setting *setting);
    void *context;
};

static void visit_field(const struct walk *walk, const struct config_field *field,
                        const char *path, int depth)
{
    char type[TYPE_BYTES];
    FILE *file = fmemopen(type, sizeof type, "w");

    write_type(field, file);
    fclose(file);
    walk->visit(walk->context, &(struct config_setting){path, depth, type, field});
}

/* Entries of a list of sections are counted. */
static void visit_section(const struct walk *walk, const struct config_section *section,
                          const char *above, int depth)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        const struct config_section *inner = config_section_of(field, walk->named);
        char path[PATH_BYTES];

        if (snprintf(path, sizeof path, "%s%s", above, field->key) < PATH_BYTES)
            visit_field(walk, field, path, depth);
        if (inner && snprintf(path, sizeof path, "%s%s.%s", above, field->key,
                              field->list.most > 0 ? "0." : "") < PATH_BYTES)
            visit_section(walk, inner, path, depth + 1);
    }
}

void config_settings_each(const struct config_named *named,
                          void (*visit)(void *context,
                                        const struct config_setting *setting),
                          void *context)
{
    const struct walk walk = {named, visit, context};

    visit_section(&walk, &config_schema, "", 0);
}

/* ---- help ---------------------------------------------------------------------------------- */

static void help_words(const struct config_words *words, int indent, FILE *file)
{
    for (size_t word = 0; word < words->count; word++)
        if (config_word_help(words, word))
            fprintf(file, "%*s%s: %s\n", indent, "", config_word(words, word),
                    config_word_help(words, word));
}

static void help_setting(void *context, const struct config_setting *setting)
{
    enum { STEP = 4 };
    int indent = setting->depth * STEP;
    FILE *file = context;

    fprintf(file, "%*s%s: %s\n%*s%s\n", indent, "", setting->field->key, setting->type,
            indent + STEP, "", setting->field->help);
    help_words(&setting->field->words, indent + 2 * STEP, file);
}

void config_help(const struct config_named *named, FILE *file)
{
    config_settings_each(named, help_setting, file);
}
