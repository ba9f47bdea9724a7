/* config_node.h - a YAML text as a plain tree that knows where everything was written.
 *
 * The tree has scalars, lists and mappings with scalar keys. Aliases are copies of what their
 * anchors stand at, and merge keys (<<) give a mapping the entries it lacks. Tags, duplicate
 * keys and second documents are errors. At most CONFIG_NODE_DEPTH levels and
 * CONFIG_NODE_ENTRIES entries in one list or mapping; config_anchors.h limits copies.
 */
#ifndef CORE_FORMAT_CONFIG_NODE_H
#define CORE_FORMAT_CONFIG_NODE_H

#include "core/format/config_errors.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONFIG_NODE_DEPTH = 32, CONFIG_NODE_ENTRIES = 256 };

enum config_node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAPPING,
    NODE_BROKEN /* an error was told already: say no more about it */
};

struct config_node {
    enum config_node_kind kind;
    struct config_place place;
    char *text;                   /* of a scalar, owned; NULL: nothing, ~ or null */
    struct config_entry *entries; /* of a list or mapping, owned */
    int count;
};

struct config_entry {
    char *key; /* of a mapping, owned; NULL in a list */
    struct config_place key_place;
    struct config_node *value; /* owned, never NULL */
};

/* Reads the one document of a text. A copy has the place of its alias; what is in it has the
 * places of the original.
 *
 *   source  for the places, see config_errors.h
 *   errors  gets every error
 *
 * Gives NULL after an error of syntax; a text without a document is a scalar without
 * text. Destroy the tree with config_node_destroy(). */
struct config_node *config_node_parse(const char *text, size_t bytes, int source,
                                      struct config_errors *errors);
void config_node_destroy(struct config_node *node);

/* The entry of a mapping, or NULL. */
struct config_entry *config_node_find(const struct config_node *node, const char *key);

/* Gives the mapping `key` = `value`, in the place of what it had; takes both. The list
 * form appends when `key` is NULL. */
void config_node_put(struct config_node *node, char *key, struct config_place key_place,
                     struct config_node *value);

struct config_node *config_node_create(enum config_node_kind kind,
                                       struct config_place place);

/* A tree of its own, with the same places. */
struct config_node *config_node_copy(const struct config_node *node);

struct config_node_size {
    int nodes;
    int depth; /* lists and mappings within each other; 0: a scalar */
};

struct config_node_size config_node_measure(const struct config_node *node);

#endif
