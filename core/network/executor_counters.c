#include "core/network/executor_counters.h"

struct executor_counters executor_counters_since(struct executor_counters now,
                                                 struct executor_counters before)
{
    return (struct executor_counters){
        .layers_run = now.layers_run - before.layers_run,
        .epilogues_rerun = now.epilogues_rerun - before.epilogues_rerun,
        .layers_reused = now.layers_reused - before.layers_reused,
        .layers_dropped = now.layers_dropped - before.layers_dropped,
        .macs_run = now.macs_run - before.macs_run,
        .macs_avoided = now.macs_avoided - before.macs_avoided,
        .macs_dropped = now.macs_dropped - before.macs_dropped,
    };
}

struct executor_counters executor_counters_sum(struct executor_counters a,
                                               struct executor_counters b)
{
    return (struct executor_counters){
        .layers_run = a.layers_run + b.layers_run,
        .epilogues_rerun = a.epilogues_rerun + b.epilogues_rerun,
        .layers_reused = a.layers_reused + b.layers_reused,
        .layers_dropped = a.layers_dropped + b.layers_dropped,
        .macs_run = a.macs_run + b.macs_run,
        .macs_avoided = a.macs_avoided + b.macs_avoided,
        .macs_dropped = a.macs_dropped + b.macs_dropped,
    };
}

static int64_t all_layers(struct executor_counters done)
{
    return done.layers_run + done.epilogues_rerun + done.layers_reused +
           done.layers_dropped;
}

static int64_t all_macs(struct executor_counters done)
{
    return done.macs_run + done.macs_avoided + done.macs_dropped;
}

struct executor_counters executor_counters_as_run(struct executor_counters done)
{
    return (struct executor_counters){.layers_run = all_layers(done),
                                      .macs_run = all_macs(done)};
}

struct executor_counters executor_counters_as_avoided(struct executor_counters done)
{
    return (struct executor_counters){.layers_reused = all_layers(done),
                                      .macs_avoided = all_macs(done)};
}

struct executor_counters executor_counters_dropped(struct executor_counters done,
                                                   struct executor_extent some,
                                                   struct executor_extent all)
{
    done.layers_dropped += all_layers(done) / some.blocks * (all.blocks - some.blocks);
    done.macs_dropped += all_macs(done) / some.samples * (all.samples - some.samples);
    return done;
}

/* The remainder falls on the first parts. More has no smaller parts. */
static int64_t part_of(int64_t all, int part, int parts)
{
    return all / parts + (part < all % parts);
}

struct executor_counters executor_counters_part(struct executor_counters done, int part,
                                                int parts)
{
    int64_t run = part_of(done.layers_run, part, parts);
    int64_t touched = part_of(done.layers_run + done.epilogues_rerun, part, parts);
    int64_t used = part_of(all_layers(done) - done.layers_dropped, part, parts);
    int64_t macs_run = part_of(done.macs_run, part, parts);
    int64_t macs_used = part_of(done.macs_run + done.macs_avoided, part, parts);

    return (struct executor_counters){
        .layers_run = run,
        .epilogues_rerun = touched - run,
        .layers_reused = used - touched,
        .layers_dropped = part_of(all_layers(done), part, parts) - used,
        .macs_run = macs_run,
        .macs_avoided = macs_used - macs_run,
        .macs_dropped = part_of(all_macs(done), part, parts) - macs_used,
    };
}
