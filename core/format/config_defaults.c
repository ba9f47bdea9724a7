#include "core/format/config_defaults.h"

#include "core/base/memory.h"
#include "core/format/config_anchors.h"
#include "core/format/config_schema.h"

#include <stdlib.h>
#include <string.h>

static const char key[] = "defaults";

/* Takes the entry out of the tree, whose value the caller owns; NULL: there is none. */
static struct config_node *take_defaults(struct config_node *root)
{
    struct config_entry *entry = config_node_find(root, key);
    struct config_node *defaults = entry ? entry->value : NULL;

    if (!entry)
        return NULL;
    free(entry->key);
    root->count--;
    memmove(entry, entry + 1,
            (size_t)(root->entries + root->count - entry) * sizeof *entry);
    return defaults;
}

/* Whether a setting of a model is settings itself, of which each has a default of its own. */
static bool is_section(const char *setting)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(&config_schema_model, i)); i++)
        if (strcmp(field->key, setting) == 0)
            return field->kind == KIND_SECTION && field->list.most == 0;
    return false;
}

static void complete(struct config_node *node, const struct config_node *defaults,
                     bool is_model)
{
    for (int i = 0; i < defaults->count; i++) {
        const struct config_entry *entry = &defaults->entries[i];
        struct config_entry *own = config_node_find(node, entry->key);

        if (!own && node->count < CONFIG_NODE_ENTRIES)
            config_node_put(node, memory_text(entry->key), entry->key_place,
                            config_node_copy(entry->value));
        else if (own && is_model && is_section(entry->key) &&
                 own->value->kind == NODE_MAPPING && entry->value->kind == NODE_MAPPING)
            complete(own->value, entry->value, false);
    }
}

/* The models that a value stands for: a list of them, or one. */
static int count_models(const struct config_node *models)
{
    return models->kind == NODE_LIST ? models->count : 1;
}

static void complete_all(struct config_node *models, const struct config_node *defaults)
{
    for (int i = 0; i < count_models(models); i++) {
        struct config_node *model =
            models->kind == NODE_LIST ? models->entries[i].value : models;

        if (model->kind == NODE_MAPPING)
            complete(model, defaults, true);
    }
}

void config_defaults_apply(struct config_node *root, struct config_errors *errors)
{
    struct config_node *defaults = take_defaults(root);
    struct config_entry *models = config_node_find(root, "models");

    if (!defaults || defaults->kind == NODE_BROKEN || !models)
        goto done;
    if (defaults->kind != NODE_MAPPING)
        config_errors_add(errors, defaults->place,
                          "defaults: settings of models that they share are a mapping, "
                          "e.g. {loss: kl_to_float}");
    else if (config_node_measure(defaults).nodes >
             CONFIG_ANCHOR_NODES / (count_models(models->value) + 1))
        config_errors_add(errors, defaults->place,
                          "defaults: there are more than %d values for all models; "
                          "leave some out",
                          CONFIG_ANCHOR_NODES);
    else
        complete_all(models->value, defaults);
done:
    config_node_destroy(defaults);
}
