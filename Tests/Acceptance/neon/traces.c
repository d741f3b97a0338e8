#include "traces.h"

#include <math.h>
#include <stdio.h>

#include "arrays.h"

static const float decay = 0.79f, scale = -0.3f;
static const avg_scaled_trace scaling = {
    .decay = 0.79f, .squareDecay = 0.99f, .squareGain = 0.01f, .squareScale = 3.7f, .epsilon = 1e-8f};

static double deviation(double square) { return sqrt(square * scaling.squareScale) + scaling.epsilon; }

static array one(float number) {
  array a = array_unwritten(1);
  a.at[0] = number;
  return a;
}

/// What a trace and a mean of squares become, and the sums over them, for the gradient g.
typedef struct {
  expected *trace, *square, *length, *gradientSum, *traceSum;
} traces_expected;

static traces_expected definition(const float *e, const float *v, const float *g, long count) {
  traces_expected t = {
      expected_zeros(count), expected_zeros(count), expected_zeros(1), expected_zeros(1), expected_zeros(1)};
  for (long i = 0; i < count; i++) {
    expected_add(t.trace + i, (double)decay * e[i]);
    expected_add(t.trace + i, g[i]);
    expected_add(t.square + i, (double)scaling.squareDecay * v[i]);
    expected_add(t.square + i, (double)scaling.squareGain * g[i] * g[i]);
    // The trace's own error is measured by its terms, of which a small sum may be left.
    const double h = deviation(t.square[i].value), size = t.trace[i].magnitude;
    t.length->value += fabs(t.trace[i].value);
    t.length->magnitude += size;
    expected_add(t.gradientSum, (double)g[i] * g[i] / h);
    t.traceSum->value += t.trace[i].value * t.trace[i].value / h;
    t.traceSum->magnitude += size * size / h;
  }
  return t;
}

static array squares(long count) {
  array v = array_random(count);
  for (long i = 0; i < count; i++) v.at[i] *= v.at[i];
  return v;
}

static array copy(array a) {
  array b = array_unwritten(a.count);
  for (long i = 0; i < a.count; i++) b.at[i] = a.at[i];
  return b;
}

static void check_steps(const avg_kernels *k, const char *shape, long count) {
  array x = array_random(count), y = array_random(count), p = array_random(count), v = squares(count);
  expected *sum = expected_zeros(count), *step = expected_zeros(count);
  for (long i = 0; i < count; i++) {
    expected_add(sum + i, y.at[i]);
    expected_add(sum + i, (double)scale * x.at[i]);
    expected_add(step + i, p.at[i]);
    expected_add(step + i, (double)scale * x.at[i] / deviation(v.at[i]));
  }
  k->add_scaled(scale, x.at, y.at, count);
  k->add_scaled_trace(&scaling, scale, x.at, v.at, p.at, count);
  compare("add_scaled", shape, y, sum);
  compare("add_scaled_trace", shape, p, step);
  array_free(x);
  array_free(v);
}

static void check_follow(const avg_kernels *k, const char *shape, long count) {
  const float gain = 0.005f, rest = 0.995f;
  array x = array_random(count), y = array_random(count);
  expected *sum = expected_zeros(count);
  for (long i = 0; i < count; i++) {
    expected_add(sum + i, (double)gain * x.at[i]);
    expected_add(sum + i, (double)rest * y.at[i]);
  }
  k->follow(gain, rest, x.at, y.at, count);
  compare("follow", shape, y, sum);
  array_free(x);
}

void check_traces(const avg_kernels *k, long count) {
  char shape[60];
  snprintf(shape, sizeof shape, "%ld parameters", count);
  array e = array_random(count), v = squares(count), g = array_random(count), scaled = copy(e);
  const traces_expected t = definition(e.at, v.at, g.at, count), again = definition(e.at, v.at, g.at, count);
  compare("trace", shape, one(k->trace(decay, e.at, g.at, count)), t.length);
  compare("trace", shape, e, t.trace);
  const avg_scaled_sums sums = k->scaled_trace(&scaling, scaled.at, v.at, g.at, count);
  compare("scaled_trace", shape, scaled, again.trace);
  compare("scaled_trace", shape, v, t.square);
  compare("scaled_trace", shape, one(sums.gradient), t.gradientSum);
  compare("scaled_trace", shape, one(sums.trace), t.traceSum);
  array_free(g);
  check_steps(k, shape, count);
  check_follow(k, shape, count);
  check_follow(k, shape, count - 3);
}

void check_outer_traces(const avg_kernels *k, int inputs, int outputs) {
  char shape[60];
  snprintf(shape, sizeof shape, "%d x %d weights", inputs, outputs);
  const long count = (long)inputs * outputs;
  array e = array_random(count), v = squares(count), g = array_unwritten(count), scaled = copy(e);
  array x = array_random(inputs), dy = array_random(outputs);
  for (long i = 0; i < count; i++) g.at[i] = x.at[i / outputs] * dy.at[i % outputs];
  const traces_expected t = definition(e.at, v.at, g.at, count), again = definition(e.at, v.at, g.at, count);
  compare("trace_outer", shape, one(k->trace_outer(decay, e.at, x.at, inputs, dy.at, outputs)), t.length);
  compare("trace_outer", shape, e, t.trace);
  const avg_scaled_sums sums = k->scaled_trace_outer(&scaling, scaled.at, v.at, x.at, inputs, dy.at, outputs);
  compare("scaled_trace_outer", shape, scaled, again.trace);
  compare("scaled_trace_outer", shape, v, t.square);
  compare("scaled_trace_outer", shape, one(sums.gradient), t.gradientSum);
  compare("scaled_trace_outer", shape, one(sums.trace), t.traceSum);
  array_free(g);
  array_free(x);
  array_free(dy);
}
