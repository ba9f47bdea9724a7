/* rank_correlation.h - whether what was predicted comes in the order of what is. */
#ifndef COORDINATOR_SEARCH_RANK_CORRELATION_H
#define COORDINATOR_SEARCH_RANK_CORRELATION_H

/* Spearman's: the correlation of the ranks of `left` and `right` [count]; equal numbers have the mean of their
 * ranks. NaN where all of one side are equal, or there are fewer than two. */
double rank_correlation(const double *left, const double *right, int count);

#endif
