/* team.h - the ranks that work on one case together, as seen from the one that coordinates. */
#ifndef COORDINATOR_TEAM_H
#define COORDINATOR_TEAM_H

#include "core/case/effective_data.h"
#include "core/case/shard.h"
#include "core/format/journal.h"

struct team; /* the coordinating rank's own shard, and the link to the others */

struct team *team_create(const struct config *config, const struct cases *cases);

/* Tells the workers to stop. Takes NULL. */
void team_destroy(struct team *team);

/* What asks the ranks fails with the sentence of the first rank that failed, and with EXIT_STOPPED once
 * the run is to stop (link_check_stop()): then nothing is asked any more, and what takes long is cut. */

struct team_case {
    size_t calibration_samples; /* that the search sees */
    size_t check_samples;       /* that it does not; 0: none */
    size_t validation_samples;  /* 0: none */
};
int team_open(struct team *team, int index, struct team_case *opened,
              struct error *err);

/* Opens the open case anew, with some of its calibration samples, or all again: network and placement are others, in
 * force is what is when a case is opened, and the journal goes on. */
int team_draw(struct team *team, struct sample_draw draw, struct team_case *opened,
              struct error *err);

/* Scores, moments, and what team_keep() is given, go to the journal of the open case; what is in it is
 * not asked again. Borrowed until the next case is opened; NULL, as after opening: there is none.
 */
void team_use_journal(struct team *team, struct journal *journal);

/* Seconds that the open case has taken, with those that the answers of earlier runs took. */
double team_seconds(const struct team *team);

/* CPU seconds that it has taken: of this rank since it was opened, of the others for their answers, and
 * those of earlier runs until the last answer of theirs that was used. */
double team_cpu_seconds(const struct team *team);

/* What scoring its candidates took, with what that of earlier runs took. A candidate whose score is in the
 * journal since this run found it counts as avoided. */
struct executor_counters team_scores(const struct team *team);

/* Answers of earlier runs that were used since the case was opened; each counts once. */
long team_replayed(const struct team *team);

/* An answer that the coordinator found itself, by the hash of all it depends on but the state in force,
 * which is added: looks it up, or adds it, with the seconds it took. */
bool team_recall(struct team *team, enum journal_kind kind, struct hash128 key,
                 void *answer, size_t bytes);
int team_keep(struct team *team, enum journal_kind kind, struct hash128 key,
              const void *answer, size_t bytes, double seconds, struct error *err);

/* How long this rank's layers and blocks took, see shard.h. */
void team_time_blocks(struct team *team);
struct shard_times team_take_times(struct team *team);

/* Seconds that an empty question to the ranks takes: the median of some. A case is open. */
int team_time_question(struct team *team, double *seconds, struct error *err);

/* Counts the validation samples whose content is among the calibration samples; `first` is the
 * index in the validation file of the first one. */
int team_count_overlapping(struct team *team, size_t *count, size_t *first,
                           struct error *err);

/* Scores candidates [count, placement count] on all calibration samples that the search sees, on
 * those held out, or, by cross entropy, on all validation samples; choices == NULL with count 1:
 * the float network. scores [count] out. */
int team_score(struct team *team, const struct choice *choices, int count,
               struct score *scores, struct error *err);
int team_check(struct team *team, const struct choice *choices, int count,
               struct score *scores, struct error *err);
int team_validate(struct team *team, const struct choice *choices, int count,
                  struct score *scores, struct error *err);

/* Scores candidates that are to beat a rival: first on every 2^halvings-th block, then on as many as before
 * (turn.h). One is dropped when it is worse than the rival by more than `errors` standard errors (paired.h), or
 * has logits that are not finite: what it would be on all samples, nobody needs to know. Neither ranks nor
 * memory decide what is dropped. Who was dropped beside this rival is so again; of others a score in the journal is the answer. */
struct contest {
    const struct choice *rival; /* [placement count] whose loss is finite */
    int halvings;               /* 1..TURN_HALVINGS_MOST */
    double errors;
};
struct contested {
    struct score score; /* on all samples, of one that was not dropped */
    struct journal_dropped dropped;
};
int team_contest(struct team *team, const struct contest *contest,
                 const struct choice *choices, int count, struct contested *answers,
                 struct error *err);

/* Takes measures [count] of the float network in one go, or one measure under choices, see
 * evaluator_measure(). `answers` [count] point to where each goes, of the type that its kind tells. Values
 * of a range that are not finite are an error (EXIT_INPUT) that names the tensor. */
int team_measure(struct team *team, const struct measure *measures, int count,
                 const struct choice *choices, void *const *answers, struct error *err);

/* What is in force beside the file, on all ranks; borrowed until that changes. */
const struct state *team_state(const struct team *team);

/* Puts a state in force for all that follows, in place of what was; ratios of channels that it lacks are
 * found, see case_state.h. Asks nobody where it is in force already. */
int team_put_state(struct team *team, const struct state *state, struct error *err);

/* Takes statistics and bias shifts out of force. */
int team_restore(struct team *team, struct error *err);

/* Holds folded codes of split channels against the split layers under the choices, see
 * evaluator_check_splits(). */
int team_check_splits(struct team *team, const struct choice *choices,
                      struct error *err);

/* What the open case's network is given, see effective_data.h: asks nobody but this rank. */
int team_effective_data(struct team *team, struct effective_data *data,
                        struct error *err);

/* Of the open case; borrowed. */
const struct network *team_network(const struct team *team);
const struct placement *team_placement(const struct team *team);
const struct kernel_set *team_kernels(const struct team *team);

/* The kind of CPU of this rank, with " and others" where another rank of the open case has another; borrowed. */
const char *team_cpus(const struct team *team);

#endif
