/// Cuts what a robot hears into commands, as the Create 2 does: an opcode, then as many bytes as it takes.
struct CommandParser {
  private var opcode: UInt8?
  private var arguments: [UInt8] = []

  /// Takes the next byte.
  ///
  /// - Returns: the command that it completes, if any. Bytes that are no opcode are passed over.
  mutating func push(_ byte: UInt8) -> (opcode: UInt8, arguments: [UInt8])? {
    if let opcode {
      arguments.append(byte)
      guard arguments.count == Self.argumentCount(opcode, arguments) else { return nil }
      self.opcode = nil
      return (opcode, arguments)
    }
    guard let count = Self.argumentCount(byte, []) else { return nil }
    if count == 0 { return (byte, []) }
    opcode = byte
    arguments.removeAll(keepingCapacity: true)
    return nil
  }

  /// Forgets a command that has begun.
  mutating func reset() { opcode = nil }

  /// The bytes that follow an opcode, as far as `arguments` tell; nil if it is none.
  private static func argumentCount(_ opcode: UInt8, _ arguments: [UInt8]) -> Int? {
    switch opcode {
    case 7, 128, 131, 132, 133, 134, 135, 136, 143, 173: 0
    case 129, 138, 141, 142, 150, 165: 1
    case 162: 2
    case 139, 144, 168: 3
    case 137, 145, 146, 163, 164: 4
    case 167: 15
    case 140: arguments.count < 2 ? 2 : 2 + 2 * Int(arguments[1])
    case 148, 149: arguments.isEmpty ? 1 : 1 + Int(arguments[0])
    default: nil
    }
  }
}
