#include "core/format/config_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The shortest decimal number that reads back as `value`. */
static void real_text(double value, char text[CONFIG_VALUE_BYTES])
{
    enum { DIGITS_ENOUGH = 17 };

    for (int digits = 1; digits <= DIGITS_ENOUGH; digits++) {
        snprintf(text, CONFIG_VALUE_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

const char *config_text_plain(const struct config_field *field, const void *at,
                              char text[CONFIG_VALUE_BYTES])
{
    switch (field->kind) {
    case KIND_INT:
        snprintf(text, CONFIG_VALUE_BYTES, "%d", *(const int *)at);
        return text;
    case KIND_LONG:
        snprintf(text, CONFIG_VALUE_BYTES, "%ld", *(const long *)at);
        return text;
    case KIND_U64:
        snprintf(text, CONFIG_VALUE_BYTES, "%" PRIu64, *(const uint64_t *)at);
        return text;
    case KIND_REAL:
        real_text(*(const double *)at, text);
        return text;
    case KIND_SIZE:
        config_value_size_text(*(const size_t *)at, text);
        return text;
    case KIND_WORD:
        return config_word(&field->words, (size_t) * (const int *)at);
    case KIND_WORD_OR_NOT:
        return config_word(&field->words, (size_t) * (const int *)at - 1);
    case KIND_ROW:
        return **(const char *const *const *)at;
    case KIND_BITS:
        config_bits_text(*(const struct config_bits *)at, text);
        return text;
    case KIND_SOME_BITS:
        config_some_bits_text(*(const struct override_bits *)at, text);
        return text;
    case KIND_RANGE:
        config_value_range_text(*(const struct sample_range *)at, text);
        return text;
    case KIND_INT_OR_ALL:
        if (*(const int *)at == 0)
            return "all";
        snprintf(text, CONFIG_VALUE_BYTES, "%d", *(const int *)at);
        return text;
    default:
        return NULL;
    }
}

void config_text_write(const struct config_field *field, const void *at, FILE *file)
{
    char text[CONFIG_VALUE_BYTES];
    struct sample_range range;
    const char *plain;

    if (field->kind == KIND_RANGE) {
        range = *(const struct sample_range *)at;
        range.at_most = false;
        at = &range;
    }
    plain = config_text_plain(field, at, text);
    if (plain)
        fputs(plain, file);
    else
        fputs(*(char *const *)at, file);
}

int config_text_entries(const struct config_field *field, const char *base)
{
    const struct config_list *list = &field->list;

    return list->least == list->most ? list->most
                                     : *(const int *)(base + list->count_at);
}

/* Of a kind that says by its value that it was not given. */
static bool is_given(const struct config_field *field, const char *at)
{
    const struct override_bits *bits = (const void *)at;

    switch (field->kind) {
    case KIND_REAL:
        return !isnan(*(const double *)at);
    case KIND_WORD_OR_NOT:
        return *(const int *)at > 0;
    case KIND_SOME_BITS:
        return bits->weights > 0 || bits->activations > 0;
    case KIND_SECTION:
        return *(char *const *)(at + field->section->fields[0].offset);
    default:
        return *(char *const *)at;
    }
}

bool config_text_is_absent(const struct config_section *section,
                           const struct config_field *field, const char *base)
{
    const char *at = base + field->offset;

    if (!config_field_fits(section, field, base) ||
        !config_field_has_needs(field, base))
        return true;
    if (field->only)
        return false;
    if (field->required || field->fallback)
        return false;
    if (field->list.most > 0)
        return config_text_entries(field, base) == 0;
    return !is_given(field, at);
}
