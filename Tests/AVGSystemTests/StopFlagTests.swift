import Glibc
import Testing

@testable import AVGSystem

@Suite("Stop flag", .serialized)
struct StopFlagTests {
  @Test("the first signal raises the flag, and another one that comes with it does not end the program")
  func firstSignalRaises() {
    let flag = StopFlag.raisedBySignals()
    #expect(!flag.isRaised)
    kill(getpid(), SIGTERM)
    kill(getpid(), SIGTERM)
    // The signal may be handled by any thread: wait for it.
    while !flag.isRaised { usleep(100) }
    for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGALRM] { kill(getpid(), number) }
    #expect(flag.isRaised)
  }
}
