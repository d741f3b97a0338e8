import AVGSystem
import Foundation

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
    var process: ChildProcess
    do throws(SystemError) {
      process = try ChildProcess(
        ChildProcess.Launch(
          words,
          [
            (STDIN_FILENO, .nothing), (STDOUT_FILENO, .descriptor(fileno(output))),
            (STDERR_FILENO, .descriptor(fileno(errors))),
          ]))
    } catch { throw ToolFailure(name: name, reason: error.reason) }
    process.wait()
    guard process.ending == .status(0) else {
      let last = text(errors).split(whereSeparator: \.isNewline).last.map(String.init)
      throw ToolFailure(name: name, reason: last ?? process.ending?.words ?? "it has ended")
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
