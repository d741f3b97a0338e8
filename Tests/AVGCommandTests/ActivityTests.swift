import Foundation
import Testing

/// What commands that take a while show meanwhile.
@Suite("What a command is at")
struct ActivityTests {
  /// What the program says on standard error when that is a terminal.
  private func said(by arguments: [String]) throws -> String {
    var (terminal, program): (CInt, CInt) = (-1, -1)
    try #require(openpty(&terminal, &program, nil, nil, nil) == 0)
    defer { close(terminal) }
    let process = Process()
    process.executableURL = BuiltProgram.file
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(fileDescriptor: program, closeOnDealloc: false)
    try process.run()
    close(program)
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    // EIO: the program has gone.
    while case let count = read(terminal, &part, part.count), count > 0 { bytes += part[..<count] }
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let benchmark = [
    "benchmark", "--network", "default", "--steps", "20", "--stage", "inference", "--encoder", "shared",
    "--instruction-set", "sse2",
  ]

  @Test("benchmark shows on a terminal how much is done, and takes it away; elsewhere it says nothing")
  func benchmark() throws {
    let text = try said(by: Self.benchmark)
    #expect(text.contains("\u{1B}[?7lpeak\u{1B}[K") && text.contains("1 row 0 %"))
    #expect(text.hasSuffix("\r\u{1B}[K"))
    let result = try BuiltProgram.run(Self.benchmark)
    #expect(result.status == 0 && result.errors.isEmpty && result.output.contains("inference"))
  }

  @Test("doctor shows on a terminal what it looks at")
  func doctor() throws {
    let text = try said(by: ["doctor", "--json"])
    for part in ["processor", "clock", "disk", "how long a step takes 0 %", "cameras"] {
      #expect(text.contains("\u{1B}[?7l\(part)\u{1B}[K"), "\(part)")
    }
  }
}
