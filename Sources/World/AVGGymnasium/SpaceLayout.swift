/// Where the arrays of a space lie in its bytes (docs/environment-protocol.md, "Spaces").
public struct SpaceLayout: Hashable, Sendable {
  /// One array.
  public struct Leaf: Hashable, Sendable {
    /// The names that lead to it, joined by `/`; empty for a space that is one array.
    public var name: String
    /// What it is.
    public var box: BoxSpace
    /// The number of its elements.
    public var count: Int
    /// The byte at which it begins, a multiple of 8.
    public var offset: Int
  }

  /// The arrays, in the order of their bytes.
  public private(set) var leaves: [Leaf] = []
  /// The bytes of the whole, a multiple of 8.
  public private(set) var byteCount = 0

  /// What keeps a space from being laid out.
  public struct Problem: Error, Hashable, Sendable {
    /// The names that lead to the part at fault; empty for the whole.
    public var name: String
    /// What it is.
    public var reason: String
  }

  /// Lays a space out.
  public init(_ space: Space) throws(Problem) { try add(space, named: "") }

  private mutating func add(_ space: Space, named name: String) throws(Problem) {
    switch space {
    case .box(let box):
      guard let count = box.count else {
        throw Problem(name: name, reason: "a Box of shape \(box.shape), which no memory holds")
      }
      for bounds in [box.low.values, box.high.values] where bounds.count != 1 && bounds.count != count {
        throw Problem(name: name, reason: "a Box of \(count) elements with \(bounds.count) bounds")
      }
      leaves.append(Leaf(name: name, box: box, count: count, offset: byteCount))
      byteCount += (count * box.dtype.byteCount + 7) / 8 * 8
    case .dict(let entries):
      for entry in entries {
        try add(entry.space, named: name.isEmpty ? entry.name : "\(name)/\(entry.name)")
      }
    case .other(_, let description): throw Problem(name: name, reason: description)
    }
  }
}
