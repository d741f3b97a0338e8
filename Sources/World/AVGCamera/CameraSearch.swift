import AVGCore
public import Logging

extension RecoveringCamera where Source == Camera {
  /// Opens a camera that is recognised after a loss by its serial number, or by its name and connection if it has none.
  ///
  /// - Parameters:
  ///   - path: `/dev/video0`, or a link below `/dev/v4l`.
  ///   - configuration: the settings, applied now and after every failure.
  ///   - patience: how long to search before `CameraError.lost` is thrown.
  ///   - logger: receives one line for each change of state.
  public init(
    path: String, configuration: Camera.Configuration = Camera.Configuration(),
    patience: Duration = .seconds(60),
    logger: Logger
  ) throws(CameraError) {
    var identity: CameraIdentity?
    try self.init(name: path, patience: patience, logger: logger) { statistics throws(CameraError) in
      var current = path
      if let identity {
        guard let found = VideoDevice.find(identity) else { throw VideoDevice.absence(at: path) }
        current = found
      }
      let camera = try Camera(path: current, configuration: configuration, continuing: statistics)
      identity = camera.identity
      logger.notice("camera \(current): \(camera.format)")
      if let slowness = camera.format.slowness(for: configuration.maximumFrameAge) {
        logger.notice("camera \(current): \(slowness)")
      }
      return camera
    }
  }
}
