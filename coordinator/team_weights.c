#include "coordinator/team_inside.h"

#include "core/base/clock.h"
#include "core/evaluate/product_means.h"

static int channels_of(const struct team *team, int layer)
{
    return team_network(team)->layers[layer].weights->outputs;
}

static int ask_means(struct team *team, int layer, const struct choice *choices,
                     double *means, struct error *err)
{
    int channels = channels_of(team, layer);
    struct request request = {
        .kind = REQUEST_PRODUCT_MEANS,
        .subject = layer,
        .candidate_count = choices ? 1 : 0,
        .payload_bytes = team_choice_bytes(team, choices),
        .moment_count = product_means_count(channels),
    };
    struct reply reply;
    int status = team_ask(team, &request, choices, &reply, err);

    if (status == 0)
        product_means_of(reply.sums, channels, means);
    reply_clear(&reply);
    return status;
}

int team_product_means(struct team *team, int layer, const struct choice *choices,
                       double *means, struct error *err)
{
    size_t bytes = (size_t)channels_of(team, layer) * sizeof *means;
    double seconds = -clock_seconds();
    struct hash128 key = {{0}};

    hash128_add(&key, &layer, sizeof layer);
    if (choices)
        hash128_add(&key, choices, team_choice_bytes(team, choices));
    if (team_recall(team, JOURNAL_PRODUCT_MEANS, key, means, bytes))
        return 0;
    if (ask_means(team, layer, choices, means, err) < 0)
        return -1;
    seconds += clock_seconds();
    return team_keep(team, JOURNAL_PRODUCT_MEANS, key, means, bytes, seconds, err);
}

int team_check_splits(struct team *team, const struct choice *choices,
                      struct error *err)
{
    struct request request = {.kind = REQUEST_CHECK_SPLITS,
                              .candidate_count = 1,
                              .payload_bytes = team_choice_bytes(team, choices)};
    struct reply reply;
    int status = team_ask(team, &request, choices, &reply, err);

    reply_clear(&reply);
    return status;
}
