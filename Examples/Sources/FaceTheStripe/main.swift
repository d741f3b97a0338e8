import AVGCore
import AVGLearning
import AVGTasks
import AVGTraining

struct Turntable: Body {  // a camera that turns before a wall with a bright stripe
  var angle = 40.0, turn = 0.0
  mutating func drive(_ speeds: WheelSpeeds) { turn = speeds.left.millimetersPerSecond - speeds.right.millimetersPerSecond }
  mutating func awaitCycle() -> Int { angle = max(-70, min(70, angle + turn)); return 0 }
  mutating func sense(into frame: inout Frame, _ senses: inout BaseSenses) throws(Never) -> Freshness {
    for index in frame.pixels.indices { frame.pixels[index] = abs(Double(index / 3 % 160) - 80 - angle) < 8 ? 255 : 30 }
    return .fresh
  }
  mutating func reset() -> Bool { angle = angle > 0 ? -50 : 50; return true }
}
struct FaceTheStripe: ControlTask {  // until the stripe is in the middle, each step costs 1
  let signalCount = 2, timeLimitSteps = 100, controlPeriod = Duration.milliseconds(45), maximumWheelSpeed = Speed.millimetersPerSecond(3)
  var curriculumPosition = 0.0
  func judge(_ frame: borrowing Frame, _ senses: borrowing BaseSenses) -> Judgement {
    Judgement(reward: -1, terminated: isAtGoal(frame, senses), reachedGoal: isAtGoal(frame, senses))
  }
  func isAtGoal(_ frame: borrowing Frame, _ senses: borrowing BaseSenses) -> Bool { frame.pixels[45 * 480 + 240] == 255 }
  func writeProprioception(_: borrowing BaseSenses, previousAction: [Float], into signals: inout [Float]) { signals = previousAction }
}
let task = FaceTheStripe()
var trainer = Trainer(
  environment: TaskEnvironment(body: Turntable(), task: task),
  agent: Learner(AVGConfiguration(), for: task.specification(frames: FrameStack()), seed: 1))
try trainer.run(TrainingPlan(steps: 12_000), hooks: TrainingHooks())
print("success in the last 20 episodes:", trainer.progress.recent.successRate ?? 0)
