import AVGConfiguration
public import AVGCore
import AVGSimulation

/// What the world of a training becomes.
package struct ChangedWorld {
  /// The control steps after which the next episode begins in it.
  package let step: Int
  /// The configuration that the changes so far lead to.
  package let experiment: ExperimentConfiguration
}

extension ExperimentConfiguration {
  /// What may change while a training goes on: the rest is the learner's, or belongs to the run as a whole.
  private static let changingSections = ["simulation.", "task.targetColor."]

  /// The worlds that a training goes through after the first.
  ///
  /// - Throws: `InvalidSetting`, naming the change that cannot be.
  package func changedWorlds() throws(InvalidSetting) -> [ChangedWorld] {
    var present = self
    present.simulation.changes = []
    var worlds: [ChangedWorld] = []
    for (index, change) in simulation.changes.enumerated() {
      let key = "simulation.changes[\(index)].set"
      for assignment in change.set {
        guard Self.changingSections.contains(where: assignment.hasPrefix),
          !assignment.hasPrefix("simulation.changes")
        else {
          throw InvalidSetting(
            key: key, value: assignment, allowed: "a key of simulation or of task.targetColor, as key=value")
        }
      }
      let overrides = change.set.map { ConfigurationOverride($0, place: $0) }
      do { present = try ConfigurationFile.none.read(over: present, overrides) } catch {
        throw InvalidSetting(
          key: key, value: change.set.joined(separator: " "), allowed: "a world that can be: \(error)")
      }
      worlds.append(ChangedWorld(step: change.step, experiment: present))
    }
    return worlds
  }

  /// The configuration of the world that a training was in after `steps` control steps, with no change to come.
  package func inWorld(atStep steps: Int) throws(InvalidSetting) -> ExperimentConfiguration {
    var present = try changedWorlds().last { $0.step <= steps }?.experiment ?? self
    present.simulation.changes = []
    return present
  }

  /// What is wrong with the changes; nil if nothing is.
  public var contradiction: InvalidSetting? {
    guard !simulation.changes.isEmpty else { return nil }
    do { _ = try changedWorlds() } catch { return error }
    return nil
  }
}
