import ArgumentParser
import AVGCore
import AVGExperiment
import AVGRecording
import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation

/// `avg-vision log`
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Inspect, export and repair recorded logs.",
    subcommands: [Info.self, Export.self, Repair.self])

  /// `avg-vision log info`
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "info", abstract: "Read a log to its end, check every byte, and print its contents.",
      discussion: """
        Examples:
          avg-vision log info run.mcap
          avg-vision log info run.mcap --metadata

        Exit status: 0 intact up to its end, or up to where it was cut off; 1
        damaged.
        """)

    @Argument(help: "The log; any MCAP file, or a rosbag2 folder.")
    var log: String

    @Flag(help: "Also print the metadata, including the configuration.")
    var metadata = false

    func run() throws {
      let paths = try LogFiles.paths(of: log)
      for path in paths {
        let summary = try LogSummary(reading: path)
        if paths.count > 1 { print((path == paths[0] ? "" : "\n") + path.printable()) }
        show(summary)
      }
    }

    private func show(_ summary: LogSummary) {
      let seconds = Double(summary.duration) / 1e9
      var rows = [
        ("written by", summary.library), ("bytes", "\(summary.byteCount) in \(summary.chunkCount) chunks"),
        ("duration", "\((seconds * 1000).rounded() / 1000) s"),
      ]
      if summary.jumps.count > 0 {
        rows.append(("clock", LogTimes.words(summary.jumps.count, longest: summary.jumps.longest)))
      }
      for topic in summary.topics {
        rows.append((topic.name, "\(topic.messageCount) × \(topic.kind)"))
      }
      for attachment in summary.attachments {
        rows.append(("attached", "\(attachment.name), \(attachment.byteCount) bytes"))
      }
      rows.append(("end", summary.cutOffByte.map { "cut off at byte \($0)" } ?? Self.closed(summary.checked)))
      rows = rows.map { ($0.0.printable(), $0.1.printable()) }
      // A topic can have a million letters, so the column width is limited.
      let width = min(48, rows.map(\.0.count).max() ?? 0)
      for (name, value) in rows {
        print(name + String(repeating: " ", count: max(0, width - name.count) + 2) + value)
      }
      guard metadata else { return }
      for (name, entries) in summary.metadata {
        for (key, value) in entries {
          print("\n\(name.printable()): \(key.printable())\n\(value.printable(keepsLines: true))")
        }
      }
    }

    private static func closed(_ checked: LogSummary.Checked) -> String {
      switch checked {
      case .all: "closed, all checksums match"
      case .allBut(let count, let total):
        "closed, checksums match; \(count) of \(total) chunks, attachments and messages have none"
      case .nothing: "closed, without checksums: damage cannot be detected"
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

    @Argument(help: "The log; for images, any MCAP file, or a rosbag2 folder.")
    var log: String

    @Option(help: ArgumentHelp("The folder to create.", valueName: "folder"))
    var output: String

    @Option(help: "A format to write, repeatable: png, jpeg, csv, avi (default: jpeg and csv).")
    var format: [Format] = []

    @OptionGroup var images: TopicOption

    func run() throws {
      // Only logs of this program, which are single files, contain steps.
      let isOne = try LogFiles.paths(of: log).count == 1
      let formats = !format.isEmpty ? format : isOne ? [.jpeg, .csv] : [.jpeg]
      // Check the input before creating anything.
      if formats.contains(.csv) { _ = try FrameLogReader(reading: log) }
      if formats != [.csv] {
        let found = try ImageLog(reading: log, topic: images.topic)
        TopicOption.tell(of: found.topic, among: found.otherTopics, asked: images.topic)
      }
      let isNew = !FileManager.default.fileExists(atPath: output)
      let folder = try RunFolder(creating: output).path
      do {
        for format in Format.allCases where formats.contains(format) { print(try write(format, to: folder)) }
      } catch {
        // A partial export could be mistaken for a complete one. The folder was empty before.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
          try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        if isNew { rmdir(folder) }
        throw error
      }
    }

    /// Writes one kind of file and returns a line about it.
    private func write(_ format: Format, to folder: String) throws -> String {
      func damaged(_ count: LogExport.Count) -> String {
        count.damaged == 0 ? "" : "; \(count.damaged) damaged images skipped"
      }
      switch format {
      case .png, .jpeg:
        let frames = folder + "/frames"
        try RunFolder.makeFolders(frames)
        let kind: LogExport.ImageFormat = format == .png ? .png : .jpeg
        let count = try LogExport.writeImages(of: log, topic: images.topic, as: kind, to: frames)
        return "frames     \(count.written) \(kind.rawValue)\(damaged(count))"
      case .csv:
        return "steps.csv  \(try LogExport.writeTable(of: log, to: folder + "/steps.csv")) steps"
      case .avi:
        let video = try LogExport.writeVideo(of: log, topic: images.topic, to: folder + "/film.avi")
        let rate = (1e7 / Double(max(1, video.framePeriod))).rounded() / 10
        return "film.avi   \(video.count.written) frames, \(rate) per second"
          + (video.hasTimes ? "" : ": the log's images have no times") + damaged(video.count)
      }
    }
  }

  /// `avg-vision log repair`
  struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "repair", abstract: "Repair a truncated or damaged log: keep what can be read.",
      discussion: """
        Examples:
          avg-vision log repair run.mcap
          avg-vision log repair run.mcap --output repaired.mcap

        The log is replaced once the new one is on the disk; --output leaves it
        unchanged. A chunk with a wrong checksum is dropped; later chunks are kept.
        """)

    @Argument(help: "The log; any MCAP file.")
    var log: String

    @Option(help: ArgumentHelp("The file to write instead.", valueName: "file"))
    var output: String?

    func run() throws {
      let report = try output.map { try LogRepair.repair(log, to: $0) } ?? LogRepair.repair(log)
      var line = "\(output ?? log)  \(report.chunkCount) chunks, \(report.messageCount) messages"
      if let byte = report.firstLostByte {
        line += ", \(report.lostByteCount) bytes dropped from byte \(byte) on"
      }
      if report.droppedMessageCount > 0 {
        line += ", \(report.droppedMessageCount) messages dropped whose topic is not defined"
      }
      print(line + (report.wasIntact ? "; the log was intact" : ""))
    }
  }
}
