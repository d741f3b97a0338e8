package import AVGArm
import AVGCore
import AVGGymnasium
package import AVGTasks

/// A task on the simulated arm.
package typealias SimulatedArmWorld = TaskEnvironment<SimulatedArm, URReacher2>

/// A task on the simulated arm, with all that there is around a training.
package typealias ArmExperiment = Experiment<ExperimentConfiguration, SimulatedArm, URReacher2>

extension ExperimentConfiguration {
  /// The body is an arm.
  package var isOfArm: Bool { !gymnasium.isGiven && task.kind.isOfArm }

  /// The task of this configuration on the simulated arm.
  package func simulatedArm(name: String) -> ArmExperiment {
    var experiment = ArmExperiment(
      name: name, makeBody: { $0.makeArm(seed: $0.training.seed) },
      makeTask: { try URReacher2($0.task, $0.arm) })
    experiment.frames = task.kind.frames
    experiment.staleStepLimit = \.staleStepLimit
    experiment.target = \.task.targetColor
    experiment.defaults = { ExperimentConfiguration($0.task.kind) }
    return experiment
  }

  /// An arm to measure policies on, with other targets than a training's.
  package func makeEvaluationArm(seed: UInt64) throws -> SimulatedArmWorld {
    SimulatedArmWorld(
      body: makeArm(seed: Self.evaluationSeed(seed)), task: try URReacher2(task, arm),
      frames: task.kind.frames)
  }

  private func makeArm(seed: UInt64) -> SimulatedArm {
    SimulatedArm(
      arm, cycle: task.controlPeriod,
      view: task.kind.frames.map { ArmView(shape: $0.shape, width: task.viewWidthMeters) }, seed: seed)
  }
}
