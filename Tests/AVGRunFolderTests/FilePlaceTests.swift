import AVGSystem
import AVGTestSupport
import Foundation
import Glibc
import Testing

@Suite("Places that a file is written to")
struct FilePlaceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kind(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  @Test("a pipe is written to, and stays one")
  func pipe() throws {
    let path = folder.path + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try AtomicFile.write("picture", to: path)
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(reader, &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "picture")
    #expect(kind(path) == S_IFIFO)
    #expect(folder.names == ["pipe"])
  }

  @Test("so is what is open already, under its name in /dev or /proc")
  func descriptor() throws {
    let file = folder.path + "/file"
    let descriptor = open(file, O_CREAT | O_RDWR, 0o600)
    defer { close(descriptor) }
    let inode = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    try AtomicFile.write("picture", to: "/dev/fd/\(descriptor)")
    try AtomicFile.write("second", to: "/proc/self/fd/\(descriptor)")
    #expect(try folder.text("file") == "second")
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == inode)
  }

  @Test("a socket and a folder are left alone, and no half file beside them")
  func refused() throws {
    let path = folder.path + "/socket"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    let error = #expect(throws: FileError.self) { try AtomicFile.write("picture", to: path) }
    #expect(error?.code == EEXIST && kind(path) == S_IFSOCK)
    try folder.write("mine", to: "inner/file")
    #expect(throws: FileError.self) { try AtomicFile.write("picture", to: folder.path + "/inner") }
    #expect(folder.names == ["inner", "socket"])
  }

  @Test("what has no end, or nobody who writes it, is not read whole", .timeLimit(.minutes(1)))
  func ordinaryFilesOnly() throws {
    let path = folder.path + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    for path in [path, "/dev/zero"] {
      let error = #expect(throws: FileError.self) { try InputFile.text(at: path) }
      #expect(error?.code == EINVAL)
    }
    #expect(try InputFile.bytes(at: "/dev/zero", limit: 5) == [0, 0, 0, 0, 0])
    #expect(try InputFile.text(at: "/proc/self/status").contains("Pid:"))
  }

  @Test("a copy has the same bytes, and takes the place of what was there")
  func copies() throws {
    let bytes = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    try folder.write(bytes, to: "original")
    try folder.write("old", to: "copy")
    try AtomicFile.copy(folder.path + "/original", to: folder.path + "/copy")
    #expect(try folder.data("copy") == Data(bytes))
    let error = #expect(throws: FileError.self) {
      try AtomicFile.copy(folder.path + "/none", to: folder.path + "/copy")
    }
    #expect(error?.code == ENOENT)
  }
}
