#include "commands/command.h"

#include "commands/on_ranks.h"
#include "coordinator/coordinator.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- options ------------------------------------------------------------------------------- */

struct options {
    const char *config;
    bool dry_run;
    struct cases_part part;
    struct rank_counts ranks;
    struct overrides overrides;
};

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
     OVERRIDE_NEEDS, overrides_add},
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
        return error_set(
            err, EXIT_USAGE,
            "--ranks only goes with --dry-run, which foretells; cores are taken by "
            "`mpirun -n 8 calq run CONFIG`");
    return 0;
}

/* ---- the run ------------------------------------------------------------------------------ */

static int coordinate(void *context, const struct config *config,
                      const struct cases *cases, struct team *team, struct error *err)
{
    const struct options *options = context;

    return options->dry_run ? coordinator_plan(config, cases, options->part,
                                               &options->ranks, team, stdout, err)
                            : coordinator_run(config, cases, options->part, team,
                                              stdout, stderr, err);
}

static int run(int count, char **arguments, struct error *err)
{
    struct options options = {.part = {1, 1}};
    struct asked asked = {.overrides = &options.overrides,
                          .more = &options.part,
                          .more_bytes = sizeof options.part,
                          .coordinate = coordinate,
                          .context = &options};
    int status;

    on_ranks_begin();
    status = parse(count, arguments, &options, err);
    asked.config = options.config;
    return on_ranks_run(&asked, status, err);
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
