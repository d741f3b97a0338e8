package import Logging

/// Where every part says what is no result: `error` for what failed, `warning` for what nobody can do without,
/// `notice` for the rest, `debug` for every episode.
///
/// Whoever builds on these libraries decides by `LoggingSystem.bootstrap` what becomes of it.
package let logger = Logger(label: "avg-vision")
