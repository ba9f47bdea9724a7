#include "core/format/config_anchors.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

void config_anchors_clear(struct config_anchors *anchors)
{
    for (int i = 0; i < anchors->count; i++) {
        free(anchors->list[i].name);
        config_node_destroy(anchors->list[i].node);
    }
    anchors->count = anchors->nodes = 0;
}

int config_anchors_begin(struct config_anchors *anchors, const char *name)
{
    if (anchors->count == CONFIG_ANCHORS)
        return -1;
    anchors->list[anchors->count] = (struct config_anchor){.name = memory_text(name)};
    return anchors->count++;
}

static int count_nodes(struct config_anchors *anchors, struct config_node_size size)
{
    if (size.nodes > CONFIG_ANCHOR_NODES - anchors->nodes)
        return -1;
    anchors->nodes += size.nodes;
    return 0;
}

int config_anchors_end(struct config_anchors *anchors, int number,
                       const struct config_node *node)
{
    struct config_anchor *anchor = &anchors->list[number];

    anchor->size = config_node_measure(node);
    if (count_nodes(anchors, anchor->size) < 0)
        return -1;
    anchor->node = config_node_copy(node);
    return 0;
}

const struct config_anchor *config_anchors_find(const struct config_anchors *anchors,
                                                const char *name)
{
    for (int i = anchors->count - 1; i >= 0; i--)
        if (strcmp(anchors->list[i].name, name) == 0)
            return &anchors->list[i];
    return NULL;
}

struct config_node *config_anchors_copy(struct config_anchors *anchors,
                                        const struct config_anchor *anchor,
                                        struct config_place place)
{
    struct config_node *copy;

    if (count_nodes(anchors, anchor->size) < 0)
        return NULL;
    copy = config_node_copy(anchor->node);
    copy->place = place;
    return copy;
}

const char *config_anchors_nearest(const struct config_anchors *anchors,
                                   const char *name)
{
    const char *names[CONFIG_ANCHORS];

    for (int i = 0; i < anchors->count; i++)
        names[i] = anchors->list[i].name;
    return config_nearest(name, names, (size_t)anchors->count);
}
