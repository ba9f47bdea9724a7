/* journal_summary.h - how far the search of a case is, as its journal tells whoever looks at it. */
#ifndef CORE_FORMAT_JOURNAL_SUMMARY_H
#define CORE_FORMAT_JOURNAL_SUMMARY_H

#include <stdbool.h>

struct journal_summary {
    long evaluations; /* of the quantized network */
    double best_loss; /* NaN: there is none yet */
    double seconds;   /* that all answers took */
    double rate;      /* evaluations a second, of the last ones; NaN: there is none */
};

/* Reads a journal, which may grow meanwhile. False where there is none. */
bool journal_summarize(const char *path, struct journal_summary *summary);

#endif
