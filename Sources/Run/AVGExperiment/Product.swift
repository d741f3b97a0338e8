/// What the product says of itself.
public enum Product {
  /// Its version, which checkpoints and logs carry.
  public static let version = "0.1.0"
}
