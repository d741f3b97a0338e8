// A task and a body of one's own: FaceTheStripe [watch | record LOG | resume RUN | replay LOG]
import AVGConfiguration
import AVGCore
import AVGDashboard
import AVGExperiment
import AVGLearning
import AVGTasks

struct Turntable: ResumableBody {  // a camera that turns before a wall with a bright stripe
  struct State: Codable { var angle = 40.0, turn = 0.0 }
  var state = State()
  mutating func restore(_ state: State) { self.state = state }
  mutating func drive(_ speeds: WheelSpeeds) { state.turn = speeds.left.millimetersPerSecond - speeds.right.millimetersPerSecond }
  mutating func awaitCycle() -> Int {
    state.angle = max(-70, min(70, state.angle + state.turn))
    return 0  // cycles missed
  }
  mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(Never) -> Freshness {
    for index in frame.pixels.indices {
      frame.pixels[index] = abs(Double(index / 3 % 160) - 80 - state.angle) < 8 ? 255 : 30
    }
    return .fresh
  }
  mutating func reset() -> Bool { state.angle = state.angle > 0 ? -50 : 50; return true }
}

struct FaceTheStripe: ControlTask {  // until the stripe is in the middle, each step costs 1
  let signalCount = 2, timeLimitSteps = 100, controlPeriod = Duration.milliseconds(45)
  let maximumWheelSpeed = Speed.millimetersPerSecond(3)
  var curriculumPosition = 0.0
  func judge(_ frame: borrowing Frame, _ senses: borrowing Create2Senses) -> Judgement {
    Judgement(reward: -1, terminated: isAtGoal(frame, senses), reachedGoal: isAtGoal(frame, senses))
  }
  func isAtGoal(_ frame: borrowing Frame, _: borrowing Create2Senses) -> Bool { frame.pixels[45 * 480 + 240] == 255 }
  func writeProprioception(_: borrowing Create2Senses, previousAction: [Float], into signals: inout [Float]) { signals = previousAction }
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
