import ArgumentParser
import AVGCore
import AVGSystem
import Logging

/// The option that selects the topic of a log's images.
struct TopicOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The topic of an MCAP file to use (default: the first with colour images, else the first readable one).",
      valueName: "name"))
  var topic: String?

  /// Logs which topic is used if there was a choice and the user made none.
  static func tell(of topic: String, among others: [String], asked: String?) {
    guard asked == nil, !others.isEmpty else { return }
    logger.notice(
      "using the images of \(topic.printable()); --topic selects another: \(others.joined(separator: ", ").printable())"
    )
  }
}
