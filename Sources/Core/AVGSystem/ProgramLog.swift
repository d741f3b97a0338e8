package import Logging

/// The log of every part, for all output but results: `error` for failures, `warning` for what everybody must know,
/// `notice` for the rest, `debug` for every episode.
///
/// A program that uses these libraries chooses the log's destination with `LoggingSystem.bootstrap`.
package let logger = Logger(label: "avg-vision")
