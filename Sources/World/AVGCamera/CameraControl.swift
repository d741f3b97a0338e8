import CV4L2
import Glibc

/// A camera setting to fix, so that the camera does not change it by itself while an agent learns from its images.
/// <https://docs.kernel.org/userspace-api/media/v4l/ext-ctrls-camera.html>
public enum CameraControl: String, Hashable, Sendable, CaseIterable {
  /// Exposure time, in units of 100 µs.
  case exposure
  /// Gain, in the camera's own units.
  case gain
  /// Colour temperature in kelvin.
  case whiteBalance
  /// Focus distance, in the camera's own units.
  case focus

  /// The V4L2 control ID.
  fileprivate var identifier: UInt32 {
    switch self {
    case .exposure: UInt32(V4L2_CID_EXPOSURE_ABSOLUTE)
    case .gain: UInt32(V4L2_CID_GAIN)
    case .whiteBalance: UInt32(V4L2_CID_WHITE_BALANCE_TEMPERATURE)
    case .focus: UInt32(V4L2_CID_FOCUS_ABSOLUTE)
    }
  }

  /// The ID of the control that switches the automatic on and off, and the value that switches it off.
  fileprivate var automatic: (identifier: UInt32, off: Int32) {
    switch self {
    case .exposure: (UInt32(V4L2_CID_EXPOSURE_AUTO), Int32(V4L2_EXPOSURE_MANUAL.rawValue))
    case .gain: (UInt32(V4L2_CID_AUTOGAIN), 0)
    case .whiteBalance: (UInt32(V4L2_CID_AUTO_WHITE_BALANCE), 0)
    case .focus: (UInt32(V4L2_CID_FOCUS_AUTO), 0)
    }
  }
}

/// The values that a control accepts.
public struct ControlRange: Hashable, Sendable {
  /// The smallest value.
  public var minimum: Int
  /// The largest value.
  public var maximum: Int
  /// The distance between two neighbouring values.
  public var step: Int
  /// The current value; nil if the driver does not report it.
  public var current: Int?

  /// Whether the control accepts `value`.
  public func contains(_ value: Int) -> Bool {
    (minimum...max(minimum, maximum)).contains(value) && (value - minimum).isMultiple(of: max(1, step))
  }
}

extension ControlRange: CustomStringConvertible {
  /// `1 to 5000`, followed by the step if it is not 1.
  public var description: String {
    "\(minimum) to \(maximum)" + (step > 1 ? " in steps of \(step)" : "")
  }
}

extension VideoDevice {
  /// The range of a control; nil if the camera has none.
  func range(of control: CameraControl) throws(CameraError) -> ControlRange? {
    guard let query = try query(control.identifier) else { return nil }
    var value = v4l2_control(id: control.identifier, value: 0)
    let isReadable = try request("VIDIOC_G_CTRL", avg_v4l2_g_ctrl, &value, tolerating: Self.refusals)
    return ControlRange(
      minimum: Int(query.minimum), maximum: Int(query.maximum), step: Int(query.step),
      current: isReadable ? Int(value.value) : nil)
  }

  /// The range of a control, provided that it accepts `value`.
  ///
  /// - Throws: `controlRefused`, with the range, if it does not.
  func allowedRange(of control: CameraControl, for value: Int) throws(CameraError) -> ControlRange {
    let range = try range(of: control)
    guard let range, range.contains(value) else {
      throw .controlRefused(device: path, control: control, value: value, allowed: range)
    }
    return range
  }

  /// Switches a control's automatic off and sets the control to `value`.
  func fix(_ control: CameraControl, to value: Int) throws(CameraError) {
    let range = try allowedRange(of: control, for: value)
    let refusal = CameraError.controlRefused(device: path, control: control, value: value, allowed: range)
    guard let value = Int32(exactly: value) else { throw refusal }
    let automatic = control.automatic
    if try query(automatic.identifier) != nil {
      var off = v4l2_control(id: automatic.identifier, value: automatic.off)
      try request("VIDIOC_S_CTRL", avg_v4l2_s_ctrl, &off, tolerating: Self.refusals)
    }
    var setting = v4l2_control(id: control.identifier, value: value)
    // A driver may clamp to the nearest value instead of refusing, so its answer is compared.
    guard try request("VIDIOC_S_CTRL", avg_v4l2_s_ctrl, &setting, tolerating: Self.refusals),
      setting.value == value
    else { throw refusal }
  }

  /// The codes with which drivers refuse a control that is missing, inactive, read-only or out of range.
  private static let refusals = [EINVAL, ENOTTY, ERANGE, EACCES, EIO]

  private func query(_ identifier: UInt32) throws(CameraError) -> v4l2_queryctrl? {
    var query = v4l2_queryctrl()
    query.id = identifier
    guard try request("VIDIOC_QUERYCTRL", avg_v4l2_queryctrl, &query, tolerating: [EINVAL, ENOTTY]),
      query.flags & UInt32(V4L2_CTRL_FLAG_DISABLED) == 0
    else { return nil }
    return query
  }
}
