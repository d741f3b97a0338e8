import Glibc

/// An open serial port at 115200 baud, 8 bits, no parity, one stop bit, used by no other program.
struct SerialPort: ~Copyable {
  let path: String
  let descriptor: Int32

  /// Opens and sets up the port at `path`.
  init(_ path: String) throws(RobotError) {
    self.path = path
    // Without O_NONBLOCK the opening could wait for a modem.
    descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.openingError(path, code: errno) }
    guard isatty(descriptor) == 1 else { throw .notASerialPort(port: path) }
    // The lock keeps root out too, whom TIOCEXCL lets in.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(port: path) }
    try check(ioctl(descriptor, UInt(TIOCEXCL)), "TIOCEXCL")
    var settings = termios()
    try check(tcgetattr(descriptor, &settings), "tcgetattr")
    cfmakeraw(&settings)
    cfsetspeed(&settings, speed_t(B115200))
    settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
    settings.c_cflag &= ~(tcflag_t(CSTOPB) | tcflag_t(CRTSCTS))
    // With VMIN 0, an idle line and one that was hung up both read 0.
    withUnsafeMutableBytes(of: &settings.c_cc) {
      $0[Int(VMIN)] = 1
      $0[Int(VTIME)] = 0
    }
    try check(tcsetattr(descriptor, TCSANOW, &settings), "tcsetattr")
    tcflush(descriptor, TCIOFLUSH)
  }

  /// Holds a port that another process of this program has opened and set up.
  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads what has arrived into the beginning of `bytes`.
  ///
  /// - Returns: the number of bytes; 0 if there are none now.
  func read(into bytes: inout [UInt8]) throws(RobotError) -> Int {
    let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    if count > 0 { return count }
    // A line that was hung up reads 0, or EIO on a pseudo-terminal.
    if count == 0 { throw .unplugged(port: path) }
    switch errno {
    case EAGAIN, EINTR: return 0
    case EIO, ENODEV, ENXIO: throw .unplugged(port: path)
    default: throw .requestFailed(port: path, request: "read", code: errno)
    }
  }

  /// Writes as much of `bytes` as the line takes now.
  ///
  /// - Returns: the number of bytes taken.
  func write(_ bytes: [UInt8]) throws(RobotError) -> Int {
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 { return count }
    switch errno {
    case EAGAIN, EINTR: return 0
    case EIO, ENODEV, ENXIO: throw .unplugged(port: path)
    default: throw .requestFailed(port: path, request: "write", code: errno)
    }
  }

  /// Pulls the request-to-send line, which wakes a sleeping robot through its baud-rate-change pin, or lets it go.
  ///
  /// An adapter without the line, or a pseudo-terminal, does nothing.
  func setWakeLine(pulled: Bool) {
    var lines = CInt(TIOCM_RTS)
    _ = ioctl(descriptor, UInt(pulled ? TIOCMBIS : TIOCMBIC), &lines)
  }

  private func check(_ result: CInt, _ request: String) throws(RobotError) {
    if result != 0 { throw .requestFailed(port: path, request: request, code: errno) }
  }

  private static func openingError(_ path: String, code: Int32) -> RobotError {
    switch code {
    case ENOENT, ENOTDIR, ENODEV, ENXIO: .noSuchPort(port: path, present: ports())
    case EACCES, EPERM: .noPermission(port: path)
    case EBUSY: .busy(port: path)
    default: .requestFailed(port: path, request: "open", code: code)
    }
  }

  /// The serial adapters of this machine.
  static func ports() -> [String] {
    ["/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*"].flatMap { pattern in
      var found = glob_t()
      defer { globfree(&found) }
      guard glob(pattern, 0, nil, &found) == 0 else { return [String]() }
      return UnsafeBufferPointer(start: found.gl_pathv, count: Int(found.gl_pathc))
        .compactMap { $0.map { String(cString: $0) } }
    }
  }
}
