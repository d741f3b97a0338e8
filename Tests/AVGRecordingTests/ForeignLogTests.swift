import AVGCore
import AVGCreate2
import AVGImaging
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRecording

/// Images in other programs' logs: how they are found, and which are chosen.
@Suite("Logs of other programs")
struct ForeignLogTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log.mcap" }

  init() throws { folder = try TemporaryFolder() }

  /// The colours of the first pixels of a log's images; nil for an image that cannot be decoded.
  private func colors(_ path: String, topic: String? = nil) throws -> [[UInt8]?] {
    var images = try ImageLog(reading: path, topic: topic)
    var decoder = LoggedImageDecoder()
    var frame = Frame()
    var colors: [[UInt8]?] = []
    while let entry = try images.next() {
      colors.append(decoder.decode(entry.image, into: &frame) == nil ? Array(frame.pixels[..<3]) : nil)
    }
    return colors
  }

  private static let red: [UInt8] = [200, 40, 60]
  private static let depth = ForeignLog.cdrImage(
    [UInt8](repeating: 5, count: 160 * 90 * 2), 160, 90, "16UC1", step: 320)
  private static let empty = ForeignLog.cdrImage([], 0, 0, "", step: 0)

  @Test(
    "the first topic with colour is chosen even after depth or grey ones, and a named topic is used"
  )
  func choice() throws {
    let grey = ForeignLog.cdrImage([UInt8](repeating: 9, count: 160 * 90), 160, 90, "mono8", step: 160)
    try ForeignLog.write(
      [
        .image("/depth", Self.depth), .image("/infrared", grey), .image("/color", Self.empty),
        .image("/color", ForeignLog.picture(Self.red)), .image("/other", ForeignLog.picture([1, 2, 3])),
        .image("/infrared", grey),
      ], to: path)
    let images = try ImageLog(reading: path)
    #expect(images.topic == "/color")
    #expect(
      images.otherTopics.count == 2 && images.otherTopics[0].hasPrefix("/depth (its encoding is '16UC1'"))
    #expect(images.otherTopics[1] == "/infrared")
    #expect(try colors(path) == [nil, Self.red])
    #expect(try colors(path, topic: "/infrared") == [[9, 9, 9], [9, 9, 9]])
    #expect(try colors(path, topic: "/other") == [[1, 2, 3]])
  }

  @Test("grey images are chosen if no topic has colour")
  func grey() throws {
    let grey = ForeignLog.cdrImage([UInt8](repeating: 9, count: 160 * 90), 160, 90, "mono8", step: 160)
    try ForeignLog.write([.image("/depth", Self.depth), .image("/infrared", grey)], to: path)
    #expect(try colors(path) == [[9, 9, 9]])
  }

  @Test("if nothing is readable, the error names every topic with the reason, and does not advise a repair")
  func nothing() throws {
    try ForeignLog.write(
      [
        .image("/depth", Self.depth),
        .compressed("/distance", [1, 2, 3], format: "16UC1; png compressed "),
        ForeignLog.Message(
          topic: "/pose\u{1B}[2J", schema: "geometry_msgs/msg/Pose", encoding: "cdr", data: [0]),
      ], to: path)
    let error = #expect(throws: LogError.self) { _ = try ImageLog(reading: path) }
    let words = error?.description ?? ""
    #expect(words.contains("/depth (its encoding is '16UC1'") && words.contains("16UC1; png compressed"))
    #expect(words.contains("/pose\\u{1B}[2J (geometry_msgs/msg/Pose in cdr)") && !words.contains("\u{1B}"))
    #expect(!words.contains("repair"))
    let named = #expect(throws: LogError.self) { _ = try ImageLog(reading: path, topic: "/depth") }
    #expect(named?.description.contains("on /depth") == true)
  }

  @Test("images of ROS 1, of JSON with and without a schema name, and compressed per message are read")
  func encodings() throws {
    let coded = Data(ForeignLog.pixels(Self.red)).base64EncodedString()
    let json = Array(#"{"width":160,"height":90,"encoding":"rgb8","step":480,"data":"\#(coded)"}"#.utf8)
    for message in [
      ForeignLog.Message(
        topic: "/a", schema: "sensor_msgs/Image", encoding: "ros1",
        data: ForeignLog.ros1Image(ForeignLog.pixels(Self.red), 160, 90, "rgb8", step: 480)),
      ForeignLog.Message(topic: "/a", schema: "foxglove.RawImage", encoding: "json", data: json),
      ForeignLog.Message(topic: "/a", schema: "schema-f5wrpOiP", encoding: "json", data: json),
      .image("/a", ForeignLog.zstd(ForeignLog.picture(Self.red))),
    ] {
      try? FileManager.default.removeItem(atPath: path)
      let other = ForeignLog.Message(topic: "/b", schema: "", encoding: "json", data: Array(#"{"x":1}"#.utf8))
      try ForeignLog.write([other, message, other], to: path)
      #expect(try colors(path) == [Self.red], "\(message.encoding) \(message.schema)")
    }
  }

  @Test(
    "a file compressed as a whole is read like the original, and a truncated one up to its end")
  func compressedFile() throws {
    var random = RandomSource(seed: 1, purpose: "noise")
    let noise = (0..<160 * 90 * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    // More data than the reader keeps for reading back, and incompressible.
    var messages: [ForeignLog.Message] = []
    for index in 0..<220 {
      let pixels: [UInt8] = noise.map { $0 &+ UInt8(index) }
      messages.append(.image("/a", ForeignLog.cdrImage(pixels, 160, 90, "rgb8", step: 480)))
    }
    try ForeignLog.write(messages, to: path)
    let whole = try folder.bytes("log.mcap")
    let middle = whole.count / 2
    // Several frames, as multi-threaded compressors write them.
    let compressed = ForeignLog.zstd(Array(whole[..<middle])) + ForeignLog.zstd(Array(whole[middle...]))
    try folder.write(compressed, to: "log.mcap.zstd")
    let (plain, packed) = (try LogSummary(reading: path), try LogSummary(reading: path + ".zstd"))
    #expect(packed.topics == plain.topics && packed.byteCount == whole.count && packed.cutOffByte == nil)
    #expect(try colors(path + ".zstd").count == 220)
    try folder.write(Array(compressed[..<(compressed.count / 3)]), to: "cut.mcap.zstd")
    let cut = try LogSummary(reading: folder.path + "/cut.mcap.zstd")
    #expect(cut.cutOffByte != nil && cut.topics[0].messageCount > 40 && cut.topics[0].messageCount < 80)
    let report = try LogRepair.repair(folder.path + "/cut.mcap.zstd", to: folder.path + "/whole.mcap")
    #expect(Int(report.messageCount) == cut.topics[0].messageCount)
    #expect(throws: LogError.self) { try LogRepair.repair(folder.path + "/cut.mcap.zstd") }
    try folder.write(ForeignLog.zstd([1, 2, 3, 4, 5, 6, 7, 8, 9]), to: "foreign.mcap.zstd")
    #expect(throws: LogError.foreign(file: folder.path + "/foreign.mcap.zstd")) {
      try LogSummary(reading: folder.path + "/foreign.mcap.zstd")
    }
  }

  @Test("the files of a folder are read in the order of its metadata, or by number without metadata")
  func folders() throws {
    let bag = folder.path + "/bag"
    try FileManager.default.createDirectory(atPath: bag, withIntermediateDirectories: true)
    #expect(!LogFiles.isLog(bag))
    for number in [2, 10, 1] {
      try ForeignLog.write(
        [.image("/a", ForeignLog.picture([UInt8(number), 0, 0]))], to: bag + "/bag_\(number).MCAP")
    }
    #expect(LogFiles.isLog(bag) && LogFiles.isLog("x.MCAP") && LogFiles.isLog("x.mcap.zstd"))
    #expect(!LogFiles.isLog("/dev/video0") && !LogFiles.isLog("auto"))
    #expect(try colors(bag).map { $0?[0] } == [1, 2, 10])
    try folder.write(
      Array(
        """
        rosbag2_bagfile_information:
          relative_file_paths:
            - bag/bag_10.MCAP
            - bag_1.MCAP
        """.utf8), to: "bag/metadata.yaml")
    #expect(try colors(bag).map { $0?[0] } == [10, 1])
    #expect(throws: LogError.self) { _ = try FrameLogReader(reading: bag) }
    try folder.write(
      Array("rosbag2_bagfile_information: {relative_file_paths: [gone.mcap]}".utf8), to: "bag/metadata.yaml")
    let error = #expect(throws: LogError.self) { _ = try ImageLog(reading: bag) }
    #expect(error?.description.contains("gone.mcap") == true)
  }

  @Test("an image that is empty, cut off or missing is counted, and the others are used")
  func damagedImages() throws {
    let jpeg = try ForeignLog.jpeg(Self.red)
    let broken: [[UInt8]] = [[], Array(jpeg[..<300])]
    var messages = (0..<20).map { _ in ForeignLog.Message.compressed("/c", jpeg) }
    messages[0] = .compressed("/c", broken[0])
    messages[7] = .compressed("/c", broken[1])
    messages[9].data = [0, 1, 0, 0, 0]
    try ForeignLog.write(messages, to: path)
    var body = try RecordedCameraBody<WheelSpeeds, Create2Senses>(
      reading: path, controlPeriod: .milliseconds(45), maximumFrameAge: .milliseconds(200)
    ) {}
    var frame = Frame()
    var senses = Create2Senses()
    for _ in 0..<25 {
      _ = try body.sense(into: &frame, &senses)
      _ = try body.awaitCycle()
    }
    #expect(body.framesUsed == 17 && body.framesDamaged == 3)
    for format in LogExport.ImageFormat.allCases {
      let output = folder.path + "/\(format)"
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      let count = try LogExport.writeImages(of: path, as: format, to: output)
      #expect(count == LogExport.Count(written: 17, damaged: 3))
      #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 17)
    }
    #expect(
      try LogExport.writeVideo(of: path, to: folder.path + "/film.avi").count
        == LogExport.Count(written: 17, damaged: 3))
  }

  @Test("a summary tells whether checksums cover all of a file, a part or nothing")
  func checksums() throws {
    func file(_ chunks: [Bool], data: Bool = false) throws -> LogSummary {
      var file = ByteBuffer()
      file.append(MCAP.magic)
      file.append(record: .header) {
        $0.append(text: "")
        $0.append(text: "test")
      }
      for isChecked in chunks {
        let records = MCAPRecord.channel(1, schema: 0, topic: "/a", encoding: "json").bytes
        file.append(record: .chunk) { fields in
          for value in [0, 0, UInt64(records.count)] { fields.append(integer: value) }
          fields.append(integer: isChecked ? CRC32.of(records) : 0)
          fields.append(text: "")
          fields.append(integer: UInt64(records.count))
          fields.append(records)
        }
      }
      let checksum = data ? CRC32.of(file.bytes) : 0
      file.append(record: .dataEnd) { $0.append(integer: checksum) }
      file.append(record: .footer) { $0.append([UInt8](repeating: 0, count: MCAP.footerLength)) }
      file.append(MCAP.magic)
      try folder.write(file.bytes, to: "sums.mcap")
      return try LogSummary(reading: folder.path + "/sums.mcap")
    }
    #expect(try file([true, true]).checked == .all)
    #expect(try file([false, false], data: true).checked == .all)
    #expect(try file([true, false, false]).checked == .allBut(2, of: 3))
    #expect(try file([false, false]).checked == .nothing)
    #expect(try file([]).checked == .nothing)
  }
}
