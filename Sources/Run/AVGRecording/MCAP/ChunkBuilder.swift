import AVGCore

/// A chunk being filled: its records, and where its messages lie in it. Room is kept from chunk to chunk.
final class ChunkBuilder {
  /// Where a message lies and when it was logged.
  struct IndexEntry {
    var channel: UInt16
    var time: UInt64
    var offset: UInt64
  }

  /// What is done to a message's data before they are written: appends to `target` what takes their place.
  ///
  /// - Returns: false if the data stay as they are.
  typealias Rewrite = (
    _ channel: UInt16, _ data: UnsafeRawBufferPointer, _ target: inout ByteBuffer
  ) throws(LogError) -> Bool

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

  /// Adds the records of another chunk, each message's data as `rewrite` has them.
  func append(_ other: ChunkBuilder, _ rewrite: Rewrite) throws(LogError) {
    var failure: LogError?
    var done = 0
    other.records.bytes.withUnsafeBytes { bytes in
      for entry in other.index {
        let start = Int(entry.offset)
        let fields = start + MCAP.recordHeaderLength
        let length = bytes.loadUnaligned(fromByteOffset: start + 1, as: UInt64.self).littleEndian
        let end = fields + Int(length)
        // What lies between two messages are definitions.
        records.append(UnsafeRawBufferPointer(rebasing: bytes[done..<start]))
        done = end
        let data = UnsafeRawBufferPointer(rebasing: bytes[fields + MCAP.messageHeaderLength..<end])
        append(
          channel: entry.channel,
          sequence: bytes.loadUnaligned(fromByteOffset: fields + 2, as: UInt32.self).littleEndian,
          time: entry.time
        ) { target in
          do throws(LogError) {
            if try !rewrite(entry.channel, data, &target) { target.append(data) }
          } catch { failure = failure ?? error }
        }
      }
      records.append(UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }
    if let failure { throw failure }
  }

  func clear() {
    records.clear()
    index.removeAll(keepingCapacity: true)
    startTime = .max
    endTime = 0
  }
}
