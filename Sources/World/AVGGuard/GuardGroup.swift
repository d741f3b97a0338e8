import AVGSystem
package import Glibc

/// A control group (version 2) of the guards' own, beside the learner's: freezing, ending or starving the learner's group
/// does not reach them.
///
/// Where the groups are not this user's to write to, the guards stay where they are.
/// Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst`.
package enum GuardGroup {
  private static let name = "avg-vision-guards"

  /// Moves processes into the group.
  package static func take(_ processes: [pid_t]) {
    guard let path else { return }
    mkdir(path, 0o755)
    for process in processes {
      try? OutputFile(path: path + "/cgroup.procs", flags: 0).write(Array("\(process)".utf8))
    }
  }

  /// Removes the group, unless somebody is in it.
  package static func remove() {
    if let path { rmdir(path) }
  }

  /// Where it is; nil where there are no such groups.
  private static var path: String? {
    guard let mount = mountPoint(in: text("/proc/self/mountinfo")),
      let own = ownGroup(in: text("/proc/self/cgroup"))
    else { return nil }
    return mount + place(beside: own)
  }

  /// The group's path below the mount point, for a learner in the group `own`.
  static func place(beside own: String) -> String {
    let parent = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
    return parent + "/" + name
  }

  /// Where the file system of the control groups is, from the text of `/proc/self/mountinfo`.
  static func mountPoint(in text: String) -> String? {
    for line in text.split(separator: "\n") {
      // "… 4:mount point 5:options … - type source options"
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash + 1 < words.count, words[dash + 1] == "cgroup2",
        dash > 4
      else { continue }
      return String(words[4])
    }
    return nil
  }

  /// The group of this process, from the text of `/proc/self/cgroup`.
  static func ownGroup(in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("0::/") }.map { String($0.dropFirst(3)) }
  }

  private static func text(_ path: String) -> String { (try? InputFile.text(at: path)) ?? "" }
}
