import AVGCore
import AVGLearning
import AVGNetwork
import AVGTasks
import Foundation

/// The results of `benchmark`, as text and JSON.
struct BenchmarkReport: Encodable {
  struct Row: Encodable {
    var name: String
    var encoder: String?
    var instructionSet: String?
    var order: String?
    var medianMilliseconds: Double
    var p99Milliseconds: Double
    var minimumMilliseconds: Double
    var elapsedMedianMilliseconds: Double
    var rooflineMilliseconds: Double?
    var gigaflopsPerSecond: Double?
    var shareOfPeak: Double?
    var updatesPerSecond: Double?
    var samplesPerSecond: Double?
    var allocatedBytes: Double?
  }

  var cpu: String
  var network: String
  var instructionSets: [String]
  /// The peak of the widest instruction set.
  var peakGFLOPs: Double
  var peaks: [String: Double]
  var firstActionSeconds: Double
  var residentMebibytes: Double
  /// The most memory that was resident, without the transitions that learners kept.
  var peakMebibytes: Double
  var rows: [Row]

  init(
    subjects: [BenchmarkSubject], timings: [Timing], peaks: [InstructionSet: Double], network: String,
    firstActionSeconds: Double, residentMebibytes: Double, peakMebibytes: Double
  ) {
    cpu = Processor.name
    self.network = network
    instructionSets = InstructionSet.available.map(\.rawValue)
    self.peaks = Dictionary(uniqueKeysWithValues: peaks.map { ($0.key.rawValue, $0.value) })
    peakGFLOPs = peaks.values.max() ?? 0
    self.firstActionSeconds = firstActionSeconds
    self.residentMebibytes = residentMebibytes
    self.peakMebibytes = peakMebibytes
    let peaks = self.peaks
    rows = zip(subjects, timings).map { subject, timing in
      let peak = subject.instructionSet.flatMap { peaks[$0] }
      let counts = subject.operations > 0
      return Row(
        name: subject.name, encoder: subject.encoder, instructionSet: subject.instructionSet,
        order: subject.order, medianMilliseconds: timing.median, p99Milliseconds: timing.p99,
        minimumMilliseconds: timing.minimum,
        elapsedMedianMilliseconds: timing.elapsedMedian,
        rooflineMilliseconds: counts ? peak.map { Double(subject.operations) / $0 / 1e6 } : nil,
        gigaflopsPerSecond: counts ? Double(subject.operations) / timing.median / 1e6 : nil,
        shareOfPeak: counts ? peak.map { Double(subject.operations) / timing.median / 1e6 / $0 } : nil,
        updatesPerSecond: subject.samples.map { _ in 1000 / timing.median },
        samplesPerSecond: subject.samples.map { 1000 * Double($0) / timing.median },
        allocatedBytes: timing.allocatedBytes)
    }
  }

  var text: String {
    let peaks = peaks.sorted { $0.value < $1.value }
      .map { "\($0.key) \(String(format: "%.1f", $0.value))" }.joined(separator: ", ")
    let counting =
      AllocationCounter.allocatedBytes == nil
      ? "not counted: Tests/Acceptance/check-allocations --table counts them" : "asked for in one run"
    let header = """
      processor     \(cpu)
      features      \(instructionSets.joined(separator: ", "))
      network       \(network)
      peak          \(peaks) GFLOP/s
      times         processor time; elapsed: wall-clock time, with other programs
      first action  \(String(format: "%.2f", firstActionSeconds)) s after the program's start
      memory        \(String(format: "%.1f", residentMebibytes)) MiB resident with one learner
      at the most   \(String(format: "%.1f", peakMebibytes)) MiB with all rows' learners, without the transitions they kept
      bytes         \(counting)

      """
    let columns = [
      "", "encoder", "set", "median ms", "p99 ms", "min ms", "elapsed", "× roofline", "GFLOP/s", "% of peak",
      "bytes",
    ]
    let lines = rows.map { row in
      [
        row.name + (row.order.map { " " + $0 } ?? ""), row.encoder ?? "", row.instructionSet ?? "",
        number(row.medianMilliseconds, 4),
        number(row.p99Milliseconds, 4), number(row.minimumMilliseconds, 4),
        number(row.elapsedMedianMilliseconds, 4),
        number(row.rooflineMilliseconds.map { row.medianMilliseconds / $0 }, 2),
        number(row.gigaflopsPerSecond, 1), number(row.shareOfPeak.map { 100 * $0 }, 0),
        row.allocatedBytes == nil ? "–" : number(row.allocatedBytes, 0),
      ]
    }
    let widths = columns.indices.map { column in ([columns] + lines).map { $0[column].count }.max() ?? 0 }
    let table = ([columns] + lines).map { cells in
      zip(cells, widths).enumerated().map { index, cell in
        let fill = String(repeating: " ", count: cell.1 - cell.0.count)
        return index < 3 ? cell.0 + fill : fill + cell.0
      }.joined(separator: "  ")
    }
    return header + (table + rates).joined(separator: "\n")
  }

  /// A line for each row that learns from batches.
  private var rates: [String] {
    rows.compactMap { row in
      guard let updates = row.updatesPerSecond, let samples = row.samplesPerSecond else { return nil }
      let name = [row.name, row.order, row.encoder, row.instructionSet].compactMap { $0 }
        .joined(separator: " ")
      return "\(name): \(number(updates, 1)) updates and \(number(samples, 0)) samples a second"
    }
  }

  private func number(_ value: Double?, _ decimals: Int) -> String {
    value.map { String(format: "%.\(decimals)f", $0) } ?? ""
  }
}

/// The processor of this computer.
enum Processor {
  static var name: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}

/// The memory of this process.
enum ProcessMemory {
  /// Resident memory in MiB (proc(5), statm).
  static var residentMebibytes: Double {
    let fields =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    guard fields.count > 1, let pages = Double(fields[1]) else { return 0 }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }

  /// The most that was resident so far, in MiB (proc(5), status).
  static var peakMebibytes: Double {
    let status = SystemFile.text("/proc/self/status") ?? ""
    let field = SystemFile.value(of: "VmHWM", in: status)?.prefix { $0.isNumber }
    return (field.flatMap { Double($0) } ?? 0) / 1024
  }
}

/// The time from the program's start to the first action of a new learner.
enum FirstAction {
  /// Makes a learner, and measures the time when it has acted once.
  ///
  /// - Returns: the time in seconds, with the kernel's resolution of 10 ms (proc(5), stat, field 22).
  static func measure(_ configuration: AVGConfiguration, for specification: EnvironmentSpecification)
    -> Double
  {
    let learner = LearnerUnderTest(configuration, .shared, .best, for: specification)
    learner.infer()
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    learner.learn()
    let stat = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
    // The second field may contain spaces; it ends at the last parenthesis.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = Double(fields[20]) else { return 0 }
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
