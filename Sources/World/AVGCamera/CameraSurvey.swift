import AVGCore
import AVGImaging
import AVGSystem

/// What there is to know of a video device before it is used.
public struct CameraSurvey: Hashable, Sendable {
  /// A format with its sizes, and the rates of each that is listed.
  public struct Offer: Hashable, Sendable {
    /// Format and sizes.
    public var format: OfferedFormat
    /// The rates of each listed size, in the same order.
    public var rates: [OfferedRates]
  }

  /// The device.
  public var path: String
  /// What the driver calls it, and where it is connected; empty if it could not be opened.
  public var name: String
  /// Its link that stays the same whatever its number is, if it has one.
  public var link: String?
  /// What it offers.
  public var offers: [Offer] = []
  /// The controls that can be fixed.
  public var controls: [CameraControl: ControlRange] = [:]
  /// What it would be set to send; nil if it cannot be used.
  public var choice: CaptureFormat?
  /// What will go wrong although it can be used.
  public var warning: String?
  /// Why it cannot be used.
  public var problem: CameraError?

  /// Looks at all video devices of this machine, by number.
  ///
  /// Nothing is changed: a device in use goes on streaming, a free one keeps its format.
  public static func all(_ wanted: Camera.Configuration = Camera.Configuration()) -> [CameraSurvey] {
    VideoDevice.videoDevices().map { CameraSurvey(path: $0, wanted) }
  }

  /// Looks at one device.
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
    // Whether somebody has set up the pipeline shows only when it is to stream; a look must not start it.
    if device.isPipelineEnd { throw .pipelineNotSetUp(device: path) }
  }

  /// A device that belongs to a camera but carries no images, as most webcams have one.
  public var isNoCamera: Bool {
    if case .notACaptureDevice = problem { true } else { false }
  }
}

extension CameraSurvey: CustomStringConvertible {
  /// The device, what it offers, the choice and the reason for it, or what to do about the problem.
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
        let now = range.present.map { ", now \($0)" } ?? ""
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
  /// Why this is the best choice for frames of `shape`.
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
  /// The path that the user means: `auto` is the first camera that can be used, a number that of `/dev/video`, and
  /// anything else a path.
  ///
  /// - Throws: `noUsableCamera` with what is wrong with each there is.
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
      throw .noUsableCamera(problems: surveys.filter { !$0.isNoCamera }.compactMap(\.problem))
    }
    return usable.link ?? usable.path
  }
}
