#include "core/format/config_node.h"

#include "core/base/memory.h"
#include "core/format/config_anchors.h"

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

struct config_node *config_node_copy(const struct config_node *node)
{
    struct config_node *copy = config_node_create(node->kind, node->place);

    copy->text = node->text ? memory_text(node->text) : NULL;
    if (node->count > 0)
        copy->entries = memory_get((size_t)node->count * sizeof *copy->entries);
    copy->count = node->count;
    for (int i = 0; i < node->count; i++) {
        const struct config_entry *from = &node->entries[i];

        copy->entries[i] =
            (struct config_entry){from->key ? memory_text(from->key) : NULL,
                                  from->key_place, config_node_copy(from->value)};
    }
    return copy;
}

struct config_node_size config_node_measure(const struct config_node *node)
{
    struct config_node_size size = {.nodes = 1};

    for (int i = 0; i < node->count; i++) {
        struct config_node_size part = config_node_measure(node->entries[i].value);

        size.nodes += part.nodes;
        size.depth = part.depth > size.depth ? part.depth : size.depth;
    }
    size.depth += node->kind == NODE_LIST || node->kind == NODE_MAPPING;
    return size;
}

/* ---- from libyaml's events ---- */

enum { NO_ANCHOR = -1 };

struct open_node {
    struct config_node *node; /* borrowed from the tree */
    int anchor;
};

struct reader {
    yaml_parser_t parser;
    const char *text;
    size_t bytes;
    int source;
    struct config_errors *errors;
    struct config_anchors *anchors;
    struct config_node *root;
    struct open_node open[CONFIG_NODE_DEPTH];
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

/* Of a file: libyaml notices many mistakes a line later. */
static const char *advice(const struct reader *reader, const char *problem)
{
    if (reader->source != 0)
        return "";
    return strstr(problem, "tab") ? "; indent with blanks, not with tabs"
                                  : "; look at this line and at the one above";
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
        config_errors_add(
            reader->errors, place_of(reader, parser->problem_mark),
            "not valid YAML: %s%s%s%s", problem, parser->context ? " " : "",
            parser->context ? parser->context : "", advice(reader, problem));
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
    if (!reader->key_is_broken && twin) {
        config_errors_add(reader->errors, node->place,
                          "%s is there already, in line %d; keep one of them",
                          config_quoted(reader->key, quoted), twin->key_place.line);
        reader->key_is_broken = true;
    }
    config_node_destroy(node);
    return 0;
}

/* Hangs a new node into the tree, or keeps it as a key. Takes the node. */
static int attach(struct reader *reader, struct config_node *node)
{
    struct config_node *parent =
        reader->depth ? reader->open[reader->depth - 1].node : NULL;

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

static bool has_tag(struct reader *reader, struct config_place place,
                    const yaml_char_t *tag)
{
    if (tag)
        config_errors_add(reader->errors, place, "tags (!) are not read");
    return tag;
}

/* ---- anchors and aliases ---- */

static int too_many_copies(struct reader *reader, struct config_place place)
{
    return too_much(reader, place, "values behind anchors (&) and aliases (*)",
                    CONFIG_ANCHOR_NODES);
}

static int begin_anchor(struct reader *reader, struct config_place place,
                        const yaml_char_t *name, int *anchor)
{
    *anchor =
        name ? config_anchors_begin(reader->anchors, (const char *)name) : NO_ANCHOR;
    return name && *anchor < 0 ? too_much(reader, place, "anchors (&)", CONFIG_ANCHORS)
                               : 0;
}

static int end_anchor(struct reader *reader, int anchor, const struct config_node *node)
{
    if (anchor == NO_ANCHOR || config_anchors_end(reader->anchors, anchor, node) == 0)
        return 0;
    return too_many_copies(reader, node->place);
}

/* An alias without anchor, or within what it shall repeat. */
static void wrong_alias(struct reader *reader, struct config_place place,
                        const char *name, const struct config_anchor *anchor)
{
    enum { SHOWN = 40 };
    const char *nearest = config_anchors_nearest(reader->anchors, name);

    if (anchor)
        config_errors_add(reader->errors, place,
                          "the alias *%.*s stands within what &%.*s names", SHOWN, name,
                          SHOWN, name);
    else
        config_errors_add(reader->errors, place,
                          "the alias *%.*s has no anchor &%.*s before it%s%s%s", SHOWN,
                          name, SHOWN, name, nearest ? "; did you mean *" : "",
                          nearest ? nearest : "", nearest ? "?" : "");
}

static int take_alias(struct reader *reader, const yaml_event_t *event)
{
    struct config_place place = place_of(reader, event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    const struct config_anchor *anchor = config_anchors_find(reader->anchors, name);
    struct config_node *node;

    if (!anchor || !anchor->node) {
        wrong_alias(reader, place, name, anchor);
        return attach(reader, config_node_create(NODE_BROKEN, place));
    }
    if (reader->depth + anchor->size.depth > CONFIG_NODE_DEPTH)
        return too_much(reader, place, "levels", CONFIG_NODE_DEPTH);
    node = config_anchors_copy(reader->anchors, anchor, place);
    return node ? attach(reader, node) : too_many_copies(reader, place);
}

/* ---- merge keys ---- */

/* Gives a mapping the entries of another that it lacks, which the other loses. */
static int merge_mapping(struct reader *reader, struct config_node *mapping,
                         struct config_node *other)
{
    if (other->kind == NODE_BROKEN)
        return 0;
    if (other->kind != NODE_MAPPING) {
        config_errors_add(
            reader->errors, other->place,
            "a merge key (<<) needs a mapping such as *base, or a list of "
            "mappings");
        return 0;
    }
    for (int i = 0; i < other->count; i++) {
        struct config_entry *entry = &other->entries[i];

        if (!entry->key || config_node_find(mapping, entry->key))
            continue;
        if (mapping->count == CONFIG_NODE_ENTRIES)
            return too_much(reader, mapping->place, "entries here",
                            CONFIG_NODE_ENTRIES);
        config_node_put(mapping, entry->key, entry->key_place, entry->value);
        entry->key = NULL;
        entry->value = NULL;
    }
    return 0;
}

/* Takes an entry out of a mapping; gives its value, owned by the caller. */
static struct config_node *take_out(struct config_node *mapping,
                                    struct config_entry *entry)
{
    struct config_node *value = entry->value;
    const struct config_entry *end = mapping->entries + mapping->count;

    free(entry->key);
    memmove(entry, entry + 1, (size_t)(end - entry - 1) * sizeof *entry);
    mapping->count--;
    return value;
}

/* What a mapping says itself goes before what is merged, and mappings of a list before later
 * ones. */
static int merge(struct reader *reader, struct config_node *mapping)
{
    struct config_entry *entry = config_node_find(mapping, "<<");
    struct config_node *merged;
    int status = 0;

    if (!entry)
        return 0;
    merged = take_out(mapping, entry);
    if (merged->kind != NODE_LIST)
        status = merge_mapping(reader, mapping, merged);
    else
        for (int i = 0; i < merged->count && status == 0; i++)
            status = merge_mapping(reader, mapping, merged->entries[i].value);
    config_node_destroy(merged);
    return status;
}

/* ---- events ---- */

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct config_place place = place_of(reader, event->start_mark);
    struct config_node *node = config_node_create(NODE_SCALAR, place);
    int anchor;

    if (has_tag(reader, place, event->data.scalar.tag))
        node->kind = NODE_BROKEN;
    else
        take_text(reader, event, node);
    if (begin_anchor(reader, place, event->data.scalar.anchor, &anchor) < 0 ||
        end_anchor(reader, anchor, node) < 0) {
        config_node_destroy(node);
        return -1;
    }
    return attach(reader, node);
}

static int open_node(struct reader *reader, const yaml_event_t *event,
                     enum config_node_kind kind, const yaml_char_t *name,
                     const yaml_char_t *tag)
{
    struct config_place place = place_of(reader, event->start_mark);
    struct config_node *node;
    int anchor;

    if (reader->depth == CONFIG_NODE_DEPTH)
        return too_much(reader, place, "levels", CONFIG_NODE_DEPTH);
    has_tag(reader, place, tag);
    if (begin_anchor(reader, place, name, &anchor) < 0)
        return -1;
    node = config_node_create(kind, place);
    if (attach(reader, node) < 0)
        return -1;
    reader->open[reader->depth++] = (struct open_node){node, anchor};
    return 0;
}

static int close_node(struct reader *reader)
{
    const struct open_node *open = &reader->open[--reader->depth];

    if (open->node->kind == NODE_MAPPING && merge(reader, open->node) < 0)
        return -1;
    return end_anchor(reader, open->anchor, open->node);
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
        return close_node(reader);
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
    reader.anchors = memory_zeroed(1, sizeof *reader.anchors);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, bytes);
    if (read_events(&reader) < 0) {
        config_node_destroy(reader.root);
        reader.root = NULL;
    } else if (!reader.root) {
        reader.root = config_node_create(NODE_SCALAR, start);
    }
    free(reader.key);
    config_anchors_clear(reader.anchors);
    free(reader.anchors);
    yaml_parser_delete(&reader.parser);
    return reader.root;
}
