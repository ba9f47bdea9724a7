#include "commands/command.h"

#include "commands/opened_run.h"
#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/format/crate.h"
#include "core/onnx/onnx_external.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *run, *output, *license, *author;
    bool with_data;
};

/* What goes into the crate, with where it comes from. */
struct packing {
    const struct options *options;
    struct opened_run run;
    struct crate crate;
    struct crate_file *files; /* [crate.count] owned, as are their texts */
    time_t ended;             /* when the last result was written */
    char workflow[HASH_TEXT_BYTES];
};

/* ---- copying ---------------------------------------------------------------------------------- */

static int copy_bytes(FILE *from, FILE *to)
{
    char bytes[1 << 16];
    size_t count;

    while ((count = fread(bytes, 1, sizeof bytes, from)) > 0)
        if (fwrite(bytes, 1, count, to) != count)
            return -1;
    return ferror(from) ? -1 : 0;
}

/* Makes the folder that a file is to be in. */
static int make_folder_of(const char *path, struct error *err)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    return draft_make_folder(folder, err);
}

static int copy_file(const char *from, const char *to, struct error *err)
{
    FILE *source = fopen(from, "rb"), *copy = NULL;
    int status = 0;

    if (!source)
        return error_set(err, EXIT_INPUT, "cannot open %.500s: %s", from,
                         strerror(errno));
    if (make_folder_of(to, err) == 0)
        copy = draft_open(to, err);
    if (copy && copy_bytes(source, copy) < 0)
        status = error_set(err, EXIT_MACHINE, "cannot copy %.500s to %.500s: %s", from,
                           to, strerror(errno));
    fclose(source);
    return copy ? draft_close(copy, to, status, err) : -1;
}

/* ---- files ------------------------------------------------------------------------------------ */

/* Adds a file; `path` in the crate is NULL where it stays outside. */
static void add_file(struct packing *packing, struct crate_file file)
{
    size_t count = (size_t)packing->crate.count + 1;

    packing->files = memory_resize(packing->files, count * sizeof file);
    file.path = file.path ? memory_text(file.path) : NULL;
    file.name = memory_text(file.name);
    file.original = file.original ? memory_text(file.original) : NULL;
    file.hash = file.hash ? memory_text(file.hash) : NULL;
    packing->files[count - 1] = file;
    packing->crate.files = packing->files;
    packing->crate.count = (int)count;
}

/* Where the run has read it, or in the crate. */
static int path_of(const char *folder, const char *name, char path[PATH_MAX],
                   struct error *err)
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        return 0;
    return error_set(err, EXIT_USAGE, "the path %.500s/%.500s is too long", folder,
                     name);
}

static int copy_from_run(struct packing *packing, const char *name, struct stat *found,
                         struct error *err)
{
    char from[PATH_MAX], to[PATH_MAX];

    if (path_of(packing->run.folder.run, name, from, err) < 0 ||
        path_of(packing->options->output, name, to, err) < 0 ||
        copy_file(from, to, err) < 0)
        return -1;
    if (stat(from, found) < 0)
        return error_set(err, EXIT_INPUT, "cannot open %.500s: %s", from,
                         strerror(errno));
    return 0;
}

static int add_result(struct packing *packing, const char *file, const char *what,
                      const char *format, struct error *err)
{
    struct stat found;

    if (copy_from_run(packing, file, &found, err) < 0)
        return -1;
    if (found.st_mtime > packing->ended)
        packing->ended = found.st_mtime;
    add_file(packing, (struct crate_file){.path = file,
                                          .name = what,
                                          .format = format,
                                          .bytes = (long long)found.st_size});
    return 0;
}

static int add_case(struct packing *packing, int index, struct error *err)
{
    const char *id = packing->run.cases.list[index].id;
    const struct result *result = &packing->run.ledger.each[index].result;
    char file[NAME_MAX + 32], what[NAME_MAX + 64];

    packing->crate.version = result->provenance.calq;
    snprintf(file, sizeof file, "cases/%s/result.json", id);
    snprintf(what, sizeof what, "What was found of %s: steps, losses, metrics", id);
    if (add_result(packing, file, what, "application/json", err) < 0)
        return -1;
    if (!*result->state_checksum)
        return 0;
    snprintf(file, sizeof file, "cases/%s/state", id);
    snprintf(what, sizeof what, "What %s needs beside the network", id);
    return add_result(packing, file, what, "text/plain", err);
}

/* A file that the run has read: copied, or only named. */
static int add_input(struct packing *packing, const char *original, const char *name,
                     const char *what, const char *format, bool is_copied,
                     struct error *err)
{
    char to[PATH_MAX], hash[HASH_TEXT_BYTES];
    struct stat found;

    if (stat(original, &found) < 0)
        return error_set(err, EXIT_INPUT,
                         "cannot open %.500s, which the run has read: %s; call calq in "
                         "the folder where the run was started",
                         original, strerror(errno));
    if (hash_file(original, hash, err) < 0 ||
        path_of(packing->options->output, name, to, err) < 0 ||
        (is_copied && copy_file(original, to, err) < 0))
        return -1;
    add_file(packing, (struct crate_file){.path = is_copied ? name : NULL,
                                          .name = what,
                                          .original = original,
                                          .format = format,
                                          .hash = hash,
                                          .bytes = (long long)found.st_size,
                                          .is_input = true});
    return 0;
}

/* A network whose values are in several files stays where it is. */
static int add_network(struct packing *packing, const struct config_model *model,
                       struct error *err)
{
    char name[NAME_MAX + 32], hash[HASH_TEXT_BYTES], whole[HASH_TEXT_BYTES];

    if (hash_file(model->network, hash, err) < 0 ||
        onnx_external_hash(model->network, whole, err) < 0)
        return -1;
    snprintf(name, sizeof name, "inputs/%s.onnx", model->name);
    return add_input(packing, model->network, name, "The network in float (ONNX)",
                     "application/octet-stream", strcmp(hash, whole) == 0, err);
}

static int add_data(struct packing *packing, const struct config_model *model,
                    const char *file, const char *kind, struct error *err)
{
    char name[NAME_MAX + 32], what[64];

    if (!file)
        return 0;
    snprintf(name, sizeof name, "inputs/%s-%s.h5", model->name, kind);
    snprintf(what, sizeof what, "Samples for %s (HDF5)", kind);
    return add_input(packing, file, name, what, "application/x-hdf5",
                     packing->options->with_data, err);
}

static int add_model(struct packing *packing, const struct config_model *model,
                     struct error *err)
{
    if (add_network(packing, model, err) < 0 ||
        add_data(packing, model, model->calibration.file, "calibration", err) < 0)
        return -1;
    return add_data(packing, model, model->validation.file, "validation", err);
}

/* ---- the crate -------------------------------------------------------------------------------- */

static int add_all(struct packing *packing, struct error *err)
{
    const struct opened_run *run = &packing->run;
    struct stat found;
    int done = 0;

    for (int i = 0; i < run->cases.count; i++)
        if (run->ledger.each[i].state == LEDGER_DONE) {
            done++;
            if (add_case(packing, i, err) < 0)
                return -1;
        }
    if (done == 0)
        return error_set(err, EXIT_USAGE,
                         "no case is done in %.500s; see `calq status`",
                         packing->options->run);
    for (int i = 0; i < run->config->model_count; i++)
        if (add_model(packing, &run->config->models[i], err) < 0)
            return -1;
    if (copy_from_run(packing, "config.yaml", &found, err) < 0)
        return -1;
    return add_result(packing, "results.csv", "A row for each case", "text/csv", err);
}

static int hash_workflow(struct packing *packing, struct error *err)
{
    char path[PATH_MAX];

    packing->crate.workflow = packing->workflow;
    if (path_of(packing->options->output, "config.yaml", path, err) < 0)
        return -1;
    return hash_file(path, packing->workflow, err);
}

static int write_metadata(struct packing *packing, struct error *err)
{
    char path[PATH_MAX], ended[32];
    struct tm utc;
    FILE *file;
    int status;

    strftime(ended, sizeof ended, "%Y-%m-%dT%H:%M:%S+00:00",
             gmtime_r(&packing->ended, &utc));
    packing->crate.ended = ended;
    if (path_of(packing->options->output, "ro-crate-metadata.json", path, err) < 0)
        return -1;
    file = draft_open(path, err);
    if (!file)
        return -1;
    status = crate_write(&packing->crate, file, err);
    return draft_close(file, path, status, err);
}

static int pack(struct packing *packing, struct error *err)
{
    const struct options *options = packing->options;

    if (access(options->output, F_OK) == 0)
        return error_set(
            err, EXIT_USAGE,
            "%.500s is there already; a crate is a folder of its own: name "
            "another one, or remove it",
            options->output);
    if (opened_run_open(&packing->run, options->run, err) < 0)
        return -1;
    ledger_look(&packing->run.ledger);
    packing->crate.name = packing->run.config->name;
    packing->crate.license = options->license;
    packing->crate.failed = ledger_count(&packing->run.ledger, LEDGER_FAILED) > 0;
    packing->crate.author = options->author;
    if (add_all(packing, err) < 0 || hash_workflow(packing, err) < 0)
        return -1;
    return write_metadata(packing, err);
}

static void clear(struct packing *packing)
{
    if (packing->run.config)
        opened_run_close(&packing->run);
    for (int i = 0; i < packing->crate.count; i++) {
        free((char *)packing->files[i].path);
        free((char *)packing->files[i].name);
        free((char *)packing->files[i].original);
        free((char *)packing->files[i].hash);
    }
    free(packing->files);
}

/* ---- the command ------------------------------------------------------------------------------ */

static const struct option rows[] = {
    {"-o", "DIR", offsetof(struct options, output), "the folder to be made", "a folder",
     NULL},
    {"--data", NULL, offsetof(struct options, with_data),
     "copy the files of samples, too; otherwise they are named with their hashes", NULL,
     NULL},
    {"--license", "URL", offsetof(struct options, license),
     "how the crate may be used, e.g. https://spdx.org/licenses/CC-BY-4.0", "a URL",
     NULL},
    {"--author", "NAME", offsetof(struct options, author),
     "who has run it; profiles ask for it, and archives show it", "a name", NULL},
};

static const struct option_table crate_options = {"crate", "run directory",
                                                  offsetof(struct options, run), rows,
                                                  sizeof rows / sizeof *rows};

static int check_license(const char *license, struct error *err)
{
    if (!license || strstr(license, "://"))
        return 0;
    return error_set(err, EXIT_USAGE,
                     "--license takes the URL of a licence, not %.100s; e.g. "
                     "https://spdx.org/licenses/%.100s",
                     license, license);
}

static int crate(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    struct packing packing = {.options = &options};
    int status;

    if (option_read_all(&crate_options, count, arguments, &options, err) < 0)
        return (int)err->code;
    if (!options.run || !options.output) {
        error_set(err, EXIT_USAGE,
                  "which run directory, and into which folder? e.g. calq crate "
                  "runs/glyphs -o glyphs-crate");
        return EXIT_USAGE;
    }
    status = check_license(options.license, err) < 0 ? -1 : pack(&packing, err);
    if (status == 0)
        printf("%s: %d files and ro-crate-metadata.json\n", options.output,
               packing.crate.count);
    clear(&packing);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command crate_command = {
    "crate",
    "RUN -o DIR [options]",
    "pack a run directory as a Workflow Run RO-Crate, to be archived or published",
    &crate_options,
    "The folder holds the configuration, the networks, what was found of each case "
    "that is "
    "done,\n"
    "and ro-crate-metadata.json, which tells how they belong together (RO-Crate 1.1, "
    "Workflow\n"
    "Run Crate 0.5). Call it where the run was started: paths of networks and data are "
    "taken\n"
    "from there.\n",
    crate};
