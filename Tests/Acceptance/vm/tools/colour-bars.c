// usage: colour-bars columns|rows 75|100 FOURCC 601|709 limited|full BOUND TRUE-BOUND FILE.ppm...
//
// Judges 160x90 pictures, and the driver's 640x360 image of format FOURCC beside each (FILE.fourcc), which show the
// colour bars of the kernel's test pattern generator: white, yellow, cyan, green, magenta, red, blue, black, in eight
// equal columns from the left or rows from the top.
//
// The generator cuts its numbers down to 8 bits and counts 255 as 255/256 of the range, so that its own bytes lie up to
// two codes below the colour that it names. Hence two questions, one for the driver's bytes and one for the picture:
//
//   * In the middle half of each bar, is every byte the code that the generator computes for that colour in this format,
//     by this matrix and range?
//   * Is every pixel there within BOUND levels of what that code stands for, by the same matrix and range in double
//     precision, and within TRUE-BOUND of the colour that the generator names?
//
// Prints the greatest deviations; status 1 if a byte is another or a bound is exceeded.

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { width = 160, height = 90, scale = 4, wide = width * scale, high = height * scale, bars = 8 };

static const char *const names[bars] = {"white", "yellow", "cyan", "green", "magenta", "red", "blue", "black"};
// Whether each bar has red, green, blue.
static const int primaries[bars][3] = {{1, 1, 1}, {1, 1, 0}, {0, 1, 1}, {0, 1, 0}, {1, 0, 1}, {1, 0, 0}, {0, 0, 1}};

static int in_rows, level, is_bt709, is_full, bound, true_bound;
static const char *fourcc;

// A share of the range as the generator's 16-bit fraction.
static long fraction(double share, int range) { return (long)(0.5 + share * range * 256); }

static int cut(long sixteenths, int lowest, int highest) {
  int code = (int)(sixteenths >> 4);
  return code < lowest ? lowest : code > highest ? highest : code;
}

static int is_ycbcr(void) { return !strcmp(fourcc, "YUYV") || !strcmp(fourcc, "UYVY") || !strcmp(fourcc, "NV12"); }

// The generator's three codes for a colour of 0...255: Y Cb Cr, or R G B.
static void generate(const int colour[3], int code[3]) {
  static const double shares[2][3][3] = {
    {{0.299, 0.587, 0.114}, {-0.1687, -0.3313, 0.5}, {0.5, -0.4187, -0.0813}},
    {{0.2126, 0.7152, 0.0722}, {-0.1146, -0.3854, 0.5}, {0.5, -0.4542, -0.0458}},
  };
  for (int channel = 0; channel < 3; channel++) {
    if (is_ycbcr()) {
      long sum = 0;
      int range = is_full ? 255 : channel ? 224 : 219, offset = channel ? 128 : is_full ? 0 : 16;
      for (int i = 0; i < 3; i++) sum += fraction(shares[is_bt709][channel][i], range) * 16 * colour[i];
      code[channel] = cut((sum >> 16) + 16 * offset, is_full ? 1 : 16, is_full ? 254 : channel ? 240 : 235);
    } else if (!strcmp(fourcc, "GREY")) {
      code[channel] = cut((13879L * 16 * colour[0] + 46688L * 16 * colour[1] + 4713L * 16 * colour[2]) >> 16, 0, 255);
    } else {
      code[channel] = is_full ? colour[channel] : cut(16L * colour[channel] * 219 / 255 + 16 * 16, 0, 255);
    }
  }
}

// What three codes stand for, 0...255, by the definition of the matrix (ITU-R BT.601, BT.709) and range.
static void interpret(const int code[3], double colour[3]) {
  if (is_ycbcr()) {
    double red = is_bt709 ? 0.2126 : 0.299, blue = is_bt709 ? 0.0722 : 0.114, stretch = is_full ? 1 : 255.0 / 224;
    double luma = is_full ? code[0] : (code[0] - 16) * 255.0 / 219;
    colour[0] = luma + 2 * (1 - red) * (code[2] - 128) * stretch;
    colour[2] = luma + 2 * (1 - blue) * (code[1] - 128) * stretch;
    colour[1] = (luma - red * colour[0] - blue * colour[2]) / (1 - red - blue);
  } else {
    for (int i = 0; i < 3; i++) colour[i] = is_full ? code[i] : (code[i] - 16) * 255.0 / 219;
  }
  for (int i = 0; i < 3; i++) colour[i] = fmin(255, fmax(0, colour[i]));
}

// The code of a channel at a place of the driver's image.
static int code_at(const unsigned char *image, int x, int y, int channel) {
  long pixel = (long)y * wide + x, pair = pixel & ~1L;
  if (!strcmp(fourcc, "YUYV")) return image[channel ? 2 * pair + 2 * channel - 1 : 2 * pixel];
  if (!strcmp(fourcc, "UYVY")) return image[channel ? 2 * pair + 2 * (channel - 1) : 2 * pixel + 1];
  if (!strcmp(fourcc, "NV12")) {
    return image[channel ? (long)wide * high + (long)(y / 2) * wide + (x & ~1) + channel - 1 : pixel];
  }
  if (!strcmp(fourcc, "GREY")) return image[pixel];
  return image[3 * pixel + (!strcmp(fourcc, "BGR3") ? 2 - channel : channel)];
}

static long image_bytes(void) {
  long pixels = (long)wide * high;
  return !strcmp(fourcc, "GREY") ? pixels : !strcmp(fourcc, "NV12") ? pixels * 3 / 2 : pixels * (is_ycbcr() ? 2 : 3);
}

static int read_whole(const char *path, const char *header, unsigned char *bytes, size_t count) {
  char start[32];
  size_t length = strlen(header);
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  int ok = fread(start, 1, length, file) == length && !memcmp(start, header, length) &&
           fread(bytes, 1, count, file) == count && getc(file) == EOF;
  fclose(file);
  return ok;
}

// The bar whose middle half holds the given place along `length` pixels, or -1.
static int bar_at(int place, int length) {
  int bar = place * bars / length;
  double within = (place + 0.5) * bars / length - bar;
  return within > 0.25 && within < 0.75 ? bar : -1;
}

static int other_bytes, worst, true_worst;
static char where[400];

static void judge_pixel(const unsigned char *picture, const unsigned char *image, int x, int y, int bar) {
  int named[3], code[3];
  double meant[3];
  for (int i = 0; i < 3; i++) named[i] = primaries[bar][i] ? level : 0;
  generate(named, code);
  interpret(code, meant);
  for (int channel = 0; channel < 3; channel++) {
    for (int i = 0; i < scale * scale; i++) {
      int found = code_at(image, scale * x + i % scale, scale * y + i / scale, channel);
      if (found == code[channel]) continue;
      if (!other_bytes++) printf("code %d of %s is %d, not %d; ", channel, names[bar], found, code[channel]);
    }
    int seen = picture[3 * (y * width + x) + channel];
    int named_level = !strcmp(fourcc, "GREY")
                        ? (int)lround(0.2126 * named[0] + 0.7152 * named[1] + 0.0722 * named[2])
                        : named[channel];
    int deviation = abs(seen - (int)lround(meant[channel])), true_deviation = abs(seen - named_level);
    if (true_deviation > true_worst) true_worst = true_deviation;
    if (deviation <= worst) continue;
    worst = deviation;
    snprintf(where, sizeof where, ", %c of %s at %d,%d: %d instead of %.1f", "RGB"[channel], names[bar], x, y, seen,
             meant[channel]);
  }
}

static int judge_file(const char *path) {
  static unsigned char picture[width * height * 3], image[wide * high * 3];
  char source[4096];
  int length = (int)strlen(path) - 3, at = snprintf(source, sizeof source, "%.*s", length, path);
  for (int i = 0; i <= 4; i++) source[at + i] = (char)tolower(fourcc[i]);
  if (!read_whole(path, "P6\n160 90\n255\n", picture, sizeof picture) ||
      !read_whole(source, "", image, (size_t)image_bytes())) {
    printf("%s or %s is no such image\n", path, source);
    return 0;
  }
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      int bar = in_rows ? bar_at(y, height) : bar_at(x, width);
      if (bar >= 0) judge_pixel(picture, image, x, y, bar);
    }
  }
  return 1;
}

int main(int count, char **arguments) {
  if (count < 9 || strlen(arguments[3]) != 4) {
    fprintf(stderr, "usage: colour-bars columns|rows 75|100 FOURCC 601|709 limited|full BOUND TRUE-BOUND FILE.ppm...\n");
    return 2;
  }
  in_rows = !strcmp(arguments[1], "rows");
  level = atoi(arguments[2]) == 100 ? 255 : 191;
  fourcc = arguments[3];
  is_bt709 = !strcmp(arguments[4], "709");
  is_full = !strcmp(arguments[5], "full");
  bound = atoi(arguments[6]);
  true_bound = atoi(arguments[7]);
  for (int file = 8; file < count; file++) {
    if (!judge_file(arguments[file])) return 1;
  }
  printf("%d pictures, %d unexpected bytes, greatest deviation from the driver's codes %d (bound %d)%s, from the colours "
         "named %d (bound %d)\n", count - 8, other_bytes, worst, bound, where, true_worst, true_bound);
  return other_bytes || worst > bound || true_worst > true_bound;
}
