/// Elementary functions that have the same bits on every computer.
///
/// The system's differ between processors, and between versions of the C library. These are made of additions,
/// subtractions, multiplications, divisions and square roots alone, each rounded once as IEEE 754 prescribes and none
/// contracted into a fused multiply-add. Infinities, zeros and NaN are answered as C's functions answer them. The errors
/// are measured by Tests/Acceptance/check-neon; a correctly rounded result has 0.5 ulp.
#ifndef AVG_CELEMENTARY_H
#define AVG_CELEMENTARY_H

/// eˣ, within 0.65 ulp.
double avg_exp(double x);
/// eˣ − 1, within 1.5 ulp.
double avg_expm1(double x);
/// The natural logarithm, within 0.85 ulp.
double avg_log(double x);
/// log(1 + x), within 1.3 ulp.
double avg_log1p(double x);
/// xʸ, within 0.65 ulp.
double avg_pow(double x, double y);
/// sin x, within 0.8 ulp to |x| = 2²⁰; beyond, the period is the double nearest 2π.
double avg_sin(double x);
/// cos x, as the sine.
double avg_cos(double x);
/// tan x, as their quotient, within 2.2 ulp.
double avg_tan(double x);
/// The arc tangent, within 2.1 ulp.
double avg_atan(double x);
/// The angle of the direction (x, y), −π…π, within 2.2 ulp.
double avg_atan2(double y, double x);
/// tanh x, within 2.4 ulp.
double avg_tanh(double x);
/// The inverse of tanh, within 2 ulp.
double avg_atanh(double x);

#endif
