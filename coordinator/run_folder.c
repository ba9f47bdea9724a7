#include "coordinator/run_folder.h"

#include "core/base/draft.h"
#include "core/base/lock.h"
#include "core/base/memory.h"
#include "core/format/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int run_folder_path(const struct config *config, const char *name, char path[PATH_MAX],
                    struct error *err)
{
    if (snprintf(path, PATH_MAX, "%s/%s", config->out, name) >= PATH_MAX)
        return error_set(err, EXIT_MACHINE, "the path %s/%s is too long", config->out,
                         name);
    return 0;
}

int run_folder_case_path(const struct config *config, const char *case_id,
                         const char *name, char path[PATH_MAX], struct error *err)
{
    char inside[NAME_MAX + CASE_ID_BYTES];

    snprintf(inside, sizeof inside, "cases/%s%s", case_id, name);
    return run_folder_path(config, inside, path, err);
}

/* ---- locks -------------------------------------------------------------------------------- */

static int lock_alone(const struct config *config, const char *name, int *lock,
                      struct error *err)
{
    char path[PATH_MAX];

    if (run_folder_path(config, name, path, err) < 0)
        return -1;
    return lock_take(path, lock, err);
}

static int lock_part(const struct config *config, struct cases_part part,
                     struct run_folder_lock *lock, struct error *err)
{
    char path[PATH_MAX], group[64], name[64];

    snprintf(group, sizeof group, "a run in %d parts", part.count);
    snprintf(name, sizeof name, "lock.%d-of-%d", part.number, part.count);
    if (run_folder_path(config, "lock", path, err) < 0 ||
        lock_join(path, group, &lock->run, err) < 0)
        return -1;
    return lock_alone(config, name, &lock->part, err);
}

int run_folder_open(const struct config *config, struct cases_part part,
                    struct run_folder_lock *lock, struct error *err)
{
    *lock = (struct run_folder_lock){-1, -1};
    if (draft_make_folder(config->out, err) < 0)
        return -1;
    return part.count == 1 ? lock_alone(config, "lock", &lock->run, err)
                           : lock_part(config, part, lock, err);
}

void run_folder_close(struct run_folder_lock *lock)
{
    lock_release(lock->part);
    lock_release(lock->run);
}

/* For the files that all parts write. */
static int lock_files(const struct config *config, struct cases_part part, int *lock,
                      struct error *err)
{
    char path[PATH_MAX];

    *lock = -1;
    if (part.count == 1)
        return 0;
    if (run_folder_path(config, "lock.files", path, err) < 0)
        return -1;
    return lock_wait(path, lock, err);
}

/* ---- looking back ------------------------------------------------------------------------- */

static char *identity_of(const struct config *config,
                         const struct calibration_case *one,
                         const struct model_facts *facts)
{
    return identity_text(&(struct identity_parts){
        .config = config,
        .model = one->model,
        .target = one->target,
        .bits = one->bits,
        .method = one->method,
        .network_hash = facts->provenance.network_hash,
        .calibration_hash = facts->provenance.calibration_hash,
        .validation_hash = facts->provenance.validation_hash,
    });
}

/* Whether the case would be run, and its search end where it ended, with the settings of now. */
static bool stands(const struct config *config, const struct result *result)
{
    const struct result_budget *budget = &result->budget;

    if (result->provenance.overlapping > 0 && config->overlap == OVERLAP_REFUSE)
        return false; /* running it will tell */
    if (budget->evaluations == config->max_evaluations &&
        budget->seconds == config->max_seconds)
        return true;
    if (budget->is_spent ||
        (config->max_seconds > 0 && result->seconds > config->max_seconds))
        return false;
    return config->max_evaluations == 0 ||
           result_evaluations(result) <= config->max_evaluations;
}

/* Takes the result of an earlier run or another team, where there is one; facts NULL: it tells nothing
 * new of the model. */
static int look_at_result(const struct config *config, struct model_facts *facts,
                          struct sweep *sweep, int index, struct error *err)
{
    const struct calibration_case *one = &sweep->cases->list[index];
    struct sweep_case *each = &sweep->each[index];
    char folder[PATH_MAX], path[PATH_MAX];
    struct result result;
    int status;

    if (run_folder_case_path(config, one->id, "", folder, err) < 0 ||
        run_folder_case_path(config, one->id, "/result.json", path, err) < 0)
        return -1;
    if (!result_read_json(&result, folder))
        return 0;
    status = identity_compare(path, result.identity, each->identity, err);
    if (status == 0 && facts)
        model_facts_take(facts, &result);
    if (status == 0 && stands(config, &result)) {
        sweep_done(sweep, index, &result);
    } else {
        result_clear(&result);
    }
    return status;
}

static int look_at_case(const struct config *config, struct model_facts *facts,
                        struct sweep *sweep, int index, struct error *err)
{
    const struct calibration_case *one = &sweep->cases->list[index];
    char path[PATH_MAX];

    if (run_folder_case_path(config, one->id, "/journal", path, err) < 0)
        return -1;
    sweep->each[index].identity = identity_of(config, one, facts);
    if (journal_compare(path, sweep->each[index].identity, err) < 0)
        return -1;
    return look_at_result(config, facts, sweep, index, err);
}

/* A directory holds the cases of one run. */
static int compare_names(const struct config *config, struct error *err)
{
    char path[PATH_MAX];
    struct config *written = memory_zeroed(1, sizeof *written);
    struct error ignored;
    int status = run_folder_path(config, "config.yaml", path, err);

    if (status == 0 && access(path, F_OK) == 0 &&
        config_read(path, NULL, 0, written, &ignored) == 0 &&
        strcmp(written->name, config->name) != 0)
        status = error_set(err, EXIT_CONFIG,
                           "%s was written with `name: %s`, this run has `name: %s`; "
                           "choose another `out`, or remove %s",
                           path, written->name, config->name, config->out);
    config_clear(written);
    free(written);
    return status;
}

int run_folder_look_back(const struct config *config, struct model_facts *facts,
                         struct sweep *sweep, struct error *err)
{
    if (compare_names(config, err) < 0)
        return -1;
    for (int i = 0; i < sweep->cases->count; i++) {
        struct model_facts *own = &facts[sweep->cases->list[i].model - config->models];

        if (own->has_hashes && look_at_case(config, own, sweep, i, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------ */

static int write_config(const struct config *config, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    if (run_folder_path(config, "config.yaml", path, err) < 0)
        return -1;
    file = draft_open(path, err);
    if (!file)
        return -1;
    return draft_close(file, path, config_write(config, file, err), err);
}

int run_folder_write_config(const struct config *config, struct cases_part part,
                            struct error *err)
{
    int lock, status = lock_files(config, part, &lock, err);

    if (status >= 0)
        status = write_config(config, err);
    lock_release(lock);
    return status;
}

/* Takes what a run of another part has done; what is not the same case is not taken. */
static void look_at_part(const struct config *config, struct sweep *sweep, int index)
{
    const char *identity = sweep->each[index].identity;
    char folder[PATH_MAX];
    struct result result;
    struct error ignored;

    sweep_forget(sweep, index);
    if (!identity ||
        run_folder_case_path(config, sweep->cases->list[index].id, "", folder,
                             &ignored) < 0 ||
        !result_read_json(&result, folder))
        return;
    if (result.identity && strcmp(result.identity, identity) == 0)
        sweep_done(sweep, index, &result);
    else
        result_clear(&result);
}

/* Takes what another team of this run may have done; its failures are of this run, for those of
 * earlier ones are forgotten. */
static void look_at_team(const struct config *config, struct sweep *sweep, int index)
{
    const char *id = sweep->cases->list[index].id;
    enum exit_code code;
    struct error ignored;
    char *sentence;

    if (!sweep->each[index].identity ||
        look_at_result(config, NULL, sweep, index, &ignored) < 0 ||
        sweep->each[index].state == SWEEP_DONE)
        return;
    sentence = run_folder_read_failure(config, id, &code);
    if (sentence)
        sweep_failed(sweep, index, code, sentence);
    free(sentence);
}

static void look_at_others(const struct config *config, struct sweep *sweep)
{
    for (int i = 0; i < sweep->cases->count; i++) {
        if (sweep->each[i].is_others)
            look_at_part(config, sweep, i);
        else if (sweep->each[i].state == SWEEP_WAITING)
            look_at_team(config, sweep, i);
    }
}

static int write_csv(const struct config *config, struct sweep *sweep,
                     struct error *err)
{
    char path[PATH_MAX];

    look_at_others(config, sweep);
    if (sweep_count(sweep, SWEEP_DONE) == 0)
        return 0;
    if (run_folder_path(config, "results.csv", path, err) < 0)
        return -1;
    return sweep_write_csv(sweep, path, err);
}

int run_folder_write_csv(const struct config *config, struct sweep *sweep,
                         struct error *err)
{
    int lock, status = lock_files(config, sweep->part, &lock, err);

    if (status >= 0)
        status = write_csv(config, sweep, err);
    lock_release(lock);
    return status;
}

int run_folder_write_failure(const struct config *config, const char *case_id,
                             const struct sweep_case *failed, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    if (run_folder_case_path(config, case_id, "", path, err) < 0 ||
        draft_make_folder(path, err) < 0 ||
        run_folder_case_path(config, case_id, "/failed", path, err) < 0)
        return -1;
    file = draft_open(path, err);
    if (!file)
        return -1;
    fprintf(file, "exit code %d: %s\n", failed->failed, failed->failure);
    return draft_close(file, path, 0, err);
}

char *run_folder_read_failure(const struct config *config, const char *case_id,
                              enum exit_code *code)
{
    char path[PATH_MAX], text[ERROR_TEXT_BYTES + 32];
    struct error ignored;
    FILE *file = NULL;
    size_t bytes;
    int number, sentence = 0;

    if (run_folder_case_path(config, case_id, "/failed", path, &ignored) == 0)
        file = fopen(path, "r");
    if (!file)
        return NULL;
    bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    while (bytes > 0 && text[bytes - 1] == '\n')
        bytes--;
    text[bytes] = '\0';
    if (sscanf(text, "exit code %d: %n", &number, &sentence) != 1 || sentence == 0)
        number = EXIT_INTERNAL;
    *code = (enum exit_code)number;
    return memory_text(text + sentence);
}

void run_folder_forget_failure(const struct config *config, const char *case_id)
{
    char path[PATH_MAX];
    struct error ignored;

    if (run_folder_case_path(config, case_id, "/failed", path, &ignored) == 0)
        unlink(path);
}

struct journal *run_folder_open_journal(const struct config *config,
                                        const char *case_id, const char *identity,
                                        struct error *err)
{
    char path[PATH_MAX];

    if (run_folder_case_path(config, case_id, "", path, err) < 0 ||
        draft_make_folder(path, err) < 0 ||
        run_folder_case_path(config, case_id, "/journal", path, err) < 0)
        return NULL;
    return journal_open(path, identity, err);
}
