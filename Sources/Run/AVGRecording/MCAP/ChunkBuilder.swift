import AVGSystem

/// A chunk under construction: its records, and the positions of its messages. Its memory is reused for the next chunk.
final class ChunkBuilder {
  /// The position and log time of a message.
  struct IndexEntry {
    var channel: UInt16
    var time: UInt64
    var offset: UInt64
  }

  /// Rewrites a message's data before it is written, by appending the replacement to `target`.
  ///
  /// - Returns: false if the data are to be kept; then nothing was appended.
  typealias Rewrite = (
    _ channel: UInt16, _ data: UnsafeRawBufferPointer, _ target: inout ByteBuffer
  ) throws(LogError) -> Bool

  private(set) var records: ByteBuffer
  private(set) var index: [IndexEntry] = []
  private(set) var startTime = UInt64.max
  private(set) var endTime: UInt64 = 0

  /// Makes an empty chunk with room for `capacity` bytes of records.
  init(capacity: Int) {
    records = ByteBuffer(capacity: capacity)
    // The smallest messages take about 40 bytes.
    index.reserveCapacity(capacity / 40)
  }

  var isEmpty: Bool { records.count == 0 }

  /// Appends a record that is not a message.
  func append(_ record: ByteBuffer) { records.append(record.bytes) }

  /// Appends a message; `data` appends the message's data.
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

  /// Appends the records of another chunk, with each message's data rewritten.
  func append(_ other: ChunkBuilder, _ rewrite: Rewrite) throws(LogError) {
    var failure: LogError?
    var done = 0
    other.records.bytes.withUnsafeBytes { bytes in
      for entry in other.index {
        let start = Int(entry.offset)
        let fields = start + MCAP.recordHeaderLength
        let length = bytes.integer(UInt64.self, at: start + 1)
        let end = fields + Int(length)
        // The records between two messages are definitions; copy them.
        records.append(UnsafeRawBufferPointer(rebasing: bytes[done..<start]))
        done = end
        let data = UnsafeRawBufferPointer(rebasing: bytes[fields + MCAP.messageHeaderLength..<end])
        append(
          channel: entry.channel,
          sequence: bytes.integer(at: fields + 2),
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
