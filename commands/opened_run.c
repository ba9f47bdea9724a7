#include "commands/opened_run.h"

#include "coordinator/named_settings.h"
#include "core/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_folder(const char *path, struct case_folder *folder, struct error *err)
{
    char hint[CASE_FOLDER_HINT_BYTES];

    if (case_folder_find(path, folder, err) == 0)
        return 0;
    case_folder_hint(path, hint);
    return error_set(err, EXIT_USAGE,
                     "no run has begun in %.500s: it has no config.yaml; `calq run "
                     "CONFIG` begins one%s",
                     path, hint);
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
    if (config_read(file, NULL, 0, &named_settings, config, err) < 0)
        return -1;
    free(config->out);
    config->out = memory_text(is_itself ? path : folder->run);
    return 0;
}

static bool has_case(const struct cases *cases, const char *id)
{
    for (int i = 0; i < cases->count; i++)
        if (strcmp(cases->list[i].id, id) == 0)
            return true;
    return false;
}

int opened_run_open(struct opened_run *run, const char *path, struct error *err)
{
    const struct case_folder *folder = &run->folder;

    *run = (struct opened_run){.config = memory_zeroed(1, sizeof *run->config)};
    if (find_folder(path, &run->folder, err) < 0 ||
        read_config(folder, path, run->config, err) < 0 ||
        cases_init(&run->cases, run->config, err) < 0)
        return -1;
    if (*folder->id && !has_case(&run->cases, folder->id))
        return case_folder_refuse(folder, &run->cases, err);
    ledger_init(&run->ledger, run->config, &run->cases, (struct cases_part){1, 1});
    return 0;
}

void opened_run_close(struct opened_run *run)
{
    if (run->ledger.cases)
        ledger_clear(&run->ledger);
    cases_clear(&run->cases);
    config_clear(run->config);
    free(run->config);
    *run = (struct opened_run){0};
}
