import Testing

@testable import AVGRobot

@Suite("A command")
struct CommandTests {
  private func encoded(_ command: Command) -> [UInt8] {
    var bytes: [UInt8] = []
    command.encode(into: &bytes)
    return bytes
  }

  @Test("has the bytes that the Open Interface's document gives")
  func bytes() {
    #expect(encoded(.start) == [128])
    #expect(encoded(.safe) == [131])
    #expect(encoded(.seekDock) == [143])
    #expect(encoded(.drive(DriveSpeeds(left: 200, right: -200))) == [145, 0xFF, 0x38, 0x00, 0xC8])
    #expect(encoded(.stream([.bumpsAndWheelDrops, .mode])) == [148, 2, 7, 35])
    #expect(encoded(.streams(false)) == [150, 0])
    #expect(encoded(.stop) == [173])
  }

  @Test("says which speeds are really sent: whole, within the limit, and none that is not a number")
  func speeds() {
    #expect(DriveSpeeds(left: 149.6, right: -1e9, limit: 300) == DriveSpeeds(left: 150, right: -300))
    #expect(DriveSpeeds(left: 1e9, right: -.infinity, limit: 9999) == DriveSpeeds(left: 500, right: -500))
    #expect(DriveSpeeds(left: .nan, right: 10, limit: 300) == DriveSpeeds(left: 0, right: 10))
    #expect(DriveSpeeds(left: 10, right: 10, limit: -1) == .stopped)
    #expect(DriveSpeeds(left: 400, right: -400).bounded(by: 150) == DriveSpeeds(left: 150, right: -150))
  }
}
