#include "coordinator/rank_cost.h"

#include <math.h>

/* Where there is nobody to measure it with: a message through the network of a cluster, with what MPI adds. */
static const double MESSAGE_ASSUMED = 5e-6;

/* From the root of a binomial tree to its last leaf, and of ranks that exchange with one after the
 * other. */
static int tree_depth(int ranks)
{
    int depth = 0;

    while (depth < 30 && 1 << depth < ranks)
        depth++;
    return depth;
}

/* One after the other: down for the request, and as many for the merged reply. */
static int messages_of(int ranks)
{
    return 2 * tree_depth(ranks);
}

struct rank_cost_facts rank_cost_facts_of(size_t blocks,
                                          const struct block_times *times, int ranks,
                                          double question_seconds)
{
    struct rank_cost_facts facts = {
        .blocks = blocks,
        .block_seconds = block_times_mean(times),
        .block_spread = block_times_spread(times),
        .weight_seconds = fmax(0, times->first - block_times_mean(times)),
        .question_seconds = question_seconds,
        .message_seconds = MESSAGE_ASSUMED,
    };

    if (ranks > 1) {
        facts.message_is_measured = true;
        facts.message_seconds = question_seconds / messages_of(ranks);
        facts.question_seconds = 0; /* is among the messages */
    }
    return facts;
}

/* The mean of the largest of `count` normal numbers of mean 0 and deviation 1. Source: Blom, Statistical
 * Estimates and Transformed Beta-Variables, 1958: the quantile at (count - 3/8) / (count + 1/4); the quantile of
 * Abramowitz and Stegun, 26.2.23. */
static double largest_of(int count)
{
    double beyond = 1 - (count - 0.375) / (count + 0.25);
    double t;

    if (count < 2)
        return 0;
    t = sqrt(-2 * log(beyond));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

struct rank_cost rank_cost(const struct rank_cost_facts *facts, int ranks)
{
    size_t count = (size_t)ranks;
    int busy = count < facts->blocks ? ranks : (int)facts->blocks;
    struct rank_cost cost = {.blocks = (facts->blocks + count - 1) / count};

    cost.work = (double)cost.blocks * facts->block_seconds + facts->weight_seconds;
    cost.skew = facts->block_spread * sqrt((double)cost.blocks) * largest_of(busy);
    cost.messages =
        facts->question_seconds + messages_of(ranks) * facts->message_seconds;
    cost.seconds = cost.work + cost.skew + cost.messages;
    return cost;
}

double rank_cost_of_batches(const struct rank_cost_facts *facts,
                            const struct rank_cost_batches *batches, int ranks)
{
    struct rank_cost one = rank_cost(facts, ranks);
    double count = (double)batches->batches;
    double spread =
        one.skew * sqrt(batches->evaluations / fmax(count, 1)); /* of a batch */

    return batches->evaluations * (double)one.blocks * facts->block_seconds +
           batches->weights * facts->weight_seconds + count * (spread + one.messages);
}

/* ---- telling -------------------------------------------------------------------------------- */

static void tell(const struct rank_cost_facts *facts, int ranks, FILE *out)
{
    struct rank_cost cost = rank_cost(facts, ranks);
    double alone = rank_cost(facts, 1).seconds;

    fprintf(out, "%8d %7zu %10.5f %10.5f %10.5f %10.5f %8.2f x\n", ranks, cost.blocks,
            cost.work, cost.skew, cost.messages, cost.seconds, alone / cost.seconds);
}

void rank_cost_tell(const struct rank_cost_facts *facts, int at_hand,
                    const struct rank_counts *asked, FILE *out)
{
    fprintf(out, "%8s %7s %10s %10s %10s %10s %10s\n", "ranks", "blocks", "work s",
            "skew s", "messages s", "seconds", "speed-up");
    tell(facts, 1, out);
    if (at_hand > 1)
        tell(facts, at_hand, out);
    for (int i = 0; i < asked->count; i++)
        tell(facts, asked->list[i], out);
    fprintf(out,
            "a block takes %.3f ms (standard deviation %.3f), codes of all weights "
            "%.3f ms, a message %.1f us (%s)\n",
            1e3 * facts->block_seconds, 1e3 * facts->block_spread,
            1e3 * facts->weight_seconds, 1e6 * facts->message_seconds,
            facts->message_is_measured ? "measured"
                                       : "assumed: one rank has nobody to talk to");
}

static void tell_batches(const struct rank_cost_facts *facts,
                         const struct rank_cost_batches *batches, int ranks, FILE *out)
{
    double alone = rank_cost_of_batches(facts, batches, 1);
    double seconds = rank_cost_of_batches(facts, batches, ranks);

    fprintf(out, "%8d %10.2f %10.2f x\n", ranks, seconds, alone / seconds);
}

void rank_cost_tell_batches(const struct rank_cost_facts *facts,
                            const struct rank_cost_batches *batches, int at_hand,
                            const struct rank_counts *asked, FILE *out)
{
    fprintf(out, "%ld %s in %ld batches, as much work as %.0f such evaluations\n",
            batches->candidates, batches->what, batches->batches, batches->evaluations);
    fprintf(out, "%8s %10s %10s\n", "ranks", "seconds", "speed-up");
    tell_batches(facts, batches, 1, out);
    if (at_hand > 1)
        tell_batches(facts, batches, at_hand, out);
    for (int i = 0; i < asked->count; i++)
        tell_batches(facts, batches, asked->list[i], out);
}
