import ArgumentParser
import AVGRecording
import AVGTraining
import Foundation

/// `avg-vision log`
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Look into recorded logs, take them apart, and make them whole.",
    subcommands: [Info.self, Export.self, Repair.self])

  /// `avg-vision log info`
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "info", abstract: "Read a log to its end, check every byte, and say what it holds.",
      discussion: """
        Examples:
          avg-vision log info run.mcap
          avg-vision log info run.mcap --metadata

        Exit status: 0 whole up to its end, or to the place where it was cut off; 1
        damaged.
        """)

    @Argument(help: "The log; any MCAP file.")
    var log: String

    @Flag(help: "Print the metadata too, the configuration among them.")
    var metadata = false

    func run() throws {
      let summary = try LogSummary(reading: log)
      let seconds = Double(summary.duration) / 1e9
      var rows = [
        ("written by", summary.library), ("bytes", "\(summary.byteCount) in \(summary.chunkCount) chunks"),
        ("duration", "\((seconds * 1000).rounded() / 1000) s"),
      ]
      for topic in summary.topics {
        rows.append((topic.name, "\(topic.messageCount) × \(topic.kind)"))
      }
      for attachment in summary.attachments {
        rows.append(("attached", "\(attachment.name), \(attachment.byteCount) bytes"))
      }
      rows.append(
        ("end", summary.cutOffByte.map { "cut off at byte \($0)" } ?? "closed, every checksum right"))
      let width = rows.map(\.0.count).max() ?? 0
      for (name, value) in rows {
        print(name + String(repeating: " ", count: width - name.count + 2) + value)
      }
      guard metadata else { return }
      for (name, entries) in summary.metadata {
        for (key, value) in entries { print("\n\(name): \(key)\n\(value)") }
      }
    }
  }

  /// `avg-vision log export`
  struct Export: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
      case png, jpeg, csv, avi
    }

    static let configuration = CommandConfiguration(
      commandName: "export", abstract: "Write a log's images and steps as files that other programs read.",
      discussion: """
        Examples:
          avg-vision log export run.mcap --output run-files
          avg-vision log export run.mcap --output run-files --format png --format avi

        Leaves frames/000000.png (what the agent saw) or .jpg (the camera's own bytes),
        steps.csv, and film.avi (Motion JPEG) in a new folder. scripts/to_lerobot.py
        makes a folder in LeRobot's layout.
        """)

    @Argument(help: "The log; for images, any MCAP file.")
    var log: String

    @Option(help: ArgumentHelp("The folder to make.", valueName: "folder"))
    var output: String

    @Option(help: "What to write, as often as needed: png, jpeg, csv, avi (default: jpeg and csv).")
    var format: [Format] = []

    func run() throws {
      let formats = format.isEmpty ? [.jpeg, .csv] : format
      _ = try FrameLogReader(reading: log)
      let folder = try RunFolder(creating: output).path
      for format in Format.allCases where formats.contains(format) {
        switch format {
        case .png, .jpeg:
          let frames = folder + "/frames"
          try FileManager.default.createDirectory(atPath: frames, withIntermediateDirectories: true)
          let kind: LogExport.ImageFormat = format == .png ? .png : .jpeg
          print("frames     \(try LogExport.writeImages(of: log, as: kind, to: frames)) \(kind.rawValue)")
        case .csv: print("steps.csv  \(try LogExport.writeTable(of: log, to: folder + "/steps.csv")) steps")
        case .avi: print("film.avi   \(try LogExport.writeFilm(of: log, to: folder + "/film.avi")) frames")
        }
      }
    }
  }

  /// `avg-vision log repair`
  struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "repair", abstract: "Make a log whole that was cut off or damaged: keep what can be read.",
      discussion: """
        Examples:
          avg-vision log repair run.mcap
          avg-vision log repair run.mcap --output whole.mcap

        The log is replaced once the new one is on the disk; --output leaves it as it
        is. A chunk whose checksum is wrong is left out, those behind it are kept.
        """)

    @Argument(help: "The log; any MCAP file.")
    var log: String

    @Option(help: ArgumentHelp("Write here instead.", valueName: "file"))
    var output: String?

    func run() throws {
      let report = try output.map { try LogRepair.repair(log, to: $0) } ?? LogRepair.repair(log)
      var line = "\(output ?? log)  \(report.chunkCount) chunks, \(report.messageCount) messages"
      if let byte = report.firstLostByte {
        line += ", \(report.lostByteCount) bytes left out from byte \(byte) on"
      }
      if report.leftOutMessageCount > 0 {
        line += ", \(report.leftOutMessageCount) messages left out whose topic is nowhere defined"
      }
      print(line + (report.wasWhole ? "; the log was whole" : ""))
    }
  }
}
