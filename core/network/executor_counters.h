/* executor_counters.h - what evaluating candidates took, and what it would have taken without a memory. */
#ifndef CORE_NETWORK_EXECUTOR_COUNTERS_H
#define CORE_NETWORK_EXECUTOR_COUNTERS_H

#include <stdint.h>

/* Layers x blocks, and multiply-adds of convolutions. Together they are what candidates take without
 * a memory, and each on all blocks: what is dropped are blocks that were left out of a candidate. Exact:
 * they add up over blocks, ranks and answers. */
struct executor_counters {
    int64_t layers_run, epilogues_rerun, layers_reused, layers_dropped;
    int64_t macs_run, macs_avoided, macs_dropped;
};

/* What was done between two moments, and what two of them come to. */
struct executor_counters executor_counters_since(struct executor_counters now,
                                                 struct executor_counters before);
struct executor_counters executor_counters_sum(struct executor_counters a,
                                               struct executor_counters b);

/* The same candidates if all of it had run, and if nothing had. */
struct executor_counters executor_counters_as_run(struct executor_counters done);
struct executor_counters executor_counters_as_avoided(struct executor_counters done);

/* What was done on some blocks, with what all blocks take beside that, which was dropped. Of `all` samples and
 * blocks those are `some`, each taking as much as the others. */
struct executor_extent {
    int64_t samples, blocks;
};
struct executor_counters executor_counters_dropped(struct executor_counters done,
                                                   struct executor_extent some,
                                                   struct executor_extent all);

/* What evaluation `part` of `parts` took of what all took together, in equal parts, which add up to
 * `done`. Without a memory each takes the same: none has more or less of macs_run + macs_avoided + macs_dropped. */
struct executor_counters executor_counters_part(struct executor_counters done, int part,
                                                int parts);

#endif
