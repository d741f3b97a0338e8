// Pictures of the present, from another program: one byte sent over a socket is answered with one JPEG.

#include "camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { most_bytes = 1 << 20 };

static int view = -1;
static uint8_t *bytes;

void live_connect(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "software-usb-camera: %s: too long for a socket's path\n", path);
    exit(2);
  }
  strcpy(address.sun_path, path);
  view = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  bytes = malloc(most_bytes);
  if (view < 0 || !bytes || connect(view, (struct sockaddr *)&address, sizeof address)) {
    perror("software-usb-camera: cannot reach the view");
    exit(2);
  }
}

bool live_picture(struct picture *picture) {
  if (view < 0) return false;
  ssize_t length = send(view, "?", 1, MSG_NOSIGNAL) == 1 ? recv(view, bytes, most_bytes, 0) : -1;
  if (length <= 0) {
    // Who looked is gone: what is sent from now on are the pictures in the folder.
    close(view);
    view = -1;
    return false;
  }
  *picture = (struct picture){.bytes = bytes, .length = (size_t)length};
  return true;
}
