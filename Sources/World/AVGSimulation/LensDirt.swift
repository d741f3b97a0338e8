import AVGCore

/// Dirt on the lens: blurred spots at fixed places, through which the image is mixed with grey.
///
/// It lies so near that it is out of focus: a spot's cover falls smoothly from its centre to its edge.
struct LensDirt {
  /// How much of each pixel is dirt, in 256ths, row by row; empty for a clean lens.
  private let cover: [UInt16]

  /// The level of dirt in any light, of 255.
  private static let grey: UInt16 = 90
  private static let spotCount = 14
  /// Radii of spots, as shares of the image's height.
  private static let radii = 0.12...0.35

  /// - Parameter share: how much of a spot's centre is dirt, 0…1.
  init(share: Double, shape: FrameShape) {
    guard share > 0 else {
      cover = []
      return
    }
    // The places do not depend on the seed, so that a body's state is whole without them.
    var random = RandomSource(seed: 0, purpose: "lens dirt")
    let spots = (0..<Self.spotCount).map { _ in
      (
        column: random.uniform(in: 0...Double(shape.width)),
        row: random.uniform(in: 0...Double(shape.height)),
        radius: random.uniform(in: Self.radii) * Double(shape.height)
      )
    }
    cover = (0..<shape.height * shape.width).map { index in
      let column = Double(index % shape.width) + 0.5
      let row = Double(index / shape.width) + 0.5
      let thickest = spots.reduce(0) { thickest, spot in
        let (across, down) = ((column - spot.column) / spot.radius, (row - spot.row) / spot.radius)
        let inside = max(0, 1 - across * across - down * down)
        return max(thickest, inside * inside)
      }
      return UInt16((256 * share * thickest).rounded())
    }
  }

  /// Lays the dirt over `pixels` [height, width, 3].
  func apply(to pixels: inout [UInt8]) {
    guard !cover.isEmpty else { return }
    precondition(
      pixels.count == 3 * cover.count, "\(pixels.count) bytes are no image of \(cover.count) pixels")
    for (index, dirt) in cover.enumerated() where dirt > 0 {
      for byte in 3 * index..<3 * index + 3 {
        // At most 255 · 256: 16 bits suffice.
        pixels[byte] = UInt8((UInt16(pixels[byte]) * (256 - dirt) + Self.grey * dirt) >> 8)
      }
    }
  }
}
