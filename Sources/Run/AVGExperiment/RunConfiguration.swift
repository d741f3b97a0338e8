public import AVGCore
public import AVGLearning
public import AVGRemote
public import AVGRobot

/// What a run goes by, whatever its world: how long it trains, and how it learns.
///
/// A package with a task of its own gives its own structure; the run's folder keeps all of it in `configuration.yaml`,
/// checkpoints too. One with keys beside these two sections names them: `static let keys = runKeys + [Key(…)]`.
public protocol RunConfiguration: ConfigurationSection {
  /// The section `training`.
  var training: TrainingSettings { get set }
  /// The section `agent`.
  var agent: AVGConfiguration { get set }
  /// The section `remote`; its defaults, where there is none.
  var remote: RemoteSettings { get }
  /// What the record of a run has for keys that it does not name, because there were none when it was made: not the defaults
  /// of today, by which that run did not go.
  static var unrecorded: Self { get }
}

/// The settings of a run on a camera and a Create 2.
public protocol DeviceConfiguration: RunConfiguration {
  /// The section `camera`.
  var camera: CameraSettings { get set }
  /// The section `robot`.
  var robot: RobotSettings { get set }
}

extension RunConfiguration {
  /// The sections that every run has.
  public static var runKeys: [Key<Self>] {
    [
      Key("training", \.training, "How long a training goes on, and what it keeps."),
      Key(
        "agent", \.agent,
        """
        The learner: Action Value Gradient (Vasan et al., NeurIPS 2024), with defaults for a reward of −1 a
        step, or a related algorithm. Keys apply to all algorithms unless they say otherwise.
        """),
    ]
  }

  /// The defaults.
  public var remote: RemoteSettings { RemoteSettings() }

  /// The defaults.
  public static var unrecorded: Self { Self() }

  /// No keys beside the two sections.
  public static var keys: [Key<Self>] { runKeys }
}
