import AVGCore
import AVGImaging
import AVGSimulation
import AVGTraining
import Foundation
import Synchronization

/// The emulated robot's camera: hands its present view to whoever asks, over a socket, one image for each request.
final class EmulatedEye: Sendable {
  private let state: Mutex<SimulatedBody.State?>
  private let listener: Int32

  /// Listens at the path of a new socket; requests are answered on a thread of their own.
  init(socket path: String, _ configuration: PenConfiguration, shape: FrameShape, seed: UInt64) throws {
    state = Mutex(nil)
    listener = try Self.listen(at: path)
    try configuration.validate()
    Thread.detachNewThread { [self] in
      // Where that is not allowed, the emulator has said so.
      _ = RealTime.enter(priority: RealTime.devicePriority)
      guard var body = try? SimulatedBody(configuration, frameShape: shape, seed: seed &+ 1),
        let encoder = try? JPEGEncoder()
      else { return }
      var frame = Frame(shape: shape)
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { continue }
        serve(client, &body, &frame, encoder)
        close(client)
      }
    }
  }

  /// Shows where the robot is now.
  func show(_ state: SimulatedBody.State) { self.state.withLock { $0 = state } }

  private func serve(
    _ client: Int32, _ body: inout SimulatedBody, _ frame: inout Frame, _ encoder: borrowing JPEGEncoder
  ) {
    var request: UInt8 = 0
    var senses = BaseSenses()
    while recv(client, &request, 1, 0) == 1 {
      guard var state = state.withLock({ $0 }) else { continue }
      // The pixels' noise goes on from image to image.
      state.randomStates = body.state.randomStates
      guard (try? body.restore(state)) != nil, (try? body.sense(into: &frame, &senses)) != nil,
        let image = try? encoder.encode(frame),
        image.withUnsafeBytes({ send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == image.count
      else { return }
    }
  }

  private static func listen(at path: String) throws -> Int32 {
    unlink(path)
    let descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw FileError(path: path, action: "make the socket (its path is too long)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let isBound = withUnsafeBytes(of: &address) {
      bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
    }
    guard isBound == 0, Foundation.listen(descriptor, 1) == 0 else {
      throw FileError(path: path, action: "make the socket")
    }
    return descriptor
  }
}
