/* What is asked of the rows of config_schema.h, whoever has written them. */
#include "core/format/config_schema.h"

#include <math.h>
#include <string.h>

const void *config_word_row(const struct config_words *words, size_t word)
{
    const void *at = (const char *)words->rows + word * words->stride;

    return words->are_pointers ? *(const void *const *)at : at;
}

const char *config_word(const struct config_words *words, size_t word)
{
    return *(const char *const *)config_word_row(words, word);
}

const char *config_word_help(const struct config_words *words, size_t word)
{
    return words->have_help ? ((const char *const *)config_word_row(words, word))[1]
                            : NULL;
}

const struct config_field *config_section_field(const struct config_section *section,
                                                size_t index)
{
    const struct config_section *const *part = section->parts;

    if (!part)
        return index < section->count ? &section->fields[index] : NULL;
    for (; *part && index >= (*part)->count; part++)
        index -= (*part)->count;
    return *part ? &(*part)->fields[index] : NULL;
}

const struct config_section *config_section_of(const struct config_field *field,
                                               const struct config_named *named)
{
    switch (field->kind) {
    case KIND_SECTION:
        return field->section;
    case KIND_METHOD:
        return named->methods;
    case KIND_ANALYSIS:
        return named->analyses;
    default:
        return NULL;
    }
}

bool config_list_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; (at = strstr(at, word)); at++)
        if ((at == list || at[-1] == ' ') && strchr(",", at[length]))
            return true;
    return false;
}

bool config_field_fits(const struct config_section *section,
                       const struct config_field *field, const char *base)
{
    const struct config_field *first = config_section_field(section, 0);
    const void *row;

    if (!field->only)
        return true;
    row = *(const void *const *)(base + first->offset);
    return row && config_list_has(field->only, *(const char *const *)row);
}

bool config_field_has_needs(const struct config_field *field, const char *base)
{
    const struct config_needs *needs = &field->needs;

    return !needs->text || *(const int *)(base + needs->offset) == needs->word;
}

int config_k(const struct config_model *model)
{
    return model->k_count > 0 ? model->k[0] : CONFIG_K;
}

bool config_has_constants(const struct config_constants *constants)
{
    return !isnan(constants->scale) || constants->mean_count > 0 ||
           constants->std_count > 0;
}

const char *config_method_title(const struct config_method_settings *method)
{
    return method->as ? method->as : method->method->name;
}

const char *config_analysis_title(const struct config_analysis_settings *analysis)
{
    return analysis->as ? analysis->as : analysis->analysis->name;
}
