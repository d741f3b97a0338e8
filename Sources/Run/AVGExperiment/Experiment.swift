public import AVGCore
public import AVGDashboard
public import AVGImaging
public import AVGRecording
public import AVGTasks

/// A task on a body, with all that there is around a training: it is kept, gone on with after any end, recorded,
/// replayed and watched.
///
/// Made once, of two closures; `train`, `replay` and `learn(from:)` do the rest. A simulated body (`ResumableBody`) is
/// trained, one of devices (`DeviceReport`) is run in real time:
///
/// ```swift
/// let experiment = Experiment<MyConfiguration, MyBody, MyTask>(
///   name: "mine", makeBody: { MyBody(seed: $0.training.seed) }, makeTask: { _ in MyTask() })
/// try experiment.train(MyConfiguration(), TrainingOptions(record: "mine.mcap"))
/// ```
public struct Experiment<Configuration: RunConfiguration, B: Body & ~Copyable, T: ControlTask>
where B.Command == T.Command, B.Senses == T.Senses, T.Command: LoggedCommand, T.Senses: LoggedSenses {
  /// What its runs are called.
  public var name: String
  /// Makes the body, from the configuration and its seed.
  public var makeBody: (Configuration) throws -> B
  /// Makes the task.
  public var makeTask: (Configuration) throws -> T
  /// What an observation stacks; nil for a body without a camera.
  public var frames: FrameStack? = FrameStack()
  /// The consecutive steps without an image of the present that cut an episode off.
  public var staleStepLimit: (Configuration) -> Int = { _ in 11 }
  /// Where the robot is, for the live page; nil where nobody knows.
  public var place: (borrowing B) -> RobotPlace? = { _ in nil }
  /// The pen that the live page draws; nil for none.
  public var pen: (Configuration) -> PenOutline? = { _ in nil }
  /// The colours that the live page marks in the image.
  public var target: (Configuration) -> ColorCriteria = { _ in ColorCriteria() }
  /// What a configuration has for keys that nobody sets.
  public var defaults: (Configuration) -> Configuration = { _ in Configuration() }

  /// Describes an experiment.
  ///
  /// - Parameters:
  ///   - name: a word for file names.
  ///   - makeBody: its random numbers come from `training.seed`, so that the same seed gives the same bytes.
  ///   - makeTask: judges frames of the shape of `frames`.
  public init(
    name: String, makeBody: @escaping (Configuration) throws -> B,
    makeTask: @escaping (Configuration) throws -> T
  ) {
    self.name = name
    self.makeBody = makeBody
    self.makeTask = makeTask
  }
}

extension DashboardServer {
  /// The word by which a program is started as the process behind a live page.
  public static let command = "dashboard-server"

  /// Serves the page if this process was started for that, and ends then. A program that is not avg-vision itself calls
  /// it first of all.
  public static func serveIfAsked() {
    if CommandLine.arguments.dropFirst().first == command { serve() }
  }
}
