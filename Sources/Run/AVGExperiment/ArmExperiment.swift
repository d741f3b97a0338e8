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
  package var isOfArm: Bool { !gymnasium.isGiven && task.kind == .urReacher2 }

  /// The configuration's task on the simulated arm.
  package static func simulatedArm(name: String) -> ArmExperiment {
    var experiment = ArmExperiment(
      name: name,
      makeBody: { SimulatedArm($0.arm, cycle: $0.task.controlPeriod, seed: $0.training.seed) },
      makeTask: { try URReacher2($0.task, $0.arm) })
    experiment.frames = nil
    experiment.defaults = { ExperimentConfiguration($0.task.kind) }
    return experiment
  }

  /// An arm to measure policies on, with other targets than a training's.
  package func makeEvaluationArm(seed: UInt64) throws -> SimulatedArmWorld {
    SimulatedArmWorld(
      body: SimulatedArm(arm, cycle: task.controlPeriod, seed: Self.evaluationSeed(seed)),
      task: try URReacher2(task, arm), frames: nil)
  }
}
