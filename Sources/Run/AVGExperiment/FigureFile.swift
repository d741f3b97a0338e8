import AVGImaging
package import AVGPlots
import AVGSystem
import AVGTraining

/// Drawings in files.
package enum FigureFile {
  /// Writes a drawing as `path.svg` and `path.png`.
  package static func write(_ drawing: Scene, to path: String) throws {
    try AtomicFile.write(drawing.svg, to: path + ".svg")
    try writePicture(drawing, to: path + ".png")
  }

  /// Writes a drawing as a PNG picture.
  package static func writePicture(_ drawing: Scene, to path: String) throws {
    try AtomicFile.write(try PNG.encode(drawing.raster(scale: 1.5)), to: path)
  }
}
