import AVGCore
import Testing

@Suite("Observation")
struct ObservationTests {
  @Test("frames move one place towards the past and leave the newest slot alone")
  func shifts() {
    let specification = EnvironmentSpecification(
      frames: FrameStack(shape: FrameShape(height: 2, width: 3)), signalCount: 1, actionCount: 2)
    var current = Observation(for: specification)
    var next = Observation(for: specification)
    for index in 0..<3 {
      current.frames[index].pixels[5] = UInt8(index + 1)
    }
    next.newestFrame.pixels[5] = 9
    next.shiftFrames(from: current)
    #expect(next.frames.map { $0.pixels[5] } == [2, 3, 9])
    next.repeatNewestFrame()
    #expect(next.frames.map { $0.pixels[5] } == [9, 9, 9])
  }
}
