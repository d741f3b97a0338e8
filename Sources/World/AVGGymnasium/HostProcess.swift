import AVGCore
import AVGSystem
// The environment is a global variable of C; nobody here changes it.
@preconcurrency import Glibc

/// An environment's process and the socket to it; the process ends with this value.
struct HostProcess: ~Copyable {
  /// This side's end of the socket.
  let socket: Int32
  /// What the process prints.
  let output: HostOutput
  private let process: pid_t
  private var hasEnded = false

  /// Above every descriptor that the process is given, so that none is in another's way.
  private static let lowestDescriptor: Int32 = 10
  /// The descriptor at which the process finds the text of the host for Gymnasium.
  private static let hostDescriptor: Int32 = 4
  /// The variable that names it.
  private static let hostVariable = "AVG_VISION_HOST=/dev/fd/\(hostDescriptor)"
  /// How long a process may take to end by itself.
  private static let endPatience = Duration.seconds(3)

  /// Starts the host for Gymnasium, or the settings' own command.
  init(_ settings: GymnasiumSettings) throws(GymnasiumError) {
    let commandLine =
      settings.command.isEmpty
      ? [settings.python, "-u", "/dev/fd/\(Self.hostDescriptor)"] : ["/bin/sh", "-c", settings.command]
    var descriptors = try Descriptors(settings.name, commandLine[0])
    let process: pid_t
    do throws(GymnasiumError) {
      process = try Self.spawn(commandLine, descriptors, settings.name)
    } catch {
      descriptors.close()
      throw error
    }
    descriptors.closeTheirs()
    let output: HostOutput
    do throws(ThreadError) {
      output = try HostOutput(reading: descriptors.outputOurs, of: settings.name)
    } catch {
      kill(-process, SIGKILL)
      waitpid(process, nil, 0)
      close(descriptors.ours)
      throw .notStarted(name: settings.name, program: error.purpose, code: error.code)
    }
    self.process = process
    self.output = output
    socket = descriptors.ours
  }

  deinit {
    if hasEnded { return }
    // The end of the stream says what a message says too.
    close(socket)
    if Self.howItEnded(process, within: Self.endPatience) == nil {
      kill(-process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  /// Whether it has not been seen to end.
  var isRunning: Bool { !hasEnded }

  /// Waits for the end of a process that has closed its socket, and ends it if it does not come.
  ///
  /// - Returns: how it ended, in words.
  mutating func awaitEnd() -> String {
    if let how = Self.howItEnded(process, within: .seconds(1)) {
      finish()
      return how
    }
    end()
    return "it closed its socket without ending"
  }

  /// Ends the process at once, and all that it has started.
  mutating func end() {
    guard !hasEnded else { return }
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
    finish()
  }

  private mutating func finish() {
    guard !hasEnded else { return }
    hasEnded = true
    close(socket)
  }

  /// How the process ended; nil if it does not within `patience`.
  private static func howItEnded(_ process: pid_t, within patience: Duration) -> String? {
    let deadline = MonotonicInstant.now.advanced(by: patience)
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process || ended < 0 && errno != EINTR { break }
      guard MonotonicInstant.now < deadline else { return nil }
      MonotonicInstant.now.advanced(by: .milliseconds(2)).sleepUntil()
    }
    // WTERMSIG and WEXITSTATUS are macros, which Swift does not see.
    let signal = status & 0x7f
    return signal == 0 ? "exit status \((status >> 8) & 0xff)" : "signal \(signal)"
  }

  private static func spawn(
    _ commandLine: [String], _ descriptors: borrowing Descriptors, _ name: String
  ) throws(GymnasiumError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (place, descriptor) in [
      (STDOUT_FILENO, descriptors.outputTheirs), (STDERR_FILENO, descriptors.outputTheirs),
      (EnvironmentMessage.descriptor, descriptors.theirs), (hostDescriptor, descriptors.host),
    ] {
      posix_spawn_file_actions_adddup2(&actions, descriptor, place)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // In a group of its own: Ctrl-C means the run alone, which then ends its environment.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = commandLine.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = [strdup(hostVariable)]
    defer {
      for word in words { free(word) }
      free(variables[0])
    }
    var place = environ
    while let variable = place.pointee {
      variables.append(variable)
      place += 1
    }
    variables.append(nil)
    var process: pid_t = 0
    let code = posix_spawnp(&process, commandLine[0], &actions, &attributes, &words, &variables)
    guard code == 0 else { throw .notStarted(name: name, program: commandLine[0], code: code) }
    return process
  }

  /// The descriptors on the way to a process.
  private struct Descriptors: ~Copyable {
    private(set) var ours: Int32 = -1
    private(set) var theirs: Int32 = -1
    private(set) var outputOurs: Int32 = -1
    private(set) var outputTheirs: Int32 = -1
    /// The end to read of a pipe that holds the host's text.
    private(set) var host: Int32 = -1

    init(_ name: String, _ program: String) throws(GymnasiumError) {
      var ends: [Int32] = [-1, -1]
      var output: [Int32] = [-1, -1]
      if socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0,
        pipe(&output) == 0
      {
        (ours, theirs) = (Self.raised(ends[0]), Self.raised(ends[1]))
        (outputOurs, outputTheirs) = (Self.raised(output[0]), Self.raised(output[1]))
        host = Self.raised(Self.openHost())
      }
      guard [ours, theirs, outputOurs, outputTheirs, host].allSatisfy({ $0 >= 0 }) else {
        let code = errno
        close()
        throw .notStarted(name: name, program: program, code: code)
      }
    }

    /// A pipe with the host's text, whole: it has room for 65,536 bytes.
    private static func openHost() -> Int32 {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return -1 }
      defer { Glibc.close(ends[1]) }
      let text = PackageResources.avg_vision_host_py
      guard write(ends[1], text, text.count) == text.count else {
        Glibc.close(ends[0])
        return -1
      }
      return ends[0]
    }

    private static func raised(_ descriptor: Int32) -> Int32 {
      defer { if descriptor >= 0 { Glibc.close(descriptor) } }
      return fcntl(descriptor, F_DUPFD_CLOEXEC, lowestDescriptor)
    }

    mutating func closeTheirs() {
      for descriptor in [theirs, outputTheirs, host] where descriptor >= 0 { Glibc.close(descriptor) }
    }

    mutating func close() {
      closeTheirs()
      for descriptor in [ours, outputOurs] where descriptor >= 0 { Glibc.close(descriptor) }
    }
  }
}
