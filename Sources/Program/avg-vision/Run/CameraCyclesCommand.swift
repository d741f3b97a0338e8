import ArgumentParser
import AVGCamera
import AVGCore
import AVGExperiment
import AVGSystem
import Foundation
import Logging

/// `avg-vision camera-cycles`, for `camera-vm usb-endurance`: opens and closes a camera over and over.
struct CameraCyclesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "camera-cycles",
    abstract: "Open and close a camera over and over, and count the descriptors and mappings left behind.",
    discussion: "Exit status: 1 if there are more than after the first twenty cycles.", shouldDisplay: false)

  @Option(help: ArgumentHelp("The camera, as for 'run'.", valueName: "device"))
  var camera: String

  @Option(help: "How often it is opened.", transform: NumberOption.whole(1...1_000_000))
  var cycles = 10_000

  @Option(
    help: "A frame is read in every how-manieth cycle; 0: in none.",
    transform: NumberOption.whole(0...1_000_000))
  var readEvery = 10

  @OptionGroup var options: ConfigurationFileOptions

  func validate() throws {
    for (name, value, range) in [
      ("--cycles", cycles, 1...10_000_000), ("--read-every", readEvery, 0...10_000_000),
    ]
    where !range.contains(value) {
      throw ValidationError(
        "\(name) \(value) is out of range; give a number from \(range.lowerBound) to 10000000.")
    }
  }

  func run() throws {
    let request = try options.load().cameraRequest
    let path = try Camera.path(for: camera, request)
    var frame = Frame()
    var framesRead = 0
    var failures = 0
    var before = OpenResources.now
    for cycle in 1...cycles {
      do throws(CameraError) {
        var camera = try Camera(path: path, configuration: request)
        if readEvery > 0, cycle.isMultiple(of: readEvery),
          try camera.readNewest(into: &frame, until: .now.advanced(by: Camera.startPatience))
        {
          framesRead += 1
        }
      } catch {
        failures += 1
        if failures == 1 { logger.notice("\(error)") }
      }
      // What is made once, such as the standard library's tables, is there by then.
      if cycle == 20 { before = .now }
    }
    let after = OpenResources.now
    print(
      """
      cycles       \(cycles), \(failures) failed, \(framesRead) frames read
      descriptors  \(before.descriptors) before, \(after.descriptors) after
      mappings     \(before.mappings) before, \(after.mappings) after, \(after.deviceMappings) of the camera
      """)
    if after.descriptors > before.descriptors || after.mappings > before.mappings || after.deviceMappings > 0
    {
      throw ExitCode.failure
    }
  }
}

/// What this process has open, as the kernel lists it.
private struct OpenResources {
  /// Open files.
  var descriptors: Int
  /// Ranges of memory.
  var mappings: Int
  /// Those of a video device's buffers.
  var deviceMappings: Int

  static var now: OpenResources {
    let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    let lines = maps.split(separator: "\n")
    return OpenResources(
      descriptors: descriptors.count, mappings: lines.count,
      deviceMappings: lines.count { $0.contains("/dev/video") })
  }
}
