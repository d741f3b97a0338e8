import AVGCore
import AVGCreate2
import AVGImaging
import AVGTasks
import Testing

@Suite("Create-Reacher")
struct CreateReacherTests {
  @Test("light-bump signals s become 1/√(s − 4.2), from −1 at a wall to 1 in the open")
  func scalesLightBumps() throws {
    let task = try CreateReacher()
    var senses = Create2Senses()
    senses.lightBumps = [0, 5.2, 8.2, 20.2, 104.2, 4095]
    var proprioception = [Float](repeating: 9, count: task.signalCount)
    task.writeProprioception(senses, previousAction: [0.25, -0.5], into: &proprioception)
    let expected: [Float] = [1, 1, 0, -0.5, -0.8, -0.96873, 0.25, -0.5]
    for (found, wanted) in zip(proprioception, expected) { #expect(abs(found - wanted) < 1e-4) }
  }

  @Test("the mask of the last frame judged can be looked at, with its holes filled")
  func keepsTheMask() throws {
    var task = try CreateReacher()
    var frame = Frame()
    for row in 10..<60 {
      for column in 20..<70 where !(30...31 ~= row && 40...41 ~= column) {
        frame.pixels[(row * 160 + column) * 3 + 1] = 200
      }
    }
    let judgement = task.judge(frame, Create2Senses())
    #expect(judgement == Judgement(reward: -1, terminated: true, reachedGoal: true))
    #expect(task.targetArea == 2500.0 / 14_400)
    #expect(task.targetMask[30, 40] && !task.targetMask[9, 20])
  }

  /// A frame with a green square of `side` pixels.
  private func frame(side: Int) -> Frame {
    var frame = Frame()
    for row in 10..<10 + side {
      for column in 20..<20 + side { frame.pixels[(row * 160 + column) * 3 + 1] = 200 }
    }
    return frame
  }

  @Test("a curriculum ends episodes early, asks for more each time, and counts the goal alone as success")
  func curriculum() throws {
    var configuration = TaskConfiguration()
    configuration.firstTargetArea = 0.03
    configuration.targetAreaGrowth = 0.5
    var task = try CreateReacher(configuration)
    let senses = Create2Senses()
    // 21² and 50² pixels of 14,400 are 0.031 and 0.174.
    let (small, large) = (frame(side: 21), frame(side: 50))
    #expect(task.judge(frame(side: 20), senses) == Judgement(reward: -1))
    #expect(task.curriculumPosition == 0.03)
    #expect(task.judge(small, senses) == Judgement(reward: -1, terminated: true))
    #expect(task.curriculumPosition == 0.045)
    #expect(task.judge(small, senses) == Judgement(reward: -1))
    for _ in 0..<5 {
      #expect(task.judge(large, senses) == Judgement(reward: -1, terminated: true, reachedGoal: true))
    }
    #expect(task.curriculumPosition == configuration.minimumTargetArea)
  }

  @Test("without a curriculum the goal alone ends an episode")
  func noCurriculum() throws {
    var task = try CreateReacher()
    #expect(task.curriculumPosition == task.configuration.minimumTargetArea)
    // 41² pixels of 14,400 are 0.117, 42² are 0.1225.
    #expect(task.judge(frame(side: 41), Create2Senses()) == Judgement(reward: -1))
    #expect(task.judge(frame(side: 42), Create2Senses()).reachedGoal)
  }

  @Test("a setting out of range is named with its key")
  func validates() throws {
    func key(_ change: (inout TaskConfiguration) -> Void) -> String? {
      var configuration = TaskConfiguration()
      change(&configuration)
      do {
        _ = try CreateReacher(configuration)
        return nil
      } catch {
        return error.key
      }
    }
    #expect(key { _ in } == nil)
    #expect(key { $0.minimumTargetArea = 0 } == "minimumTargetArea")
    #expect(key { $0.minimumTargetArea = .nan } == "minimumTargetArea")
    #expect(key { $0.firstTargetArea = 0.121 } == "firstTargetArea")
    #expect(key { $0.targetAreaGrowth = 0 } == "targetAreaGrowth")
    #expect(key { $0.timeLimitSteps = 0 } == "timeLimitSteps")
    #expect(key { $0.controlPeriodSeconds = 0 } == "controlPeriodSeconds")
    #expect(key { $0.maximumWheelSpeedMillimetersPerSecond = 501 } == "maximumWheelSpeedMillimetersPerSecond")
    #expect(key { $0.wheelDropReward = 1 } == "wheelDropReward")
    #expect(key { $0.targetColor.minimumHue = 180 } == "targetColor.minimumHue")
  }

  @Test("the control period is a whole number of nanoseconds")
  func roundsThePeriod() {
    #expect(TaskConfiguration().controlPeriod == .milliseconds(45))
  }
}
