/* random_network.h - networks with random weights for benchmarks, the same on all machines. */
#ifndef TESTS_SUPPORT_RANDOM_NETWORK_H
#define TESTS_SUPPORT_RANDOM_NETWORK_H

#include <stdint.h>
#include <stdio.h>

/* Adds to a text for the builder (onnx_builder.h): to = norm(conv(from)), without a bias.
 *
 *   in, out    channels
 *   size       height and width of the window, which is padded so that a stride of one keeps the size
 *   groups     of the channels */
struct random_conv {
    int in, out, size, stride, groups;
};
void random_network_add_conv(FILE *text, const struct random_conv *conv,
                             const char *from, const char *to);

/* Writes the network of the text; constants of more than one dimension become uniform random weights with a variance
 * of 2 / inputs. `program` is named where that fails, which ends it. */
void random_network_write(const char *program, const char *text, uint64_t seed,
                          const char *path);

#endif
