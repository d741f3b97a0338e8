import AVGCore
public import Logging

extension RecoveringCamera where Source == Camera {
  /// Opens a camera that is found again by what it is: its serial number, else its name and where it is connected.
  ///
  /// - Parameters:
  ///   - path: `/dev/video0`, or a link below `/dev/v4l`.
  ///   - configuration: what is asked of it, now and after every failure.
  ///   - patience: how long it is looked for before its loss is an error.
  ///   - logger: is told, in a line, of each change of state.
  public init(
    path: String, configuration: Camera.Configuration = Camera.Configuration(),
    patience: Duration = .seconds(60),
    logger: Logger
  ) throws(CameraError) {
    var identity: CameraIdentity?
    try self.init(name: path, patience: patience, logger: logger) { statistics throws(CameraError) in
      var present = path
      if let identity {
        guard let found = VideoDevice.find(identity) else { throw VideoDevice.absence(at: path) }
        present = found
      }
      let camera = try Camera(path: present, configuration: configuration, continuing: statistics)
      identity = camera.identity
      logger.notice("camera \(present): \(camera.format)")
      if let slowness = camera.format.slowness(for: configuration.maximumFrameAge) {
        logger.notice("camera \(present): \(slowness)")
      }
      return camera
    }
  }
}
