// usage: test-pictures WIDTH HEIGHT COUNT FOLDER
//
// Writes COUNT pictures FOLDER/000.ppm, 001.ppm, ...: a textured background, a disc that moves, and the number of the
// picture in large digits. No two are alike and the same arguments give the same bytes on every machine.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { texture_cell = 16, disc_radius_divisor = 6 };

// A well-mixed hash of a lattice point: the texture has no seed to carry around.
static unsigned lattice(unsigned x, unsigned y, unsigned channel) {
  uint32_t hash = x * 0x9E3779B1u ^ y * 0x85EBCA77u ^ channel * 0xC2B2AE3Du;
  hash = (hash ^ hash >> 15) * 0x2C1B3C6Du;
  hash = (hash ^ hash >> 12) * 0x297A2D39u;
  return (hash ^ hash >> 15) & 0xFF;
}

// Value noise: bilinear between lattice points, so that it has edges at many angles but survives JPEG.
static unsigned texture(unsigned x, unsigned y, unsigned channel) {
  unsigned column = x / texture_cell, row = y / texture_cell, right = x % texture_cell, down = y % texture_cell;
  unsigned top = lattice(column, row, channel) * (texture_cell - right) + lattice(column + 1, row, channel) * right;
  unsigned bottom =
    lattice(column, row + 1, channel) * (texture_cell - right) + lattice(column + 1, row + 1, channel) * right;
  return (top * (texture_cell - down) + bottom * down) / (texture_cell * texture_cell);
}

// Digits of 3 x 5 dots, row by row from the top, most significant bit left.
static const uint8_t digits[10][5] = {
  {7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
  {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 2, 2}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
};

static int in_number(unsigned number, unsigned x, unsigned y, unsigned height) {
  unsigned dot = height / 20, column = x / dot, row = y / dot;
  if (row < 1 || row > 5 || column < 1 || column > 11 || column % 4 == 0) return 0;
  unsigned place = (column - 1) / 4;
  unsigned digit = place == 0 ? number / 100 % 10 : place == 1 ? number / 10 % 10 : number % 10;
  return digits[digit][row - 1] >> (2 - (column - 1) % 4) & 1;
}

static int in_disc(unsigned picture, unsigned count, unsigned x, unsigned y, unsigned width, unsigned height) {
  long radius = height / disc_radius_divisor;
  long right = (long)x - (long)(width * (picture + 1) / (count + 1)), down = (long)y - (long)(height * 2 / 3);
  return right * right + down * down < radius * radius;
}

static void write_picture(FILE *file, unsigned picture, unsigned count, unsigned width, unsigned height) {
  fprintf(file, "P6\n%u %u\n255\n", width, height);
  for (unsigned y = 0; y < height; y++) {
    for (unsigned x = 0; x < width; x++) {
      int number = in_number(picture, x, y, height), disc = in_disc(picture, count, x, y, width, height);
      for (unsigned channel = 0; channel < 3; channel++) {
        unsigned level = texture(x, y, channel);
        if (disc) level = channel == 1 ? 200 : 30;  // green, as the target of Create-Reacher
        if (number) level = 255;
        putc((int)level, file);
      }
    }
  }
}

int main(int argument_count, char **arguments) {
  if (argument_count != 5) {
    fprintf(stderr, "usage: test-pictures WIDTH HEIGHT COUNT FOLDER\n");
    return 2;
  }
  unsigned width = (unsigned)atoi(arguments[1]), height = (unsigned)atoi(arguments[2]);
  unsigned count = (unsigned)atoi(arguments[3]);
  for (unsigned picture = 0; picture < count; picture++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%03u.ppm", arguments[4], picture);
    FILE *file = fopen(path, "wb");
    if (!file) {
      perror(path);
      return 1;
    }
    write_picture(file, picture, count, width, height);
    if (fclose(file)) {
      perror(path);
      return 1;
    }
  }
  return 0;
}
