import AVGSystem
import Foundation
import Glibc

/// Another program, run to its end for what it prints.
enum ToolProcess {
  /// No program that is asked here prints as much.
  private static let longestOutput = 16 << 20

  /// Runs a program that the PATH finds.
  ///
  /// - Parameter words: its name and its arguments.
  /// - Returns: what it printed.
  static func output(_ words: [String]) throws(ToolFailure) -> String {
    let name = words.first ?? ""
    // Files without a name: a pipe could fill while the other is read.
    guard let output = tmpfile(), let errors = tmpfile() else {
      throw ToolFailure(name: name, reason: "no temporary file: \(String(cString: strerror(errno)))")
    }
    defer {
      fclose(output)
      fclose(errors)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, name, &actions, nil, &arguments, environ)
    guard code == 0 else { throw ToolFailure(name: name, reason: String(cString: strerror(code))) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw ToolFailure(name: name, reason: String(cString: strerror(errno))) }
    }
    guard status == 0 else {
      let last = text(errors).split(whereSeparator: \.isNewline).last.map(String.init)
      throw ToolFailure(name: name, reason: last ?? "it ended with status \(status >> 8 & 0xFF)")
    }
    return text(output)
  }

  private static func text(_ file: UnsafeMutablePointer<FILE>) -> String {
    let length = min(max(0, Int(lseek(fileno(file), 0, SEEK_END))), longestOutput)
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      count = max(0, pread(fileno(file), buffer.baseAddress, length, 0))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Another program could not be run, or failed.
struct ToolFailure: Error, CustomStringConvertible {
  var name: String
  /// What it said last, or what the system said.
  var reason: String

  var description: String {
    "\(name): \(reason). This computer must be able to submit to Slurm: try `sinfo`."
  }
}
