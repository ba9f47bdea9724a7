#include "core/format/journal_summary.h"

#include "core/evaluate/score.h"
#include "core/format/journal.h"
#include "core/format/journal_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 50 };

static void add_score(struct journal_summary *summary, double recent[RECENT],
                      double seconds, const struct score *score)
{
    double loss = score_loss(score);

    recent[summary->evaluations++ % RECENT] = seconds;
    if (score->not_finite == 0 && !(loss >= summary->best_loss))
        summary->best_loss = loss;
}

static double rate_of(const double recent[RECENT], long evaluations)
{
    long count = evaluations < RECENT ? evaluations : RECENT;
    double seconds = 0;

    for (long i = 0; i < count; i++)
        seconds += recent[i];
    return seconds > 0 ? (double)count / seconds : NAN;
}

static void summarize(const char *image, size_t used, struct journal_summary *summary)
{
    size_t at = journal_file_first(image, used), bytes;
    double recent[RECENT];

    while ((bytes = journal_file_intact(image, used, at)) > 0) {
        struct journal_head head = journal_file_head(image, at);
        struct score score;

        summary->seconds += head.cost.seconds;
        if (head.kind == JOURNAL_DROPPED)
            recent[summary->evaluations++ % RECENT] = head.cost.seconds;
        if (head.kind == JOURNAL_SCORE && head.bytes == sizeof score) {
            memcpy(&score, image + at + sizeof head, sizeof score);
            add_score(summary, recent, head.cost.seconds, &score);
        }
        at += bytes;
    }
    summary->rate = rate_of(recent, summary->evaluations);
}

bool journal_summarize(const char *path, struct journal_summary *summary)
{
    struct error ignored;
    char *image;
    size_t used;
    bool is_there = journal_file_image(path, &image, &used, &ignored) == 0 &&
                    journal_file_is_whole(image, used);

    *summary = (struct journal_summary){.best_loss = NAN, .rate = NAN};
    if (is_there)
        summarize(image, used, summary);
    free(image);
    return is_there;
}
