import AVGCore
import CV4L2
import Glibc

/// The features that identify a camera, whatever its device number.
struct CameraIdentity: Hashable {
  /// The name that the driver reports.
  let card: String
  /// The bus and port, as in `usb-0000:00:14.0-2`.
  let bus: String
  /// The index of this device among those of the camera, from 0.
  let index: String
  /// The serial number, which stays the same at another port; empty if the camera has none, or if another connected
  /// camera has the same one.
  let serial: String

  /// Whether `other` is this camera at its old port, and not another camera of the same model that was plugged in
  /// there.
  func isAtSamePlace(as other: CameraIdentity) -> Bool {
    (card, bus, index) == (other.card, other.bus, other.index)
      && (serial == other.serial || serial.isEmpty || other.serial.isEmpty)
  }

  /// Whether `other` is this camera, at any port.
  func hasSameSerial(as other: CameraIdentity) -> Bool {
    !serial.isEmpty && (card, serial, index) == (other.card, other.serial, other.index)
  }
}

extension VideoDevice {
  /// The features that identify this camera.
  func identity() throws(CameraError) -> CameraIdentity {
    var capability = v4l2_capability()
    try request("VIDIOC_QUERYCAP", avg_v4l2_querycap, &capability)
    let entry = Self.sysfsEntry(path)
    let serial = Self.contents("\(entry)/device/../serial")
    // Some cheap cameras all carry the same serial number, which identifies nothing if two of them are connected.
    let entries = Self.paths("/sys/class/video4linux/video*")
    let twins = entries.filter {
      Self.contents("\($0)/device/../serial") == serial
        && Self.contents("\($0)/index") == Self.contents("\(entry)/index")
    }
    return CameraIdentity(
      card: text(capability.card), bus: text(capability.bus_info), index: Self.contents("\(entry)/index"),
      serial: twins.count > 1 ? "" : serial)
  }

  /// Its link in `/dev/v4l/by-id`, otherwise in `by-path`, if the system makes any; it stays the same when the device
  /// number changes.
  var link: String? {
    let device = Self.resolved(path)
    return (Self.paths("/dev/v4l/by-id/*") + Self.paths("/dev/v4l/by-path/*"))
      .first { Self.resolved($0) == device }
  }

  /// The current path of the camera `identity`: the one at its old port, or else the one with its serial number.
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

  /// The sysfs folder of the video device at `path`.
  static func sysfsEntry(_ path: String) -> String {
    "/sys/class/video4linux/\(resolved(path).split(separator: "/").last.map(String.init) ?? "")"
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The first line of a small file; empty if the file cannot be read.
  static func contents(_ path: String) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 >= 0x20 }, as: UTF8.self)
  }
}
