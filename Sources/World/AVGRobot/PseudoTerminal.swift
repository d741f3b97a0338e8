import Glibc

/// The inner end of a pseudo-terminal; a program that opens `path` finds what looks like a serial port.
struct PseudoTerminal: ~Copyable {
  let descriptor: Int32
  /// The other end, as /dev/pts/4.
  let path: String

  // Not visible to Swift: macros that expand to a calculation.
  private static let getNumber: UInt = 0x8004_5430  // TIOCGPTN
  private static let setLock: UInt = 0x4004_5431  // TIOCSPTLCK

  init() throws(RobotError) {
    descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .requestFailed(port: "/dev/ptmx", request: "open", code: errno) }
    var number: CInt = 0
    var lock: CInt = 0
    guard ioctl(descriptor, Self.getNumber, &number) == 0, ioctl(descriptor, Self.setLock, &lock) == 0 else {
      throw .requestFailed(port: "/dev/ptmx", request: "unlock", code: errno)
    }
    path = "/dev/pts/\(number)"
    // Raw from the beginning: what is sent before the other end is set up must not come back as an echo.
    var settings = termios()
    if tcgetattr(descriptor, &settings) == 0 {
      cfmakeraw(&settings)
      tcsetattr(descriptor, TCSANOW, &settings)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
