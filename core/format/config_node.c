#include "core/format/config_node.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* ---- the tree ---- */

struct config_node *config_node_create(enum config_node_kind kind,
                                       struct config_place place)
{
    struct config_node *node = memory_zeroed(1, sizeof *node);

    node->kind = kind;
    node->place = place;
    return node;
}

/* As deep as the parser allows. */
void config_node_destroy(struct config_node *node)
{
    if (!node)
        return;
    for (int i = 0; i < node->count; i++) {
        free(node->entries[i].key);
        config_node_destroy(node->entries[i].value);
    }
    free(node->entries);
    free(node->text);
    free(node);
}

struct config_entry *config_node_find(const struct config_node *node, const char *key)
{
    for (int i = 0; i < node->count; i++)
        if (node->entries[i].key && strcmp(node->entries[i].key, key) == 0)
            return &node->entries[i];
    return NULL;
}

void config_node_put(struct config_node *node, char *key, struct config_place key_place,
                     struct config_node *value)
{
    struct config_entry *entry = key ? config_node_find(node, key) : NULL;

    if (entry) {
        free(entry->key);
        config_node_destroy(entry->value);
    } else {
        size_t bytes = (size_t)(node->count + 1) * sizeof *node->entries;

        node->entries = memory_resize(node->entries, bytes);
        entry = &node->entries[node->count++];
    }
    *entry = (struct config_entry){key, key_place, value};
}

/* ---- from libyaml's events ---- */

struct reader {
    yaml_parser_t parser;
    const char *text;
    size_t bytes;
    int source;
    struct config_errors *errors;
    struct config_node *root;
    struct config_node *open[CONFIG_NODE_DEPTH]; /* borrowed from the tree */
    int depth;
    char *key; /* owned: read, its value still to come */
    struct config_place key_place;
    bool key_is_broken;
};

static struct config_place place_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct config_place){reader->source, (int)mark.line + 1,
                                 (int)mark.column + 1};
}

/* libyaml gives the byte, not the line, of a character that it cannot read. */
static struct config_place place_of_byte(const struct reader *reader, size_t offset)
{
    struct config_place place = {reader->source, 1, 1};

    for (size_t i = 0; i < offset && i < reader->bytes; i++) {
        place.column = reader->text[i] == '\n' ? 1 : place.column + 1;
        place.line += reader->text[i] == '\n';
    }
    return place;
}

static int syntax_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem =
        parser->problem ? parser->problem : "libyaml ran out of memory";

    if (parser->error == YAML_READER_ERROR)
        config_errors_add(reader->errors, place_of_byte(reader, parser->problem_offset),
                          "not text that YAML allows: %s", problem);
    else
        config_errors_add(reader->errors, place_of(reader, parser->problem_mark),
                          "not valid YAML: %s%s%s", problem, parser->context ? " " : "",
                          parser->context ? parser->context : "");
    return -1;
}

static int too_much(struct reader *reader, struct config_place place, const char *what,
                    int most)
{
    config_errors_add(reader->errors, place, "more than %d %s", most, what);
    return -1;
}

/* Keeps a scalar as the key of the entry to come. */
static int take_key(struct reader *reader, struct config_node *mapping,
                    struct config_node *node)
{
    char quoted[CONFIG_QUOTED_BYTES];
    const struct config_entry *twin;

    if (node->kind == NODE_LIST || node->kind == NODE_MAPPING) {
        config_errors_add(reader->errors, node->place, "a key must be a word");
        config_node_destroy(node);
        return -1;
    }
    reader->key_place = node->place;
    reader->key_is_broken = node->kind == NODE_BROKEN;
    reader->key = memory_text(node->text ? node->text : "");
    twin = config_node_find(mapping, reader->key);
    if (!reader->key_is_broken && strcmp(reader->key, "<<") == 0) {
        config_errors_add(reader->errors, node->place, "merge keys (<<) are not read");
        reader->key_is_broken = true;
    } else if (!reader->key_is_broken && twin) {
        config_errors_add(reader->errors, node->place,
                          "%s is there already, in line %d",
                          config_quoted(reader->key, quoted), twin->key_place.line);
        reader->key_is_broken = true;
    }
    config_node_destroy(node);
    return 0;
}

/* Hangs a new node into the tree, or keeps it as a key. Takes the node. */
static int attach(struct reader *reader, struct config_node *node)
{
    struct config_node *parent = reader->depth ? reader->open[reader->depth - 1] : NULL;

    if (!parent) {
        reader->root = node;
        return 0;
    }
    if (parent->kind == NODE_MAPPING && !reader->key)
        return take_key(reader, parent, node);
    if (parent->count == CONFIG_NODE_ENTRIES) {
        too_much(reader, node->place, "entries here", CONFIG_NODE_ENTRIES);
        config_node_destroy(node);
        return -1;
    }
    if (reader
            ->key_is_broken) { /* the entry stays without a name: nobody asks for it */
        free(reader->key);
        reader->key = NULL;
    }
    config_node_put(parent, reader->key, reader->key_place, node);
    reader->key = NULL;
    reader->key_is_broken = false;
    return 0;
}

static bool is_nothing(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;

    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (strcmp(text, "") == 0 || strcmp(text, "~") == 0 ||
            strcmp(text, "null") == 0);
}

/* A scalar's text; control characters in it make the node broken. */
static void take_text(struct reader *reader, const yaml_event_t *event,
                      struct config_node *node)
{
    const unsigned char *text = event->data.scalar.value;

    for (size_t i = 0; i < event->data.scalar.length; i++)
        if (text[i] < ' ' || text[i] == 0x7F) {
            config_errors_add(
                reader->errors, node->place,
                "line breaks and control characters are not allowed in a value");
            node->kind = NODE_BROKEN;
            return;
        }
    if (!is_nothing(event))
        node->text = memory_text((const char *)text);
}

/* Anchors, aliases and tags are refused, and what carries them is broken. */
static bool is_plain(struct reader *reader, struct config_place place,
                     const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        config_errors_add(reader->errors, place,
                          "anchors (&) and aliases (*) are not read");
    if (tag)
        config_errors_add(reader->errors, place, "tags (!) are not read");
    return !anchor && !tag;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct config_place place = place_of(reader, event->start_mark);
    struct config_node *node = config_node_create(NODE_SCALAR, place);

    if (is_plain(reader, place, event->data.scalar.anchor, event->data.scalar.tag))
        take_text(reader, event, node);
    else
        node->kind = NODE_BROKEN;
    return attach(reader, node);
}

static int take_alias(struct reader *reader, const yaml_event_t *event)
{
    struct config_place place = place_of(reader, event->start_mark);

    is_plain(reader, place, event->data.alias.anchor, NULL);
    return attach(reader, config_node_create(NODE_BROKEN, place));
}

static int open_node(struct reader *reader, const yaml_event_t *event,
                     enum config_node_kind kind, const yaml_char_t *anchor,
                     const yaml_char_t *tag)
{
    struct config_place place = place_of(reader, event->start_mark);
    struct config_node *node;

    if (reader->depth == CONFIG_NODE_DEPTH)
        return too_much(reader, place, "levels", CONFIG_NODE_DEPTH);
    is_plain(reader, place, anchor, tag);
    node = config_node_create(kind, place);
    if (attach(reader, node) < 0)
        return -1;
    reader->open[reader->depth++] = node;
    return 0;
}

static int begin_document(struct reader *reader, const yaml_event_t *event)
{
    if (!reader->root)
        return 0;
    config_errors_add(reader->errors, place_of(reader, event->start_mark),
                      "a second document begins here; only one is read");
    return -1;
}

static int take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return take_alias(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(reader, event, NODE_LIST, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_node(reader, event, NODE_MAPPING, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(reader, event);
    default:
        return 0;
    }
}

static int read_events(struct reader *reader)
{
    bool ended = false;
    int status = 0;

    while (!ended && status == 0) {
        yaml_event_t event;

        if (!yaml_parser_parse(&reader->parser, &event))
            return syntax_error(reader);
        status = take_event(reader, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    return status;
}

struct config_node *config_node_parse(const char *text, size_t bytes, int source,
                                      struct config_errors *errors)
{
    struct reader reader = {
        .text = text, .bytes = bytes, .source = source, .errors = errors};
    struct config_place start = {source, 1, 1};

    if (!yaml_parser_initialize(&reader.parser)) {
        config_errors_add(errors, start, "libyaml ran out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, bytes);
    if (read_events(&reader) < 0) {
        config_node_destroy(reader.root);
        reader.root = NULL;
    } else if (!reader.root) {
        reader.root = config_node_create(NODE_SCALAR, start);
    }
    free(reader.key);
    yaml_parser_delete(&reader.parser);
    return reader.root;
}
