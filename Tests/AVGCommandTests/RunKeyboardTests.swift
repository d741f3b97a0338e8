import Foundation
import Synchronization
import Testing

@testable import AVGExperiment

/// A pause is a person's, so it must not wait for the control loop.
@Suite struct RunKeyboardTests {
  private final class Strikes: Sendable {
    let count = Atomic(0)
  }

  /// Waits up to 10 s.
  private func wait(until isTrue: () -> Bool) -> Bool {
    for _ in 0..<1_000 {
      if isTrue() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func aSignalStopsTheRobotBeforeTheControlLoopAsks() throws {
    let strikes = Strikes()
    let keyboard = try RunKeyboard(hasKeys: false) { strikes.count.add(1, ordering: .relaxed) }
    #expect(!keyboard.isHolding())

    kill(getpid(), SIGUSR1)
    #expect(wait { strikes.count.load(ordering: .relaxed) == 1 })
    #expect(keyboard.isHolding())

    kill(getpid(), SIGUSR1)
    #expect(wait { !keyboard.isHolding() })
    #expect(strikes.count.load(ordering: .relaxed) == 1, "to go on is no reason to stop")
  }
}
