public import AVGCore
import AVGSystem
public import AVGCreate2

/// Sensor values that a log records exactly, so that a task can judge them again.
public protocol LoggedSenses: BaseSenses {
  /// The fields in the log's message `Proprioception`, with the numbers 2…5 and from 15 on.
  static var logFields: [LogField<Self>] { get }
}

/// A field of sensor values in a log.
public struct LogField<Senses>: Sendable {
  /// The number in the message.
  let number: Int
  /// The name in lower snake case, such as `left_bump`.
  let name: String
  let content: Content

  enum Content: Sendable {
    case flag(any WritableKeyPath<Senses, Bool> & Sendable)
    case number(any WritableKeyPath<Senses, Double> & Sendable)
    case numbers(any WritableKeyPath<Senses, [Float]> & Sendable)
  }

  /// Makes a field for a Boolean value.
  public init(_ number: Int, _ name: String, _ path: any WritableKeyPath<Senses, Bool> & Sendable) {
    (self.number, self.name, content) = (number, name, .flag(path))
  }

  /// Makes a field for a number.
  public init(_ number: Int, _ name: String, _ path: any WritableKeyPath<Senses, Double> & Sendable) {
    (self.number, self.name, content) = (number, name, .number(path))
  }

  /// Makes a field for as many numbers as new senses have.
  public init(_ number: Int, _ name: String, _ path: any WritableKeyPath<Senses, [Float]> & Sendable) {
    (self.number, self.name, content) = (number, name, .numbers(path))
  }

  /// The field in the log's schema.
  var schema: ProtobufSchema.Field {
    switch content {
    case .flag: (number, name, .bool)
    case .number: (number, name, .double)
    case .numbers: (number, name, .floats)
    }
  }

  /// The maximum size in a message, including the tag.
  func greatestByteCount(in senses: Senses) -> Int {
    switch content {
    case .flag: 4
    case .number: 12
    case .numbers(let path): 12 + 4 * senses[keyPath: path].count
    }
  }

  func append(_ senses: Senses, to message: inout ByteBuffer) {
    switch content {
    case .flag(let path): message.append(field: number, senses[keyPath: path])
    case .number(let path): message.append(field: number, senses[keyPath: path])
    case .numbers(let path): message.append(field: number, senses[keyPath: path])
    }
  }

  func read(_ fields: Protobuf.Fields, into senses: inout Senses) {
    switch content {
    case .flag(let path): senses[keyPath: path] = fields.boolean(number)
    case .number(let path): senses[keyPath: path] = fields.double(number)
    case .numbers(let path):
      let numbers = fields.floats(number)
      if numbers.count == senses[keyPath: path].count { senses[keyPath: path] = numbers }
    }
  }
}

/// A command that a log records for inspection. A replay does not read it, but asks the task again.
public protocol LoggedCommand: BaseCommand {
  /// The field name in the log's message `Action`, with the unit: `sent_millimeters_per_second`.
  static var logName: String { get }
  /// The count of numbers in a command.
  static var numberCount: Int { get }
  /// Writes the numbers of the command.
  ///
  /// - Parameter numbers: receives `numberCount` numbers.
  func write(into numbers: inout [Float])
}

extension NoSenses: LoggedSenses {
  /// No fields.
  public static let logFields: [LogField<NoSenses>] = []
}

extension Create2Senses: LoggedSenses {
  /// All fields.
  public static let logFields: [LogField<Create2Senses>] = [
    LogField(2, "light_bumps", \.lightBumps), LogField(3, "left_bump", \.leftBump),
    LogField(4, "right_bump", \.rightBump), LogField(5, "wheel_drop", \.wheelDrop),
    LogField(15, "cliff", \.cliff), LogField(16, "is_docked", \.isDocked),
    LogField(17, "distance_millimeters", \.distanceMillimeters),
  ]
}

extension WheelSpeeds: LoggedCommand {
  /// The field name for wheel speeds.
  public static var logName: String { "sent_millimeters_per_second" }

  /// Two wheels.
  public static var numberCount: Int { 2 }

  /// Writes the left and the right wheel's speed, in mm/s.
  public func write(into numbers: inout [Float]) {
    numbers[0] = Float(left.millimetersPerSecond)
    numbers[1] = Float(right.millimetersPerSecond)
  }
}
