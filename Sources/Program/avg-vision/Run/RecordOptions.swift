import ArgumentParser
import AVGCore
import AVGExperiment
import AVGRecording
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// Where a run is recorded.
struct RecordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Record what is seen, done and learned in a new MCAP file ('avg-vision replay' plays it).",
      valueName: "file"))
  var record: String?

  @OptionGroup var frames: RecordedFrameOptions

  func validate() throws {
    if record == nil, frames.recordQuality != nil {
      throw ValidationError("--record-quality is of a recording: give --record FILE with it.")
    }
  }
}

/// How frames are kept that do not come from the camera as JPEG images.
struct RecordedFrameOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Keep frames as JPEG images of this quality, 1 to 100: a log of a tenth of the size or less, which can be learned from, but \
      not repeated to the bit (default: the pixels that the agent saw).
      """,
      valueName: "quality"))
  var recordQuality: Int?

  func validate() throws {
    if let recordQuality, !(1...100).contains(recordQuality) {
      throw ValidationError("--record-quality must be from 1 to 100, not \(recordQuality).")
    }
  }
}
