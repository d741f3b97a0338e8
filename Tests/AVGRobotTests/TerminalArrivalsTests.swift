import Glibc
import Testing

@testable import AVGRobot

@Suite("Arrivals on a terminal")
struct TerminalArrivalsTests {
  @Test("what arrives is told once, and so is a terminal that is hung up")
  func told() throws {
    let terminal = try PseudoTerminal()
    let robot = terminal.descriptor
    let port = try SerialPort(terminal.path)
    let arrivals = TerminalArrivals(on: port.descriptor)
    #expect(arrivals.descriptor >= 0)
    var told = [arrivals.take()]
    var bytes = [UInt8](repeating: 0, count: 16)
    for byte in UInt8(1)...3 {
      #expect(write(robot, [byte], 1) == 1)
      told.append(awaitArrival(arrivals))
      let count = try port.read(into: &bytes)
      #expect(count == 1 && bytes[0] == byte)
      told.append(arrivals.take())
    }
    #expect(told == [false, true, false, true, false, true, false])
    _ = consume terminal
    let isToldOfTheEnd = awaitArrival(arrivals)
    #expect(isToldOfTheEnd)
    var error: RobotError?
    do throws(RobotError) { _ = try port.read(into: &bytes) } catch let caught { error = caught }
    #expect(error != nil)
  }

  /// Waits as a guard does.
  private func awaitArrival(_ arrivals: borrowing TerminalArrivals) -> Bool {
    var source = pollfd(fd: arrivals.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&source, 1, 5000) == 1 && arrivals.take()
  }
}
