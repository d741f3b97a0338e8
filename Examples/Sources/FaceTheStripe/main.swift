// A task and a body of one's own: FaceTheStripe [watch | record LOG | resume RUN | replay LOG]
import AVGConfiguration
import AVGCore
import AVGDashboard
import AVGExperiment
import AVGLearning
import AVGRecording
import AVGTasks

struct Turn: LoggedCommand {  // how far the turntable turns in a cycle, in columns of the image
  var columns = 0.0
  static let stopped = Turn(), logName = "sent_columns", numberCount = 1
  func write(into numbers: inout [Float]) { numbers[0] = Float(columns) }
}

struct Turntable: ResumableBody {  // a camera that turns before a wall with a bright stripe
  struct State: Codable { var angle = 40.0, turn = 0.0 }
  var state = State()
  mutating func restore(_ state: State) { self.state = state }
  mutating func drive(_ command: Turn) { state.turn = command.columns }
  mutating func awaitCycle() -> Int {
    state.angle = max(-70, min(70, state.angle + state.turn))
    return 0  // cycles missed
  }
  mutating func sense(into view: inout Observation, _ senses: inout NoSenses) throws(Never) -> Freshness {
    for index in view.newestFrame.pixels.indices {
      view.newestFrame.pixels[index] = abs(Double(index / 3 % 160) - 80 - state.angle) < 8 ? 255 : 30
    }
    return .fresh
  }
  mutating func reset() -> Bool { state.angle = state.angle > 0 ? -50 : 50; return true }
}

struct FaceTheStripe: ControlTask {  // until the stripe is in the middle, each step costs 1
  let actionCount = 1, signalCount = 1, timeLimitSteps = 100, controlPeriod = Duration.milliseconds(45)
  var curriculumPosition = 0.0
  func command(for action: [Float]) -> Turn { Turn(columns: 6 * Double(action[0])) }
  func judge(_ view: borrowing Observation, _ senses: borrowing NoSenses) -> Judgement {
    Judgement(reward: -1, terminated: isAtGoal(view, senses), reachedGoal: isAtGoal(view, senses))
  }
  func isAtGoal(_ view: borrowing Observation, _: borrowing NoSenses) -> Bool { view.newestFrame.pixels[45 * 480 + 240] == 255 }
  func writeProprioception(_: borrowing NoSenses, previousAction: [Float], into signals: inout [Float]) { signals = previousAction }
}

struct Settings: RunConfiguration {
  var training = TrainingSettings(), agent = AVGConfiguration()
  init() { training.steps = 12_000 }
}

DashboardServer.serveIfAsked()  // the live page is served by this very program
let experiment = Experiment<Settings, Turntable, FaceTheStripe>(
  name: "stripe", makeBody: { _ in Turntable() }, makeTask: { _ in FaceTheStripe() })
let words = Array(CommandLine.arguments.dropFirst())
var options = TrainingOptions()
switch words.first {
case "resume": print(try experiment.resume(words[1], options).folder.path)
case "replay": print(try experiment.replay(words[1]))
default:
  if words.first == "record" { options.record = words[1] }
  if words.first == "watch" { options.dashboard = try DashboardAddress("8080") }
  let result = try experiment.train(Settings(), options)
  print("\(result.folder.path): success in the last 20 episodes:", result.progress.recent.successRate ?? 0)
}
