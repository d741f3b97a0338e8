import AVGCore
import CV4L2
import Glibc

/// What tells a camera from every other, whatever number its device has.
struct CameraIdentity: Hashable {
  /// The name that the driver gives it.
  let card: String
  /// Where it is connected, as in `usb-0000:00:14.0-2`.
  let bus: String
  /// Which of the camera's devices this is, from 0.
  let index: String
  /// Its link below `/dev/v4l/by-id`, made of its serial number: the same at another socket.
  let link: String?
}

extension VideoDevice {
  /// What tells this camera from others.
  func identity() throws(CameraError) -> CameraIdentity {
    var capability = v4l2_capability()
    try request("VIDIOC_QUERYCAP", avg_v4l2_querycap, &capability)
    let device = Self.resolved(path)
    let name = device.split(separator: "/").last.map(String.init) ?? ""
    return CameraIdentity(
      card: text(capability.card), bus: text(capability.bus_info),
      index: Self.contents("/sys/class/video4linux/\(name)/index"),
      link: Self.paths("/dev/v4l/by-id/*").first { Self.resolved($0) == device })
  }

  /// The path of the camera that was `identity`, wherever it is now.
  static func find(_ identity: CameraIdentity) -> String? {
    if let link = identity.link, access(link, F_OK) == 0 { return link }
    return videoDevices().first { path in
      do throws(CameraError) {
        let found = try VideoDevice.open(path).identity()
        return (found.card, found.bus, found.index) == (identity.card, identity.bus, identity.index)
      } catch {
        return false
      }
    }
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The first line of a small file; empty if there is none.
  private static func contents(_ path: String) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 >= 0x20 }, as: UTF8.self)
  }
}

/// The text in a driver's array of characters, up to its end or the first zero.
func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
