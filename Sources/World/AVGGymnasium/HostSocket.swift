import AVGCore
import AVGSystem
import Glibc

/// What goes wrong on the way to an environment's process, before anybody has looked at the process.
enum HostFault: Error {
  /// The stream has ended.
  case ended
  /// There was no answer in time.
  case silent
  /// It failed, and says why.
  case failed(String)
  /// It does not keep to the protocol.
  case foreign(String)
  /// What it is cannot be used.
  case refused(GymnasiumError)
}

/// Whole messages on a stream socket.
struct HostSocket {
  /// The socket, which is somebody else's to close.
  let socket: SystemSocket

  /// Sends all of `bytes`.
  func send(_ bytes: UnsafeRawBufferPointer) throws(HostFault) {
    var done = 0
    while done < bytes.count {
      let count = socket.send(UnsafeRawBufferPointer(rebasing: bytes[done...]))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw errno == EAGAIN ? .silent : .ended }
      done += count
    }
  }

  /// Reads into `buffer` until it holds `wanted` bytes at least.
  ///
  /// - Parameter filled: the bytes that it holds already.
  /// - Returns: the bytes that it holds then.
  func fill(
    _ buffer: UnsafeMutableRawBufferPointer, filled: Int, wanted: Int, patience: Double
  ) throws(HostFault) -> Int {
    var filled = filled
    // Nearly always a message comes whole: the clock is asked only where it does not.
    var deadline: MonotonicInstant?
    while filled < wanted {
      let count = socket.receive(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { throw .ended }
      if count < 0 {
        if errno == EAGAIN { throw .silent }
        if errno != EINTR { throw .ended }
      }
      filled += max(0, count)
      guard filled < wanted else { break }
      let now = MonotonicInstant.now
      let end = deadline ?? now.advanced(by: .seconds(patience))
      guard now < end else { throw .silent }
      deadline = end
    }
    return filled
  }

  /// Reads exactly `count` bytes.
  func read(_ count: Int, patience: Double) throws(HostFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBufferPointer { buffer throws(HostFault) in
      _ = try fill(UnsafeMutableRawBufferPointer(buffer), filled: 0, wanted: count, patience: patience)
    }
    return bytes
  }

  /// Reads a header, and the descriptor that came with its first byte, which is the caller's to close; −1 if none did.
  func readHeader(patience: Double) throws(HostFault) -> (EnvironmentMessage.Header, descriptor: Int32) {
    var bytes = [UInt8](repeating: 0, count: EnvironmentMessage.headerByteCount)
    var passed: Int32 = -1
    let count = bytes.withUnsafeMutableBytes { socket.receive($0, passed: &passed) }
    guard count != 0 else { throw .ended }
    guard count > 0 else { throw errno == EAGAIN ? .silent : .ended }
    do throws(HostFault) {
      try bytes.withUnsafeMutableBufferPointer { bytes throws(HostFault) in
        let buffer = UnsafeMutableRawBufferPointer(bytes)
        _ = try fill(buffer, filled: count, wanted: buffer.count, patience: patience)
      }
    } catch {
      if passed >= 0 { close(passed) }
      throw error
    }
    return (bytes.withUnsafeBytes { EnvironmentMessage.Header(reading: $0) }, passed)
  }

  /// What an `error` says, in its first line.
  func words(of header: EnvironmentMessage.Header, from begun: [UInt8], patience: Double) -> String {
    let length = min(header.length, 1 << 16)
    let rest = (try? read(max(0, length - begun.count), patience: patience)) ?? []
    let text = String(decoding: begun.prefix(length) + rest, as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it failed and says no more"
  }
}
