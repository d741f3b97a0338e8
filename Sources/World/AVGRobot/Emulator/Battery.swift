/// The battery of an emulated robot.
struct Battery {
  /// Milliampere-hours that it can hold.
  let capacity = 2700.0
  /// Milliampere-hours that are in it.
  private(set) var charge: Double
  /// How many times faster than a real one it empties and fills.
  let haste: Double

  /// Milliamperes.
  private static let idleCurrent = 200.0
  private static let drivingCurrent = 800.0
  private static let chargingCurrent = 1250.0

  init(charge: Double, haste: Double) {
    self.charge = min(max(0, charge), capacity)
    self.haste = haste
  }

  mutating func advance(seconds: Double, isDriving: Bool, isCharging: Bool) {
    let current = isCharging ? Self.chargingCurrent : -(isDriving ? Self.drivingCurrent : Self.idleCurrent)
    charge = min(max(0, charge + current * seconds * haste / 3600), capacity)
  }

  /// Millivolts, falling with the charge.
  var millivolts: Int { Int(13_200 + 3300 * charge / capacity) }
}
