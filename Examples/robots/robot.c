// A robot of two wheels that is not there, in C: cc -O2 -o robot robot.c, then avg-vision --robot exec:./robot
// docs/robot-protocol.md has the protocol. Put your own motors into set_wheels.
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void set_wheels(int left, int right) { (void)left, (void)right; }

static void answer(const char *line) {
  size_t count = strlen(line);
  for (size_t done = 0; done < count;) {
    ssize_t n = write(STDOUT_FILENO, line + done, count - done);
    if (n <= 0) return;
    done += (size_t)n;
  }
}

// Obeys one line; nothing is known of others.
static void obey(const char *line, int *timeout) {
  unsigned long long number;
  int left, right;
  char text[80];
  if (sscanf(line, "hello 1 wheels period_ms %*d timeout_ms %d", timeout) == 1) {
    answer("robot 1 c-robot\n");  // it feels nothing
  } else if (sscanf(line, "drive %llu %d %d", &number, &left, &right) == 3) {
    set_wheels(left, right);
    snprintf(text, sizeof text, "senses %llu\n", number);
    answer(text);
  } else if (sscanf(line, "stop %llu", &number) == 1) {
    set_wheels(0, 0);
    snprintf(text, sizeof text, "senses %llu\n", number);
    answer(text);
  }
}

int main(void) {
  char buffer[2048];
  size_t filled = 0;
  int timeout = 200;  // milliseconds without a line after which the robot stops by itself
  for (;;) {
    struct pollfd source = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&source, 1, timeout) == 0) {
      set_wheels(0, 0);
      continue;
    }
    ssize_t count = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
    if (count <= 0) break;  // the end of the input: the run is over
    filled += (size_t)count;
    buffer[filled] = 0;
    char *line = buffer, *end;
    for (; (end = strchr(line, '\n')); line = end + 1) {
      *end = 0;
      obey(line, &timeout);
    }
    filled = strlen(line);
    memmove(buffer, line, filled);
  }
  set_wheels(0, 0);
  return 0;
}
