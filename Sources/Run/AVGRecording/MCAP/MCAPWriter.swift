import AVGCore
import AVGSystem

/// A writer of MCAP files with uncompressed chunks, each with CRC-32 and message indexes, and a summary.
///
/// Two buffers alternate, so that a slow disk does not hold up the caller. The caller appends messages to `filling`.
/// When it is full, or the flush period has passed, it becomes `full`, and the writer's thread writes it, synchronises
/// the disk and returns it as `empty`. The caller waits only if it fills one buffer while the other is still being
/// written. If the process is killed at any time, the file is intact up to its last complete chunk. All calls must come
/// from one thread.
final class MCAPWriter: @unchecked Sendable {
  private static let flushPeriod = Duration.milliseconds(500)
  private static let largestChannelCount = 16

  private let state = Monitor()
  // `state` guards the following, except the contents of the `full` chunk, which belong to the thread until it sets
  // `full` to nil.
  private var filling: ChunkBuilder
  private var full: ChunkBuilder?
  private var empty: ChunkBuilder?
  private var isClosing = false
  private var hasEnded = false
  private var failure: LogError?
  /// Used by the thread while it writes a chunk, and by the caller after `drain`, when no chunk is left to write.
  private var file: LogFile
  private var summary = MCAPSummary()
  private var chunkHead = ByteBuffer(capacity: 128)
  private var indexRecords: ByteBuffer
  private var indexes: [(channel: UInt16, offset: UInt64, messages: Int)] = []
  private var channelCount = 0
  private var schemaCount = 0

  private let chunkCapacity: Int
  private let rewrite: ChunkBuilder.Rewrite?
  /// Used by the thread only: the rewritten records of a chunk.
  private let rewritten: ChunkBuilder?
  private let onFailure: @Sendable () -> Void

  /// Creates the file and starts the thread.
  ///
  /// - Parameters:
  ///   - chunkCapacity: the size of a chunk's records in bytes.
  ///   - rewrite: rewrites each message on the thread; nil to keep them.
  ///   - onFailure: called on the thread when writing fails.
  init(
    creating path: String, library: String, chunkCapacity: Int = 512 * 1024,
    rewrite: ChunkBuilder.Rewrite? = nil,
    onFailure: @escaping @Sendable () -> Void = {}
  ) throws(LogError) {
    self.chunkCapacity = chunkCapacity
    self.rewrite = rewrite
    rewritten = rewrite == nil ? nil : ChunkBuilder(capacity: chunkCapacity)
    self.onFailure = onFailure
    file = try LogFile(creating: path)
    filling = ChunkBuilder(capacity: chunkCapacity)
    empty = ChunkBuilder(capacity: chunkCapacity)
    indexRecords = ByteBuffer(capacity: chunkCapacity / 2)
    indexes.reserveCapacity(64)
    var start = ByteBuffer()
    start.append(MCAP.magic)
    start.append(record: .header) { fields in
      fields.append(text: "")
      fields.append(text: library)
    }
    try file.write(start.bytes)
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that writes the log") { [self] in writeChunks() }
    } catch { throw .noThread(file: path, error) }
  }

  /// Adds a message schema and returns its ID.
  func addSchema(name: String, encoding: String, data: [UInt8]) -> UInt16 {
    state.withLock {
      schemaCount += 1
      let number = UInt16(schemaCount)
      let record = MCAPRecord.schema(number, name: name, encoding: encoding, data: data)
      filling.append(record)
      _ = summary.define(schema: number)
      summary.schemas.append(record.bytes)
      return number
    }
  }

  /// Adds a channel and returns its ID.
  func addChannel(topic: String, schema: UInt16, encoding: String) -> UInt16 {
    state.withLock {
      channelCount += 1
      precondition(channelCount <= Self.largestChannelCount, "more than \(channelCount - 1) channels")
      let number = UInt16(channelCount)
      let record = MCAPRecord.channel(number, schema: schema, topic: topic, encoding: encoding)
      filling.append(record)
      summary.channels.append(record.bytes)
      summary.add(channel: number)
      return number
    }
  }

  /// Adds a message.
  ///
  /// - Parameters:
  ///   - time: nanoseconds.
  ///   - room: an upper bound for the number of bytes that `data` appends.
  /// - Throws: the error of an earlier write on the thread.
  func write(
    channel: UInt16, sequence: UInt32, time: UInt64, room: Int, _ data: (inout ByteBuffer) -> Void
  ) throws(LogError) {
    state.lock()
    defer { state.unlock() }
    let length = MCAP.recordHeaderLength + MCAP.messageHeaderLength + room
    if !filling.isEmpty, filling.records.count + length > chunkCapacity { seal() }
    if let failure { throw failure }
    filling.append(channel: channel, sequence: sequence, time: time, data)
  }

  /// Adds a metadata record at the current position.
  func add(metadata name: String, _ entries: [(key: String, value: String)]) throws(LogError) {
    let record = MCAPRecord.metadata(name, entries)
    try drain()
    state.lock()
    defer { state.unlock() }
    summary.add(metadata: name, offset: file.length, length: UInt64(record.count))
    try file.write(record.bytes)
  }

  /// Adds an attachment at the current position.
  func add(attachment name: String, mediaType: String, time: UInt64, _ data: [UInt8]) throws(LogError) {
    let record = MCAPRecord.attachment(name, mediaType: mediaType, time: time, data)
    try drain()
    state.lock()
    defer { state.unlock() }
    summary.add(
      attachment: name, mediaType: mediaType, time: time, dataLength: data.count, offset: file.length,
      length: UInt64(record.count))
    try file.write(record.bytes)
  }

  /// Writes the remaining messages and the summary, and ends the thread; a second call does nothing.
  func close() throws(LogError) {
    guard !isClosing else { return }
    try drain()
    state.lock()
    isClosing = true
    state.broadcast()
    while !hasEnded { state.wait() }
    state.unlock()
    if let failure { throw failure }
    var end = ByteBuffer()
    end.append(record: .dataEnd) { $0.append(integer: file.checksum.value) }
    try file.write(end.bytes)
    try file.write(summary.encoded(at: file.length))
    try file.synchronize()
  }

  /// Waits until all messages so far have been written.
  private func drain() throws(LogError) {
    state.lock()
    defer { state.unlock() }
    if !filling.isEmpty { seal() }
    while failure == nil, full != nil || empty == nil { state.wait() }
    if let failure { throw failure }
  }

  /// Hands the chunk to the thread, and waits first if the thread still has the other buffer. After a failure, the
  /// chunk is discarded instead.
  private func seal() {
    while failure == nil, empty == nil { state.wait() }
    guard let next = empty else { return filling.clear() }
    full = filling
    filling = next
    empty = nil
    state.broadcast()
  }

  /// The body of the thread: writes full chunks, and seals a partly filled one when the flush period has passed.
  private func writeChunks() {
    state.lock()
    var flushTime = MonotonicInstant.now.advanced(by: Self.flushPeriod)
    while !isClosing {
      if full == nil, !state.wait(until: flushTime), full == nil, !filling.isEmpty, empty != nil { seal() }
      guard let chunk = full else {
        if flushTime <= .now { flushTime = .now.advanced(by: Self.flushPeriod) }
        continue
      }
      state.unlock()
      var problem: LogError?
      do throws(LogError) { try write(try rewriting(chunk)) } catch {
        problem = error
        onFailure()
      }
      chunk.clear()
      flushTime = .now.advanced(by: Self.flushPeriod)
      state.lock()
      failure = failure ?? problem
      full = nil
      empty = chunk
      state.broadcast()
    }
    hasEnded = true
    state.broadcast()
    state.unlock()
  }

  /// Returns the chunk, or a copy with its messages rewritten.
  private func rewriting(_ chunk: ChunkBuilder) throws(LogError) -> ChunkBuilder {
    guard let rewrite, let rewritten else { return chunk }
    rewritten.clear()
    try rewritten.append(chunk, rewrite)
    return rewritten
  }

  /// Writes a chunk and its message indexes, and waits for the disk.
  private func write(_ chunk: ChunkBuilder) throws(LogError) {
    let size = UInt64(chunk.records.count)
    let isEmpty = chunk.index.isEmpty
    let entry = MCAPSummary.Chunk(
      startTime: isEmpty ? 0 : chunk.startTime, endTime: chunk.endTime, offset: file.length,
      length: UInt64(MCAP.recordHeaderLength) + MCAPReader.chunkHeaderLength + size, compressedSize: size,
      uncompressedSize: size, indexLength: 0)
    chunkHead.clear()
    chunkHead.append(MCAP.Opcode.chunk.rawValue)
    chunkHead.append(integer: MCAPReader.chunkHeaderLength + size)
    chunkHead.append(integer: entry.startTime)
    chunkHead.append(integer: entry.endTime)
    chunkHead.append(integer: size)
    var checksum = CRC32()
    chunk.records.bytes.withUnsafeBytes { checksum.update($0) }
    chunkHead.append(integer: checksum.value)
    chunkHead.append(text: "")
    chunkHead.append(integer: size)
    try file.write(chunkHead.bytes)
    try file.write(chunk.records.bytes)
    try writeIndexes(of: chunk, entry)
    try file.synchronize()
  }

  private func writeIndexes(of chunk: ChunkBuilder, _ entry: MCAPSummary.Chunk) throws(LogError) {
    indexRecords.clear()
    indexes.removeAll(keepingCapacity: true)
    // Channel IDs are consecutive from 1, and few.
    for channel in 1...Self.largestChannelCount {
      let number = UInt16(channel)
      let offset = file.length + UInt64(indexRecords.count)
      var count = 0
      for message in chunk.index where message.channel == number { count += 1 }
      guard count > 0 else { continue }
      indexes.append((number, offset, count))
      indexRecords.append(record: .messageIndex) { fields in
        fields.append(integer: number)
        fields.append(integer: UInt32(count * 16))
        for message in chunk.index where message.channel == number {
          fields.append(integer: message.time)
          fields.append(integer: message.offset)
        }
      }
    }
    try file.write(indexRecords.bytes)
    var entry = entry
    entry.indexLength = UInt64(indexRecords.count)
    state.withLock { summary.add(entry, indexes: indexes) }
  }
}
