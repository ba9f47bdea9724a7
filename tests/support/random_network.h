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

/* Adds the mean over the image of `from`, which has `in` channels, and 1,000 logits of it: the network's output. */
void random_network_add_classifier(FILE *text, int in, const char *from);

/* What a program does that writes a network to the FILE that it is told: `describe` adds the text, whose constants of
 * more than one dimension become uniform random weights with a variance of 2 / inputs. Returns the exit code; what
 * cannot be written is told, and ends the program. */
int random_network_main(const char *program, uint64_t seed,
                        void (*describe)(FILE *text), int count, char **arguments);

#endif
