#include "core/format/config.h"

#include "core/format/config_text.h"

#include <string.h>
#include <yaml.h>

/* ---- the resolved configuration ---- */

struct writer {
    yaml_emitter_t emitter;
    const struct config_named *named;
    bool failed; /* further events are dropped */
};

static void emit(struct writer *writer, yaml_event_t *event, int made)
{
    if (!made)
        writer->failed = true;
    else if (writer->failed)
        yaml_event_delete(event);
    else
        writer->failed = !yaml_emitter_emit(&writer->emitter, event);
}

static void write_scalar(struct writer *writer, const char *text,
                         yaml_scalar_style_t style)
{
    yaml_event_t event;

    emit(writer, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), 1, 1, style));
}

static void begin_list(struct writer *writer, bool one_line)
{
    yaml_event_t event;

    emit(writer, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                              one_line ? YAML_FLOW_SEQUENCE_STYLE
                                                       : YAML_BLOCK_SEQUENCE_STYLE));
}

static void end_list(struct writer *writer)
{
    yaml_event_t event;

    emit(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static void begin_mapping(struct writer *writer, bool one_line)
{
    yaml_event_t event;

    emit(writer, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                             one_line ? YAML_FLOW_MAPPING_STYLE
                                                      : YAML_BLOCK_MAPPING_STYLE));
}

static void end_mapping(struct writer *writer)
{
    yaml_event_t event;

    emit(writer, &event, yaml_mapping_end_event_initialize(&event));
}

static void write_section(struct writer *writer, const struct config_section *section,
                          const char *base);

static void write_inputs(struct writer *writer, const struct config_inputs *inputs)
{
    bool has_names = inputs->list[0].name;

    if (has_names)
        begin_mapping(writer, true);
    for (int i = 0; i < inputs->count; i++) {
        const struct config_input *input = &inputs->list[i];

        if (has_names)
            write_scalar(writer, input->name, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
        if (config_has_constants(&input->constants))
            write_section(writer, &config_schema_input, (const char *)input);
        else
            write_scalar(writer, input->data, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    }
    if (has_names)
        end_mapping(writer);
}

static void write_value(struct writer *writer, const struct config_field *field,
                        const void *at)
{
    char text[CONFIG_VALUE_BYTES];
    const char *plain = config_text_plain(field, at, text);

    if (plain)
        write_scalar(writer, plain, YAML_PLAIN_SCALAR_STYLE);
    else if (config_section_of(field, writer->named))
        write_section(writer, config_section_of(field, writer->named), at);
    else if (field->kind == KIND_INPUTS)
        write_inputs(writer, at);
    else
        write_scalar(writer, *(char *const *)at, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static void write_list(struct writer *writer, const struct config_field *field,
                       const char *base)
{
    int count = config_text_entries(field, base);

    begin_list(writer, !config_section_of(field, writer->named));
    for (int i = 0; i < count; i++)
        write_value(writer, field,
                    base + field->offset + (size_t)i * field->list.stride);
    end_list(writer);
}

static void write_section(struct writer *writer, const struct config_section *section,
                          const char *base)
{
    const struct config_field *field;

    begin_mapping(writer, section->one_line);
    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        if (config_text_is_absent(section, field, base))
            continue;
        write_scalar(writer, field->key, YAML_PLAIN_SCALAR_STYLE);
        if (field->list.most > 0)
            write_list(writer, field, base);
        else
            write_value(writer, field, base + field->offset);
    }
    end_mapping(writer);
}

static void write_document(struct writer *writer, const struct config *config)
{
    yaml_event_t event;

    emit(writer, &event,
         yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(writer, &event,
         yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    write_section(writer, &config_schema, (const char *)config);
    emit(writer, &event, yaml_document_end_event_initialize(&event, 1));
    emit(writer, &event, yaml_stream_end_event_initialize(&event));
}

int config_write(const struct config *config, FILE *file, struct error *err)
{
    enum { UNLIMITED = -1 };
    struct writer writer = {.named = config->named};
    int status = 0;

    if (!yaml_emitter_initialize(&writer.emitter))
        return error_set(err, EXIT_MACHINE, "libyaml ran out of memory");
    yaml_emitter_set_output_file(&writer.emitter, file);
    yaml_emitter_set_unicode(&writer.emitter, 1);
    yaml_emitter_set_width(&writer.emitter, UNLIMITED);
    write_document(&writer, config);
    if (writer.failed || fflush(file) != 0)
        status = error_set(err, EXIT_MACHINE, "cannot write the configuration: %s",
                           writer.emitter.problem
                               ? writer.emitter.problem
                               : "the disk is full or a text is not UTF-8");
    yaml_emitter_delete(&writer.emitter);
    return status;
}
