import AVGCore
import AVGGuard
import Testing

/// What a guard lets the joints of an arm do, in mrad/s.
private struct GuardedJoints: GuardedCommand {
  var shoulder: Int32
  var elbow: Int32

  static let stopped = GuardedJoints(shoulder: 0, elbow: 0)

  func bounded(by limit: Int32) -> GuardedJoints {
    GuardedJoints(
      shoulder: max(-limit, min(limit, shoulder)), elbow: max(-limit, min(limit, elbow)))
  }
}

@Suite("The rules of orders, whatever the base")
struct OrderRulesTests {
  private let start = MonotonicInstant(nanoseconds: 5_000_000_000)

  /// Rules of a guard that is watched, a moment ago.
  private func rules() -> OrderRules<GuardedJoints> {
    var rules = OrderRules<GuardedJoints>(timeout: .milliseconds(200), limit: 800)
    rules.hearPeer(holding: 1, at: start)
    return rules
  }

  private func after(_ milliseconds: Int) -> MonotonicInstant {
    start.advanced(by: .milliseconds(milliseconds))
  }

  private func order(
    _ effect: OrderStamp.Effect = .moves, given: MonotonicInstant, portNumber: UInt32 = 1
  ) -> OrderStamp {
    OrderStamp(given: given, portNumber: portNumber, effect: effect)
  }

  @Test("nothing moves before an order, for 200 ms after it, and again after that")
  func age() {
    var rules = rules()
    #expect(rules.permission(portNumber: 1, at: start) == .expired)
    #expect(rules.admit(order(given: start), portNumber: 1, at: after(1)) == true)
    for time in stride(from: 0, through: 300, by: 10) {
      rules.hearPeer(holding: 1, at: after(time))
      #expect(rules.permission(portNumber: 1, at: after(time)) == (time <= 200 ? .granted : .expired))
    }
    #expect(rules.admit(order(given: after(99)), portNumber: 1, at: after(300)) == false)
    #expect(rules.admit(order(given: after(100)), portNumber: 1, at: after(300)) == true)
  }

  @Test("a stop is never too old, and never of before an absence")
  func stops() {
    var rules = rules()
    rules.forgetOrders(at: after(50))
    #expect(rules.admit(order(given: after(49)), portNumber: 1, at: after(60)) == false)
    #expect(rules.admit(order(.halts, given: start, portNumber: 0), portNumber: 1, at: after(900)) == true)
    #expect(rules.admit(order(given: after(50)), portNumber: 1, at: after(60)) == true)
  }

  @Test("who could not halt the base sets nothing in motion, and may stop and live")
  func ports() {
    var rules = rules()
    for number in [0, 2] as [UInt32] {
      #expect(rules.admit(order(given: start, portNumber: number), portNumber: 1, at: start) == false)
      #expect(rules.admit(order(.other, given: start, portNumber: number), portNumber: 1, at: start) == true)
    }
  }

  @Test("a command is held within the limit, each joint by itself")
  func limit() {
    let bounded = rules().bounded(GuardedJoints(shoulder: 1000, elbow: -300))
    #expect(bounded == GuardedJoints(shoulder: 800, elbow: -300))
  }

  @Test("without a second guard that holds the port nothing moves, nor before the computer sleeps")
  func obstacles() {
    var rules = rules()
    #expect(rules.admit(order(given: start), portNumber: 1, at: start) == true)
    #expect(rules.permission(portNumber: 1, at: after(80)) == .granted)
    #expect(rules.permission(portNumber: 1, at: after(81)) == .alone)
    #expect(rules.permission(portNumber: 2, at: start) == .alone)
    let isNews = (rules.suspend(true), rules.suspend(true))
    #expect(isNews == (true, false))
    #expect(rules.permission(portNumber: 1, at: start) == .suspending)
    #expect(rules.suspend(false) == true)
    #expect(rules.permission(portNumber: 1, at: start) == .granted)
  }

  @Test("when the learner is gone no order counts any more, not even a stop")
  func leaving() {
    var rules = rules()
    let isNews = (rules.beginLeaving(at: start), rules.beginLeaving(at: after(5)))
    #expect(isNews == (true, false) && rules.leavingSince == start)
    #expect(rules.admit(order(given: start), portNumber: 1, at: start) == false)
    #expect(rules.admit(order(.halts, given: start), portNumber: 1, at: start) == false)
  }
}
