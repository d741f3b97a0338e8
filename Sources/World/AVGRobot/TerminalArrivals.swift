import CEpoll
import Glibc

/// Tells whether something has arrived on a terminal device, without waiting.
///
/// Where a terminal has no input, `poll` and `read` wait until an ordinary thread of the kernel has handed over what the
/// driver has received (`tty_buffer_flush_work` in `drivers/tty/n_tty.c`), even when they are asked not to wait. On an
/// overloaded computer that has taken 478 ms, whatever the caller's priority. An edge-triggered `epoll` looks at the terminal
/// only after the terminal has said that there is something.
struct TerminalArrivals: ~Copyable {
  /// Readable, for `poll`, while there is something new; −1 without a terminal, or if the system refuses it.
  let descriptor: Int32

  /// Listens to `terminal`, which must stay open; −1 for none, of which nothing is known.
  init(on terminal: Int32) {
    descriptor = terminal < 0 ? -1 : epoll_create1(CInt(EPOLL_CLOEXEC))
    var event = epoll_event(events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data(fd: terminal))
    if descriptor >= 0 { epoll_ctl(descriptor, EPOLL_CTL_ADD, terminal, &event) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether something may have come, or the terminal was hung up, since this was last asked; if so, all of it is to be
  /// read.
  func take() -> Bool {
    var event = epoll_event()
    return descriptor < 0 || epoll_wait(descriptor, &event, 1, 0) > 0
  }
}
