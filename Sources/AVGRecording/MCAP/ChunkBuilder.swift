import AVGCore

/// A chunk being filled: its records, and where its messages lie in it. Room is kept from chunk to chunk.
final class ChunkBuilder {
  /// Where a message lies and when it was logged.
  struct IndexEntry {
    var channel: UInt16
    var time: UInt64
    var offset: UInt64
  }

  private(set) var records: ByteBuffer
  private(set) var index: [IndexEntry] = []
  private(set) var startTime = UInt64.max
  private(set) var endTime: UInt64 = 0

  /// Makes room for `capacity` bytes of records.
  init(capacity: Int) {
    records = ByteBuffer(capacity: capacity)
    // The smallest messages that are written are some 40 bytes long.
    index.reserveCapacity(capacity / 40)
  }

  var isEmpty: Bool { records.count == 0 }

  /// Adds a record that is no message.
  func append(_ record: ByteBuffer) { records.append(record.bytes) }

  /// Adds a message whose data `data` appends.
  func append(
    channel: UInt16, sequence: UInt32, time: UInt64, _ data: (inout ByteBuffer) -> Void
  ) {
    index.append(IndexEntry(channel: channel, time: time, offset: UInt64(records.count)))
    records.append(record: .message) { fields in
      fields.append(integer: channel)
      fields.append(integer: sequence)
      fields.append(integer: time)
      fields.append(integer: time)
      data(&fields)
    }
    startTime = min(startTime, time)
    endTime = max(endTime, time)
  }

  func clear() {
    records.clear()
    index.removeAll(keepingCapacity: true)
    startTime = .max
    endTime = 0
  }
}
