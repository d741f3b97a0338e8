public import AVGCore
import AVGSystem
import Glibc
import Yams

/// A configuration's file, parsed: it can be laid over several defaults, and with several options.
public struct ConfigurationFile {
  /// What the text is called in errors.
  let name: String
  /// What stands there; nil for nothing.
  private(set) var node: Node?
  /// Why the text is not YAML.
  private(set) var fault: YAMLFault?

  /// No file: every key keeps its default.
  public static var none: ConfigurationFile { ConfigurationFile(text: "", name: "defaults") }

  /// The greatest size of a file, in bytes: a thousand times that of a configuration with all its keys and comments.
  static let greatestSize = 1 << 24

  /// Parses a text.
  ///
  /// - Parameter name: what it is called in errors.
  public init(text: String, name: String) {
    self.name = name
    do { node = try Yams.compose(yaml: text) } catch { fault = YAMLFault(error, in: text) }
  }

  /// Reads a file; its mistakes wait until it is laid over defaults.
  ///
  /// - Throws: for what cannot be read, or is something else than text.
  public init(path: String) throws(ConfigurationError) {
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(at: path, limit: Self.greatestSize + 1) } catch {
      guard error.code == EISDIR else { throw ConfigurationError(mistakes: [.unreadable(error)]) }
      let isRun = (try? InputFile.bytes(at: path + "/configuration.yaml", limit: 1)) != nil
      throw ConfigurationError(mistakes: [
        isRun ? .runFolder(path: path) : .notText(path: path, found: "a folder")
      ])
    }
    let found =
      FileKind.notText(bytes) ?? (bytes.count > Self.greatestSize ? "larger than any configuration" : nil)
    if let found { throw ConfigurationError(mistakes: [.notText(path: path, found: found)]) }
    self.init(text: String(decoding: bytes, as: UTF8.self), name: path)
  }

  /// The configuration: what the file gives wins over the defaults, and an option over the file.
  public func read<Section: ConfigurationSection>(
    over defaults: Section, _ overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Section {
    var merge = ConfigurationMerge(defaults, file: name)
    merge.read(self)
    for override in overrides { merge.override(override) }
    guard merge.mistakes.isEmpty else { throw ConfigurationError(mistakes: merge.mistakes) }
    let configuration: Section
    // What fails here has the right kind, but is a name that is no choice or a number too large for its type.
    do { configuration = try Section(merge.tree) } catch { throw merge.error([error]) }
    let problems = configuration.problems
    guard problems.isEmpty else { throw merge.error(problems) }
    return configuration
  }
}

extension ConfigurationMerge {
  /// Problems, with the places at which the values were given.
  fileprivate func error(_ problems: [InvalidSetting]) -> ConfigurationError {
    ConfigurationError(
      mistakes: problems.map { .refused(place: place(of: $0.key), key: $0.key, message: $0.advice) })
  }
}
