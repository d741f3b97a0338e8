// A learner of the kernels alone, in C: what the emulated processor can run without Swift.
#include <stdlib.h>
#include <string.h>

#include "CElementary.h"
#include "arrays.h"
#include "digests.h"

enum { LAYERS = 4, HIDDEN = 64, OUTPUTS = 16, PLANES = 3, HEIGHT = 90, WIDTH = 160 };

/// Parameters with their gradient and moments.
typedef struct {
  long count;
  float *p, *g, *m, *v;
} parameters;

typedef struct {
  avg_convolution shape;
  parameters weights, biases;
  float *x, *y, *dy, *transposed;
} layer;

typedef struct {
  const avg_kernels *k;
  int layers, features;
  layer at[LAYERS];
  parameters w1, b1, w2, b2;
  float *probabilities, *points, *dPoints;
  uint64_t state;
  uint8_t frames[PLANES * HEIGHT * WIDTH * 3];
} learner;

static void *room(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) abort();
  return memory;
}

/// SplitMix64 (Steele et al. 2014).
static uint64_t draw(learner *l) {
  uint64_t z = l->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double uniform(learner *l) { return (double)(draw(l) >> 11) * 0x1p-53; }

static float normal(learner *l) {
  const double radius = __builtin_sqrt(-2 * avg_log(1 - uniform(l)));
  return (float)(radius * avg_cos(6.283185307179586 * uniform(l)));
}

static parameters make(learner *l, long count, float scale) {
  parameters p = {
      count, room(count, sizeof(float)), room(count, sizeof(float)), room(count, sizeof(float)),
      room(count, sizeof(float))};
  for (long i = 0; scale > 0 && i < count; i++) p.p[i] = scale * normal(l);
  return p;
}

static void add_layer(learner *l, int kernelSize, int stride, int outputs) {
  layer *a = l->at + l->layers;
  const avg_convolution *below = l->layers ? &a[-1].shape : 0;
  a->shape = below ? avg_convolution_make(
                         1, below->outputHeight, below->outputWidth, below->outputChannels, kernelSize, stride, outputs)
                   : avg_convolution_make(PLANES, HEIGHT, WIDTH, 3, kernelSize, stride, outputs);
  const avg_convolution *c = &a->shape;
  const long inputs = (long)kernelSize * kernelSize * c->planes * c->inputChannels;
  a->weights = make(l, inputs * outputs, 1.4f / (float)__builtin_sqrt((double)inputs));
  a->biases = make(l, outputs, 0);
  a->x = below ? a[-1].y : room((long)PLANES * HEIGHT * WIDTH * 3, sizeof(float));
  a->y = room((long)c->outputHeight * c->outputWidth * outputs, sizeof(float));
  a->dy = room((long)c->outputHeight * c->gradientWidth * outputs, sizeof(float));
  a->transposed = room(inputs * outputs, sizeof(float));
  l->layers++;
}

static void add_head(learner *l) {
  const avg_convolution *c = &l->at[l->layers - 1].shape;
  l->features = 2 * c->outputChannels;
  l->w1 = make(l, (long)l->features * HIDDEN, 0.2f);
  l->b1 = make(l, HIDDEN, 0);
  l->w2 = make(l, HIDDEN * OUTPUTS, 0.2f);
  l->b2 = make(l, OUTPUTS, 0);
  l->probabilities = room((long)c->outputHeight * c->outputWidth * c->outputChannels, sizeof(float));
  l->points = room(l->features, sizeof(float));
  l->dPoints = room(l->features, sizeof(float));
}

static void adam(const learner *l, const avg_adam *a, parameters *p) {
  l->k->adam_step(a, p->p, p->g, p->m, p->v, p->count);
}

/// Leaves the gradient of the last layer's outputs; steps the dense layers.
static void learn_head(learner *l, const avg_adam *a) {
  const avg_kernels *k = l->k;
  const layer *last = l->at + l->layers - 1;
  const avg_convolution *c = &last->shape;
  float hidden[HIDDEN], y[OUTPUTS], dHidden[HIDDEN];
  k->spatial_softmax(last->y, c->outputHeight, c->outputWidth, c->outputChannels, l->probabilities, l->points);
  k->dense(l->points, l->features, l->w1.p, l->b1.p, hidden, HIDDEN);
  for (int i = 0; i < HIDDEN; i++)
    if (hidden[i] < 0) hidden[i] *= 0.01f;
  k->dense(hidden, HIDDEN, l->w2.p, l->b2.p, y, OUTPUTS);
  // Half the squared error of tanh y.
  for (int i = 0; i < OUTPUTS; i++) {
    const double t = avg_tanh(y[i]);
    l->b2.g[i] = (float)((t - 0.3 * normal(l)) * (1 - t * t));
  }
  k->dense_input_gradient(l->b2.g, OUTPUTS, l->w2.p, dHidden, HIDDEN);
  for (int i = 0; i < HIDDEN; i++) l->b1.g[i] = hidden[i] > 0 ? dHidden[i] : dHidden[i] * 0.01f;
  k->dense_input_gradient(l->b1.g, HIDDEN, l->w1.p, l->dPoints, l->features);
  k->adam_step_outer(a, l->w2.p, hidden, HIDDEN, l->b2.g, OUTPUTS, l->w2.m, l->w2.v);
  k->adam_step_outer(a, l->w1.p, l->points, l->features, l->b1.g, HIDDEN, l->w1.m, l->w1.v);
  adam(l, a, &l->b1);
  adam(l, a, &l->b2);
  k->spatial_softmax_gradient(
      l->probabilities, l->points, l->dPoints, c->outputHeight, c->outputWidth, c->outputChannels, last->y,
      last->dy + (long)c->gradientBorderLeft * c->outputChannels, (long)c->gradientWidth * c->outputChannels);
}

static void learn(learner *l, int step) {
  const avg_kernels *k = l->k;
  const avg_adam a = {
      .stepSize = 1e-3f, .beta1 = step % 2 ? 0.9f : 0, .beta2 = 0.999f, .gain1 = step % 2 ? 0.1f : 1, .gain2 = 0.001f,
      .secondMomentScale = (float)(1 / __builtin_sqrt(1 - avg_pow(0.999, step + 1))), .epsilon = 1e-8f};
  // Few of the pixels change: a picture, not noise.
  for (int i = 0; i < 4000; i++) {
    const uint64_t pixel = draw(l) % sizeof l->frames;
    l->frames[pixel] = (uint8_t)draw(l);
  }
  k->widen(l->frames, l->at[0].x, sizeof l->frames);
  for (int i = 0; i < l->layers; i++)
    k->convolve(&l->at[i].shape, (avg_part){0, 1}, l->at[i].x, l->at[i].weights.p, l->at[i].biases.p, l->at[i].y, 1);
  learn_head(l, &a);
  for (int i = l->layers - 1; i >= 0; i--) {
    layer *at = l->at + i;
    k->convolution_weight_gradient(&at->shape, at->x, at->dy, at->weights.g, at->biases.g);
    if (i > 0) {
      const avg_convolution *below = &at[-1].shape;
      avg_transpose_weights(&at->shape, at->weights.p, at->transposed);
      k->convolution_input_gradient(
          &at->shape, (avg_part){0, 1}, at->dy, at->transposed, at->x, at[-1].dy + (long)below->gradientBorderLeft * below->outputChannels,
          (long)below->gradientWidth * below->outputChannels);
    }
  }
  for (int i = 0; i < l->layers; i++) {
    adam(l, &a, &l->at[i].weights);
    adam(l, &a, &l->at[i].biases);
  }
}

static uint64_t take(uint64_t hash, const parameters *p) {
  const size_t size = p->count * sizeof(float);
  return digest(digest(digest(hash, p->p, size), p->m, size), p->v, size);
}

static uint64_t train(learner *l, int steps) {
  add_head(l);
  for (int step = 0; step < steps; step++) learn(l, step);
  uint64_t hash = digest_start();
  for (int i = 0; i < l->layers; i++) hash = take(take(hash, &l->at[i].weights), &l->at[i].biases);
  return take(take(take(take(hash, &l->w1), &l->b1), &l->w2), &l->b2);
}

uint64_t train_default(const avg_kernels *k, int steps) {
  learner l = {.k = k, .state = 1};
  add_layer(&l, 5, 4, 16);
  add_layer(&l, 3, 2, 16);
  add_layer(&l, 3, 1, 16);
  return train(&l, steps);
}

uint64_t train_relod(const avg_kernels *k, int steps) {
  learner l = {.k = k, .state = 1};
  add_layer(&l, 3, 2, 32);
  add_layer(&l, 3, 2, 32);
  add_layer(&l, 3, 2, 32);
  add_layer(&l, 3, 1, 32);
  return train(&l, steps);
}
