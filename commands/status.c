#include "commands/command.h"

#include "coordinator/standing.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/case/case_folder.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const states[] = {
    [STANDING_DONE] = "done",
    [STANDING_RUNNING] = "running",
    [STANDING_FAILED] = "failed",
    [STANDING_WAITING] = "waiting",
};

/* ---- numbers ------------------------------------------------------------------------------ */

static void print_number(double value, const char *format)
{
    if (isnan(value))
        printf(" %12s", "-");
    else
        printf(format, value);
}

/* ---- the table ---------------------------------------------------------------------------- */

static void print_case(const char *id, const struct standing_case *each)
{
    char left[STANDING_TIME_BYTES] = "", loss[TEXT_OF_LOSS_BYTES];

    if (!isnan(each->left))
        standing_time(each->left, left);
    printf("%-40s %-8s", id, states[each->state]);
    printf(" %12s", isnan(each->best_loss) ? "-" : text_of_loss(each->best_loss, loss));
    printf(" %12ld", each->evaluations);
    print_number(each->state == STANDING_RUNNING ? each->rate : NAN, " %12.1f");
    printf(" %10s\n", left);
    if (each->failure)
        printf("  %s\n", each->failure);
}

static void print_summary(const struct config *config, const struct standing *standing)
{
    char left[STANDING_TIME_BYTES];

    printf("%s: %d of %d cases are done", config->out, standing->count[STANDING_DONE],
           standing->case_count);
    for (int state = STANDING_DONE + 1; state < STANDING_STATES; state++)
        if (standing->count[state] > 0)
            printf(", %d %s", standing->count[state], states[state]);
    if (!isnan(standing->left)) {
        standing_time(standing->left, left);
        printf("; about %s are left", left);
    }
    printf("\n\n%-40s %-8s %12s %12s %12s %10s\n", "case", "", "best loss",
           "evaluations", "a second", "work left");
}

static void print_cases(const struct config *config, const struct cases *cases,
                        const char *id)
{
    struct standing standing = {0};

    standing_init(&standing, config, cases);
    standing_look(&standing);
    print_summary(config, &standing);
    for (int i = 0; i < cases->count; i++)
        if (!*id || strcmp(cases->list[i].id, id) == 0)
            print_case(cases->list[i].id, &standing.each[i]);
    standing_clear(&standing);
}

static bool has_case(const struct cases *cases, const char *id)
{
    for (int i = 0; i < cases->count; i++)
        if (strcmp(cases->list[i].id, id) == 0)
            return true;
    return false;
}

/* All cases of a run directory, or the one that is named. */
static int print_standing(const struct config *config, const struct case_folder *folder,
                          struct error *err)
{
    struct cases cases = {0};
    int status = cases_init(&cases, config, err);

    if (status == 0 && *folder->id && !has_case(&cases, folder->id))
        status = case_folder_refuse(folder, &cases, err);
    if (status == 0)
        print_cases(config, &cases, folder->id);
    cases_clear(&cases);
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static int find_folder(const char *path, struct case_folder *folder, struct error *err)
{
    char hint[CASE_FOLDER_HINT_BYTES];

    if (case_folder_find(path, folder, err) == 0)
        return 0;
    case_folder_hint(path, hint);
    return error_set(err, EXIT_USAGE,
                     "no run has begun in %.500s: it has no config.yaml%s", path, hint);
}

/* The folder may have been moved since its configuration was written. `path` is what it was called
 * on the command line. */
static int read_config(const struct case_folder *folder, const char *path,
                       struct config *config, struct error *err)
{
    char file[PATH_MAX + NAME_MAX];
    bool is_itself;

    snprintf(file, sizeof file, "%s/config.yaml", path);
    is_itself = access(file, F_OK) == 0;
    snprintf(file, sizeof file, "%s/config.yaml", folder->run);
    if (config_read(file, NULL, 0, config, err) < 0)
        return -1;
    free(config->out);
    config->out = memory_text(is_itself ? path : folder->run);
    return 0;
}

static int status(int count, char **arguments, struct error *err)
{
    struct case_folder folder;
    struct config *config;
    int read;

    if (count != 1 || arguments[0][0] == '-') {
        error_set(err, EXIT_USAGE, "which run directory? e.g. calq status runs/glyphs");
        return EXIT_USAGE;
    }
    if (find_folder(arguments[0], &folder, err) < 0)
        return (int)err->code;
    config = memory_zeroed(1, sizeof *config);
    read = read_config(&folder, arguments[0], config, err);
    if (read == 0)
        read = print_standing(config, &folder, err);
    config_clear(config);
    free(config);
    return read == 0 ? EXIT_DONE : (int)err->code;
}

const struct command status_command = {
    "status",
    "DIR | CASE",
    "tell where the cases of a run directory stand",
    NULL,
    "DIR is a run directory, CASE the folder of one case in it.\n"
    "\n"
    "Safe while the run is going on, also from another machine. For each case: done, "
    "running,\n"
    "failed (with its sentence) or waiting, the best calibration loss so far, "
    "evaluations and\n"
    "how many of them a second, and the work that is left, as far as it can be told "
    "from what\n"
    "the other cases took.\n",
    status};
