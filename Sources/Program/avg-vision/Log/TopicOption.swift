import ArgumentParser
import AVGCore
import AVGSystem
import Logging

/// Whose images of a log are used.
struct TopicOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Of an MCAP file, the topic whose images are used (default: the first with colours, else the first readable).",
      valueName: "name"))
  var topic: String?

  /// Says which topic is used, where there was a choice and nobody made it.
  static func tell(of topic: String, among others: [String], asked: String?) {
    guard asked == nil, !others.isEmpty else { return }
    logger.notice(
      "images of \(topic.printable()) are used; --topic names another: \(others.joined(separator: ", ").printable())"
    )
  }
}
