import AVGCore

extension SimulatedBody {
  /// Everything that changes in a simulated world.
  public struct State: Codable, Hashable, Sendable {
    /// Control cycles since the world began.
    @AddedLater var cycles = 0
    /// Which of its changes the world has gone through: 0 for none, else their number.
    @AddedLater var world = 0
    /// Where the robot is.
    public var pose: Pose
    /// The light at present.
    public var light: Light
    /// What stays as it is through the episode.
    public internal(set) var episode: Episode
    /// The left wheel's speed asked for, in metres per second.
    public var commandedLeft = 0.0
    /// The right wheel's speed asked for, in metres per second.
    public var commandedRight = 0.0
    /// The left wheel's speed reached, in metres per second.
    public var wheelLeft = 0.0
    /// The right wheel's speed reached, in metres per second.
    public var wheelRight = 0.0
    /// Frames since the world began, lost ones too.
    public var frameCount = 0
    /// The random sources.
    public var randomStates = RandomStates()
    /// The commands of the last cycles, the newest first, as far back as the longest delay.
    var pastCommands: [PastCommand]
    /// Which bumpers were pressed since they were last felt.
    var bumps = DifferentialDrive.Bumps()
    /// What the encoders have counted since they were last read.
    var encoders = WheelEncoders()
    /// The world's clock and its camera.
    var clock = WorldClock()

    /// Draws the first episode.
    init(_ configuration: PenConfiguration, _ random: inout RandomSources) {
      pose = Pose(configuration, &random.starts)
      light = Light(configuration, &random.starts, drifts: &random.episodes)
      episode = Episode(configuration, &random.episodes)
      pastCommands = [PastCommand](repeating: PastCommand(), count: configuration.longestMotorDelay)
    }

    /// Makes room for what another world draws and remembers, before an episode begins in it.
    mutating func makeRoom(for configuration: PenConfiguration) {
      pastCommands = [PastCommand](repeating: PastCommand(), count: configuration.longestMotorDelay)
      episode.makeRoom(for: configuration)
    }

    /// Draws the start of another episode: a place, a heading and a light; the wheels stand still.
    mutating func begin(_ configuration: PenConfiguration, _ random: inout RandomSources) {
      pose = Pose(configuration, &random.starts)
      light = Light(configuration, &random.starts, drifts: &random.episodes)
      episode.draw(configuration, &random.episodes)
      commandedLeft = 0
      commandedRight = 0
      wheelLeft = 0
      wheelRight = 0
      for index in pastCommands.indices {
        pastCommands[index] = PastCommand()
      }
      bumps = DifferentialDrive.Bumps()
      encoders = WheelEncoders()
    }

    /// Whether a world of `configuration` can be in this state: as much is drawn and remembered in it.
    func fits(_ configuration: PenConfiguration) -> Bool {
      pastCommands.count == configuration.longestMotorDelay
        && (0...pastCommands.count).contains(episode.motorDelayCycles) && episode.fits(configuration)
    }
  }

  /// What the wheels were told in a cycle, in metres per second.
  struct PastCommand: Codable, Hashable {
    var left = 0.0
    var right = 0.0
  }

  /// The states of a world's random sources.
  public struct RandomStates: Codable, Hashable, Sendable {
    /// Draws starting places and light.
    public var starts: UInt64 = 0
    /// Draws the noise of the pixels.
    public var pixelNoise: UInt64 = 0
    /// Draws the noise of the light-bump signals.
    public var lightBumpNoise: UInt64 = 0
    /// Draws what else differs from episode to episode.
    public var episodes: UInt64 = 0
    /// Draws the slip of the wheels.
    public var wheelSlip: UInt64 = 0
    /// Draws the noise of the encoders.
    public var encoderNoise: UInt64 = 0
    /// Draws which images are lost, and when the camera takes the first one of an episode.
    public var camera: UInt64 = 0
  }
}

extension PenConfiguration {
  /// The longest delay that an episode can have, in control cycles.
  fileprivate var longestMotorDelay: Int { motorDelayCycles + randomization.motorDelayCycles }
}

extension Pose {
  /// Draws a starting place.
  fileprivate init(_ configuration: PenConfiguration, _ random: inout RandomSource) {
    let clearance = configuration.robotRadius + configuration.startClearance
    self.init(
      x: random.uniform(in: configuration.nearestStartMeters...configuration.farthestStartMeters),
      y: random.uniform(in: clearance...configuration.penWidthMeters - clearance),
      heading: random.uniform(in: -.pi ... .pi))
  }
}

/// One source for each purpose, so that drawing for one never shifts another.
struct RandomSources {
  var starts: RandomSource
  var pixelNoise: RandomSource
  var lightBumpNoise: RandomSource
  var episodes: RandomSource
  var wheelSlip: RandomSource
  var encoderNoise: RandomSource
  var camera: RandomSource

  init(seed: UInt64) {
    starts = RandomSource(seed: seed, purpose: "pen starts and light")
    pixelNoise = RandomSource(seed: seed, purpose: "pixel noise")
    lightBumpNoise = RandomSource(seed: seed, purpose: "light-bump noise")
    episodes = RandomSource(seed: seed, purpose: "episodes")
    wheelSlip = RandomSource(seed: seed, purpose: "wheel slip")
    encoderNoise = RandomSource(seed: seed, purpose: "encoder noise")
    camera = RandomSource(seed: seed, purpose: "camera")
  }

  var states: SimulatedBody.RandomStates {
    get {
      SimulatedBody.RandomStates(
        starts: starts.state, pixelNoise: pixelNoise.state, lightBumpNoise: lightBumpNoise.state,
        episodes: episodes.state, wheelSlip: wheelSlip.state, encoderNoise: encoderNoise.state,
        camera: camera.state)
    }
    set {
      starts.state = newValue.starts
      pixelNoise.state = newValue.pixelNoise
      lightBumpNoise.state = newValue.lightBumpNoise
      episodes.state = newValue.episodes
      wheelSlip.state = newValue.wheelSlip
      encoderNoise.state = newValue.encoderNoise
      camera.state = newValue.camera
    }
  }
}
