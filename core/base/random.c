#include "core/base/random.h"

uint64_t random_bits(struct random_stream *stream)
{
    uint64_t bits = stream->state += 0x9e3779b97f4a7c15;

    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

double random_fraction(struct random_stream *stream)
{
    return ((double)(random_bits(stream) >> 12) + 0.5) * 0x1p-52;
}
