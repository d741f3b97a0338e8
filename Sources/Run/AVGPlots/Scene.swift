/// A place in a drawing, in points from the upper left corner.
public struct Point: Hashable, Sendable {
  /// To the right.
  public var x: Double
  /// Downwards.
  public var y: Double

  /// Makes a point.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  /// Whether the point is anywhere at all.
  var isFinite: Bool { x.isFinite && y.isFinite }
}

/// A part of a drawing with sides along the axes, in points.
public struct Rectangle: Hashable, Sendable {
  /// The left side.
  public var x: Double
  /// The upper side.
  public var y: Double
  /// The size to the right.
  public var width: Double
  /// The size downwards.
  public var height: Double

  /// Makes a rectangle from its upper left corner and its size.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

/// A colour with an opacity.
public struct Color: Hashable, Sendable {
  /// 0…255, sRGB.
  public var red, green, blue: UInt8
  /// 0 (not to be seen) to 1 (hides what is behind it).
  public var opacity: Double

  /// Makes a colour from 0xRRGGBB.
  public init(_ hexadecimal: UInt32, opacity: Double = 1) {
    red = UInt8(truncatingIfNeeded: hexadecimal >> 16)
    green = UInt8(truncatingIfNeeded: hexadecimal >> 8)
    blue = UInt8(truncatingIfNeeded: hexadecimal)
    self.opacity = opacity
  }

  /// The same colour with another opacity.
  public func opacity(_ value: Double) -> Color {
    var color = self
    color.opacity = value
    return color
  }

  /// Blue. This and the next three are of Okabe and Ito's palette (2008), which the colour-blind tell apart too.
  public static let blue = Color(0x0072B2)
  /// Vermilion.
  public static let vermilion = Color(0xD55E00)
  /// Green.
  public static let green = Color(0x009E73)
  /// Purple.
  public static let purple = Color(0xCC79A7)
  /// Okabe and Ito's colours but for sky blue, a second blue, and yellow, which is faint on white; brown and violet
  /// stand for them, as far from all others as any.
  static let palette = [
    blue, vermilion, green, purple, Color(0xE69F00), Color(0x000000), Color(0x783018), Color(0x601860),
  ]
  /// A colour for the thing at `index` of several: eight, then the same again.
  public static func distinct(_ index: Int) -> Color { palette[index % palette.count] }

  /// The paper.
  public static let white = Color(0xFFFFFF)
  /// Titles.
  public static let ink = Color(0x20242A)
  /// Labels and axes.
  public static let faintInk = Color(0x59616B)
  /// Grid lines.
  public static let grid = Color(0xE4E7EB)
}

/// One thing in a drawing.
public enum Shape: Hashable, Sendable {
  /// Where a text lies relative to its place.
  public enum Anchor: String, Hashable, Sendable {
    /// The text begins, has its middle, or ends at the place.
    case start, middle, end
  }

  /// A line through `points`, with round joints and ends.
  case polyline(points: [Point], width: Double, color: Color)
  /// The inside of a closed line; it may be concave (even-odd rule).
  case area(outline: [Point], color: Color)
  /// A filled rectangle.
  case rectangle(Rectangle, color: Color)
  /// A filled circle.
  case disc(center: Point, radius: Double, color: Color)
  /// A line of text: `place` is on the base line; `isUpright` text runs from the bottom to the top.
  case text(String, place: Point, size: Double, anchor: Anchor, isUpright: Bool, color: Color)
}

/// A drawing: shapes on white paper, later ones over earlier ones, to be turned into pixels or SVG.
public struct Scene: Hashable, Sendable {
  /// The size of the paper in points.
  public let width, height: Int
  /// What is drawn.
  public var shapes: [Shape] = []

  /// Makes an empty drawing of a size in points.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The width of a text, in points, as the pictures' own lettering has it.
  public static func width(of text: String, size: Double) -> Double { StrokeFont.width(of: text, size: size) }

  /// Adds a straight line.
  public mutating func line(from start: Point, to end: Point, width: Double = 1, color: Color) {
    shapes.append(.polyline(points: [start, end], width: width, color: color))
  }

  /// Adds a text.
  public mutating func text(
    _ text: String, at place: Point, size: Double, anchor: Shape.Anchor = .start, isUpright: Bool = false,
    color: Color
  ) {
    shapes.append(
      .text(text, place: place, size: size, anchor: anchor, isUpright: isUpright, color: color))
  }
}
