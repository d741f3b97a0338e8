import AVGCore

/// The order of an image array's axes: N frames, H rows, W columns, C channels.
struct FrameAxes: Hashable, Sendable {
  /// One letter an axis, the slowest first.
  let letters: [Character]

  /// Reads an order such as HWC; nil unless it has H and W, and each letter once.
  init?(_ text: String) {
    letters = Array(text)
    guard letters.contains("H"), letters.contains("W"), Set(letters).count == letters.count,
      letters.allSatisfy({ "NHWC".contains($0) })
    else { return nil }
  }

  /// The greatest length of an axis that is taken for channels.
  private static let mostChannels = 16

  /// Guesses the order from the lengths; nil where there is none that makes sense.
  init?(guessing shape: [Int]) {
    switch shape.count {
    case 2: self.init("HW")
    case 3:
      let (first, last) = (shape[0], shape[2])
      guard min(first, last) <= Self.mostChannels else { return nil }
      // Of two short axes, channels come last, as Gymnasium's own environments have them.
      self.init(last <= Self.mostChannels ? "HWC" : "CHW")
    case 4: self.init([1, 3].contains(shape[3]) ? "NHWC" : [1, 3].contains(shape[1]) ? "NCHW" : "")
    default: return nil
    }
  }
}

/// Takes RGB frames out of an array of bytes, whatever the order of its axes.
struct FrameReader: Hashable, Sendable {
  /// Rows and columns.
  let shape: FrameShape
  /// How many frames the array holds, oldest first.
  let count: Int
  private let offset: Int
  /// 3, or 1 for grey.
  private let channels: Int
  /// How many frames lie along the channels' axis.
  private let framesAlongChannels: Int
  private let frameStride, rowStride, columnStride, channelStride: Int

  /// Describes an array.
  ///
  /// - Parameter channels: those of one frame: 3, 1, or 0 to guess.
  /// - Returns: nil where the order or the channels do not fit the array.
  init?(_ leaf: SpaceLayout.Leaf, axes: FrameAxes, channels: Int) {
    let lengths = leaf.box.shape
    guard lengths.count == axes.letters.count else { return nil }
    var strides = [Int](repeating: 1, count: lengths.count)
    for axis in lengths.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * lengths[axis + 1]
    }
    func axis(_ letter: Character) -> (length: Int, stride: Int)? {
      axes.letters.firstIndex(of: letter).map { (lengths[$0], strides[$0]) }
    }
    guard let rows = axis("H"), let columns = axis("W") else { return nil }
    let colors = axis("C") ?? (1, 0)
    let guessed = colors.length.isMultiple(of: 3) ? 3 : 1
    self.channels = channels == 0 ? guessed : channels
    guard colors.length >= 1, colors.length.isMultiple(of: self.channels) else { return nil }
    framesAlongChannels = colors.length / self.channels
    let frames = axis("N") ?? (1, 0)
    count = frames.length * framesAlongChannels
    shape = FrameShape(height: rows.length, width: columns.length)
    offset = leaf.offset
    (frameStride, rowStride, columnStride) = (frames.stride, rows.stride, columns.stride)
    channelStride = colors.stride
  }

  /// Fills frame `index` of the array, R G B, grey in all three.
  func read(_ index: Int, of bytes: UnsafeRawBufferPointer, into pixels: inout [UInt8]) {
    let (frame, part) = index.quotientAndRemainder(dividingBy: framesAlongChannels)
    let base = offset + frame * frameStride + part * channels * channelStride
    let (height, width) = (shape.height, shape.width)
    pixels.withUnsafeMutableBytes { pixels in
      if channels == 3, channelStride == 1, columnStride == 3, rowStride == 3 * width {
        let source = UnsafeRawBufferPointer(rebasing: bytes[base..<base + shape.byteCount])
        pixels.copyMemory(from: source)
        return
      }
      // Grey: one byte for all three.
      let colorStride = channels == 3 ? channelStride : 0
      var target = 0
      for row in 0..<height {
        for column in 0..<width {
          let source = base + row * rowStride + column * columnStride
          pixels[target] = bytes[source]
          pixels[target + 1] = bytes[source + colorStride]
          pixels[target + 2] = bytes[source + 2 * colorStride]
          target += 3
        }
      }
    }
  }
}
