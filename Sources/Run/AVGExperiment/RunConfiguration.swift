public import AVGConfiguration
public import AVGCore
public import AVGLearning

/// What a run goes by, whatever its world: how long it trains, and how it learns.
///
/// A package with a task of its own gives its own structure, with its own keys beside these two sections; the run's
/// folder keeps all of them in `configuration.yaml`, checkpoints too.
public protocol RunConfiguration: Codable, Hashable, Sendable, ValidatedConfiguration {
  /// The section `training`.
  var training: TrainingSettings { get set }
  /// The section `agent`.
  var agent: AVGConfiguration { get set }

  /// Makes the defaults.
  init()
}

extension RunConfiguration {
  /// Checks both sections; a structure with more of them adds their problems.
  public func problems() -> [ConfigurationProblem] {
    [
      Self.problem(in: "training", training.validate), Self.problem(in: "agent", agent.validate),
    ].compactMap { $0 }
  }

  /// What is wrong in a section, by the key and what may be given.
  public static func problem(
    in section: String, _ validate: () throws(InvalidSetting) -> Void
  ) -> ConfigurationProblem? {
    do {
      try validate()
      return nil
    } catch {
      return ConfigurationProblem(
        key: "\(section).\(error.key)", message: "cannot be \(error.value); give \(error.allowed)")
    }
  }
}
