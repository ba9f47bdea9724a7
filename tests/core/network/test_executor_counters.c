#include "core/network/executor_counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct executor_counters done = {.layers_run = 20,
                                              .epilogues_rerun = 7,
                                              .layers_reused = 3,
                                              .macs_run = 1001,
                                              .macs_avoided = 499};
static const struct executor_counters dropped = {.layers_run = 20,
                                                 .epilogues_rerun = 7,
                                                 .layers_reused = 2,
                                                 .layers_dropped = 31,
                                                 .macs_run = 1001,
                                                 .macs_avoided = 493,
                                                 .macs_dropped = 1506};

static int64_t layers_of(struct executor_counters counters)
{
    return counters.layers_run + counters.epilogues_rerun + counters.layers_reused +
           counters.layers_dropped;
}

static int64_t macs_of(struct executor_counters counters)
{
    return counters.macs_run + counters.macs_avoided + counters.macs_dropped;
}

static void differences_and_sums_undo_each_other(void **state)
{
    static const struct executor_counters more = {1, 2, 3, 4, 5, 6, 7};
    struct executor_counters back =
        executor_counters_since(executor_counters_sum(dropped, more), more);

    (void)state;
    assert_memory_equal(&back, &dropped, sizeof back);
}

static void what_is_as_run_or_as_avoided_takes_the_same_without_a_memory(void **state)
{
    struct executor_counters run = executor_counters_as_run(done),
                             avoided = executor_counters_as_avoided(done);

    (void)state;
    assert_int_equal(run.layers_run, layers_of(done));
    assert_int_equal(run.macs_run, macs_of(done));
    assert_int_equal(layers_of(run), layers_of(done));
    assert_int_equal(macs_of(run), macs_of(done));
    assert_int_equal(avoided.layers_reused, layers_of(done));
    assert_int_equal(avoided.macs_avoided, macs_of(done));
    assert_int_equal(layers_of(avoided), layers_of(done));
    assert_int_equal(macs_of(avoided), macs_of(done));
}

static void what_is_dropped_takes_as_much_as_the_rest(void **state)
{
    struct executor_counters whole = executor_counters_dropped(
        done, (struct executor_extent){50, 6}, (struct executor_extent){150, 18});

    (void)state;
    assert_int_equal(whole.layers_dropped, 2 * layers_of(done));
    assert_int_equal(whole.macs_dropped, 2 * macs_of(done));
    assert_int_equal(layers_of(whole), 3 * layers_of(done));
    assert_int_equal(macs_of(whole), 3 * macs_of(done));
    assert_int_equal(whole.macs_run, done.macs_run);
}

/* Neither what ran nor what was avoided can be divided by these, but what both are together. */
static void assert_parts(struct executor_counters done)
{
    static const int parts[] = {1, 2, 3, 5, 6, 10};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct executor_counters sum = {0};

        for (int part = 0; part < parts[i]; part++) {
            struct executor_counters own = executor_counters_part(done, part, parts[i]);

            assert_int_equal(layers_of(own), layers_of(done) / parts[i]);
            assert_int_equal(macs_of(own), macs_of(done) / parts[i]);
            assert_true(own.macs_avoided >= 0 && own.layers_reused >= 0);
            assert_true(own.macs_dropped >= 0 && own.layers_dropped >= 0);
            sum = executor_counters_sum(sum, own);
        }
        assert_memory_equal(&sum, &done, sizeof sum);
    }
}

static void parts_are_alike_without_a_memory_and_add_up(void **state)
{
    (void)state;
    assert_parts(done);
    assert_parts(dropped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_and_sums_undo_each_other),
        cmocka_unit_test(what_is_as_run_or_as_avoided_takes_the_same_without_a_memory),
        cmocka_unit_test(what_is_dropped_takes_as_much_as_the_rest),
        cmocka_unit_test(parts_are_alike_without_a_memory_and_add_up),
    };

    return cmocka_run_group_tests_name("executor_counters", tests, NULL, NULL);
}
