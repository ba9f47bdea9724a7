/* config_anchors.h - what anchors (&name) stand at, and copies of it for aliases (*name).
 *
 * A tree holds copies, so nobody behind the parser knows of anchors. Copies of copies grow
 * fast, so all nodes behind anchors and all that aliases copy are counted, and limited.
 */
#ifndef CORE_FORMAT_CONFIG_ANCHORS_H
#define CORE_FORMAT_CONFIG_ANCHORS_H

#include "core/format/config_node.h"

enum { CONFIG_ANCHORS = 256, CONFIG_ANCHOR_NODES = 1 << 14 };

struct config_anchor {
    char *name;               /* owned */
    struct config_node *node; /* owned; NULL: it is not whole yet */
    struct config_node_size size;
};

struct config_anchors {
    struct config_anchor list[CONFIG_ANCHORS]; /* in the order of the text */
    int count;
    int nodes; /* kept and copied */
};

void config_anchors_clear(struct config_anchors *anchors);

/* A name from here on. Gives its number, or -1 where there are CONFIG_ANCHORS already. */
int config_anchors_begin(struct config_anchors *anchors, const char *name);

/* What the anchor with that number stands at is whole: a copy of it is kept. Gives 0, or -1
 * where that are more than CONFIG_ANCHOR_NODES nodes in all. */
int config_anchors_end(struct config_anchors *anchors, int number,
                       const struct config_node *node);

/* The last anchor of that name, or NULL. */
const struct config_anchor *config_anchors_find(const struct config_anchors *anchors,
                                                const char *name);

/* A copy of what a whole anchor stands at, for an alias at `place`; owned by the caller. Gives
 * NULL where that are more than CONFIG_ANCHOR_NODES nodes in all. */
struct config_node *config_anchors_copy(struct config_anchors *anchors,
                                        const struct config_anchor *anchor,
                                        struct config_place place);

/* The name nearest to a misspelt one, or NULL. */
const char *config_anchors_nearest(const struct config_anchors *anchors,
                                   const char *name);

#endif
