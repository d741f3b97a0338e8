import AVGCore
import AVGImaging
import Testing

@testable import AVGCamera

@Suite("Damage that shows without decoding")
struct VisibleDamageTests {
  private func decoder(_ pixelFormat: FourCharacterCode) throws -> FrameDecoder {
    try FrameDecoder(
      CaptureFormat(
        pixelFormat: pixelFormat, size: ImageSize(width: 160, height: 90), bytesPerRow: 320,
        encoding: ColorEncoding(), rate: nil), shape: .standard, device: "D")
  }

  @Test(
    "a compressed image needs its first and last marker; bytes after the last do not matter",
    arguments: [
      ([], .empty), ([0xFF], .undecodable), ([0x5A, 0x5A, 0xFF, 0xD9], .undecodable),
      ([0xFF, 0xD8], .truncated), ([0xFF, 0xD8, 1, 2, 3], .truncated), ([0xFF, 0xD8, 1, 0xFF], .truncated),
      ([0xFF, 0xD8, 1, 0xFF, 0xD9], nil), ([0xFF, 0xD8, 1, 0xFF, 0xD9, 0, 0, 0], nil),
      ([0xFF, 0xD8, 1, 0xFF, 0xD9, 7, 0xFF], nil),
    ] as [([UInt8], FrameDamage?)])
  func compressed(bytes: [UInt8], damage: FrameDamage?) throws {
    let decoder = try decoder(.motionJPEG)
    let found = bytes.withUnsafeBytes { decoder.visibleDamage(in: $0) }
    #expect(found == damage)
  }

  @Test(
    "an uncompressed image needs all its bytes",
    arguments: [(0, .empty), (28_799, .truncated), (28_800, nil), (30_000, nil)] as [(Int, FrameDamage?)])
  func uncompressed(count: Int, damage: FrameDamage?) throws {
    let decoder = try decoder(.yuyv)
    let bytes = [UInt8](repeating: 0, count: count)
    let found = bytes.withUnsafeBytes { decoder.visibleDamage(in: $0) }
    #expect(found == damage)
  }
}
