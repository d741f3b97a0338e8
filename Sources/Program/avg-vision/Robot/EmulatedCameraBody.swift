import AVGCore
import AVGImaging
import AVGSystem
import AVGTraining
import Foundation

/// The view of an emulated robot as a camera on a control cycle: each image is asked for when it is wanted.
struct EmulatedCameraBody: Body, ~Copyable {
  /// The images taken in so far.
  private(set) var framesUsed = 0
  /// The bytes of the last image taken in.
  private(set) var jpeg: [UInt8] = []
  /// The pixels of a view of the usual size, before the first has come.
  static let usualPixels = 320 * 180

  private let path: String
  private let socket: Int32
  private let latencies: LoopLatencies
  private var clock: CycleClock
  private var decoder = JPEGDecoder()
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)

  /// Whether there is a socket at `path`, as an emulator's view is one.
  static func isView(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Joins the view that an emulator shows at `path`.
  init(view path: String, controlPeriod: Duration, latencies: LoopLatencies) throws(FileError) {
    self.path = path
    self.latencies = latencies
    clock = CycleClock(period: controlPeriod)
    guard let socket = SocketAddress(path)?.connect() else {
      throw FileError(path: path, action: "join the emulator's view")
    }
    self.socket = socket
    // An emulator that answers later than in a cycle has shown nothing.
    let microseconds = controlPeriod.nanoseconds / 1000
    var patience = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  /// Does nothing: the robot below has the wheels.
  mutating func drive(_ speeds: WheelSpeeds) throws(FileError) {}

  mutating func awaitCycle() throws(FileError) -> Int {
    let missed = clock.awaitDeadline()
    latencies.slack.record(clock.slack)
    latencies.lateness.record(clock.lateness)
    return missed
  }

  /// Asks for the present image; feels nothing.
  ///
  /// - Throws: `FileError` when the emulator has gone.
  mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(FileError) -> Freshness {
    senses = Create2Senses()
    // What came too late the last time is no answer to this question.
    while recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 {}
    let asked = MonotonicInstant.now
    var request: UInt8 = 1
    guard send(socket, &request, 1, Int32(MSG_NOSIGNAL)) == 1 else { throw lost() }
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return .stale }
    guard count > 0 else { throw lost() }
    do {
      try buffer.withUnsafeBytes {
        try decoder.decode(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: &frame)
      }
    } catch { return .stale }
    jpeg.replaceSubrange(jpeg.startIndex..., with: buffer[..<count])
    framesUsed += 1
    frame.stamp = FrameStamp(captured: asked, sequence: UInt32(framesUsed))
    return .fresh
  }

  /// Stays where it is, and begins a new first cycle.
  mutating func reset() throws(FileError) -> Bool {
    clock.start()
    return false
  }

  private func lost() -> FileError {
    errno = EPIPE
    return FileError(path: path, action: "see: the emulator has gone")
  }
}
