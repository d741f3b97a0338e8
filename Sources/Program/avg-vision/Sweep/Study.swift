import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGSweep
import AVGTraining
import Foundation

/// A study with the configurations of its variants.
struct Study {
  let sweep: SweepConfiguration
  /// Those of `sweep.variants`, in their order; the seed is still to be set.
  let experiments: [ExperimentConfiguration]
  /// The paths of `sweep.evaluationWorlds`.
  let worlds: [String]
  /// What the environments are like: their measures and score are the same in all variants.
  let specification: EnvironmentSpecification

  /// Reads a study and every configuration in it, so that a mistake shows before hours have gone by.
  init(path: String, overrides: [ConfigurationOverride]) throws {
    let sweep = try StrictYAML.load(SweepConfiguration(), path: path, overrides: overrides)
    self.sweep = sweep
    let folder = URL(filePath: path).deletingLastPathComponent()
    func located(_ file: String) -> String {
      file.hasPrefix("/") ? file : folder.appending(path: file).standardizedFileURL.path
    }
    experiments = try sweep.variants.map { variant in
      try ExperimentConfiguration.load(
        sweep.configuration.isEmpty ? nil : located(sweep.configuration), world: variant.world.map(located),
        overrides: variant.overrides.map {
          ConfigurationOverride($0, place: "\(path): \(variant.name): \($0)")
        } + [ConfigurationOverride("training.steps=\(sweep.steps)", place: "\(path): steps")])
    }
    worlds = sweep.evaluationWorlds.map(located)
    for world in worlds { _ = try StrictYAML.load(ExperimentConfiguration(), path: world) }
    let specifications = experiments.map(\.specification)
    guard let specification = specifications.first,
      specifications.allSatisfy({ $0.measures == specification.measures && $0.score == specification.score })
    else {
      throw InvalidSetting(
        key: "settings", value: "tasks of different kinds", allowed: "settings that leave task.kind alone")
    }
    self.specification = specification
  }

  /// The configuration of a run.
  func experiment(_ variant: Int, seed: UInt64) -> ExperimentConfiguration {
    var experiment = experiments[variant]
    experiment.training.seed = seed
    return experiment
  }
}
