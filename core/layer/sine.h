/* sine.h - sine and cosine of floats, with the same digits on all machines. */
#ifndef CORE_LAYER_SINE_H
#define CORE_LAYER_SINE_H

/* sin(x + quarters pi / 2), `x` being a float, within 1e-15 of itself. NaN where x is not finite. */
double sine_of(float x, int quarters);

#endif
