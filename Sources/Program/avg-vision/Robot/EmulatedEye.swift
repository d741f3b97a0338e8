import AVGCore
import AVGCreate2
import AVGImaging
import AVGSimulation
import AVGSystem
import AVGTraining
import Foundation
import Synchronization

/// The emulated robot's camera: hands its present view to whoever asks, over a socket, one image for each request.
final class EmulatedEye: Sendable {
  private let state: Mutex<SimulatedBody.State?>
  private let listener: SystemSocket

  /// Listens at the path of a new socket; requests are answered on a thread of their own.
  init(socket path: String, _ configuration: PenConfiguration, shape: FrameShape, seed: UInt64) throws {
    state = Mutex(nil)
    try configuration.validate()
    try EmulatorPlace.clearSocket(path)
    do throws(SystemError) {
      listener = try SystemSocket(listeningAt: try SocketAddress(path: path), .messages)
    } catch {
      errno = error.code
      throw FileError(path: path, action: "make the socket")
    }
    try SystemThread.start(for: "the emulated camera's thread") { [self] in
      // Where that is not allowed, the emulator has said so.
      _ = RealTime.enter(priority: RealTime.devicePriority)
      guard var body = try? SimulatedBody(configuration, frameShape: shape, seed: seed &+ 1),
        let encoder = try? JPEGEncoder()
      else { return }
      var view = Observation(frames: FrameStack(count: 1, shape: shape))
      while true {
        guard let (client, _) = try? listener.accept() else { continue }
        serve(client, &body, &view, encoder)
        client.close()
      }
    }
  }

  /// Shows where the robot is now.
  func show(_ state: SimulatedBody.State) { self.state.withLock { $0 = state } }

  private func serve(
    _ client: SystemSocket, _ body: inout SimulatedBody, _ view: inout Observation,
    _ encoder: borrowing JPEGEncoder
  ) {
    var request: UInt8 = 0
    var senses = Create2Senses()
    while withUnsafeMutableBytes(of: &request, { client.receive($0) }) == 1 {
      guard var state = state.withLock({ $0 }) else { continue }
      // The pixels' noise goes on from image to image.
      state.randomStates = body.state.randomStates
      guard (try? body.restore(state)) != nil, (try? body.sense(into: &view, &senses)) != nil,
        let image = try? encoder.encode(view.newestFrame),
        client.send(image) == image.count
      else { return }
    }
  }
}
