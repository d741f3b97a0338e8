import Glibc
import Testing

@testable import AVGTraining

@Suite("Stop flag", .serialized)
struct StopFlagTests {
  @Test("the first signal raises the flag and leaves the second to end the program")
  func firstSignalRaises() {
    let flag = StopFlag.raisedBySignals()
    #expect(!flag.isRaised)
    kill(getpid(), SIGTERM)
    // The signal may be handled by any thread: wait for it.
    while !flag.isRaised { usleep(100) }
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      while true {
        sigaction(number, nil, &action)
        // SIG_DFL is the null handler.
        if action.__sigaction_handler.sa_handler == nil { break }
        usleep(100)
      }
    }
  }
}
