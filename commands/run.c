#include "commands/command.h"

#include "coordinator/coordinator.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/format/hdf5_reader.h"
#include "link/link.h"
#include "worker/worker.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { OVERRIDES_MOST = 64 };

struct options {
    const char *config;
    bool dry_run;
    struct sweep_part part; /* --shard */
    const char *overrides[OVERRIDES_MOST];
    int override_count;
};

static int add_override(struct options *options, const char *override,
                        struct error *err)
{
    if (!override || !strchr(override, '='))
        return error_set(
            err, EXIT_USAGE,
            "--set needs KEY=VALUE, e.g. --set block=16; see `calq help run`");
    if (options->override_count == OVERRIDES_MOST)
        return error_set(err, EXIT_USAGE, "more than %d --set options", OVERRIDES_MOST);
    options->overrides[options->override_count++] = override;
    return 0;
}

/* "2/8" */
static int read_part(struct options *options, const char *text, struct error *err)
{
    struct sweep_part *part = &options->part;
    int used = 0;

    if (text && sscanf(text, "%9d/%9d%n", &part->number, &part->count, &used) == 2 &&
        text[used] == '\0' && part->number >= 1 && part->number <= part->count)
        return 0;
    return error_set(err, EXIT_USAGE,
                     "--shard needs I/N with I from 1 to N, e.g. --shard 2/8");
}

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];

        if (strcmp(argument, "--dry-run") == 0) {
            options->dry_run = true;
        } else if (strcmp(argument, "--set") == 0) {
            if (add_override(options, ++i < count ? arguments[i] : NULL, err) < 0)
                return -1;
        } else if (strcmp(argument, "--shard") == 0) {
            if (read_part(options, ++i < count ? arguments[i] : NULL, err) < 0)
                return -1;
        } else if (argument[0] == '-') {
            return error_set(err, EXIT_USAGE,
                             "there is no option \"%s\"; see `calq help run`",
                             argument);
        } else if (options->config) {
            return error_set(err, EXIT_USAGE,
                             "one configuration at a time, not %s and %s",
                             options->config, argument);
        } else {
            options->config = argument;
        }
    }
    if (!options->config)
        return error_set(
            err, EXIT_USAGE,
            "which configuration? e.g. calq run examples/glyphs/glyphs.yaml");
    return 0;
}

/* A hash of what was asked for. Paths may differ by their environment variables: a node may keep
 * its own copy of the data. */
static int hash_request(const struct options *options, uint64_t *hash,
                        struct error *err)
{
    char text[HASH_TEXT_BYTES];

    if (hash_file(options->config, text, err) < 0)
        return -1;
    *hash = hash_bytes(text, sizeof text - 1, 0);
    *hash = hash_bytes(&options->part, sizeof options->part, *hash);
    for (int i = 0; i < options->override_count; i++)
        *hash = hash_bytes(options->overrides[i], strlen(options->overrides[i]), *hash);
    return 0;
}

/* All ranks must have been asked for the same. */
static int compare_with_coordinator(const struct options *options, struct error *err)
{
    uint64_t own = 0, first;
    struct error told;
    int status = hash_request(options, &own, err);

    first = own;
    if (link_broadcast(&first, sizeof first, status == 0 ? err : &told) < 0)
        return -1;
    if (status == 0 && own != first)
        status =
            error_set(err, EXIT_CONFIG,
                      "%s, --set or --shard is not what the coordinating rank has read",
                      options->config);
    return status;
}

static int read_config(const struct options *options, struct config *config,
                       struct error *err)
{
    int status = config_read(options->config, options->overrides,
                             options->override_count, config, err);

    if (link_agree(status, err) < 0)
        return -1;
    link_give_up_after(config->stuck_after);
    return link_agree(compare_with_coordinator(options, err), err);
}

static int coordinate(const struct options *options, const struct config *config,
                      const struct cases *cases, struct error *err)
{
    struct team *team = team_create(config, cases);
    int status =
        options->dry_run
            ? coordinator_plan(config, cases, options->part, team, stdout, err)
            : coordinator_run(config, cases, options->part, team, stdout, stderr, err);

    team_destroy(team);
    return status;
}

static int run_in_teams(const struct options *options, const struct config *config,
                        const struct cases *cases, struct error *err)
{
    struct error broken;
    int status;

    if (link_split(config->ranks_per_case, err) < 0)
        return -1;
    status = link_coordinates() ? coordinate(options, config, cases, err)
                                : worker_answer(config, cases, err);
    return link_join(status == 0 ? err : &broken) < 0 ? -1 : status;
}

static int run_on_ranks(const struct options *options, struct error *err)
{
    struct config config = {0};
    struct cases cases = {0};
    int status = read_config(options, &config, err);

    if (status == 0)
        status = cases_init(&cases, &config, err);
    if (status == 0)
        status = run_in_teams(options, &config, &cases, err);
    cases_clear(&cases);
    config_clear(&config);
    return status;
}

/* The exit code of the coordinating rank is that of all. */
static int share_code(int code, struct error *err)
{
    struct error told; /* where `err` tells more already */
    int shared = code;

    if (link_broadcast(&shared, sizeof shared, code == EXIT_DONE ? err : &told) < 0)
        return code == EXIT_DONE ? (int)err->code : code;
    return shared;
}

int command_run(int count, char **arguments, struct error *err)
{
    struct options options = {.part = {1, 1}};
    int status;

    interrupt_catch();
    hdf5_reader_stand_apart();
    link_open();
    status = parse(count, arguments, &options, err);
    if (status == 0)
        status = run_on_ranks(&options, err);
    status = share_code(status == 0 ? EXIT_DONE : (int)err->code, err);
    /* The first rank speaks for all, unless one is given up. main.c closes the link when
     * it has spoken. */
    if (!link_is_first() && !link_is_broken())
        err->text[0] = '\0';
    return status;
}
