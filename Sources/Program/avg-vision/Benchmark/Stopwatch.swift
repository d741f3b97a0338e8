import AVGCore
import AVGSystem
import Glibc

/// Something that can be done again and again: a row.
struct BenchmarkSubject {
  /// What the row is called.
  var name: String
  /// Whose encoder, where that makes a difference.
  var encoder: String?
  /// What it is compiled for, where that makes a difference.
  var instructionSet: String?
  /// The floating-point operations it cannot do without; 0 where they are not what counts.
  var operations = 0
  /// Which comes first, acting or learning, where that makes a difference.
  var order: String?
  /// Does it once.
  var run: () -> Void
  /// Puts things back in order after each run; this does not count.
  var finish: () -> Void = {}
}

/// How long a row took, and how many bytes it asked for.
struct Timing {
  /// All times that the processor spent on it, sorted, in milliseconds.
  var milliseconds: [Double]
  /// All times that went by meanwhile, sorted, in milliseconds: more, where other programs want the core.
  var elapsedMilliseconds: [Double]
  /// Bytes asked for in one run, on average, after the first hundred; nil where nobody counts them.
  var allocatedBytes: Double?

  var median: Double { milliseconds[milliseconds.count / 2] }
  var minimum: Double { milliseconds[0] }
  var p99: Double { milliseconds[min(milliseconds.count - 1, milliseconds.count * 99 / 100)] }
  var elapsedMedian: Double { elapsedMilliseconds[elapsedMilliseconds.count / 2] }
}

/// Who counts the bytes that the program asks for: a library that is preloaded, as `check-allocations` does.
enum AllocationCounter {
  /// Bytes asked for so far, by any thread; nil if there is no such library.
  static let allocatedBytes: (@convention(c) () -> UInt64)? =
    dlsym(nil, "avg_allocated_bytes").map { unsafeBitCast($0, to: (@convention(c) () -> UInt64).self) }
}

/// Times subjects in turn.
enum Stopwatch {
  /// Runs of one subject before the next has its turn: long enough for warm caches, short enough for fairness.
  private static let turn = 20

  /// Runs each subject `times` times, after `warmUp` runs that do not count.
  ///
  /// - Parameter tell: is called now and then, while nothing is timed, with the share that is done.
  static func time(
    _ subjects: [BenchmarkSubject], times: Int, warmUp: Int = 100, tell: (Double) -> Void
  ) -> [Timing] {
    let total = Double(subjects.count * (warmUp + times))
    for (index, subject) in subjects.enumerated() {
      tell(Double(index * warmUp) / total)
      for _ in 0..<warmUp {
        subject.run()
        subject.finish()
      }
    }
    var durations = subjects.map { _ in [Double](repeating: 0, count: times) }
    var elapsed = subjects.map { _ in [Double](repeating: 0, count: times) }
    let allocatedBytes = AllocationCounter.allocatedBytes
    var bytes = subjects.map { _ in UInt64(0) }
    for start in stride(from: 0, to: times, by: turn) {
      for (index, subject) in subjects.enumerated() {
        tell(Double(subjects.count * (warmUp + start) + index * min(turn, times - start)) / total)
        // The caches belong to whoever ran last.
        subject.run()
        subject.finish()
        for time in start..<min(start + turn, times) {
          let before = allocatedBytes?() ?? 0
          let began = MonotonicInstant.now
          let spent = ProcessorTime.ofThread.milliseconds
          subject.run()
          durations[index][time] = ProcessorTime.ofThread.milliseconds - spent
          elapsed[index][time] = began.duration(to: .now).milliseconds
          bytes[index] += (allocatedBytes?() ?? 0) - before
          subject.finish()
        }
      }
    }
    return subjects.indices.map {
      Timing(
        milliseconds: durations[$0].sorted(), elapsedMilliseconds: elapsed[$0].sorted(),
        allocatedBytes: allocatedBytes == nil ? nil : Double(bytes[$0]) / Double(times))
    }
  }
}
