package import AVGCore

/// What a learner says to a guard, one datagram an order: it carries what `OrderRules` go by.
package protocol StampedOrder: BitwiseCopyable, Sendable {
  /// When the order was given.
  var given: MonotonicInstant { get }
  /// The port at which the learner could halt the base itself; 0 for none.
  var portNumber: UInt32 { get }
  /// What it does to the base.
  var effect: OrderStamp.Effect { get }
}

extension StampedOrder {
  /// What the order says of itself.
  package var stamp: OrderStamp { OrderStamp(given: given, portNumber: portNumber, effect: effect) }
}

/// An order to the one guard of a device that has no second one: the device itself is whoever else can stop it.
package protocol SoleGuardOrder: StampedOrder {}

extension SoleGuardOrder {
  /// There is one way to the device, which is always open.
  package static var portNumber: UInt32 { 1 }
  package var portNumber: UInt32 { Self.portNumber }
}
