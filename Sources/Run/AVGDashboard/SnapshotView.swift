import AVGCore
import AVGImaging
import AVGTraining
import Foundation

/// A snapshot in the form that the page receives.
struct SnapshotView: Encodable {
  let sequence: UInt64
  let steps, episodes, missedCycles, staleSteps, refusedUpdates, nonFiniteActions, episodeLength: Int64
  let stepsPerSecond, processorMilliseconds, successRate, meanLength, reward, episodeReturn: Float?
  let error, scale, entropy, value: Float?
  let actions: [Float?]
  let commands: [String]
  let points: [Float?]
  let robot: Robot?
  let path: [Float?]
  let latencies: [Stage]
  let picture: SnapshotPictures.Drawn?

  /// A latency histogram: the lower bounds of its buckets in milliseconds, and their counts.
  struct Stage: Encodable {
    let name: String
    let milliseconds: [Double]
    let counts: [UInt32]
  }

  /// The pose of the robot, in metres and radians.
  struct Robot: Encodable {
    let x, y, heading: Float
  }

  init(_ snapshot: Snapshot, _ picture: SnapshotPictures.Drawn?, _ actionScale: ActionScale?) {
    sequence = snapshot.sequence
    (steps, episodes, episodeLength) = (snapshot.steps, snapshot.episodes, snapshot.episodeLength)
    (missedCycles, staleSteps) = (snapshot.missedCycles, snapshot.staleSteps)
    (refusedUpdates, nonFiniteActions) = (snapshot.refusedUpdates, snapshot.nonFiniteActions)
    stepsPerSecond = snapshot.pace.stepsPerSecond.ifFinite
    processorMilliseconds = snapshot.pace.processorMilliseconds.ifFinite
    successRate = snapshot.successRate.ifFinite
    meanLength = snapshot.meanLength.ifFinite
    reward = snapshot.reward.ifFinite
    episodeReturn = snapshot.episodeReturn.ifFinite
    error = snapshot.learning.error.ifFinite
    scale = snapshot.learning.scale.ifFinite
    entropy = snapshot.learning.entropy.ifFinite
    value = snapshot.learning.value.ifFinite
    actions = snapshot.actions.map(\.ifFinite)
    commands = snapshot.actions.map { action in actionScale.map { "\($0.text(for: action)) \($0.unit)" } ?? ""
    }
    points = snapshot.points.map(\.ifFinite)
    let place = snapshot.place
    robot = place.x.isFinite ? Robot(x: place.x, y: place.y, heading: place.heading) : nil
    path = snapshot.path.map(\.ifFinite)
    latencies = zip(["capture age", "decode", "act", "learn"], snapshot.latencies).compactMap {
      name, counts in
      guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 })
      else { return nil }
      // One more bucket at the end, whose lower bound closes the last one.
      let shown = first...min(last + 1, counts.count - 1)
      return Stage(
        name: name, milliseconds: shown.map(LatencyHistogram.coarseBound), counts: Array(counts[shown]))
    }
    self.picture = picture
  }
}

/// Encodes a snapshot's frames and the target mask.
struct SnapshotPictures {
  private let colorMask: ColorMask

  init(_ target: ColorCriteria) { colorMask = ColorMask(target) }

  /// The encoded frames and mask, in Base64.
  struct Drawn: Encodable {
    let width: Int
    let height: Int
    let count: Int
    /// The stacked frames as one JPEG image, oldest on top.
    let jpeg: String
    /// One bit for each pixel of the newest frame, row by row, the most significant bit first.
    let mask: String
    /// The share of the newest frame that the target covers.
    let targetShare: Double
  }

  func draw(_ snapshot: Snapshot) -> Drawn? {
    let shape = FrameShape(height: Int(snapshot.height), width: Int(snapshot.width))
    guard shape.byteCount > 0, !snapshot.pixels.isEmpty, snapshot.pixels.count.isMultiple(of: shape.byteCount)
    else { return nil }
    let count = snapshot.pixels.count / shape.byteCount
    var stack = Frame(shape: FrameShape(height: shape.height * count, width: shape.width))
    stack.pixels = snapshot.pixels
    guard let encoder = try? JPEGEncoder(), let jpeg = try? encoder.encode(stack, quality: 92) else {
      return nil
    }
    var newest = Frame(shape: shape)
    newest.pixels = Array(snapshot.pixels.suffix(shape.byteCount))
    var mask = PixelMask(shape: shape)
    colorMask.find(in: newest, into: &mask)
    mask.fillHoles()
    return Drawn(
      width: shape.width, height: shape.height, count: count, jpeg: Data(jpeg).base64EncodedString(),
      mask: Data(bits(of: mask)).base64EncodedString(), targetShare: mask.share)
  }

  private func bits(of mask: borrowing PixelMask) -> [UInt8] {
    let width = mask.shape.width
    var bytes = [UInt8](repeating: 0, count: (mask.shape.height * width + 7) / 8)
    for row in 0..<mask.shape.height {
      for column in 0..<width where mask[row, column] {
        let place = row * width + column
        bytes[place / 8] |= 0x80 >> UInt8(place % 8)
      }
    }
    return bytes
  }
}
