/// The multiplications and additions of one pass through each part, for a benchmark's roofline.
public struct LearnerOperations: Hashable, Sendable {
  /// The critic's encoder, from the image to its features.
  public var encoderForward: Int
  /// The gradients of its weights, and of its layers' inputs but the image.
  public var encoderBackward: Int
  /// The actor, forward.
  public var actor: Int
  /// The critic, forward; both of two.
  public var critic: Int
}
