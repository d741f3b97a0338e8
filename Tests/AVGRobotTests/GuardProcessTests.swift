import AVGSystem
import Glibc
import Testing

@testable import AVGGuard
@testable import AVGRobot

@Suite("What the guards are made of")
struct GuardProcessTests {
  @Test("a message brings an open file along, and a descriptor of the receiver's own")
  func descriptors() throws {
    let (one, other) = try SystemSocket.pair(.messages)
    defer {
      one.close()
      other.close()
    }
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    let beat = GuardBeat(portNumber: 7, process: 42)
    #expect(Datagram.send(beat, passing: ends[1], on: one.descriptor) == .sent)
    #expect(Datagram.send(beat, on: one.descriptor) == .sent)
    close(ends[1])
    var received = GuardBeat(process: 0)
    guard case .message(let descriptor) = Datagram.receive(&received, on: other.descriptor) else {
      Issue.record("nothing was received")
      return
    }
    #expect(received == beat && descriptor >= 0)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    #expect(write(descriptor, "x", 1) == 1)
    close(descriptor)
    guard case .message(-1) = Datagram.receive(&received, on: other.descriptor) else {
      Issue.record("a descriptor came with a message that had none")
      return
    }
    // The last writer is closed.
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 0)
    close(ends[0])
  }

  @Test("a full socket, a closed one and an empty one are told apart")
  func states() throws {
    let (one, other) = try SystemSocket.pair(.messages)
    let beat = GuardBeat(process: 1)
    var received = GuardBeat(process: 0)
    if case .nothing = Datagram.receive(&received, on: one.descriptor) {} else { Issue.record("not empty") }
    var sent = 0
    while Datagram.send(beat, on: one.descriptor) == .sent, sent < 100_000 { sent += 1 }
    #expect(sent > 10 && Datagram.send(beat, on: one.descriptor) == .full)
    other.close()
    #expect(Datagram.send(beat, on: one.descriptor) == .end)
    one.close()
  }

  @Test("the guards' control group lies beside the learner's, where there are groups of version 2")
  func groups() {
    let mounts = """
      24 30 0:22 / /proc rw,nosuid shared:12 - proc proc rw
      32 25 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate

      """
    #expect(GuardGroup.mountPoint(in: mounts) == "/sys/fs/cgroup")
    #expect(GuardGroup.mountPoint(in: "32 25 0:28 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n") == nil)
    #expect(GuardGroup.ownGroup(in: "4:memory:/x\n0::/user.slice/run-1.scope\n") == "/user.slice/run-1.scope")
    #expect(GuardGroup.ownGroup(in: "4:memory:/x\n") == nil)
    #expect(GuardGroup.place(beside: "/user.slice/run-1.scope") == "/user.slice/avg-vision-guards")
    #expect(GuardGroup.place(beside: "/") == "/avg-vision-guards")
  }
}
