#include "coordinator/team_inside.h"

#include <stdlib.h>

const struct state *team_state(const struct team *team)
{
    return shard_state(team->shard);
}

/* All answers depend on it. */
void team_sign_state(struct team *team)
{
    team->state_signature = state_signature(team_state(team));
}

int team_put_state(struct team *team, const struct state *state, struct error *err)
{
    struct request request = {.kind = REQUEST_STATE};
    struct reply reply;
    size_t bytes;
    char *text;
    int status;

    if (state_is_equal(state, team_state(team)))
        return 0;
    text = state_text(state, &bytes);
    request.payload_bytes = bytes + 1; /* with the zero */
    status = team_ask(team, &request, text, &reply, err);
    team_sign_state(team);
    reply_clear(&reply);
    free(text);
    return status;
}

int team_restore(struct team *team, struct error *err)
{
    struct state state = state_copy(team_state(team));
    int status;

    state_drop(&state, STATE_STATISTICS);
    state_drop(&state, STATE_BIAS_SHIFT);
    status = team_put_state(team, &state, err);
    state_clear(&state);
    return status;
}
