/// The time in the simulated world, and the images that its camera has taken in time.
struct WorldClock: Codable, Hashable {
  /// Now, in nanoseconds since the world began.
  private(set) var now: Int64 = 0
  /// The end of the present control cycle.
  private(set) var deadline: Int64 = 0
  /// When the commands next move up by one cycle.
  private(set) var nextTick: Int64 = 0
  /// When the camera next takes an image, if it follows a clock of its own.
  private(set) var nextExposure: Int64 = 0
  /// When an image was last taken in, or the last episode began.
  private(set) var lastSight: Int64 = 0
  /// There was no image when one was last asked for.
  private(set) var isBlind = false
  /// The newest image that nobody has taken in yet.
  private(set) var unread: Capture?

  /// What the camera saw at an instant.
  struct Capture: Codable, Hashable {
    var pose: Pose
    var light: Light
    var nanoseconds: Int64
    var sequence: Int
  }

  /// Begins the first cycle after a pause; what was seen before is of no use.
  mutating func start(period: Int64) {
    deadline = now + period
    nextTick = deadline
    unread = nil
    // Who is blind has waited already.
    if !isBlind { lastSight = now }
  }

  /// Moves the deadline past now, by whole cycles.
  ///
  /// - Returns: by how many: 0 when on time.
  mutating func skipMissed(period: Int64) -> Int {
    let late = now - deadline
    guard late >= 0 else { return 0 }
    let missed = late / period + 1
    deadline += missed * period
    return Int(missed)
  }

  /// Begins the next cycle.
  mutating func beginCycle(period: Int64) { deadline += period }

  /// The first instant no later than `end` at which something happens.
  func nextEvent(until end: Int64, followsOwnClock: Bool) -> Int64 {
    min(end, nextTick, followsOwnClock ? nextExposure : .max)
  }

  /// Lets time pass up to an instant.
  mutating func advance(to instant: Int64) { now = instant }

  /// Moves the commands' tick on.
  mutating func tick(period: Int64) { nextTick += period }

  /// Lets the camera begin so long from now.
  mutating func beginExposures(after delay: Int64) { nextExposure = now + delay }

  /// Moves the camera's next exposure on.
  mutating func scheduleExposure(period: Int64) { nextExposure += period }

  /// Keeps an image, in place of an older one.
  mutating func keep(_ capture: Capture) { unread = capture }

  /// Hands the newest image over, if it is no older than `maximumAge`.
  mutating func takeUnread(maximumAge: Int64) -> Capture? {
    guard let capture = unread, now - capture.nanoseconds <= maximumAge else { return nil }
    unread = nil
    lastSight = now
    isBlind = false
    return capture
  }

  /// Notes that no image came in time.
  mutating func goBlind() { isBlind = true }
}
