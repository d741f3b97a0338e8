#include "camera.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *path, const char *what) {
  fprintf(stderr, "software-usb-camera: %s: %s\n", path, what);
  exit(2);
}

static int is_jpeg(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && !strcmp(entry->d_name + length - 4, ".jpg");
}

static struct picture read_picture(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  long length = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
  if (length <= 0) fail(path, "is empty or cannot be measured");
  rewind(file);
  struct picture picture = {.length = (size_t)length};
  picture.bytes = malloc(picture.length);
  if (!picture.bytes || fread(picture.bytes, 1, picture.length, file) != picture.length) fail(path, "cannot be read");
  fclose(file);
  return picture;
}

static void load_size(const char *folder, unsigned width, unsigned height) {
  struct dirent **names;
  int count = scandir(folder, &names, is_jpeg, alphasort);
  if (count <= 0) fail(folder, "holds no .jpg file");
  struct frame_size *size = &camera.sizes[camera.size_count++];
  *size = (struct frame_size){width, height, calloc((size_t)count, sizeof(struct picture)), (unsigned)count};
  for (int i = 0; i < count; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
    size->pictures[i] = read_picture(path);
    // The camera promises in its descriptors that no frame is longer.
    size_t longest = (size_t)width * height * bytes_per_pixel(mjpeg);
    if (size->pictures[i].length > longest) fail(path, "is too long for a frame");
    free(names[i]);
  }
  free(names);
}

void load_pictures(const char *folder) {
  struct dirent **entries;
  int count = scandir(folder, &entries, NULL, alphasort);
  if (count < 0) fail(folder, "is no folder");
  for (int i = 0; i < count; i++) {
    unsigned width, height;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (camera.size_count < max_sizes && sscanf(entries[i]->d_name, "%ux%u", &width, &height) == 2) {
      load_size(path, width, height);
    }
    free(entries[i]);
  }
  free(entries);
  if (camera.size_count == 0) fail(folder, "has no subfolder named WIDTHxHEIGHT");
}
