#include "core/case/finished_case.h"

#include "core/base/memory.h"
#include "core/case/case_folder.h"
#include "core/case/case_state.h"
#include "core/case/shard.h"
#include "core/format/result_choices.h"
#include "core/format/state_file.h"
#include "core/network/float_items.h"
#include "core/onnx/onnx_external.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where it is -------------------------------------------------------------------------- */

static int read_config(struct finished_case *finished, const char *run,
                       const struct config_named *named, struct error *err)
{
    char path[PATH_MAX];

    finished->config = memory_zeroed(1, sizeof *finished->config);
    if (snprintf(path, sizeof path, "%s/config.yaml", run) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %s is too long", run);
    return config_read(path, NULL, 0, named, finished->config, err);
}

static int find_case(struct finished_case *finished, const struct case_folder *folder,
                     struct error *err)
{
    if (cases_init(&finished->cases, finished->config, err) < 0)
        return -1;
    for (int i = 0; i < finished->cases.count; i++)
        if (strcmp(finished->cases.list[i].id, folder->id) == 0)
            finished->one = &finished->cases.list[i];
    return finished->one ? 0 : case_folder_refuse(folder, &finished->cases, err);
}

/* Gives the folder itself, where `path` may be in it. */
static int find(struct finished_case *finished, const char *path,
                const struct config_named *named, char whole[PATH_MAX],
                struct error *err)
{
    struct case_folder folder;

    if (case_folder_find(path, &folder, err) < 0 ||
        read_config(finished, folder.run, named, err) < 0 ||
        find_case(finished, &folder, err) < 0)
        return -1;
    if (snprintf(whole, PATH_MAX, "%s/cases/%s", folder.run, folder.id) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %s is too long", path);
    return 0;
}

/* ---- what it found ------------------------------------------------------------------------ */

/* The network's content must be what the identity of the result names. */
static int check_network(struct finished_case *finished, const char *folder,
                         struct error *err)
{
    const char *path = finished->one->model->network;
    char line[HASH_TEXT_BYTES + 32];

    if (onnx_external_hash(path, finished->network_hash, err) < 0)
        return -1;
    snprintf(line, sizeof line, "\nnetwork: content %s\n", finished->network_hash);
    if (!strstr(finished->result.identity, line))
        return error_set(err, EXIT_INPUT,
                         "%s is not the network that %s was found with: its content is "
                         "another",
                         path, folder);
    return 0;
}

static int read_result(struct finished_case *finished, const char *folder,
                       struct error *err)
{
    if (!result_read_json(&finished->result, folder))
        return error_set(err, EXIT_INPUT,
                         "there is no whole result.json in %s: the case is not done; "
                         "`calq run` goes on with it",
                         folder);
    return check_network(finished, folder, err);
}

/* What can be searched with, and is not written into files. */
static int check_method(const struct finished_case *finished, const char *folder,
                        struct error *err)
{
    const struct config_method_settings *settings = finished->one->method;
    bool is_split = settings->activation_splitting.ratio > 0;

    if (settings->method->is_exported && !is_split)
        return 0;
    return error_set(err, EXIT_CONFIG,
                     "%s was found with %s%s, which is not exported; search with "
                     "another method, or with weight_steps: per_channel",
                     folder, settings->method->is_exported ? "" : "the method ",
                     settings->method->is_exported ? "activation_splitting"
                                                   : settings->method->name);
}

/* What was in force when the result was found. */
static int read_state(const struct finished_case *finished, const char *folder,
                      struct state *state, struct error *err)
{
    const char *checksum = finished->result.state_checksum;
    char path[PATH_MAX];

    if (!*checksum)
        return error_set(
            err, EXIT_INPUT,
            "%s was found by an earlier calq, which kept no `state` beside "
            "result.json; remove its result.json and journal and run it "
            "again",
            folder);
    if (snprintf(path, sizeof path, "%s/state", folder) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %s is too long", folder);
    if (state_file_read(path, checksum, state, err) < 0)
        return -1;
    return state_check(state, finished->network, &finished->placement, err) < 0
               ? error_prefix(err, "%s", path)
               : 0;
}

static void put_state(struct finished_case *finished, struct state *state)
{
    struct equalisation before = {0};

    case_put_state(finished->one, state, finished->network, &finished->placement,
                   &before);
    equalisation_clear(&before);
    finished->rules = case_weight_rules(state);
}

static int read_network(struct finished_case *finished, const char *folder,
                        struct error *err)
{
    struct placement_rules rules = case_rules(finished->one);

    finished->network = shard_read_network(finished->one, err);
    if (!finished->network ||
        placement_init(&finished->placement, finished->network, &rules, err) < 0)
        return -1;
    finished->choices =
        memory_zeroed((size_t)finished->placement.count, sizeof *finished->choices);
    if (read_state(finished, folder, &finished->result.result.state, err) < 0)
        return -1;
    put_state(finished, &finished->result.result.state);
    if (result_read_choices(folder, &finished->placement, finished->choices, err) < 0)
        return -1;
    placement_drop_float(&finished->placement, finished->choices);
    return 0;
}

int finished_case_open(struct finished_case *finished, const char *path,
                       const struct config_named *named, struct error *err)
{
    char folder[PATH_MAX];

    *finished = (struct finished_case){0};
    if (find(finished, path, named, folder, err) < 0 ||
        check_method(finished, folder, err) < 0 ||
        read_result(finished, folder, err) < 0)
        return -1;
    return read_network(finished, folder, err);
}

void finished_case_close(struct finished_case *finished)
{
    free(finished->choices);
    placement_clear(&finished->placement);
    network_destroy(finished->network);
    result_clear(&finished->result);
    cases_clear(&finished->cases);
    if (finished->config)
        config_clear(finished->config);
    free(finished->config);
    *finished = (struct finished_case){0};
}
