// USB/IP, the device's side: Documentation/usb/usbip_protocol.rst in the kernel's source.
//
// vhci_hcd takes a connected socket through sysfs and sends every USB request of the machine through it. A socket
// pair inside this process saves the network and its tools.

#define _GNU_SOURCE  // ppoll
#include "camera.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  submit = 1, unlink_request = 2, submit_reply = 3, unlink_reply = 4,
  max_packets = 128, max_pending = 64,
  high_speed = 3, device_id = 0x10001,
};

// All numbers on the wire are big-endian.
struct message {
  uint32_t command, sequence, device, direction, endpoint;
  union {
    struct { uint32_t flags, length, start, packets, interval; uint8_t setup[8]; } submit;
    struct { uint32_t status, length, start, packets, errors; } reply;
    struct { uint32_t victim; } unlink;
    uint8_t room[28];
  };
};
_Static_assert(sizeof(struct message) == 48, "a USB/IP header has 48 bytes");

struct packet_descriptor {
  uint32_t offset, length, actual_length, status;
};

// An isochronous transfer that waits for its time.
struct transfer {
  uint32_t sequence;
  unsigned packet_count;
  uint64_t due;
  struct packet_descriptor packets[max_packets];
};

static int connection = -1;
static struct transfer pending[max_pending];
static unsigned pending_count;
static uint64_t last_due;

static bool send_all(const void *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = (const uint8_t *)bytes + sent;
    count -= (size_t)sent;
  }
  return true;
}

static bool receive_all(void *bytes, size_t count) {
  while (count > 0) {
    ssize_t received = recv(connection, bytes, count, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes = (uint8_t *)bytes + received;
    count -= (size_t)received;
  }
  return true;
}

static bool send_reply(uint32_t command, uint32_t sequence, int status, size_t length, unsigned packets) {
  struct message message = {
    .command = htonl(command),
    .sequence = htonl(sequence),
    .reply = {.status = htonl((uint32_t)status), .length = htonl((uint32_t)length), .packets = htonl(packets)},
  };
  return send_all(&message, sizeof message);
}

static bool serve_control(uint32_t sequence, const struct message *message, uint8_t *data, size_t length) {
  bool reads = ntohl(message->direction) != 0;
  int answered = control_request(message->submit.setup, data, reads ? 0 : length);
  if (answered < 0) return send_reply(submit_reply, sequence, -EPIPE, 0, 0);
  if (!reads) return send_reply(submit_reply, sequence, 0, length, 0);
  if ((size_t)answered < length) length = (size_t)answered;
  return send_reply(submit_reply, sequence, 0, length, 0) && send_all(data, length);
}

// Transfers are due one after the other at the bus's pace, never faster: that is what makes the frame rate real.
static bool queue_transfer(uint32_t sequence, unsigned packets) {
  if (packets == 0 || packets > max_packets || pending_count == max_pending) {
    return send_reply(submit_reply, sequence, -EPIPE, 0, 0);
  }
  struct transfer *transfer = &pending[pending_count++];
  transfer->sequence = sequence;
  transfer->packet_count = packets;
  if (!receive_all(transfer->packets, packets * sizeof *transfer->packets)) return false;
  uint64_t now = microseconds_now();
  if (last_due < now) last_due = now;
  last_due += packets * microframe_microseconds;
  transfer->due = last_due;
  return true;
}

static bool complete_transfer(struct transfer *transfer) {
  static uint8_t data[max_packets * packet_bytes];
  size_t total = 0;
  for (unsigned i = 0; i < transfer->packet_count; i++) {
    struct packet_descriptor *packet = &transfer->packets[i];
    size_t room = ntohl(packet->length);
    size_t length = stream_packet(data + total, room < packet_bytes ? room : packet_bytes, transfer->due);
    packet->actual_length = htonl((uint32_t)length);
    packet->status = 0;
    total += length;
  }
  return send_reply(submit_reply, transfer->sequence, 0, total, transfer->packet_count) && send_all(data, total) &&
         send_all(transfer->packets, transfer->packet_count * sizeof *transfer->packets);
}

static bool cancel_transfer(uint32_t sequence, uint32_t victim) {
  for (unsigned i = 0; i < pending_count; i++) {
    if (pending[i].sequence != victim) continue;
    memmove(&pending[i], &pending[i + 1], (--pending_count - i) * sizeof *pending);
    return send_reply(unlink_reply, sequence, -ECONNRESET, 0, 0);
  }
  return send_reply(unlink_reply, sequence, 0, 0, 0);
}

static bool serve_message(void) {
  static uint8_t data[65536];
  struct message message;
  if (!receive_all(&message, sizeof message)) return false;
  uint32_t command = ntohl(message.command), sequence = ntohl(message.sequence);
  if (command == unlink_request) return cancel_transfer(sequence, ntohl(message.unlink.victim));
  if (command != submit) return false;
  size_t length = ntohl(message.submit.length);
  bool writes = ntohl(message.direction) == 0;
  if (writes && (length > sizeof data || !receive_all(data, length))) return false;
  if (ntohl(message.endpoint) == 0) return serve_control(sequence, &message, data, length);
  return queue_transfer(sequence, ntohl(message.submit.packets));
}

static bool serve_first_transfer(void) {
  struct transfer transfer = pending[0];
  memmove(pending, pending + 1, --pending_count * sizeof *pending);
  return complete_transfer(&transfer);
}

int usbip_serve(void) {
  struct timespec wait = {0};
  if (pending_count > 0) {
    uint64_t now = microseconds_now(), due = pending[0].due;
    if (due > now) wait.tv_nsec = (long)(due - now) * 1000;  // at most a second: 64 transfers of 128 packets
    wait.tv_sec = wait.tv_nsec / 1000000000;
    wait.tv_nsec %= 1000000000;
  }
  struct pollfd descriptor = {.fd = connection, .events = POLLIN};  // a negative fd is ignored: unplugged
  sigset_t none_blocked;
  sigemptyset(&none_blocked);
  int ready = ppoll(&descriptor, 1, pending_count > 0 ? &wait : NULL, &none_blocked);
  if (ready < 0) return 0;
  if (ready > 0 && !serve_message()) return -1;
  bool due = pending_count > 0 && pending[0].due <= microseconds_now();
  return due && !serve_first_transfer() ? -1 : 0;
}

bool usbip_plugged(void) { return connection >= 0; }

bool usbip_plug(void) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return false;
  char request[64];
  int length = snprintf(request, sizeof request, "0 %d %d %d", ends[1], device_id, high_speed);
  int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY);
  bool attached = attach >= 0 && write(attach, request, (size_t)length) == length;
  if (attach >= 0) close(attach);
  close(ends[1]);  // the kernel holds its own reference now
  if (!attached) {
    close(ends[0]);
    return false;
  }
  connection = ends[0];
  pending_count = 0;
  stream_stop();
  control_reset();
  if (camera.verbosity) fprintf(stderr, "software-usb-camera: plugged in\n");
  return true;
}

void usbip_unplug(void) {
  if (connection < 0) return;
  shutdown(connection, SHUT_RDWR);
  close(connection);
  connection = -1;
  pending_count = 0;
  stream_stop();
  if (camera.verbosity) fprintf(stderr, "software-usb-camera: unplugged\n");
}
