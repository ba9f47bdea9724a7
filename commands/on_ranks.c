#include "commands/on_ranks.h"

#include "coordinator/named_settings.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/format/hdf5_reader.h"
#include "link/link.h"
#include "worker/worker.h"

#include <string.h>

int overrides_add(const char *name, const char *text, void *place, struct error *err)
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

/* ---- all ranks are asked for the same --------------------------------------------------------- */

/* A hash of what was asked for. Paths may differ by their environment variables: a node may keep
 * its own copy of the data. */
static int hash_request(const struct asked *asked, uint64_t *hash, struct error *err)
{
    char text[HASH_TEXT_BYTES];

    if (hash_file(asked->config, text, err) < 0)
        return -1;
    *hash = hash_bytes(text, sizeof text - 1, 0);
    *hash = hash_bytes(asked->more, asked->more_bytes, *hash);
    for (int i = 0; i < asked->overrides->count; i++)
        *hash = hash_bytes(asked->overrides->list[i], strlen(asked->overrides->list[i]),
                           *hash);
    return 0;
}

/* All ranks must have been asked for the same. */
static int compare_with_coordinator(const struct asked *asked, struct error *err)
{
    uint64_t own = 0, first;
    struct error told;
    int status = hash_request(asked, &own, err);

    first = own;
    if (link_broadcast(&first, sizeof first, status == 0 ? err : &told) < 0)
        return -1;
    if (status == 0 && own != first)
        status =
            error_set(err, EXIT_CONFIG,
                      "%s, --set or --part is not what the coordinating rank has read",
                      asked->config);
    return status;
}

static int read_config(const struct asked *asked, struct config *config,
                       struct error *err)
{
    int status = config_read(asked->config, asked->overrides->list,
                             asked->overrides->count, &named_settings, config, err);

    if (link_agree(status, err) < 0)
        return -1;
    link_give_up_after(config->stuck_after);
    return link_agree(compare_with_coordinator(asked, err), err);
}

/* ---- the work ----------------------------------------------------------------------------- */

static int coordinate(const struct asked *asked, const struct config *config,
                      const struct cases *cases, struct error *err)
{
    struct team *team = team_create(config, cases);
    int status = asked->coordinate(asked->context, config, cases, team, err);

    team_destroy(team);
    return status;
}

static int run_in_teams(const struct asked *asked, const struct config *config,
                        const struct cases *cases, struct error *err)
{
    struct error broken;
    int status;

    if (link_split(config->ranks_per_case, err) < 0)
        return -1;
    status = link_coordinates() ? coordinate(asked, config, cases, err)
                                : worker_answer(config, cases, err);
    return link_join(status == 0 ? err : &broken) < 0 ? -1 : status;
}

static int run_on_ranks(const struct asked *asked, struct error *err)
{
    struct config config = {0};
    struct cases cases = {0};
    int status = read_config(asked, &config, err);

    if (status == 0)
        status = cases_init(&cases, &config, err);
    if (status == 0)
        status = run_in_teams(asked, &config, &cases, err);
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

void on_ranks_begin(void)
{
    interrupt_catch();
    hdf5_reader_stand_apart();
    link_open();
}

int on_ranks_run(const struct asked *asked, int status, struct error *err)
{
    status = link_agree(status, err);
    if (status == 0)
        status = run_on_ranks(asked, err);
    status = share_code(status == 0 ? EXIT_DONE : (int)err->code, err);
    /* The first rank speaks for all, unless one is given up. main.c closes the link when
     * it has spoken. */
    if (!link_is_first() && !link_is_broken())
        err->text[0] = '\0';
    return status;
}
