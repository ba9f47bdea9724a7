#include "coordinator/team_inside.h"

#include "core/base/clock.h"

static int maxima_count(const struct team *team, int item)
{
    int tensor = team_placement(team)->items[item].index;

    return team_network(team)->tensors[tensor].channels + 1;
}

static int ask_maxima(struct team *team, int item, float *maxima, struct error *err)
{
    struct request request = {.kind = REQUEST_CHANNEL_MAXIMA,
                              .subject = item,
                              .moment_count = (size_t)maxima_count(team, item)};
    struct reply reply;
    int status = team_ask(team, &request, NULL, &reply, err);

    for (size_t i = 0; status == 0 && i < reply.maximum_count; i++)
        maxima[i] = (float)reply.maxima[i];
    reply_clear(&reply);
    return status;
}

int team_channel_maxima(struct team *team, int item, float *maxima, struct error *err)
{
    size_t bytes = (size_t)maxima_count(team, item) * sizeof *maxima;
    double seconds = -clock_seconds();
    struct hash128 key = {{0}};

    hash128_add(&key, &item, sizeof item);
    if (team_recall(team, JOURNAL_CHANNEL_MAXIMA, key, maxima, bytes))
        return 0;
    if (ask_maxima(team, item, maxima, err) < 0)
        return -1;
    seconds += clock_seconds();
    return team_keep(team, JOURNAL_CHANNEL_MAXIMA, key, maxima, bytes, seconds, err);
}
