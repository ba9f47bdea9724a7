#include "core/format/crate.h"

#include "core/base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "ro-crate-metadata.json"
#define WORKFLOW "config.yaml"
#define NO_LICENSE "#no-licence"
#define AUTHOR "#author"

static const struct profile {
    const char *id, *name, *version;
} profiles[] = {
    {"https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"},
    {"https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"},
    {"https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"},
};

enum { PROFILES = sizeof profiles / sizeof *profiles, ID_BYTES = 192 };

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *reference(const char *id)
{
    return json_pack("{s:s}", "@id", id);
}

static json_t *append(json_t *array, json_t *value)
{
    json_array_append_new(array, value);
    return array;
}

/* What is not in the crate has a name of its own: that of its hash. */
static const char *id_of(const struct crate_file *file, char id[ID_BYTES])
{
    snprintf(id, ID_BYTES, "%s%.*s", file->path ? "" : "#", ID_BYTES - 2,
             file->path ? file->path : file->hash);
    return id;
}

enum which { PARTS, INPUTS, RESULTS };

static bool is_of(const struct crate_file *file, enum which which)
{
    if (which == PARTS)
        return file->path;
    return file->is_input == (which == INPUTS);
}

static json_t *references(const struct crate *crate, enum which which, json_t *list)
{
    char id[ID_BYTES];

    for (int i = 0; i < crate->count; i++)
        if (is_of(&crate->files[i], which))
            list = append(list, reference(id_of(&crate->files[i], id)));
    return list;
}

/* NULL, which json_pack leaves out: nobody was named. */
static json_t *author_of(const struct crate *crate)
{
    return crate->author ? reference(AUTHOR) : NULL;
}

/* ---- entities -------------------------------------------------------------------------------- */

static json_t *descriptor(void)
{
    return json_pack("{s:s, s:s, s:o, s:[o, o]}", "@id", METADATA, "@type",
                     "CreativeWork", "about", reference("./"), "conformsTo",
                     reference("https://w3id.org/ro/crate/1.1"),
                     reference(profiles[PROFILES - 1].id));
}

static json_t *root(const struct crate *crate)
{
    json_t *conforms = json_array();

    for (int i = 0; i < PROFILES; i++)
        conforms = append(conforms, reference(profiles[i].id));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:o*, s:o, s:o, s:o, s:o}", "@id", "./",
        "@type", "Dataset", "name", crate->name, "description",
        "A run of calq, which calibrates the quantization of neural networks: its "
        "configuration, its networks and what it has found",
        "datePublished", crate->ended, "license",
        reference(crate->license ? crate->license : NO_LICENSE), "author",
        author_of(crate), "conformsTo", conforms, "mainEntity", reference(WORKFLOW),
        "mentions", reference("#run"), "hasPart",
        references(crate, PARTS, json_pack("[o]", reference(WORKFLOW))));
}

static json_t *license(const struct crate *crate)
{
    if (crate->license)
        return json_pack("{s:s, s:s, s:s, s:s}", "@id", crate->license, "@type",
                         "CreativeWork", "name", crate->license, "description",
                         "How this crate may be used: see there");
    return json_pack("{s:s, s:s, s:s, s:s}", "@id", NO_LICENSE, "@type", "CreativeWork",
                     "name", "No licence was given", "description",
                     "Whoever packed this run has not said how it may be used");
}

static json_t *author(const struct crate *crate)
{
    return json_pack("{s:s, s:s, s:s}", "@id", AUTHOR, "@type", "Person", "name",
                     crate->author);
}

static json_t *profile(const struct profile *profile)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "@id", profile->id, "@type",
                     "CreativeWork", "name", profile->name, "version",
                     profile->version);
}

static json_t *workflow(const struct crate *crate)
{
    return json_pack("{s:s, s:[s, s, s], s:s, s:s, s:s, s:o, s:o}", "@id", WORKFLOW,
                     "@type", "File", "SoftwareSourceCode", "ComputationalWorkflow",
                     "name", "The configuration, with every setting as it was",
                     "version", crate->workflow, "encodingFormat", "application/yaml",
                     "programmingLanguage", reference("#calq-configuration"),
                     "softwareRequirements", reference("#calq"));
}

static json_t *language(void)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "@id", "#calq-configuration", "@type",
                     "ComputerLanguage", "name", "calq configuration", "description",
                     "YAML, with the settings that `calq help settings` explains");
}

static json_t *program(const struct crate *crate)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "@id", "#calq", "@type",
                     "SoftwareApplication", "name", "calq", "softwareVersion",
                     crate->version ? crate->version : "not known");
}

static json_t *action(const struct crate *crate)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o*, s:s, s:s, s:o, s:o}", "@id",
                     "#run", "@type", "CreateAction", "name", "calq run", "description",
                     "calq run config.yaml", "instrument", reference(WORKFLOW), "agent",
                     author_of(crate), "endTime", crate->ended, "actionStatus",
                     crate->failed ? "http://schema.org/FailedActionStatus"
                                   : "http://schema.org/CompletedActionStatus",
                     "object", references(crate, INPUTS, json_array()), "result",
                     references(crate, RESULTS, json_array()));
}

static json_t *file_entity(const struct crate_file *file)
{
    char id[ID_BYTES], bytes[24];

    snprintf(bytes, sizeof bytes, "%lld", file->bytes);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*}", "@id", id_of(file, id),
                     "@type", file->path ? "File" : "CreativeWork", "name", file->name,
                     "encodingFormat", file->format, "contentSize", bytes,
                     "alternateName", file->original, "identifier", file->hash);
}

/* Files that several models have are told once. */
static bool is_first(const struct crate *crate, int index)
{
    char id[ID_BYTES], before[ID_BYTES];

    id_of(&crate->files[index], id);
    for (int i = 0; i < index; i++)
        if (strcmp(id_of(&crate->files[i], before), id) == 0)
            return false;
    return true;
}

static json_t *graph(const struct crate *crate)
{
    json_t *list =
        json_pack("[o, o, o, o, o, o, o]", descriptor(), root(crate), license(crate),
                  workflow(crate), language(), program(crate), action(crate));

    if (crate->author)
        list = append(list, author(crate));
    for (int i = 0; i < PROFILES; i++)
        list = append(list, profile(&profiles[i]));
    for (int i = 0; i < crate->count; i++)
        if (is_first(crate, i))
            list = append(list, file_entity(&crate->files[i]));
    return list;
}

static bool is_text(const char *text)
{
    return !text || text_is_printable(text);
}

/* Whether all that comes from outside can be written. */
static bool are_texts(const struct crate *crate)
{
    bool are =
        is_text(crate->name) && is_text(crate->license) && is_text(crate->author);

    for (int i = 0; i < crate->count; i++)
        are = are && is_text(crate->files[i].original) && is_text(crate->files[i].path);
    return are;
}

static int write_whole(const struct crate *crate, FILE *file, struct error *err)
{
    json_t *whole = json_pack(
        "{s:[s, s], s:o}", "@context", "https://w3id.org/ro/crate/1.1/context",
        "https://w3id.org/ro/terms/workflow-run/context", "@graph", graph(crate));
    bool is_written =
        json_dumpf(whole, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;

    json_decref(whole);
    return is_written ? 0 : error_set(err, EXIT_MACHINE, "cannot write " METADATA);
}

int crate_write(const struct crate *crate, FILE *file, struct error *err)
{
    if (are_texts(crate))
        return write_whole(crate, file, err);
    return error_set(
        err, EXIT_INPUT,
        "a path or a name of the run, or --author, is not UTF-8, which " METADATA
        " has to be; rename it and run again");
}
