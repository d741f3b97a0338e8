import AVGCore

extension SimulatedBody {
  /// Everything that changes in a simulated world.
  public struct State: Codable, Hashable, Sendable {
    /// Where the robot is.
    public var pose: Pose
    /// The light of the episode.
    public var light: Light
    /// The left wheel's speed asked for, in metres per second.
    public var commandedLeft = 0.0
    /// The right wheel's speed asked for, in metres per second.
    public var commandedRight = 0.0
    /// The left wheel's speed reached, in metres per second.
    public var wheelLeft = 0.0
    /// The right wheel's speed reached, in metres per second.
    public var wheelRight = 0.0
    /// Control cycles since the world began.
    public var cycleCount = 0
    /// Frames since the world began.
    public var frameCount = 0
    /// The random sources.
    public var randomStates = RandomStates()
    var bumps = DifferentialDrive.Bumps()

    /// Draws the start of an episode: a place, a heading and a light; the wheels stand still.
    init(_ configuration: PenConfiguration, _ random: inout RandomSource) {
      let clearance = configuration.robotRadius + configuration.startClearance
      pose = Pose(
        x: random.uniform(in: configuration.nearestStartMeters...configuration.farthestStartMeters),
        y: random.uniform(in: clearance...configuration.penWidthMeters - clearance),
        heading: random.uniform(in: -.pi ... .pi))
      light = Light(configuration, &random)
    }
  }

  /// The states of a world's random sources.
  public struct RandomStates: Codable, Hashable, Sendable {
    /// Draws starting places and light.
    public var starts: UInt64 = 0
    /// Draws the noise of the pixels.
    public var pixelNoise: UInt64 = 0
    /// Draws the noise of the light-bump signals.
    public var lightBumpNoise: UInt64 = 0
  }
}

/// One source for each purpose, so that drawing for one never shifts another.
struct RandomSources {
  var starts: RandomSource
  var pixelNoise: RandomSource
  var lightBumpNoise: RandomSource

  init(seed: UInt64) {
    starts = RandomSource(seed: seed, purpose: "pen starts and light")
    pixelNoise = RandomSource(seed: seed, purpose: "pixel noise")
    lightBumpNoise = RandomSource(seed: seed, purpose: "light-bump noise")
  }

  var states: SimulatedBody.RandomStates {
    get {
      SimulatedBody.RandomStates(
        starts: starts.state, pixelNoise: pixelNoise.state, lightBumpNoise: lightBumpNoise.state)
    }
    set {
      starts.state = newValue.starts
      pixelNoise.state = newValue.pixelNoise
      lightBumpNoise.state = newValue.lightBumpNoise
    }
  }
}
