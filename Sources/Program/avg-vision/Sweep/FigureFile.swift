import AVGImaging
import AVGPlots
import AVGSystem
import AVGTraining

/// Drawings in files.
enum FigureFile {
  /// Writes a drawing as `path.svg` and `path.png`.
  static func write(_ drawing: Scene, to path: String) throws {
    try AtomicFile.write(drawing.svg, to: path + ".svg")
    try writePicture(drawing, to: path + ".png")
  }

  /// Writes a drawing as a PNG picture.
  static func writePicture(_ drawing: Scene, to path: String) throws {
    try AtomicFile.write(try PNG.encode(drawing.raster(scale: 1.5)), to: path)
  }
}
