import AVGSystem
import Glibc

/// An environment's process and the socket to it; the process ends with this value.
struct HostProcess: ~Copyable {
  /// This side's end of the socket.
  let socket: SystemSocket
  /// What the process prints.
  let output: HostOutput
  private var process: ChildProcess

  /// The descriptor at which the process finds the text of the host for Gymnasium.
  private static let hostDescriptor: Int32 = 4
  /// How long a process may take to end by itself.
  private static let endPatience = Duration.seconds(3)

  /// Starts the host for Gymnasium, or the settings' own command.
  init(_ settings: GymnasiumSettings) throws(GymnasiumError) {
    let commandLine =
      settings.command.isEmpty
      ? [settings.python, "-u", "/dev/fd/\(Self.hostDescriptor)"] : ["/bin/sh", "-c", settings.command]
    let socket: SystemSocket
    let reader: Int32
    var process: ChildProcess
    do throws(SystemError) {
      var printed = try SystemPipe()
      let (ours, theirs) = try SystemSocket.pair(.stream)
      defer { theirs.close() }
      do throws(SystemError) {
        process = try Self.start(commandLine, theirs, printingTo: printed.writer)
      } catch {
        ours.close()
        throw error
      }
      (socket, reader) = (ours, printed.takeReader())
    } catch {
      throw .notStarted(name: settings.name, program: commandLine[0], code: error.code)
    }
    do throws(ThreadError) { output = try HostOutput(reading: reader, of: settings.name) } catch {
      process.kill()
      socket.close()
      throw .notStarted(name: settings.name, program: error.purpose, code: error.code)
    }
    (self.socket, self.process) = (socket, process)
  }

  private static func start(
    _ commandLine: [String], _ socket: SystemSocket, printingTo writer: Int32
  ) throws(SystemError) -> ChildProcess {
    // A pipe with the host's text, whole: it has room for 65,536 bytes.
    let host = try SystemPipe()
    let text = PackageResources.avg_vision_host_py
    guard write(host.writer, text, text.count) == text.count else { throw SystemError() }
    var launch = ChildProcess.Launch(
      commandLine,
      [
        (STDIN_FILENO, .nothing), (STDOUT_FILENO, .descriptor(writer)), (STDERR_FILENO, .descriptor(writer)),
        (EnvironmentMessage.descriptor, .descriptor(socket.descriptor)),
        (hostDescriptor, .descriptor(host.reader)),
      ])
    launch.variables = ["AVG_VISION_HOST=/dev/fd/\(hostDescriptor)"]
    return try ChildProcess(launch)
  }

  deinit {
    guard isRunning else { return }
    // The end of the stream says what a message says too.
    socket.close()
    var process = process
    if !process.wait(upTo: Self.endPatience) { process.kill() }
  }

  /// Whether it has not been seen to end.
  var isRunning: Bool { process.ending == nil }

  /// Waits for the end of a process that has closed its socket, and ends it if it does not come.
  ///
  /// - Returns: how it ended, in words.
  mutating func awaitEnd() -> String {
    let wasRunning = isRunning
    guard process.wait(upTo: .seconds(1)), let ending = process.ending else {
      end()
      return "closed its socket without ending"
    }
    if wasRunning { socket.close() }
    return ending.words
  }

  /// Ends the process at once, and all that it has started.
  mutating func end() {
    guard isRunning else { return }
    process.kill()
    socket.close()
  }
}
