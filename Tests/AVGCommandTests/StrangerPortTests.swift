import AVGRobot
import Foundation
import Testing

/// Other devices where the robot is looked for, each at a pseudo-terminal of its own.
@Suite("A port without a robot")
struct StrangerPortTests {
  /// What the device sends by itself, and what it answers to what it hears.
  private struct Device: Sendable {
    var chatter = ""
    var echoes = false
    /// To a line, as a modem does.
    var answers = false

    func serve(_ terminal: CInt, _ isOver: Over) {
      var bytes = [UInt8](repeating: 0, count: 256)
      var rounds = 0
      while !isOver.isSet {
        var source = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
        _ = poll(&source, 1, 20)
        if source.revents & Int16(POLLIN) != 0 {
          let count = read(terminal, &bytes, bytes.count)
          if count > 0, echoes { _ = write(terminal, bytes, count) }
          if count > 0, answers, bytes[..<count].contains(13) { _ = write(terminal, "\r\nOK\r\n", 6) }
        }
        rounds += 1
        if rounds.isMultiple(of: 10) { _ = write(terminal, chatter, chatter.utf8.count) }
      }
    }
  }

  private func error(_ device: Device) throws -> RobotError? {
    var inner: CInt = -1
    var outer: CInt = -1
    var settings = termios()
    cfmakeraw(&settings)
    try #require(openpty(&inner, &outer, nil, &settings, nil) == 0)
    let path = String(cString: ttyname(outer))
    let isOver = Over()
    let done = DispatchSemaphore(value: 0)
    let master = inner
    Thread.detachNewThread {
      device.serve(master, isOver)
      done.signal()
    }
    defer {
      isOver.end()
      done.wait()
      close(inner)
      close(outer)
    }
    do throws(RobotError) {
      _ = try RobotLink.open(
        RobotLink.Configuration(port: path, program: [BuiltProgram.file.path, "guard"]))
      return nil
    } catch { return error }
  }

  private final class Over: @unchecked Sendable {
    private let lock = NSLock()
    private var flag = false
    var isSet: Bool { lock.withLock { flag } }
    func end() { lock.withLock { flag = true } }
  }

  @Test("a GPS receiver, a modem, a line that echoes and a silent device are told apart")
  func strangers() throws {
    let sentence = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
    for (device, stranger) in [
      (Device(chatter: sentence), Stranger.navigation), (Device(echoes: true, answers: true), .modem),
      (Device(answers: true), .modem), (Device(echoes: true), .echo),
    ] {
      guard case .stranger(_, stranger) = try error(device) else {
        Issue.record("not taken for \(stranger)")
        continue
      }
    }
    guard case .silent = try error(Device()) else {
      Issue.record("silence is taken for somebody")
      return
    }
  }
}
