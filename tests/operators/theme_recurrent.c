/* theme_recurrent.c - what steps through sequences. */
#include "tests/operators/themes.h"

/* What one node has. */
struct recurrent {
    const char *op;
    int gates, states; /* 2 of LSTM */
    int steps, features, hidden, directions;
};

static struct recurrent draw(struct trial *trial, const char *op, int gates)
{
    return (struct recurrent){
        .op = op,
        .gates = gates,
        .states = gates == 4 ? 2 : 1,
        .steps = trial_between(trial, 1, 7),
        .features = trial_between(trial, 1, 9),
        .hidden = trial_between(trial, 1, 9),
        .directions = trial_between(trial, 1, 2),
    };
}

static void say_weights(struct trial *trial, const struct recurrent *as)
{
    int rows = as->gates * as->hidden;
    const struct trial_shape w =
        trial_dims(3, (int[]){as->directions, rows, as->features});
    const struct trial_shape r =
        trial_dims(3, (int[]){as->directions, rows, as->hidden});
    const struct trial_shape b = trial_dims(2, (int[]){as->directions, 2 * rows});

    trial_floats_in(trial, "w", &w, -1, 1);
    trial_floats_in(trial, "r", &r, -1, 1);
    trial_floats_in(trial, "b", &b, -1, 1);
}

/* The same for every sample, which the file must say how many are. */
static void say_states(struct trial *trial, const struct recurrent *as)
{
    const char *const names[] = {"h", "c"};

    for (int state = 0; state < as->states; state++) {
        trial_say(trial, "floats %s %d,%d,%d =", names[state], as->directions,
                  trial->batch, as->hidden);
        for (int direction = 0; direction < as->directions; direction++) {
            double value = trial_real(trial, -1, 1);

            for (int i = 0; i < trial->batch * as->hidden; i++)
                trial_say(trial, " %.7g", value);
        }
        trial_say(trial, "\n");
    }
}

static void say_direction(struct trial *trial, const struct recurrent *as)
{
    if (as->directions == 2)
        trial_say(trial, " direction=bidirectional");
    else if (trial_is(trial, 40))
        trial_say(trial, " direction=reverse");
}

/* "node LSTM x w r b . h c p" */
static void say_node(struct trial *trial, const struct recurrent *as)
{
    bool has_bias = trial_is(trial, 70), has_states = trial->is_fixed;
    bool has_peepholes = as->states == 2 && trial_is(trial, 30);
    const struct trial_shape p = trial_dims(2, (int[]){as->directions, 3 * as->hidden});

    if (has_states)
        say_states(trial, as);
    if (has_peepholes)
        trial_floats_in(trial, "p", &p, -1, 1);
    trial_say(trial, "node %s steps w r %s", as->op, has_bias ? "b" : ".");
    if (has_states || has_peepholes)
        trial_say(trial, " . %s", has_states ? "h" : ".");
    if (as->states == 2 && (has_states || has_peepholes))
        trial_say(trial, " %s", has_states ? "c" : ".");
    trial_say(trial, "%s ->", has_peepholes ? " p" : "");
}

/* steps [steps, batch, features], as they are or turned. Where the file says how many samples there are,
 * or one step, it does not tell which dimension is the batch: calq takes the first. */
static void say_steps(struct trial *trial, const struct recurrent *as)
{
    const struct trial_shape steps =
        trial_dims(3, (int[]){as->steps, trial->batch, as->features});
    const struct trial_shape samples =
        trial_dims(3, (int[]){trial->batch, as->steps, as->features});

    if (!trial->is_fixed && as->steps > 1 && trial_is(trial, 60)) {
        trial_input_batch_at(trial, "steps", &steps, 1);
        return;
    }
    trial_input(trial, "x", &samples);
    trial_say(trial, "node Transpose x -> steps perm=1,0,2\n");
}

/* Y [steps, batch, directions, hidden] becomes [batch, ...], or Y_h does. */
static void make_recurrent(struct trial *trial, const struct recurrent *as,
                           const char *attributes)
{
    bool reads_all = trial_is(trial, 60);

    say_steps(trial, as);
    say_weights(trial, as);
    say_node(trial, as);
    trial_say(trial, reads_all ? " all" : " . last");
    trial_say(trial, " hidden_size=%d%s", as->hidden, attributes);
    say_direction(trial, as);
    if (trial_is(trial, 30))
        trial_say(trial, " clip=%.3f", trial_real(trial, 0.2, 1.5));
    trial_say(trial, reads_all ? "\nnode Transpose all -> y perm=2,0,1,3"
                               : "\nnode Transpose last -> y perm=1,0,2");
}

static void make_lstm(struct trial *trial)
{
    const struct recurrent as = draw(trial, "LSTM", 4);

    make_recurrent(trial, &as, "");
}

static void make_gru(struct trial *trial)
{
    const struct recurrent as = draw(trial, "GRU", 3);

    make_recurrent(trial, &as, trial_is(trial, 50) ? " linear_before_reset=1" : "");
}

static void make_rnn(struct trial *trial)
{
    const struct recurrent as = draw(trial, "RNN", 1);

    make_recurrent(trial, &as,
                   trial_is(trial, 60)  ? ""
                   : as.directions == 2 ? " activations=Relu,Relu"
                                        : " activations=Relu,");
}

const struct operator_trial recurrent_trials[] = {{"GRU", 7, make_gru},
                                                  {"LSTM", 7, make_lstm},
                                                  {"RNN", 7, make_rnn},
                                                  {NULL, 0, NULL}};
