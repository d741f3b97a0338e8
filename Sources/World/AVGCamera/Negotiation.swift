import AVGCore
import AVGImaging
import CV4L2
import Glibc

/// Negotiation with a driver of what it sends: format and size, then frame rate, then controls.
///
/// The order matters: setting a format may reset the rate, and the rates on offer depend on the format.
/// Every answer is read back, because a driver may change a request to the nearest that it supports.
extension VideoDevice {
  /// The largest number of formats, sizes or rates to read; a driver whose list is longer is taken to be broken.
  private static let longestList: UInt32 = 256

  /// All formats and their sizes.
  func offeredFormats() throws(CameraError) -> [OfferedFormat] {
    var offers: [OfferedFormat] = []
    for index in 0..<Self.longestList {
      var description = v4l2_fmtdesc()
      description.index = index
      description.type = bufferType
      guard
        try request("VIDIOC_ENUM_FMT", avg_v4l2_enum_fmt, &description, tolerating: [EINVAL, ENOTTY])
      else { break }
      let pixelFormat = FourCharacterCode(rawValue: description.pixelformat)
      offers.append(OfferedFormat(pixelFormat: pixelFormat, sizes: try offeredSizes(of: pixelFormat)))
    }
    return offers
  }

  private func offeredSizes(of pixelFormat: FourCharacterCode) throws(CameraError) -> OfferedSizes {
    var sizes: [ImageSize] = []
    for index in 0..<Self.longestList {
      var size = v4l2_frmsizeenum()
      size.index = index
      size.pixel_format = pixelFormat.rawValue
      guard
        try request(
          "VIDIOC_ENUM_FRAMESIZES", avg_v4l2_enum_framesizes, &size, tolerating: [EINVAL, ENOTTY])
      else { break }
      guard size.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue else {
        let range = size.stepwise
        return .range(
          minimum: ImageSize(width: Int(range.min_width), height: Int(range.min_height)),
          maximum: ImageSize(width: Int(range.max_width), height: Int(range.max_height)),
          step: ImageSize(width: Int(range.step_width), height: Int(range.step_height)))
      }
      sizes.append(ImageSize(width: Int(size.discrete.width), height: Int(size.discrete.height)))
    }
    return sizes.isEmpty ? .unknown : .discrete(sizes)
  }

  /// The frame rates of a format and size.
  func offeredRates(of choice: CaptureChoice) throws(CameraError) -> OfferedRates {
    var rates: [FrameRate] = []
    for index in 0..<Self.longestList {
      var interval = v4l2_frmivalenum()
      interval.index = index
      interval.pixel_format = choice.pixelFormat.rawValue
      interval.width = UInt32(choice.size.width)
      interval.height = UInt32(choice.size.height)
      guard
        try request(
          "VIDIOC_ENUM_FRAMEINTERVALS", avg_v4l2_enum_frameintervals, &interval,
          tolerating: [EINVAL, ENOTTY])
      else { break }
      guard interval.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue else {
        return .range(
          slowest: FrameRate(interval: interval.stepwise.max),
          fastest: FrameRate(interval: interval.stepwise.min))
      }
      rates.append(FrameRate(interval: interval.discrete))
    }
    return rates.isEmpty ? .unknown : .discrete(rates)
  }

  /// Sets the best allowed format, the best rate that is not below the wanted one, and the controls to fix.
  func negotiate(_ wanted: Camera.Configuration) throws(CameraError) -> CaptureFormat {
    let choice = try choose(wanted)
    var image = avg_v4l2_image(choice, type: bufferType)
    try request("VIDIOC_S_FMT", avg_v4l2_s_fmt, &image)
    var format = try captureFormat(image, of: choice, wanted)
    format.rate = try setRate(try bestRate(of: format, wanted))
    for control in CameraControl.allCases {
      if let value = wanted.controls[control] { try fix(control, to: value) }
    }
    return format
  }

  /// The format that `negotiate` would set, found without changing a device that another program may be about to use.
  func preview(_ wanted: Camera.Configuration) throws(CameraError) -> CaptureFormat {
    try checkIsFree()
    let choice = try choose(wanted)
    var image = avg_v4l2_image(choice, type: bufferType)
    // VIDIOC_TRY_FMT is optional; without it the driver's answer shows only once the format is set.
    try request("VIDIOC_TRY_FMT", avg_v4l2_try_fmt, &image, tolerating: [ENOTTY])
    var format = try captureFormat(image, of: choice, wanted)
    if try settableParameters() != nil { format.rate = try bestRate(of: format, wanted) }
    for control in CameraControl.allCases {
      if let value = wanted.controls[control] { _ = try allowedRange(of: control, for: value) }
    }
    return format
  }

  /// Throws `busy` if another program streams from the device or owns its buffers.
  ///
  /// Requesting zero buffers changes nothing, but only the program that may stream is allowed to do it.
  private func checkIsFree() throws(CameraError) {
    var buffers = v4l2_requestbuffers()
    buffers.type = bufferType
    buffers.memory = V4L2_MEMORY_MMAP.rawValue
    try request("VIDIOC_REQBUFS", avg_v4l2_reqbufs, &buffers, tolerating: [EINVAL, ENOTTY])
  }

  private func choose(_ wanted: Camera.Configuration) throws(CameraError) -> CaptureChoice {
    let offered = try offeredFormats()
    let current = isPipelineEnd ? try currentChoice() : nil
    let pixelFormat = wanted.pixelFormat ?? current?.pixelFormat
    let allowed = offered.filter { $0.pixelFormat == pixelFormat ?? $0.pixelFormat }
      .map { $0.limited(to: wanted.size ?? current?.size) }
    if let choice = CaptureChoice.best(of: allowed, for: wanted.shape) { return choice }
    guard wanted.pixelFormat == nil, wanted.size == nil else {
      throw .notOffered(device: path, pixelFormat: wanted.pixelFormat, size: wanted.size, offered: offered)
    }
    // This is mostly a sensor's raw format: the part of the pipeline that makes images of it has not been configured.
    guard current == nil else { throw .pipelineNotSetUp(device: path) }
    throw .noUsableFormat(device: path, offered: offered, shape: wanted.shape)
  }

  /// The format that is set at current. The end of a pipeline lists every format that it could be set to, but sends
  /// images only in the one that the rest of the pipeline was configured for.
  private func currentChoice() throws(CameraError) -> CaptureChoice {
    var image = avg_v4l2_image()
    image.type = bufferType
    try request("VIDIOC_G_FMT", avg_v4l2_g_fmt, &image)
    return CaptureChoice(
      pixelFormat: FourCharacterCode(rawValue: image.pixelformat),
      size: ImageSize(width: Int(image.width), height: Int(image.height)))
  }

  private func bestRate(
    of format: CaptureFormat, _ wanted: Camera.Configuration
  ) throws(CameraError) -> FrameRate {
    let choice = CaptureChoice(pixelFormat: format.pixelFormat, size: format.size)
    return try offeredRates(of: choice).best(atLeast: wanted.rate)
  }

  /// Reads the driver's answer to `choice`: the nearest that it supports, which may be another format or size.
  private func captureFormat(
    _ answer: avg_v4l2_image, of choice: CaptureChoice, _ wanted: Camera.Configuration
  ) throws(CameraError) -> CaptureFormat {
    let fields = FieldOrder(answer.field)
    let given = CaptureChoice(
      pixelFormat: FourCharacterCode(rawValue: answer.pixelformat),
      // For single fields the driver counts the rows of one field, half of the picture's.
      size: ImageSize(width: Int(answer.width), height: Int(answer.height) * (fields == .single ? 2 : 1)))
    guard given.pixelFormat == choice.pixelFormat, given.size == wanted.size ?? given.size,
      ImageLimits.allow(width: given.size.width, height: given.size.height, for: wanted.shape),
      answer.plane_count == 1
    else { throw .formatRefused(device: path, asked: choice, given: given) }
    guard fields == .progressive || !given.pixelFormat.isJPEG else {
      throw .interlacedJPEG(device: path, pixelFormat: given.pixelFormat)
    }
    return CaptureFormat(
      pixelFormat: given.pixelFormat, size: given.size, bytesPerRow: Int(answer.bytesperline),
      encoding: ColorEncoding(answer), fields: fields, rate: nil)
  }

  /// Sets a frame rate.
  ///
  /// - Returns: the rate that the driver confirms; nil if it supports no setting.
  private func setRate(_ rate: FrameRate) throws(CameraError) -> FrameRate? {
    guard var parameters = try settableParameters() else { return nil }
    parameters.parm.capture.timeperframe = v4l2_fract(
      numerator: rate.seconds, denominator: rate.frames)
    guard try request("VIDIOC_S_PARM", avg_v4l2_s_parm, &parameters, tolerating: [EINVAL, ENOTTY])
    else { return nil }
    return FrameRate(interval: parameters.parm.capture.timeperframe)
  }

  /// The streaming parameters; nil if the driver supports no setting of the rate.
  private func settableParameters() throws(CameraError) -> v4l2_streamparm? {
    var parameters = v4l2_streamparm()
    parameters.type = bufferType
    guard
      try request("VIDIOC_G_PARM", avg_v4l2_g_parm, &parameters, tolerating: [EINVAL, ENOTTY]),
      parameters.parm.capture.capability & UInt32(V4L2_CAP_TIMEPERFRAME) != 0
    else { return nil }
    return parameters
  }
}

extension avg_v4l2_image {
  /// A request for a format and size with progressive rows, which a driver may not grant.
  fileprivate init(_ choice: CaptureChoice, type: UInt32) {
    self.init()
    self.type = type
    width = UInt32(choice.size.width)
    height = UInt32(choice.size.height)
    pixelformat = choice.pixelFormat.rawValue
    field = V4L2_FIELD_NONE.rawValue
  }
}

extension FieldOrder {
  /// The field order for a driver's `v4l2_field`.
  fileprivate init(_ field: UInt32) {
    self =
      switch v4l2_field(rawValue: field) {
      case V4L2_FIELD_INTERLACED, V4L2_FIELD_INTERLACED_TB, V4L2_FIELD_INTERLACED_BT: .interleaved
      case V4L2_FIELD_SEQ_TB, V4L2_FIELD_SEQ_BT: .sequential
      case V4L2_FIELD_TOP, V4L2_FIELD_BOTTOM, V4L2_FIELD_ALTERNATE: .single
      default: .progressive
      }
  }
}

extension FrameRate {
  /// The rate at which frames are `interval` seconds apart.
  fileprivate init(interval: v4l2_fract) {
    self.init(frames: interval.denominator, seconds: interval.numerator)
  }
}

extension ColorEncoding {
  /// The encoding that a driver reports, with V4L2's defaults where it reports none (V4L2_MAP_YCBCR_ENC_DEFAULT and
  /// V4L2_MAP_QUANTIZATION_DEFAULT). Encodings other than BT.601 are treated as BT.709, which is close to them.
  fileprivate init(_ pixels: avg_v4l2_image) {
    let isHighDefinition =
      switch v4l2_ycbcr_encoding(rawValue: pixels.ycbcr_enc) {
      case V4L2_YCBCR_ENC_DEFAULT:
        [
          V4L2_COLORSPACE_REC709, V4L2_COLORSPACE_DCI_P3, V4L2_COLORSPACE_BT2020, V4L2_COLORSPACE_SMPTE240M,
        ].map(\.rawValue).contains(pixels.colorspace)
      case V4L2_YCBCR_ENC_601, V4L2_YCBCR_ENC_XV601, V4L2_YCBCR_ENC_SYCC: false
      default: true
      }
    // Grey counts as RGB here: its values are full range unless the driver says otherwise.
    let isRGB = [FourCharacterCode.rgb24, .bgr24, .grey].map(\.rawValue).contains(pixels.pixelformat)
    let isFullRange =
      switch v4l2_quantization(rawValue: pixels.quantization) {
      case V4L2_QUANTIZATION_DEFAULT: isRGB || pixels.colorspace == V4L2_COLORSPACE_JPEG.rawValue
      default: pixels.quantization == V4L2_QUANTIZATION_FULL_RANGE.rawValue
      }
    self.init(matrix: isHighDefinition ? .bt709 : .bt601, range: isFullRange ? .full : .limited)
  }
}
