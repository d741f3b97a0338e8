import AVGCore

/// From the bytes of a foreign observation to frames and signals.
struct ObservationMapping: Sendable {
  /// The frames of an observation; nil for none.
  let frames: FrameStack?
  /// How many signals there are.
  let signalCount: Int
  /// The bytes of an observation.
  let byteCount: Int
  /// Whether the environment stacks frames itself.
  var isStacked: Bool { (reader?.count ?? 0) > 1 }
  private let reader: FrameReader?
  private let signals: [SpaceLayout.Leaf]
  private let name: String

  /// What can be learned from, for messages.
  private static let supported =
    "Supported are Boxes of numbers (signals), Boxes of uint8 with 2 to 4 axes (images), and Dicts of these. Wrappers can "
    + "change the rest: gymnasium.wrappers: [FlattenObservation]."

  /// Maps an observation space as the settings want it.
  init(_ space: Space, _ settings: GymnasiumSettings) throws(GymnasiumError) {
    name = settings.name
    let layout: SpaceLayout
    do throws(SpaceLayout.Problem) { layout = try SpaceLayout(space) } catch {
      throw .unsupported(
        name: name, part: "its observation" + (error.name.isEmpty ? "" : " '\(error.name)'"),
        found: error.reason, advice: Self.supported)
    }
    byteCount = layout.byteCount
    let images = try Self.images(in: layout, settings)
    reader = images.reader
    signals = try Self.signals(in: layout, besides: images.leaf, settings)
    signalCount = signals.reduce(0) { $0 + $1.count }
    frames = reader.map {
      FrameStack(count: max($0.count, $0.count == 1 ? settings.frameStack : 1), shape: $0.shape)
    }
    guard signalCount > 0 || frames != nil else {
      throw .unsupported(
        name: name, part: "its observation", found: "nothing is left of it", advice: Self.supported)
    }
  }

  /// The part that holds images, if one does.
  private static func images(
    in layout: SpaceLayout, _ settings: GymnasiumSettings
  ) throws(GymnasiumError) -> (leaf: SpaceLayout.Leaf?, reader: FrameReader?) {
    func refusal(_ found: String, _ advice: String) -> GymnasiumError {
      .unsupported(name: settings.name, part: "gymnasium.frames", found: found, advice: advice)
    }
    let leaf: SpaceLayout.Leaf
    switch settings.frames {
    case "none": return (nil, nil)
    case "auto":
      let images = layout.leaves.filter { $0.box.dtype == .uint8 && (2...4).contains($0.box.shape.count) }
      guard let only = images.first else { return (nil, nil) }
      guard images.count == 1 else {
        throw refusal(
          "there are images in \(images.map(\.name).joined(separator: ", "))", "Name the one to see by.")
      }
      leaf = only
    case let wanted:
      guard let named = layout.leaves.first(where: { $0.name == wanted }) else {
        throw refusal(
          "there is no part '\(wanted)'",
          "There are \(layout.leaves.map { "'\($0.name)'" }.joined(separator: ", ")).")
      }
      leaf = named
    }
    let (dtype, shape) = (leaf.box.dtype, leaf.box.shape)
    let axes = settings.frameAxes == "auto" ? FrameAxes(guessing: shape) : FrameAxes(settings.frameAxes)
    guard dtype == .uint8, let axes,
      let reader = FrameReader(leaf, axes: axes, channels: settings.frameChannels), reader.count >= 1,
      (1...4096).contains(reader.shape.height), (1...4096).contains(reader.shape.width)
    else {
      throw refusal(
        "\(dtype.rawValue) of shape \(shape)",
        "Images are uint8, H×W, H×W×C or C×H×W, or several of them; gymnasium.frameAxes and gymnasium.frameChannels say "
          + "which axis is which, and frames: none takes none.")
    }
    return (leaf, reader)
  }

  /// The parts that are signals.
  private static func signals(
    in layout: SpaceLayout, besides image: SpaceLayout.Leaf?, _ settings: GymnasiumSettings
  ) throws(GymnasiumError) -> [SpaceLayout.Leaf] {
    let others = layout.leaves.filter { $0 != image }
    guard !settings.signals.isEmpty else { return others }
    var chosen: [SpaceLayout.Leaf] = []
    for wanted in settings.signals {
      guard let leaf = others.first(where: { $0.name == wanted }) else {
        throw .unsupported(
          name: settings.name, part: "gymnasium.signals", found: "there is no part '\(wanted)'",
          advice: "There are \(others.map { "'\($0.name)'" }.joined(separator: ", ")).")
      }
      chosen.append(leaf)
    }
    return chosen
  }

  /// Fills an observation; a frame that the environment gives alone goes into the newest slot.
  func read(_ bytes: UnsafeRawBufferPointer, into observation: inout Observation) throws(GymnasiumError) {
    if let reader {
      let first = observation.frames.count - reader.count
      for index in 0..<reader.count {
        reader.read(index, of: bytes, into: &observation.frames[first + index].pixels)
      }
    }
    var place = 0
    for leaf in signals {
      let begin = place
      switch leaf.box.dtype {
      case .float32: Self.read(leaf, bytes, Float.self, &observation.proprioception, &place) { $0 }
      case .float64: Self.read(leaf, bytes, Double.self, &observation.proprioception, &place) { Float($0) }
      case .uint8, .bool:
        Self.read(leaf, bytes, UInt8.self, &observation.proprioception, &place) { Float($0) }
      case .int8: Self.read(leaf, bytes, Int8.self, &observation.proprioception, &place) { Float($0) }
      case .uint16: Self.read(leaf, bytes, UInt16.self, &observation.proprioception, &place) { Float($0) }
      case .int16: Self.read(leaf, bytes, Int16.self, &observation.proprioception, &place) { Float($0) }
      case .uint32: Self.read(leaf, bytes, UInt32.self, &observation.proprioception, &place) { Float($0) }
      case .int32: Self.read(leaf, bytes, Int32.self, &observation.proprioception, &place) { Float($0) }
      case .uint64: Self.read(leaf, bytes, UInt64.self, &observation.proprioception, &place) { Float($0) }
      case .int64: Self.read(leaf, bytes, Int64.self, &observation.proprioception, &place) { Float($0) }
      }
      for index in begin..<place where !observation.proprioception[index].isFinite {
        throw .notFinite(
          name: name,
          part: "number \(index - begin) of its observation" + (leaf.name.isEmpty ? "" : " '\(leaf.name)'"),
          value: Double(observation.proprioception[index]))
      }
    }
  }

  private static func read<Number: BitwiseCopyable>(
    _ leaf: SpaceLayout.Leaf, _ bytes: UnsafeRawBufferPointer, _ type: Number.Type, _ signals: inout [Float],
    _ place: inout Int, _ value: (Number) -> Float
  ) {
    for index in 0..<leaf.count {
      let offset = leaf.offset + index * MemoryLayout<Number>.size
      signals[place + index] = value(bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    place += leaf.count
  }
}
