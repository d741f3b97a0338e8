import AVGCore
import AVGDashboard
import AVGGymnasium
import AVGSimulation
import AVGTasks
import Foundation

extension Experiment where B: ~Copyable {
  /// Serves environments of the task to the learner that has started this process, until that ends
  /// (docs/environment-protocol.md).
  ///
  /// An environment to which its learner brings a seed is that of a training with the same seed.
  ///
  /// - Parameter configuration: reads it; the learner is told if that fails.
  /// - Throws: what ends the server before its learner, which has been told.
  public func serve(_ configuration: () throws -> Configuration) throws {
    var channel = try ServerChannel(EnvironmentMessage.descriptor)
    do {
      guard let greeting = try channel.next() else { return }
      let hello = try Self.hello(greeting, channel)
      var server = try server(of: try configuration(), hello)
      try server.run(&channel, greeting: greeting)
    } catch {
      channel.fail("\(error)")
      throw error
    }
  }

  /// The most environments in one process.
  private static var greatestCount: Int { 1024 }

  /// What a learner says first.
  private static func hello(
    _ greeting: EnvironmentMessage.Header, _ channel: borrowing ServerChannel
  ) throws -> EnvironmentHello {
    guard EnvironmentMessage.Kind(rawValue: greeting.kind) == .hello else {
      throw ServeError.badQuestion(found: "a message of kind \(greeting.kind), where hello comes first")
    }
    let words = channel.withPayload { Data($0) }
    guard let hello = try? JSONDecoder().decode(EnvironmentHello.self, from: words) else {
      throw ServeError.badQuestion(found: "a hello that cannot be read")
    }
    guard hello.protocol == EnvironmentMessage.version else {
      throw ServeError.otherVersion(found: hello.protocol)
    }
    guard (1...greatestCount).contains(hello.environments ?? 1) else {
      throw ServeError.badQuestion(
        found: "\(hello.environments ?? 1) environments; there can be 1 to \(greatestCount)")
    }
    return hello
  }

  private func server(
    of configuration: Configuration, _ hello: EnvironmentHello
  ) throws -> EnvironmentServer<B, T> {
    let make = { (seed: UInt64) in
      var configuration = configuration
      configuration.training.seed = seed
      return TaskEnvironment(
        body: try makeBody(configuration), task: try makeTask(configuration),
        frames: frames, staleStepLimit: staleStepLimit(configuration))
    }
    let environments = try (0..<(hello.environments ?? 1)).map { index in
      // Without a seed of its learner's the first is that of the configuration.
      let seed = configuration.training.seed
      return try ServedEnvironment<B, T>(
        seed: index == 0 ? seed : RandomSource(seed: seed, purpose: "environment \(index)").state, make: make,
        pose: { body in
          place(body).map { Pose(x: Double($0.x), y: Double($0.y), heading: Double($0.heading)) }
        })
    }
    return try EnvironmentServer(
      name: name, view: pen(configuration).map { PenView($0, width: 480) }, environments,
      sharesMemory: hello.sharedMemory ?? false)
  }
}
