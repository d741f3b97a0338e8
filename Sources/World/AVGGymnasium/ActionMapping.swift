import AVGCore

/// From an action −1…1 to the bytes of a foreign one.
struct ActionMapping: Sendable {
  /// How many numbers there are.
  let count: Int
  private let isDouble: Bool
  private let scaling: GymnasiumSettings.ActionScaling
  private let low: [Float]
  private let high: [Float]
  /// Middle and half width of the bounds: of −1…1 they change no bit of an action.
  private let middle: [Float]
  private let half: [Float]

  /// The bytes of an action, a multiple of 8.
  var byteCount: Int { (count * (isDouble ? 8 : 4) + 7) / 8 * 8 }

  /// Maps actions as the settings want it.
  init(_ space: Space, _ settings: GymnasiumSettings) throws(GymnasiumError) {
    let name = settings.name
    func refusal(_ found: String, _ advice: String) -> GymnasiumError {
      .unsupported(name: name, part: "its action", found: found, advice: advice)
    }
    let advice = "Supported is a Box of float32 or float64 with at least one number."
    guard case .box(let box) = space else {
      switch space {
      case .other(_, let description): throw refusal(description, advice)
      default: throw refusal("a Dict", advice)
      }
    }
    guard [.float32, .float64].contains(box.dtype), let count = box.count, count >= 1, count <= 4096 else {
      throw refusal("\(box.dtype.rawValue) of shape \(box.shape)", advice)
    }
    self.count = count
    isDouble = box.dtype == .float64
    scaling = settings.actions
    for bounds in [box.low.values, box.high.values] where bounds.count != 1 && bounds.count != count {
      throw refusal("\(count) numbers with \(bounds.count) bounds", advice)
    }
    let (low, high) = ((0..<count).map { box.low[$0] }, (0..<count).map { box.high[$0] })
    for index in 0..<count where !(low[index] <= high[index]) {
      throw refusal("number \(index) has the bounds \(low[index]) and \(high[index])", advice)
    }
    guard scaling == .clip || (low + high).allSatisfy(\.isFinite) else {
      throw refusal(
        "it has no bounds to scale it to", "Give gymnasium.actions: clip, which takes −1…1 as it is.")
    }
    self.low = low.map { Float($0) }
    self.high = high.map { Float($0) }
    middle = zip(low, high).map { Float(($0 + $1) / 2) }
    half = zip(low, high).map { Float(($1 - $0) / 2) }
  }

  /// Writes the bytes of `action`.
  func write(_ action: [Float], to bytes: UnsafeMutableRawBufferPointer) {
    for index in 0..<count {
      var value = action[index]
      if scaling == .scale { value = middle[index] + value * half[index] }
      value = max(low[index], min(high[index], value))
      if isDouble {
        bytes.storeBytes(of: Double(value), toByteOffset: 8 * index, as: Double.self)
      } else {
        bytes.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
      }
    }
  }
}
