#include "core/format/config.h"

#include "core/base/file_hint.h"
#include "core/base/memory.h"
#include "core/format/config_defaults.h"
#include "core/format/config_errors.h"
#include "core/format/config_fill.h"
#include "core/format/config_node.h"
#include "core/format/config_schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20 };

/* ---- the file ---- */

static int refuse_to_read(const char *path, struct error *err)
{
    if (errno == EISDIR)
        return error_set(
            err, EXIT_CONFIG,
            "%s is a folder, not a configuration; that of a run directory is "
            "in it: calq run %s/config.yaml",
            path, path);
    return error_set(err, EXIT_CONFIG, "cannot read %s: %s", path, strerror(errno));
}

/* Whether it is known to be another kind of file than a text. */
static bool is_other_kind(const char *path)
{
    char hint[FILE_HINT_BYTES];

    file_hint_kind(path, hint);
    return *hint && !strstr(hint, "it is a text");
}

static int refuse_other_kind(const char *path, struct error *err)
{
    char hint[FILE_HINT_BYTES];
    bool is_network = strstr(file_hint_kind(path, hint), "ONNX");

    return error_set(err, EXIT_CONFIG,
                     "%s is no configuration%.*s; `calq init %s` writes one", path,
                     (int)strcspn(hint, ":"), hint, is_network ? path : "MODEL");
}

/* Reads the whole file into `text`, owned by the caller. */
static int read_file(const char *path, char **text, size_t *bytes, struct error *err)
{
    FILE *file = fopen(path, "rb");
    int status = -1;

    *text = memory_get(FILE_BYTES_MAX + 1);
    if (!file) {
        file_hint_refuse_to_open(path, EXIT_CONFIG, err);
        goto done;
    }
    *bytes = fread(*text, 1, FILE_BYTES_MAX + 1, file);
    if (ferror(file)) {
        refuse_to_read(path, err);
        goto done;
    }
    if (*bytes > FILE_BYTES_MAX) {
        error_set(err, EXIT_CONFIG, "%s is larger than 1 MiB: not a configuration",
                  path);
        goto done;
    }
    if (is_other_kind(path)) {
        refuse_other_kind(path, err);
        goto done;
    }
    status = 0;
done:
    if (file)
        fclose(file);
    return status;
}

/* ---- overrides ---- */

/* Finds an entry of a list by its number; the number after the last adds one. */
static struct config_entry *list_entry(struct config_node *list, const char *number,
                                       struct config_place place,
                                       struct config_errors *errors)
{
    char quoted[CONFIG_QUOTED_BYTES];
    char *end;
    long index = strtol(number, &end, 10);

    if (*number < '0' || *number > '9' || *end != '\0' || index > list->count) {
        config_errors_add(errors, place,
                          "%s is not the number of an entry; the list has %d, "
                          "counted from 0, as in models.0.loss",
                          config_quoted(number, quoted), list->count);
        return NULL;
    }
    if (index == list->count)
        config_node_put(list, NULL, place, config_node_create(NODE_SCALAR, place));
    return &list->entries[index];
}

/* Finds or adds the entry `key` of a list or mapping; a value that says nothing becomes
 * a mapping. */
static struct config_entry *override_entry(struct config_node *node, const char *key,
                                           struct config_place place,
                                           struct config_errors *errors)
{
    char quoted[CONFIG_QUOTED_BYTES], quoted_key[CONFIG_QUOTED_BYTES];

    if (node->kind == NODE_LIST)
        return list_entry(node, key, place, errors);
    if (node->kind == NODE_SCALAR && node->text) {
        config_errors_add(errors, place, "%s is a single value and has no %s",
                          config_quoted(node->text, quoted),
                          config_quoted(key, quoted_key));
        return NULL;
    }
    node->kind = NODE_MAPPING;
    if (!config_node_find(node, key))
        config_node_put(node, memory_text(key), place,
                        config_node_create(NODE_SCALAR, place));
    return config_node_find(node, key);
}

/* Keys between dots, none of them empty, not too many. */
static bool is_override_path(const char *path)
{
    int levels = 1;

    for (const char *c = path; *c; c++)
        if (*c == '.') {
            if (c == path || c[1] == '.' || c[1] == '\0')
                return false;
            levels++;
        }
    return *path && levels <= CONFIG_NODE_DEPTH;
}

/* Puts `value` where `path` leads, which is cut at its dots. Takes the value. */
static void put_override(struct config_node *root, char *path,
                         struct config_node *value, struct config_place place,
                         struct config_errors *errors)
{
    struct config_entry *entry = NULL;
    char *rest = path;

    while (rest) {
        const char *key = strsep(&rest, ".");

        entry = override_entry(entry ? entry->value : root, key, place, errors);
        if (!entry) {
            config_node_destroy(value);
            return;
        }
    }
    config_node_destroy(entry->value);
    entry->value = value;
}

/* Applies "a.b=c" to the tree. */
static void apply_override(struct config_node *root, const char *override, int source,
                           struct config_errors *errors)
{
    struct config_place place = {source, 1, 1};
    char *path = memory_text(override);
    char *text = strchr(path, '=');
    char quoted[CONFIG_QUOTED_BYTES];
    struct config_node *value;

    if (text)
        *text++ = '\0';
    if (!text) {
        config_errors_add(errors, place, "an override is written key=value");
    } else if (!is_override_path(path)) {
        config_errors_add(errors, place,
                          "%s is not a path such as models.0.calibration.samples",
                          config_quoted(path, quoted));
    } else {
        value = config_node_parse(text, strlen(text), source, errors);
        if (value)
            put_override(root, path, value, place, errors);
    }
    free(path);
}

/* ---- the whole ---- */

/* Entries such as x-common only hold what anchors stand at. */
static void forget_shared_parts(struct config_node *root)
{
    int kept = 0;

    for (int i = 0; i < root->count; i++) {
        struct config_entry *entry = &root->entries[i];

        if (entry->key && strncmp(entry->key, "x-", 2) == 0) {
            free(entry->key);
            config_node_destroy(entry->value);
        } else {
            root->entries[kept++] = *entry;
        }
    }
    root->count = kept;
}

static void read_tree(struct config_node *root, struct config *config,
                      struct config_errors *errors, int override_count)
{
    if (root->kind == NODE_SCALAR && !root->text) {
        config_errors_add(
            errors, root->place,
            "the file is empty; `calq init MODEL` writes a configuration");
        return;
    }
    for (int i = 0; i < override_count && root->kind == NODE_MAPPING; i++)
        apply_override(root, errors->overrides[i], i + 1, errors);
    forget_shared_parts(root);
    config_defaults_apply(root, errors);
    config_fill(&config_schema, root, config, errors);
    if (config->name && !config->out) {
        size_t bytes = sizeof "runs/" + strlen(config->name);

        config->out = memory_get(bytes);
        snprintf(config->out, bytes, "runs/%s", config->name);
    }
}

int config_read(const char *path, const char *const *overrides, int override_count,
                const struct config_named *named, struct config *config,
                struct error *err)
{
    struct config_errors errors = {
        .path = path, .overrides = overrides, .named = named};
    struct config_node *root = NULL;
    char *text = NULL;
    size_t bytes;
    int status = -1;

    memset(config, 0, sizeof *config);
    config->path = memory_text(path);
    config->named = named;
    if (read_file(path, &text, &bytes, err) == 0) {
        root = config_node_parse(text, bytes, 0, &errors);
        if (root)
            read_tree(root, config, &errors, override_count);
        status = config_errors_report(&errors, err);
    }
    config_node_destroy(root);
    config_errors_clear(&errors);
    free(text);
    return status;
}

/* ---- clearing ---- */

static void clear_section(const struct config_section *section, char *base);

static void clear_inputs(struct config_inputs *inputs)
{
    for (int i = 0; i < NETWORK_INPUTS_MAX; i++) {
        clear_section(&config_schema_input, (char *)&inputs->list[i]);
        free(inputs->list[i].name);
    }
}

static void clear_value(const struct config_field *field, char *at)
{
    switch (field->kind) {
    case KIND_NAME:
    case KIND_TEXT:
    case KIND_PATH:
        free(*(char **)at);
        break;
    case KIND_INPUTS:
        clear_inputs((struct config_inputs *)at);
        break;
    case KIND_SECTION:
        clear_section(field->section, at);
        break;
    default:
        break;
    }
}

/* Whatever was not filled is zero, so all of a list can be cleared. */
static void clear_section(const struct config_section *section, char *base)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        int count = field->list.most > 0 ? field->list.most : 1;

        for (int j = 0; j < count; j++)
            clear_value(field, base + field->offset + (size_t)j * field->list.stride);
    }
}

void config_clear(struct config *config)
{
    clear_section(&config_schema, (char *)config);
    for (int i = 0; config->named && i < CONFIG_LIST_MAX; i++) {
        clear_section(config->named->methods, (char *)&config->methods[i]);
        clear_section(config->named->analyses, (char *)&config->analyses[i]);
    }
    free(config->path);
    memset(config, 0, sizeof *config);
}
