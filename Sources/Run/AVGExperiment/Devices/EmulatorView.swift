public import AVGCore
import AVGImaging
public import AVGSystem
import Foundation

/// The view of an emulated robot as a camera: each image is asked for when it is wanted.
public struct EmulatorView: Eye, ~Copyable {
  /// The images taken in so far.
  private(set) var framesUsed = 0
  private var jpeg: [UInt8] = []
  /// The pixels of a view of the usual size, before the first has come.
  static let usualPixels = 320 * 180

  let path: String
  private let socket: SystemSocket
  private var decoder = JPEGDecoder()
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)

  /// Whether there is a socket at `path`, as an emulator's view is one.
  static func isView(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Joins the view that an emulator shows at `path`.
  ///
  /// - Parameter patience: an image that arrives later than this counts as stale.
  public init(_ path: String, patience: Duration) throws(FileError) {
    self.path = path
    do throws(SystemError) {
      socket = try SystemSocket(joining: try SocketAddress(path: path), .messages)
    } catch {
      errno = error.code
      throw FileError(path: path, action: "join the emulator's view")
    }
    socket.setPatience(patience)
  }

  deinit { socket.close() }

  /// The bytes of the last image.
  public var sourceImage: SourceImage? { jpeg.isEmpty ? nil : .compressed(jpeg, format: "jpeg") }

  /// Does nothing: each image is of the instant at which it is asked for.
  public mutating func resume(at instant: MonotonicInstant) {}

  /// Asks for the present image.
  ///
  /// - Throws: `FileError` when the emulator has gone.
  public mutating func look(into frame: inout Frame) throws(FileError) -> Freshness {
    // What came too late the last time is no answer to this question.
    while buffer.withUnsafeMutableBytes({ socket.receive($0, waits: false) }) > 0 {}
    let asked = MonotonicInstant.now
    guard withUnsafeBytes(of: 1 as UInt8, { socket.send($0) }) == 1 else { throw lost() }
    let count = buffer.withUnsafeMutableBytes { socket.receive($0) }
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

  private func lost() -> FileError {
    errno = EPIPE
    return FileError(path: path, action: "see: the emulator has gone")
  }
}
