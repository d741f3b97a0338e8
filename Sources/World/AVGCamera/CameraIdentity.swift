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
  /// Its serial number: the same at another socket; empty if it has none, or another camera here has the same.
  let serial: String

  /// Whether `other` is this camera at the socket where it was, and not one of the same make put in its place.
  func isAtSamePlace(as other: CameraIdentity) -> Bool {
    (card, bus, index) == (other.card, other.bus, other.index)
      && (serial == other.serial || serial.isEmpty || other.serial.isEmpty)
  }

  /// Whether `other` is this camera, at whatever socket.
  func hasSameSerial(as other: CameraIdentity) -> Bool {
    !serial.isEmpty && (card, serial, index) == (other.card, other.serial, other.index)
  }
}

extension VideoDevice {
  /// What tells this camera from others.
  func identity() throws(CameraError) -> CameraIdentity {
    var capability = v4l2_capability()
    try request("VIDIOC_QUERYCAP", avg_v4l2_querycap, &capability)
    let entry = Self.sysfsEntry(path)
    let serial = Self.contents("\(entry)/device/../serial")
    // Cheap cameras are sold with one serial number for all: it tells nothing where a twin is connected.
    let entries = Self.paths("/sys/class/video4linux/video*")
    let twins = entries.filter {
      Self.contents("\($0)/device/../serial") == serial
        && Self.contents("\($0)/index") == Self.contents("\(entry)/index")
    }
    return CameraIdentity(
      card: text(capability.card), bus: text(capability.bus_info), index: Self.contents("\(entry)/index"),
      serial: twins.count > 1 ? "" : serial)
  }

  /// Its link below `/dev/v4l/by-id`, else `by-path`, where the system makes such: the same whatever its number is.
  var link: String? {
    let device = Self.resolved(path)
    return (Self.paths("/dev/v4l/by-id/*") + Self.paths("/dev/v4l/by-path/*"))
      .first { Self.resolved($0) == device }
  }

  /// The path of the camera that was `identity`, wherever it is now: where it was, or else the one with its serial number.
  static func find(_ identity: CameraIdentity) -> String? {
    var present: [(path: String, identity: CameraIdentity)] = []
    for path in videoDevices() {
      do throws(CameraError) {
        present.append((path, try VideoDevice.open(path).identity()))
      } catch {
        continue
      }
    }
    return
      (present.first { identity.isAtSamePlace(as: $0.identity) }
      ?? present.first { identity.hasSameSerial(as: $0.identity) })?.path
  }

  /// The folder of a video device in sysfs, by the name of its node.
  static func sysfsEntry(_ path: String) -> String {
    "/sys/class/video4linux/\(resolved(path).split(separator: "/").last.map(String.init) ?? "")"
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The first line of a small file; empty if there is none.
  static func contents(_ path: String) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 >= 0x20 }, as: UTF8.self)
  }
}
