import AVGCore
public import AVGGuard
import AVGSystem
import Glibc

/// The guard process of a robot that a program drives: it starts the program, alone speaks with it, and outlives the learner.
public enum ExecGuard: GuardProgram {
  /// The first argument of the guard process.
  public static let command = "exec-guard"

  /// Runs the guard.
  ///
  /// - Parameter words: those of `words`.
  /// - Returns: false if these are no words of a guard.
  public static func serve(_ words: [String]) -> Bool {
    let numbers = words.prefix(4).compactMap { Double($0) }
    guard numbers.count == 4, words.count > 4, numbers.allSatisfy({ $0 > 0 && $0 < 1e7 }) else {
      return false
    }
    var loop = ExecGuardLoop(
      program: Array(words[4...]),
      ExecRules.Settings(
        controlPeriod: .seconds(numbers[0]), orderTimeout: .seconds(numbers[1]), speedLimit: Int(numbers[2]),
        startPatience: .seconds(numbers[3])))
    loop.run()
    return true
  }

  /// What the guard is told after its command.
  static func words(_ settings: ExecRules.Settings, program: [String]) -> [String] {
    [
      "\(settings.controlPeriod.seconds)", "\(settings.orderTimeout.seconds)", "\(settings.speedLimit)",
      "\(settings.startPatience.seconds)",
    ] + program
  }
}

/// The guard's loop.
private struct ExecGuardLoop: ~Copyable {
  private let program: [String]
  private var post = GuardPost<ExecOrder, ExecReport>()
  private var rules: ExecRules
  private var process: ChildProcess?
  /// The program's input and output, each of its own: a program that closes its output alone has ended its words.
  private var input: SystemSocket?
  private var output: SystemSocket?

  /// How long a program may take to end after its input has ended.
  private static let endPatience = Duration.seconds(2)

  init(program: [String], _ settings: ExecRules.Settings) {
    self.program = program
    rules = ExecRules(settings, at: .now)
  }

  mutating func run() {
    start()
    var nextTick = MonotonicInstant.now
    while !rules.isLeaving {
      post.wait(until: nextTick, for: [output?.descriptor ?? -1, -1, -1])
      let now = MonotonicInstant.now
      if post.wasAway() { rules.wasAway(at: now) }
      var order = ExecOrder(kind: .clear, given: now)
      while post.hear(&order) { rules.obey(order, at: now) }
      hearProgram()
      if !post.hasLearner || post.isEnding { rules.learnerLeft(at: now) }
      if now >= nextTick {
        nextTick = now.advanced(by: GuardTiming.tick)
        rules.tick(at: now)
      }
      tellProgram()
      post.tell(rules.report, isNew: rules.hasNews)
      rules.hasNews = false
    }
    leave()
  }

  private mutating func start() {
    do throws(SystemError) {
      let (input, theirInput) = try SystemSocket.pair(.stream)
      defer { theirInput.close() }
      self.input = input
      let (output, theirOutput) = try SystemSocket.pair(.stream)
      defer { theirOutput.close() }
      self.output = output
      var launch = ChildProcess.Launch(
        program,
        [
          (STDIN_FILENO, .descriptor(theirInput.descriptor)),
          (STDOUT_FILENO, .descriptor(theirOutput.descriptor)),
        ])
      launch.hasOwnSession = true
      let process = try ChildProcess(launch)
      rules.started(process.identifier)
      self.process = process
    } catch {
      rules.programEnded("it cannot be started: \(error.reason)", at: .now)
    }
  }

  private mutating func hearProgram() {
    guard let output else { return }
    var block = InlineArray<4096, UInt8>(repeating: 0)
    while !rules.isLeaving {
      let count = withUnsafeMutableBytes(of: &block) { output.receive($0, waits: false) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { return programClosed() }
      let now = MonotonicInstant.now
      withUnsafeBytes(of: &block) { rules.hear($0.prefix(count), at: now) }
    }
  }

  private mutating func programClosed() {
    _ = process?.wait(upTo: .milliseconds(200))
    let ending = process?.ending.map { "its process \($0.words)" } ?? "it closed its output"
    rules.programEnded(ending, at: .now)
  }

  private mutating func tellProgram() {
    guard let input, !rules.outgoing.isEmpty else { return }
    let count = input.send(rules.outgoing, waits: false)
    if count > 0 { rules.outgoing.removeFirst(count) }
    if count < 0, errno != EAGAIN, errno != EINTR { programClosed() }
  }

  /// Tells the program to stop, ends its input, and ends it if it does not end by itself.
  private mutating func leave() {
    tellProgram()
    post.tell(rules.report, isNew: true)
    if let input { shutdown(input.descriptor, CInt(SHUT_WR)) }
    _ = process?.wait(upTo: Self.endPatience)
    process?.kill()
    input?.close()
    output?.close()
  }
}
