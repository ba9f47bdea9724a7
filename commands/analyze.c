#include "commands/command.h"

#include "commands/on_ranks.h"
#include "coordinator/analyze/analyze.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct options {
    const char *kind; /* NULL: all */
    const char *config;
    struct overrides overrides;
    char path[PATH_MAX], out[2 * PATH_MAX]; /* of a run directory */
};

static const struct option rows[] = {
    {"--set", "KEY=VALUE", offsetof(struct options, overrides),
     "replace a setting, e.g. --set analyses.0.points=11; may be repeated",
     OVERRIDE_NEEDS, overrides_add},
};

static const struct option_table analyze_options = {"analyze", "configuration",
                                                    offsetof(struct options, config),
                                                    rows, sizeof rows / sizeof *rows};

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    if (count < 1 || arguments[0][0] == '-')
        return error_set(err, EXIT_USAGE,
                         "which analysis? e.g. calq analyze pscan "
                         "examples/glyphs/glyphs.yaml; see `calq help analyze`");
    options->kind = strcmp(arguments[0], "all") == 0 ? NULL : arguments[0];
    if (options->kind && analyze_check_kind(options->kind, err) < 0)
        return -1;
    if (option_read_all(&analyze_options, count - 1, arguments + 1, options, err) < 0)
        return -1;
    return options->config ? 0
                           : error_set(err, EXIT_USAGE,
                                       "which configuration? e.g. calq analyze %s "
                                       "examples/glyphs/glyphs.yaml",
                                       arguments[0]);
}

/* A run directory stands for its own configuration. As a setting its path is in quotes. */
static int use_folder(struct options *options, struct error *err)
{
    const char *folder = options->config;
    char *at = options->out + snprintf(options->out, 8, "out='");
    struct stat status;

    if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
        return 0;
    if (snprintf(options->path, sizeof options->path, "%s/config.yaml", folder) >=
        (int)sizeof options->path)
        return error_set(err, EXIT_USAGE, "the path %.200s... is too long", folder);
    for (const char *from = folder; *from; from++) {
        *at++ = *from;
        if (*from == '\'')
            *at++ = *from;
    }
    strcpy(at, "'");
    options->config = options->path;
    return overrides_add("--set", options->out, &options->overrides, err);
}

static int coordinate(void *context, const struct config *config,
                      const struct cases *cases, struct team *team, struct error *err)
{
    const struct options *options = context;

    return analyze(config, cases, options->kind, team, stdout, stderr, err);
}

static int run(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    struct asked asked = {
        .overrides = &options.overrides, .coordinate = coordinate, .context = &options};
    int status;

    on_ranks_begin();
    status = parse(count, arguments, &options, err);
    if (status == 0)
        status = use_folder(&options, err);
    asked.config = options.config;
    asked.more = options.kind ? options.kind : "";
    asked.more_bytes = strlen(asked.more);
    return on_ranks_run(&asked, status, err);
}

const struct command analyze_command = {
    "analyze",
    "KIND|all CONFIG|DIR",
    "look at the loss around the results of the cases",
    &analyze_options,
    "Kinds and their settings are listed under `analyses` by `calq help settings`. Of "
    "a "
    "kind\n"
    "that the configuration does not have, the defaults are taken; `all` takes those "
    "that it\n"
    "has. Each case is opened as `calq run` does it, on as many ranks, with its "
    "journal: "
    "what\n"
    "was found out stays, and an analysis that was interrupted goes on, with the same "
    "digits.\n"
    "\n"
    "A run directory stands for its own configuration. A case without a result gets "
    "one "
    "where\n"
    "what is looked at lies around it, as `calq run` would find it.\n"
    "\n"
    "The findings are cases/<case>/analyses/<name>.json and .csv in the run "
    "directory.\n",
    run};
