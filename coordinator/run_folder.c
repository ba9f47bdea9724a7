#include "coordinator/run_folder.h"

#include "core/base/draft.h"
#include "core/base/lock.h"
#include "core/base/memory.h"
#include "link/link.h"

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

int run_folder_open_for_all(const struct config *config, struct cases_part part,
                            FILE *log, struct run_folder_lock *lock, struct error *err)
{
    int status = 0;

    *lock = (struct run_folder_lock){-1, -1};
    if (link_is_first())
        status = run_folder_open(config, part, lock, err);
    if (status == 1)
        fprintf(log, "%s: the file system knows no locks; start only one calq here\n",
                config->out);
    return link_agree_all_teams(status < 0 ? -1 : 0, err);
}

void run_folder_close(struct run_folder_lock *lock)
{
    lock_release(lock->part);
    lock_release(lock->run);
}

int run_folder_lock_files(const struct config *config, struct cases_part part,
                          int *lock, struct error *err)
{
    char path[PATH_MAX];

    *lock = -1;
    if (part.count == 1)
        return 0;
    if (run_folder_path(config, "lock.files", path, err) < 0)
        return -1;
    return lock_wait(path, lock, err);
}

/* ---- config.yaml -------------------------------------------------------------------------- */

int run_folder_compare_names(const struct config *config, struct error *err)
{
    char path[PATH_MAX];
    struct config *written = memory_zeroed(1, sizeof *written);
    struct error ignored;
    int status = run_folder_path(config, "config.yaml", path, err);

    if (status == 0 && access(path, F_OK) == 0 &&
        config_read(path, NULL, 0, config->named, written, &ignored) == 0 &&
        strcmp(written->name, config->name) != 0)
        status = error_set(err, EXIT_CONFIG,
                           "%s was written with `name: %s`, this run has `name: %s`; "
                           "choose another `out`, or remove %s",
                           path, written->name, config->name, config->out);
    config_clear(written);
    free(written);
    return status;
}

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
    int lock, status = run_folder_lock_files(config, part, &lock, err);

    if (status >= 0)
        status = write_config(config, err);
    lock_release(lock);
    return status;
}

/* ---- of a case ------------------------------------------------------------------------------ */

int run_folder_write_failure(const struct config *config, const char *case_id,
                             enum exit_code code, const char *sentence,
                             struct error *err)
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
    fprintf(file, "exit code %d: %s\n", code, sentence);
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
