#include "core/format/identity.h"

#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/format/config_text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- making it ---------------------------------------------------------------------------- */

static void write_list(const struct config_field *field, const char *base, FILE *file)
{
    int count = config_text_entries(field, base);

    fputc('[', file);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            fputs(", ", file);
        config_text_write(field, base + field->offset + (size_t)i * field->list.stride,
                          file);
    }
    fputc(']', file);
}

static void write_section(const struct config_section *section, const char *base,
                          const char *prefix, FILE *file);

/* What an only input is called decides nothing; of several the names do. */
static void write_inputs(const struct config_inputs *inputs, const char *key,
                         FILE *file)
{
    char numbered[64];

    for (int i = 0; i < inputs->count; i++) {
        const struct config_input *input = &inputs->list[i];

        snprintf(numbered, sizeof numbered, "%.32s.%d.", key, i);
        if (inputs->count == 1)
            fprintf(file, "%s: %s\n", key, input->data);
        else
            fprintf(file, "%s.%d: %s of %s\n", key, i, input->name, input->data);
        if (config_has_constants(&input->constants))
            write_section(&config_schema_input, (const char *)input, numbered, file);
    }
}

/* Entries that are settings themselves; nothing where there are none. */
static void write_sections(const struct config_field *field, const char *base,
                           const char *key, FILE *file)
{
    int count = config_text_entries(field, base);
    char numbered[64];

    for (int i = 0; i < count; i++) {
        snprintf(numbered, sizeof numbered, "%.40s.%d.", key, i);
        write_section(field->section,
                      base + field->offset + (size_t)i * field->list.stride, numbered,
                      file);
    }
}

/* A line for each setting that decides digits. */
static void write_section(const struct config_section *section, const char *base,
                          const char *prefix, FILE *file)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        const char *at = base + field->offset;
        char key[64];

        if (field->never_changes_digits || config_text_is_absent(section, field, base))
            continue;
        snprintf(key, sizeof key, "%s%s", prefix, field->key);
        if (field->kind == KIND_INPUTS) {
            write_inputs((const struct config_inputs *)at, key, file);
            continue;
        }
        if (field->kind == KIND_SECTION && field->list.most > 0) {
            write_sections(field, base, key, file);
            continue;
        }
        if (field->kind == KIND_SECTION) {
            strcat(key, ".");
            write_section(field->section, at, key, file);
            continue;
        }
        fprintf(file, "%s: ", key);
        if (field->list.most > 0)
            write_list(field, base, file);
        else
            config_text_write(field, at, file);
        fputc('\n', file);
    }
}

static void write_content(const char *key, const char *hash, FILE *file)
{
    if (*hash)
        fprintf(file, "%s: content %s\n", key, hash);
}

char *identity_text(const struct identity_parts *parts)
{
    char *text = NULL, bits[16];
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    assert(file);
    config_bits_text(parts->bits, bits);
    fprintf(file, "digits: %d\n", VERSION_DIGITS);
    write_content("network", parts->network_hash, file);
    write_content("calibration", parts->calibration_hash, file);
    write_content("validation", parts->validation_hash, file);
    write_section(&config_schema, (const char *)parts->config, "", file);
    write_section(&config_schema_model, (const char *)parts->model, "model.", file);
    fprintf(file, "target: %s\nbits: %s\n", config_target_name(parts->target), bits);
    write_section(parts->config->named->methods, (const char *)parts->method, "method.",
                  file);
    fclose(file);
    return text;
}

/* ---- comparing ---------------------------------------------------------------------------- */

enum { LINE_MOST = 300 };

/* A line fit for a sentence. */
static const char *shown(const char *line, char text[LINE_MOST])
{
    snprintf(text, LINE_MOST, "%.*s", (int)strcspn(line, "\n"), line);
    return text;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : line + strlen(line);
}

static bool is_same_line(const char *a, const char *b)
{
    size_t length = strcspn(a, "\n");

    return length == strcspn(b, "\n") && memcmp(a, b, length) == 0;
}

/* The line with the key of `wanted`, or NULL. */
static const char *line_of_key(const char *text, const char *wanted)
{
    size_t key = strcspn(wanted, ":\n");

    for (; *text; text = next_line(text))
        if (strcspn(text, ":\n") == key && memcmp(text, wanted, key) == 0)
            return text;
    return NULL;
}

static enum exit_code code_of(const char *line)
{
    const char *colon = strchr(line, ':');

    return colon && strncmp(colon, ": content ", 10) == 0 ? EXIT_INPUT : EXIT_CONFIG;
}

static int refuse(const char *path, const char *written, const char *ours,
                  struct error *err)
{
    char old[LINE_MOST], new[LINE_MOST];

    if (!ours)
        return error_set(err, code_of(written),
                         "%s was written with `%s`, which this run does not have; "
                         "choose another `out`, or remove it",
                         path, shown(written, old));
    if (!written)
        return error_set(err, code_of(ours),
                         "%s was written without `%s`, which this run has; choose "
                         "another `out`, or remove it",
                         path, shown(ours, new));
    return error_set(err, code_of(ours),
                     "%s was written with `%s`, this run has `%s`; choose another "
                     "`out`, or remove it",
                     path, shown(written, old), shown(ours, new));
}

int identity_compare(const char *path, const char *written, const char *ours,
                     struct error *err)
{
    const char *line, *twin;

    for (line = ours; *line; line = next_line(line)) {
        twin = line_of_key(written, line);
        if (!twin || !is_same_line(line, twin))
            return refuse(path, twin, line, err);
    }
    for (line = written; *line; line = next_line(line))
        if (!line_of_key(ours, line))
            return refuse(path, line, NULL, err);
    return 0;
}
