#include "commands/command.h"

#include "coordinator/coordinator.h"
#include "coordinator/methods/methods.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/format/hdf5_reader.h"
#include "link/link.h"
#include "worker/worker.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- options ------------------------------------------------------------------------------- */

enum { OVERRIDES_MOST = 64 };

struct overrides {
    const char *list[OVERRIDES_MOST];
    int count;
};

struct options {
    const char *config;
    bool dry_run;
    struct cases_part part;
    struct rank_counts ranks;
    struct overrides overrides;
};

#define OVERRIDE_NEEDS "KEY=VALUE, e.g. --set block=16"

static int add_override(const char *name, const char *text, void *place,
                        struct error *err)
{
    struct overrides *overrides = place;

    if (!strchr(text, '='))
        return error_set(err, EXIT_USAGE,
                         "%s needs " OVERRIDE_NEEDS "; see `calq help run`", name);
    if (overrides->count == OVERRIDES_MOST)
        return error_set(err, EXIT_USAGE, "more than %d %s options", OVERRIDES_MOST,
                         name);
    overrides->list[overrides->count++] = text;
    return 0;
}

#define PART_NEEDS "I/N with I from 1 to N, e.g. --part 2/8"

/* "2/8" */
static int read_part(const char *name, const char *text, void *place, struct error *err)
{
    struct cases_part *part = place;
    int used = 0;

    if (sscanf(text, "%9d/%9d%n", &part->number, &part->count, &used) == 2 &&
        text[used] == '\0' && part->number >= 1 && part->number <= part->count)
        return 0;
    return error_set(err, EXIT_USAGE, "%s needs " PART_NEEDS "; see `calq help run`",
                     name);
}

#define RANKS_NEED "numbers from 1 to 1000000, e.g. --ranks 64,1024"

/* "64,1024" */
static int read_ranks(const char *name, const char *text, void *place,
                      struct error *err)
{
    struct rank_counts *ranks = place;
    int used = 0;

    for (ranks->count = 0; ranks->count < RANK_COUNTS_MOST; text++) {
        int *next = &ranks->list[ranks->count++];

        if (sscanf(text, "%7d%n", next, &used) != 1 || *next < 1 || *next > 1000000)
            break;
        text += used;
        if (*text == '\0')
            return 0;
        if (*text != ',')
            break;
    }
    return error_set(err, EXIT_USAGE,
                     "%s needs at most %d " RANKS_NEED "; see `calq help run`", name,
                     RANK_COUNTS_MOST);
}

static const struct option rows[] = {
    {"--dry-run", NULL, offsetof(struct options, dry_run),
     "print the cases, evaluations and time that it would take, look for samples in "
     "both "
     "sets, and at what the float network predicts",
     NULL, NULL},
    {"--ranks", "N,N...", offsetof(struct options, ranks),
     "with --dry-run: what an evaluation would cost on so many ranks, a core each: the "
     "blocks of the last rank, how much longer the slowest takes, messages",
     RANKS_NEED, read_ranks},
    {"--set", "KEY=VALUE", offsetof(struct options, overrides),
     "replace a setting, e.g. --set block=16 or --set models.0.calibration.samples=64; "
     "may "
     "be repeated",
     OVERRIDE_NEEDS, add_override},
    {"--part", "I/N", offsetof(struct options, part),
     "take only the Ith of N parts of the cases; runs of the others may work in the "
     "same "
     "folder at the same time, as a job array does",
     PART_NEEDS, read_part},
    {"--shard", "I/N", offsetof(struct options, part), NULL, PART_NEEDS, read_part},
};

static const struct option_table run_options = {"run", "configuration",
                                                offsetof(struct options, config), rows,
                                                sizeof rows / sizeof *rows};

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    if (option_read_all(&run_options, count, arguments, options, err) < 0)
        return -1;
    if (!options->config)
        return error_set(
            err, EXIT_USAGE,
            "which configuration? e.g. calq run examples/glyphs/glyphs.yaml");
    if (options->ranks.count > 0 && !options->dry_run)
        return error_set(err, EXIT_USAGE, "--ranks only goes with --dry-run");
    return 0;
}

/* ---- all ranks are asked for the same --------------------------------------------------------- */

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
    for (int i = 0; i < options->overrides.count; i++)
        *hash = hash_bytes(options->overrides.list[i],
                           strlen(options->overrides.list[i]), *hash);
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
                      "%s, --set or --part is not what the coordinating rank has read",
                      options->config);
    return status;
}

static int read_config(const struct options *options, struct config *config,
                       struct error *err)
{
    int status = config_read(options->config, options->overrides.list,
                             options->overrides.count, &methods_section, config, err);

    if (link_agree(status, err) < 0)
        return -1;
    link_give_up_after(config->stuck_after);
    return link_agree(compare_with_coordinator(options, err), err);
}

/* ---- the run ------------------------------------------------------------------------------ */

static int coordinate(const struct options *options, const struct config *config,
                      const struct cases *cases, struct error *err)
{
    struct team *team = team_create(config, cases);
    int status = options->dry_run ? coordinator_plan(config, cases, options->part,
                                                     &options->ranks, team, stdout, err)
                                  : coordinator_run(config, cases, options->part, team,
                                                    stdout, stderr, err);

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

static int run(int count, char **arguments, struct error *err)
{
    struct options options = {.part = {1, 1}};
    int status;

    interrupt_catch();
    hdf5_reader_stand_apart();
    link_open();
    status = link_agree(parse(count, arguments, &options, err), err);
    if (status == 0)
        status = run_on_ranks(&options, err);
    status = share_code(status == 0 ? EXIT_DONE : (int)err->code, err);
    /* The first rank speaks for all, unless one is given up. main.c closes the link when
     * it has spoken. */
    if (!link_is_first() && !link_is_broken())
        err->text[0] = '\0';
    return status;
}

const struct command run_command = {
    "run",
    "CONFIG [options]",
    "calibrate every case of a configuration",
    &run_options,
    "Start it with mpirun or srun to use several ranks; one rank needs no launcher.\n"
    "Run again, it does what is missing: cases that are done stay, and a case that "
    "was\n"
    "interrupted goes on from its journal, with the same digits.\n"
    "\n"
    "SIGTERM, SIGUSR1 or SIGINT to any rank stop it within five seconds, with exit "
    "code 75\n"
    "on all ranks; a second SIGINT ends it at once. A rank that is silent for "
    "`stuck_after`\n"
    "seconds is named, and the run ends with exit code 8.\n"
    "\n"
    "`calq help settings` lists all settings of a configuration.\n",
    run};
