import AVGCore
import AVGNetwork
import AVGPlots
import AVGTraining
import Foundation

/// The findings of `doctor` about this computer, with advice.
struct ComputerReport: Encodable {
  /// A finding.
  struct Finding: Encodable {
    var subject: String
    var text: String
    /// The remedy, if there is a problem.
    var advice: String?
  }

  private(set) var findings: [Finding] = []
  /// The time that a step takes with each configuration.
  var cycleTimes: [CycleTime] = []

  /// Examines everything except the cameras; takes a few seconds.
  ///
  /// - Parameter tell: called with the name of each examination.
  static func measured(tell: (String) -> Void) -> ComputerReport {
    var report = ComputerReport()
    tell("processor")
    report.noteProcessor()
    report.noteLibrary()
    report.noteMemory()
    tell("clock")
    report.noteClock()
    report.noteRealTimeRights()
    tell("disk")
    report.noteDisk()
    report.notePorts()
    return report
  }

  mutating func add(_ subject: String, _ text: String, advice: String? = nil) {
    findings.append(Finding(subject: subject, text: text, advice: advice))
  }

  /// A line for each finding, the advice below it.
  var text: String {
    let width = 1 + (findings.map(\.subject.count).max() ?? 0)
    func row(_ subject: String, _ text: String) -> String {
      subject.padding(toLength: max(width, subject.count + 1), withPad: " ", startingAt: 0) + text
    }
    var lines = findings.flatMap { finding in
      [row(finding.subject, finding.text)] + (finding.advice.map { [row("", "→ " + $0)] } ?? [])
    }
    lines += [""] + CycleTime.table(cycleTimes)
    return lines.joined(separator: "\n")
  }

  private mutating func noteProcessor() {
    let information = SystemFile.text("/proc/cpuinfo") ?? ""
    let model =
      SystemFile.value(of: "model name", in: information) ?? SystemFile.value(of: "Model", in: information)
    add("processor", "\(model ?? "unknown"), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores")
    let reason = InstructionSet.environment == nil ? "" : ", as \(InstructionSet.variable) says"
    add("kernels", "\(InstructionSet.choice); \(InstructionSet.best.rawValue) is used\(reason)")
    let peak = InstructionSet.best.measurePeakGigaflops()
    add("peak", "\(Int(peak.rounded())) GFLOP/s of one core")
    let governor = SystemFile.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if let governor = governor?.trimmingCharacters(in: .whitespacesAndNewlines) {
      let isSlow = governor == "powersave" || governor == "ondemand"
      add(
        "governor", governor,
        advice: isSlow
          ? "It slows the processor between steps: sudo cpupower frequency-set -g performance" : nil)
    }
  }

  private mutating func noteLibrary() {
    let needed = CLibrary.needed().map { "; this program runs with \($0) or newer" } ?? ""
    add("C library", CLibrary.version + needed)
  }

  private mutating func noteMemory() {
    let information = SystemFile.text("/proc/meminfo") ?? ""
    func mebibytes(_ key: String) -> Int? {
      SystemFile.value(of: key, in: information).flatMap { Int($0.prefix { $0.isNumber }) }.map { $0 / 1024 }
    }
    guard let total = mebibytes("MemTotal"), let free = mebibytes("MemAvailable") else { return }
    add(
      "memory", "\(free) of \(total) MiB free",
      advice: free < 128 ? "A run needs about 64 MiB: end other programs." : nil)
  }

  private mutating func noteClock() {
    let source = SystemFile.text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    var resolution = timespec()
    clock_getres(CLOCK_MONOTONIC, &resolution)
    var late = LatencyHistogram()
    for _ in 0..<200 {
      let deadline = MonotonicInstant.now.advanced(by: .milliseconds(1))
      deadline.sleepUntil()
      late.record(deadline.duration(to: .now))
    }
    let name = source?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
    let isLate = late.percentile(99) > .milliseconds(5)
    add(
      "clock",
      "\(name), \(resolution.tv_nsec) ns; wakes \(milliseconds(late.percentile(50))) ms late, p99 "
        + "\(milliseconds(late.percentile(99))) ms",
      advice: isLate
        ? "Other programs occupy the processor: end them, or give this program real-time priority." : nil
    )
  }

  private mutating func noteRealTimeRights() {
    var limit = rlimit()
    // RLIMIT_RTPRIO, a macro that Swift does not import.
    getrlimit(__rlimit_resource_t(14), &limit)
    let isAllowed = limit.rlim_cur > 0 || geteuid() == 0
    add(
      "real time",
      isAllowed ? "this user may request real-time priority" : "no real-time priority for this user",
      advice: isAllowed
        ? nil
        : "On a busy computer, add '\(NSUserName()) - rtprio 50' to /etc/security/limits.d/avg-vision.conf, then log in "
          + "again.")
  }

  private mutating func noteDisk() {
    guard let speed = DiskSpeed.measured(in: ".") else {
      add(
        "disk", "this folder is not writable",
        advice: "Change to a folder of your own, or give --output.")
      return
    }
    add(
      "disk",
      "\(Int(speed.mebibytesPerSecond)) MiB/s here, a checkpoint's fsync \(milliseconds(speed.synchronization)) ms, "
        + "\(speed.freeMebibytes) MiB free",
      advice: speed.freeMebibytes < 1024 ? "A long recording needs gigabytes: make room." : nil)
  }

  private mutating func notePorts() {
    let ports = SystemFile.serialPorts()
    guard !ports.isEmpty else {
      return add("serial ports", "none", advice: "Connect the robot's cable, if there is a robot.")
    }
    for port in ports {
      let isUsable = access(port, R_OK | W_OK) == 0
      add(
        "serial port", port,
        advice: isUsable
          ? nil : "No permission to open it: sudo usermod -aG dialout \(NSUserName()), then log in again.")
    }
  }

  private func milliseconds(_ duration: Duration) -> String { grouped(duration.milliseconds, decimals: 2) }
}
