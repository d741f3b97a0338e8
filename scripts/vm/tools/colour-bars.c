// usage: colour-bars columns|rows|grey-columns BOUND FILE.ppm...
//
// Compares 160x90 pictures with the 100 % colour bars of the kernel's test pattern generator: white, yellow, cyan,
// green, magenta, red, blue, black, eight equal columns from the left or rows from the top. Each channel of each bar
// is 0 or 255; of grey columns, the luma that the generator gives these (BT.709). Looks at the middle half of every bar, so that neither scaling nor the chroma of a neighbour blurs it.
// Prints the greatest deviation in levels; status 1 if it exceeds BOUND or a file is no such picture.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { width = 160, height = 90, bars = 8 };

static const char *const names[bars] = {"white", "yellow", "cyan", "green", "magenta", "red", "blue", "black"};
static const unsigned char colours[bars][3] = {
  {255, 255, 255}, {255, 255, 0}, {0, 255, 255}, {0, 255, 0}, {255, 0, 255}, {255, 0, 0}, {0, 0, 255}, {0, 0, 0},
};

static int read_picture(const char *path, unsigned char *pixels) {
  static const char header[] = "P6\n160 90\n255\n";
  char start[sizeof header - 1];
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  int ok = fread(start, 1, sizeof start, file) == sizeof start && !memcmp(start, header, sizeof start) &&
           fread(pixels, 1, width * height * 3, file) == width * height * 3 && getc(file) == EOF;
  fclose(file);
  return ok;
}

// The bar whose middle half holds the given place along `length` pixels, or -1.
static int bar_at(unsigned place, unsigned length) {
  unsigned bar = place * bars / length;
  double within = (place + 0.5) * bars / length - bar;
  return within > 0.25 && within < 0.75 ? (int)bar : -1;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: colour-bars columns|rows|grey-columns BOUND FILE.ppm...\n");
    return 2;
  }
  int in_rows = !strcmp(arguments[1], "rows"), is_grey = !strcmp(arguments[1], "grey-columns"), bound = atoi(arguments[2]), worst = -1;
  char where[1200] = "";
  for (int file = 3; file < count; file++) {
    static unsigned char pixels[width * height * 3];
    if (!read_picture(arguments[file], pixels)) {
      printf("%s is no 160x90 picture\n", arguments[file]);
      return 1;
    }
    for (unsigned i = 0; i < width * height * 3; i++) {
      unsigned x = i / 3 % width, y = i / 3 / width, channel = i % 3;
      int bar = in_rows ? bar_at(y, height) : bar_at(x, width);
      if (bar < 0) continue;
      const unsigned char *colour = colours[bar];
      int expected = is_grey ? (int)(0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] + 0.5) : colour[channel];
      int deviation = abs(pixels[i] - expected);
      if (deviation <= worst) continue;
      worst = deviation;
      snprintf(where, sizeof where, "%c of the %s bar at %u,%u of %s: %d instead of %d", "RGB"[channel], names[bar], x,
               y, arguments[file], pixels[i], expected);
    }
  }
  printf("%d pictures, greatest deviation %d (bound %d): %s\n", count - 3, worst, bound, where);
  return worst <= bound ? 0 : 1;
}
