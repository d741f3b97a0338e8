import AVGCore

/// What one configuration makes of the world, none of which changes while it is in force.
struct PenWorld {
  /// The control steps after which the next episode begins in it.
  let step: Int
  let configuration: PenConfiguration
  let differentialDrive: DifferentialDrive
  let sensors: LightBumpSensors
  let renderer: PenRenderer
  let dirt: LensDirt
  let noise: SensorNoise
  /// The time between two images; nil for a camera that follows the control cycle.
  let exposurePeriod: Int64?

  init(_ coming: ComingWorld, _ shape: FrameShape) throws(InvalidSetting) {
    step = coming.step
    configuration = coming.configuration
    try configuration.validate()
    differentialDrive = DifferentialDrive(configuration)
    sensors = LightBumpSensors(configuration)
    renderer = PenRenderer(configuration, shape: shape)
    dirt = LensDirt(share: configuration.lensDirt, shape: shape)
    noise = SensorNoise(levels: configuration.pixelNoiseLevels, shape: shape)
    let rate = configuration.cameraFramesPerSecond
    exposurePeriod = rate > 0 ? Int64((1e9 / rate).rounded()) : nil
  }
}
