/// A position in a drawing, in points from the upper left corner.
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

  /// Whether both coordinates are finite.
  var isFinite: Bool { x.isFinite && y.isFinite }
}

/// An axis-aligned rectangle in a drawing, in points.
public struct Rectangle: Hashable, Sendable {
  /// The left edge.
  public var x: Double
  /// The upper edge.
  public var y: Double
  /// The width.
  public var width: Double
  /// The height.
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
  /// 0 (invisible) to 1 (opaque).
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

  /// Blue. This and the next three are from Okabe and Ito's palette (2008), which colour-blind people can distinguish
  /// too.
  public static let blue = Color(0x0072B2)
  /// Vermilion.
  public static let vermilion = Color(0xD55E00)
  /// Green.
  public static let green = Color(0x009E73)
  /// Purple.
  public static let purple = Color(0xCC79A7)
  /// Okabe and Ito's colours without sky blue, a second blue, and yellow, which is faint on white. Brown and violet
  /// replace them, chosen for their distance to all others.
  static let palette = [
    blue, vermilion, green, purple, Color(0xE69F00), Color(0x000000), Color(0x783018), Color(0x601860),
  ]
  /// A colour for the item at `index`; the eight colours repeat.
  public static func distinct(_ index: Int) -> Color { palette[index % palette.count] }

  /// The background.
  public static let white = Color(0xFFFFFF)
  /// Titles.
  public static let ink = Color(0x20242A)
  /// Labels and axes.
  public static let faintInk = Color(0x59616B)
  /// Grid lines.
  public static let grid = Color(0xE4E7EB)
}

/// An element of a drawing.
public enum Shape: Hashable, Sendable {
  /// The position of a text relative to its anchor point.
  public enum Anchor: String, Hashable, Sendable {
    /// The text starts, is centred, or ends at the point.
    case start, middle, end
  }

  /// A line through `points`, with round joins and caps.
  case polyline(points: [Point], width: Double, color: Color)
  /// The inside of a closed line; it may be concave (even-odd rule).
  case area(outline: [Point], color: Color)
  /// A filled rectangle.
  case rectangle(Rectangle, color: Color)
  /// A filled circle.
  case disc(center: Point, radius: Double, color: Color)
  /// A line of text with its baseline at `place`; `isUpright` text runs from bottom to top.
  case text(String, place: Point, size: Double, anchor: Anchor, isUpright: Bool, color: Color)
}

/// A drawing: shapes on a white background, later ones over earlier ones, to render as pixels or SVG.
public struct Scene: Hashable, Sendable {
  /// The size of the drawing in points.
  public let width, height: Int
  /// The shapes.
  public var shapes: [Shape] = []

  /// Makes an empty drawing of the given size in points.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The width in points of a text in the lettering of pixel images.
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
