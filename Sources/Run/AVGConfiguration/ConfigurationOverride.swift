/// A key of a configuration that is given another value than the file's, and where that was asked for.
public struct ConfigurationOverride: Hashable, Sendable, ExpressibleByStringLiteral {
  /// Key and value, keys joined by dots: `agent.discount=0.97`.
  public var assignment: String
  /// What errors name: the option as it was typed, or the place in a file.
  public var place: String

  /// Notes an assignment.
  ///
  /// - Parameter place: where it was asked for; nil for the option `--set`.
  public init(_ assignment: String, place: String? = nil) {
    self.assignment = assignment
    self.place = place ?? "--set \(assignment)"
  }

  /// An assignment by the option `--set`.
  public init(stringLiteral assignment: String) { self.init(assignment) }
}
