extension Scene {
  /// The drawing as an SVG document; text stays text.
  public var svg: String {
    var document = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="Helvetica, Arial, sans-serif">
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>

      """
    for shape in shapes {
      document += shape.svg + "\n"
    }
    return document + "</svg>\n"
  }
}

extension Shape {
  fileprivate var svg: String {
    switch self {
    case .polyline(let points, let width, let color):
      return """
        <polyline points="\(list(points))" fill="none" stroke-width="\(short(width))" \
        stroke-linejoin="round" stroke-linecap="round" \(paint("stroke", color))/>
        """
    case .area(let outline, let color):
      return "<polygon points=\"\(list(outline))\" fill-rule=\"evenodd\" \(paint("fill", color))/>"
    case .rectangle(let box, let color):
      return """
        <rect x="\(short(box.x))" y="\(short(box.y))" width="\(short(box.width))" \
        height="\(short(box.height))" \(paint("fill", color))/>
        """
    case .disc(let center, let radius, let color):
      return """
        <circle cx="\(short(center.x))" cy="\(short(center.y))" r="\(short(radius))" \(paint("fill", color))/>
        """
    case .text(let text, let place, let size, let anchor, let isUpright, let color):
      let (x, y) = (short(place.x), short(place.y))
      let rotation = isUpright ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
      return """
        <text x="\(x)" y="\(y)" font-size="\(short(size))" text-anchor="\(anchor.rawValue)"\(rotation) \
        \(paint("fill", color))>\(escaped(text))</text>
        """
    }
  }
}

/// Formats a length to a hundredth of a point, which is finer than visible.
private func short(_ value: Double) -> String {
  let rounded = (value * 100).rounded() / 100
  return Int(exactly: rounded).map(String.init) ?? String(rounded)
}

private func list(_ points: [Point]) -> String {
  points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
}

private func paint(_ attribute: String, _ color: Color) -> String {
  let hexadecimal = [color.red, color.green, color.blue].map { channel in
    (channel < 16 ? "0" : "") + String(channel, radix: 16)
  }
  let opacity = color.opacity < 1 ? " \(attribute)-opacity=\"\(short(color.opacity))\"" : ""
  return "\(attribute)=\"#\(hexadecimal.joined())\"\(opacity)"
}

/// Escapes the characters that are special in XML; control characters, which XML does not allow, become question marks.
private func escaped(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case _ where character.value < 0x20: result += "?"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}
