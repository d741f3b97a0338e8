import AVGCore
import AVGImaging
import AVGSystem

/// A description of a video device before it is used: what it offers and what would be chosen.
public struct CameraSurvey: Hashable, Sendable {
  /// A format with its sizes, and the frame rates of each listed size.
  public struct Offer: Hashable, Sendable {
    /// Format and sizes.
    public var format: OfferedFormat
    /// The frame rates of each listed size, in the same order.
    public var rates: [OfferedRates]
  }

  /// The device path.
  public var path: String
  /// The driver's name for the camera and the bus it is connected to; empty if it could not be opened.
  public var name: String
  /// A link that stays the same when the device number changes, if there is one.
  public var link: String?
  /// The formats on offer.
  public var offers: [Offer] = []
  /// The controls that can be fixed.
  public var controls: [CameraControl: ControlRange] = [:]
  /// The format that would be negotiated; nil if the camera cannot be used.
  public var choice: CaptureFormat?
  /// A problem to expect even though the camera can be used.
  public var warning: String?
  /// The reason why the camera cannot be used.
  public var problem: CameraError?

  /// Surveys all video devices of this machine, ordered by number.
  ///
  /// Nothing is changed: a device in use keeps streaming, and a free one keeps its format.
  public static func all(_ wanted: Camera.Configuration = Camera.Configuration()) -> [CameraSurvey] {
    VideoDevice.videoDevices().map { CameraSurvey(path: $0, wanted) }
  }

  /// Surveys one device.
  public init(path: String, _ wanted: Camera.Configuration = Camera.Configuration()) {
    self.path = path
    name = ""
    do throws(CameraError) {
      try look(wanted)
    } catch {
      problem = error
    }
  }

  private mutating func look(_ wanted: Camera.Configuration) throws(CameraError) {
    let device = try VideoDevice.open(path)
    let identity = try device.identity()
    name = "\(identity.card) (\(identity.bus))".printable()
    link = device.link
    for format in try device.offeredFormats() {
      var rates: [OfferedRates] = []
      if case .discrete(let sizes) = format.sizes {
        for size in sizes {
          rates.append(
            try device.offeredRates(of: CaptureChoice(pixelFormat: format.pixelFormat, size: size)))
        }
      }
      offers.append(Offer(format: format, rates: rates))
    }
    for control in CameraControl.allCases {
      controls[control] = try device.range(of: control)
    }
    choice = try device.preview(wanted)
    warning = choice?.slowness(for: wanted.maximumFrameAge)
    // Whether the pipeline has been configured shows only when it starts to stream, which a survey must not do.
    if device.isPipelineEnd { throw .pipelineNotSetUp(device: path) }
  }

  /// Whether the device carries no images at all, such as the metadata device that most webcams have.
  public var isNotACamera: Bool {
    if case .notACaptureDevice = problem { true } else { false }
  }
}

extension CameraSurvey: CustomStringConvertible {
  /// The device, its offers, the choice and the reason for it; or the problem and its remedy.
  public var description: String {
    var lines = [name.isEmpty ? path : "\(path)  \(name)"]
    if let link { lines.append("  always   \(link)") }
    for offer in offers {
      let sizes = offer.rates.isEmpty ? [offer.format.sizes.description] : Self.sizes(offer)
      for (index, size) in sizes.enumerated() {
        lines.append((index == 0 ? "  offers   \(offer.format.pixelFormat) " : "                ") + size)
      }
    }
    for control in CameraControl.allCases {
      if let range = controls[control] {
        let now = range.current.map { ", now \($0)" } ?? ""
        lines.append("  control  \(control.rawValue) \(range)\(now)")
      }
    }
    if let choice { lines.append("  choice   \(choice): \(choice.reason(for: .standard))") }
    if let warning { lines.append("  warning  \(warning)") }
    if let problem { lines.append("  problem  \(problem)") }
    return lines.joined(separator: "\n")
  }

  private static func sizes(_ offer: Offer) -> [String] {
    guard case .discrete(let sizes) = offer.format.sizes else { return [] }
    return zip(sizes, offer.rates).map { "\($0), \($1)" }
  }
}

extension CaptureFormat {
  /// The reason why this is the best choice for frames of `shape`.
  func reason(for shape: FrameShape) -> String {
    let crop = CentreCrop(width: size.width, height: size.height, to: shape)
    let cropped =
      crop.columns.count < size.width || crop.rows.count < size.height
      ? "its centre, \(crop.columns.count)x\(crop.rows.count)," : "it"
    let multiple = crop.columns.count / max(1, shape.width)
    let isMultiple =
      crop.columns.count == multiple * shape.width && crop.rows.count == multiple * shape.height
    return
      (pixelFormat.isJPEG ? "compressed, so that it leaves room on the bus" : "nothing compressed is offered")
      + (isMultiple
        ? "; \(cropped) is \(multiple) times the agent's image of \(shape.width)x\(shape.height)"
        : "; \(cropped) is the smallest that can be shrunk to the agent's image of \(shape.width)x\(shape.height)")
  }
}

extension Camera {
  /// The device path that a user's selection means.
  ///
  /// `auto` is the first usable camera, a number is that of `/dev/video`, and anything else is a path.
  ///
  /// - Throws: `noUsableCamera`, with the problem of each camera found.
  public static func path(
    for selection: String, _ wanted: Configuration = Configuration()
  ) throws(CameraError) -> String {
    if !selection.isEmpty, selection.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    {
      return "/dev/video\(selection)"
    }
    guard selection == "auto" else { return selection }
    let surveys = CameraSurvey.all(wanted)
    guard let usable = surveys.first(where: { $0.problem == nil }) else {
      throw .noUsableCamera(problems: surveys.filter { !$0.isNotACamera }.compactMap(\.problem))
    }
    return usable.link ?? usable.path
  }
}
