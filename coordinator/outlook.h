/* outlook.h - how much work the cases of a ledger still are, about. */
#ifndef COORDINATOR_OUTLOOK_H
#define COORDINATOR_OUTLOOK_H

#include "coordinator/ledger.h"

struct outlook {
    struct ledger *ledger;   /* borrowed */
    struct plan_cost *costs; /* [cases] owned; NULL: nobody has looked yet */
    double *seconds_of;      /* [cases] owned; of work that is left; NaN: not known */
    double seconds;          /* until all is done, while cases are running; else NaN,
                                and before anything tells how fast they are */
};

void outlook_init(struct outlook *outlook, struct ledger *ledger);
void outlook_clear(struct outlook *outlook);

/* Looks at the ledger again. What is left follows from what its cases so far have taken of the work
 * that is planned for them. */
void outlook_look(struct outlook *outlook);

/* What is left by the ledger as it is and the costs, which are known. */
void outlook_estimate(struct outlook *outlook);

/* Looks, and writes one line about all cases: how many are done, how fast it goes, what is left.
 *
 *   outlook  struct outlook * */
void outlook_line(void *outlook, char *text, size_t bytes);

/* Looks, and writes two lines for a terminal: a bar for all cases, and one for the case under way with most work
 * left, if any, with its evaluations, their rate, its loss so far and what is left.
 *
 *   outlook  struct outlook * */
void outlook_bars(void *outlook, char *text, size_t bytes);

/* "40 s", "12 min", "3.5 h", "2.1 days" */
enum { OUTLOOK_TIME_BYTES = 32 };
void outlook_time(double seconds, char text[OUTLOOK_TIME_BYTES]);

#endif
