/// An agent that lets itself be looked into while it learns: by a log, by a dashboard.
public protocol InspectableAgent: Agent, ~Copyable {
  /// How many image points the policy acts by; 0 for an agent without a camera.
  var imagePointCount: Int { get }

  /// Writes where the image points of the observation that was last acted on lie, without allocating.
  ///
  /// - Parameter points: receives x₀ y₀ x₁ y₁ …, [2 · imagePointCount], in pixels of a frame.
  func writeImagePoints(into points: inout [Float])

  /// What the last convolution made of the observation that was last acted on; nil without a camera.
  func featureMaps() -> FeatureMaps?

  /// Visits each tensor of weights by the name that a checkpoint gives it.
  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void)
}

/// The channels of a layer of a convolutional network.
public struct FeatureMaps: Sendable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// Channels.
  public let channels: Int
  /// The activations [channels, height, width].
  public let values: [Float]

  /// Makes feature maps of `channels · height · width` values.
  public init(height: Int, width: Int, channels: Int, values: [Float]) {
    precondition(
      values.count == height * width * channels,
      "\(height)×\(width)×\(channels) maps, not \(values.count) values")
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }
}
